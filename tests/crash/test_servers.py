"""kill -9 of a DataNode, and the network goes away: programs see an error or success, what was acknowledged is there, nothing is half.

The driver lives: afterwards it goes on as if nothing had been.
"""

import os
import random
import signal
import time

import pytest
from faultproxy import Proxy
from knoxtest import until

SLOTS = "a,b,c"
OPTIONS = {"timeout": 4, "data_timeout": 5, "connect_timeout": 2}
SEED = os.environ.get("KNOXFS_SEED") or str(random.SystemRandom().randrange(1 << 32))
GOES_ON_S = 60  # a step that has begun may take its time limits


def goes_on(scene, writer, count: int = 1) -> None:
    """Each slot has that many more steps acknowledged from now on."""
    before = {name: slot.acks for name, slot in scene.account().slots.items()}

    def all_have_more() -> bool:
        assert not writer.ended(), writer.result()
        slots = scene.account().slots
        return len(slots) == 3 and all(slot.acks >= before.get(name, 0) + count for name, slot in slots.items())

    until(all_have_more, GOES_ON_S, "every slot's steps are acknowledged")


def is_refused(scene, writer) -> None:
    failed = len(scene.account().failures)

    def more_have() -> bool:
        assert not writer.ended(), writer.result()
        return len(scene.account().failures) > failed

    until(more_have, GOES_ON_S, "a step is refused")


def ends(scene, writer, stack) -> None:
    """Everything acknowledged is there, on the cluster and through the mount, which ends as it should."""
    writer.signal(signal.SIGTERM)
    done = writer.result(GOES_ON_S)
    assert done.returncode == 0, done
    # A file whose writer was in the DataNode stays open for an hour; an administrator need not wait.
    for name in scene.cluster.entries():
        if scene.cluster.is_open(name):
            stack.tool("debug", "recoverLease", "-path", f"{scene.root}/{name}", "-retries", "10")
    scene.check_cluster()
    scene.check_mounted()
    scene.settle("at the end")
    account = scene.account()
    print(f"seed {SEED}: {account.acks} steps acknowledged, {len(account.failures)} refused")
    scene.stop()


@pytest.fixture
def mend(stack):
    yield stack
    for name in stack.plan.names():
        if name not in stack.pids:
            stack.start(name)


# A request of which the DataNode sees so much.
POINTS = [("CREATE", "head"), ("CREATE", 4000), ("CREATE", "sent"), ("APPEND", 90), ("APPEND", "done"), ("OPEN", "done")]


@pytest.mark.slow
@pytest.mark.limit(200)
@pytest.mark.parametrize("op, at", POINTS, ids=lambda value: str(value))
def test_datanode_killed(scenes, mend, proxy, op, at):
    scene = scenes(mend, proxy.namenode, **OPTIONS)
    scene.start()
    with scene.write(seed=f"{SEED}/{op}/{at}", slots=SLOTS) as writer:
        goes_on(scene, writer)
        rule = {"role": "datanode", "op": op, "kill": mend.pids["dn1"], "kill_at": at}
        proxy.rules(rule | {"times": 1000})  # until one has so many bytes
        until(lambda: "dn1" not in mend.pids, what="the DataNode is killed")
        proxy.rules()
        mend.start("dn1")
        goes_on(scene, writer, 2)
        ends(scene, writer, mend)


@pytest.mark.slow
@pytest.mark.limit(240)
def test_datanodes_killed(scenes, wide):
    """One of three after the other, at any moment."""
    chance = random.Random(SEED)
    scene = scenes(wide, wide.namenode, **OPTIONS)
    scene.start()
    with scene.write(seed=SEED, slots=SLOTS) as writer:
        for name in ("dn1", "dn2", "dn3"):
            goes_on(scene, writer)
            time.sleep(chance.uniform(0, 0.5))  # the moment is what is tested
            wide.kill(name)
            goes_on(scene, writer, 2)
            wide.start(name)
        goes_on(scene, writer, 2)
        ends(scene, writer, wide)


@pytest.mark.slow
@pytest.mark.limit(200)
def test_connections_reset(scenes, stack, proxy):
    """All of them, at any moment, again and again."""
    chance = random.Random(SEED)
    scene = scenes(stack, proxy.namenode, **OPTIONS)
    scene.start()
    with scene.write(seed=SEED, slots=SLOTS) as writer:
        for _ in range(20):
            goes_on(scene, writer)
            time.sleep(chance.uniform(0, 0.3))
            proxy.drop(how=chance.choice(("rst", "fin")))
        goes_on(scene, writer, 2)
        ends(scene, writer, stack)


@pytest.mark.slow
@pytest.mark.limit(200)
@pytest.mark.parametrize("role", ["datanode", None], ids=["DataNodes", "all servers"])
def test_network_gone(scenes, stack, proxy, role):
    """For a while every connection is reset and every new one refused."""
    chance = random.Random(SEED)
    scene = scenes(stack, proxy.namenode, **OPTIONS)
    scene.start()
    with scene.write(seed=SEED, slots=SLOTS) as writer:
        for _ in range(3):
            goes_on(scene, writer)
            time.sleep(chance.uniform(0, 0.3))
            proxy.listen(False, role)
            proxy.drop(role)
            is_refused(scene, writer)
            proxy.listen(True)
        goes_on(scene, writer, 2)
        ends(scene, writer, stack)


@pytest.mark.slow
@pytest.mark.limit(100)
def test_proxy_killed(scenes, stack):
    """The machine in the middle has gone for good: errors, an end, and what was acknowledged."""
    with Proxy(stack.namenode, datanodes=stack.datanodes) as proxy:
        scene = scenes(stack, proxy.namenode, unmount_timeout=5, **OPTIONS)
        scene.start()
        with scene.write(seed=SEED, slots=SLOTS) as writer:
            goes_on(scene, writer, 2)
            os.kill(proxy.process.pid, signal.SIGKILL)
            writer.signal(signal.SIGTERM)
            assert writer.result(GOES_ON_S).returncode == 0
        scene.check_cluster()
        scene.mount.close(statuses=(0, 1))  # 1: a cut was under way, of which nobody knows what has become
        scene.settle("at the end")
