"""kill -9 of the driver at exactly one point of what it says to the servers: no acknowledged byte is lost, no name holds half of a file."""

import pytest
from crashtest.ways import CHANGES, MIB, WHOLE
from knoxtest import until

NN, DN = "namenode", "datanode"
NEW = 3 * MIB + 7
OLD = "create=300000"
ENDS = ("head", "sent", "done", "told")

# Way, what was done before, the request (its server, its operation, which one of these) and the points of
# it: see kill_at in tests/proxy/README.md.
POINTS = [
    (f"create={NEW}", None, NN, "GETFILESTATUS", 0, ("head", "told")),
    (f"create={NEW}", None, NN, "CREATE", 0, ENDS),
    (f"create={NEW}", None, DN, "CREATE", 0, ("head", 0, 1, 65536, 2 * MIB + 1, NEW, "sent", "done", "told")),
    (f"create={NEW}", None, NN, "RENAME", 0, ENDS),
    ("create=0", None, NN, "CREATE", 0, ("head", "done")),
    ("create=0", None, DN, "CREATE", 0, ("head", "sent", "done", "told")),
    ("exclusive=5000", None, NN, "RENAME", 0, ("head", "done")),
    (f"overwrite={NEW}", OLD, NN, "CHECKACCESS", 0, ("head", "told")),
    (f"overwrite={NEW}", OLD, NN, "CREATE", 0, ("head", "done")),
    (f"overwrite={NEW}", OLD, DN, "CREATE", 0, (0, MIB, "sent", "done")),
    (f"overwrite={NEW}", OLD, NN, "RENAME", 0, ENDS),
    ("copied=5000", OLD, NN, "SETPERMISSION", 0, ("head", "sent", "done", "told")),
    ("copied=5000", OLD, NN, "SETTIMES", 0, ENDS),
    ("empty", OLD, NN, "TRUNCATE", 0, ("head", "sent", "done")),
    ("editor=5000", OLD, NN, "RENAME", 0, ("done",)),
    ("editor=5000", OLD, NN, "RENAME", 1, ENDS),
    ("moved", OLD, NN, "RENAME", 0, ("sent", "done")),
    ("moved", OLD, NN, "RENAME", 1, ("head", "done")),
    ("remove", OLD, NN, "DELETE", 0, ENDS),
    (f"append={MIB}", OLD, NN, "APPEND", 0, ("head", "done", "told")),
    (f"append={MIB}", OLD, DN, "APPEND", 0, ("head", 0, 1, 65536, MIB, "sent", "done", "told")),
    ("log", OLD, DN, "APPEND", 2, ("head", "done")),
    ("stretch=1000000", OLD, DN, "APPEND", 0, ("head", 65536, "sent", "done")),
    ("cut=100000", OLD, NN, "TRUNCATE", 0, ("head", "sent", "done", "told")),
    ("cut=100000", OLD, NN, "TRUNCATE", 1, ("head", "told")),
    ("cut_open", OLD, NN, "TRUNCATE", 0, ("done",)),
    ("inplace", OLD, DN, "OPEN", 0, ("head", "told")),
    ("inplace", OLD, NN, "CREATE", 0, ("head", "done")),
    ("inplace", OLD, DN, "CREATE", 0, (0, 65536, "sent", "done")),
    ("inplace", OLD, NN, "RENAME", 0, ENDS),
    ("database", OLD, NN, "OPEN", 0, ("head", "told")),
    ("database", OLD, DN, "CREATE", 2, (4096, "done")),
    ("database", OLD, NN, "RENAME", 1, ("head", "done")),
    ("mapped", OLD, DN, "CREATE", 0, (65536,)),
    ("mapped", OLD, NN, "RENAME", 0, ("head", "done")),
    ("listed", OLD, NN, "LISTSTATUS_BATCH", 0, ("head", "told")),
]
QUICK = (f"create={NEW}-datanode-CREATE-0-65536", "inplace-namenode-RENAME-0-done", f"append={MIB}-datanode-APPEND-0-65536")


def cases():
    for way, before, role, op, after, points in POINTS:
        for at in points:
            name = f"{way}-{role}-{op}-{after}-{at}"
            marks = [] if name in QUICK else [pytest.mark.slow]
            yield pytest.param(way, before, role, op, after, at, id=name, marks=marks)


@pytest.mark.parametrize("way, before, role, op, after, at", cases())
def test_driver_killed(scene, proxy, way, before, role, op, after, at):
    scene.prepare(*([before] if before else []))
    rule = {"role": role, "op": op, "after": after, "kill": scene.mount.pid, "kill_at": at}
    proxy.rules(rule)
    with scene.write(way) as writer:
        scene.died()
        proxy.rules()
        scene.survive(writer, again=("overwrite", way) if way == "moved" or not before else (way,))
    scene.stop()


# The end of a file of several blocks is exchanged: cut off, then appended.
EXCHANGE = [
    (NN, "TRUNCATE", 0, ENDS),
    (NN, "APPEND", 0, ("head", "done", "told")),
    (DN, "APPEND", 0, ("head", 0, 100, "sent", "done", "told")),
]
LENGTH, TAIL = 3_500_000, 1000


@pytest.mark.slow
@pytest.mark.parametrize("role, op, after, at", [(*case[:3], at) for case in EXCHANGE for at in case[3]])
def test_driver_killed_while_exchanging_the_end(scenes, stack, proxy, role, op, after, at):
    """The file may be short until the next mount has finished it, but for its unchanged bytes; then it is the old one or the new one."""
    scene = scenes(stack, proxy.namenode, blocksize="1M")
    scene.start()
    scene.prepare(f"create={LENGTH}")
    proxy.rules({"role": role, "op": op, "after": after, "kill": scene.mount.pid, "kill_at": at})
    with scene.write(f"tail={TAIL}") as writer:
        scene.died()
        proxy.rules()
        scene.end_life(writer)
        now = scene.read("a")
        whole = [(scene.blobs / one[0]).read_bytes() for state in scene.account().slot("a").allowed() for _, one in state]
        assert any(content.startswith(now) for content in whole) and len(now) >= 3 << 20
        scene.live_again(again=(f"tail={TAIL}",))
    scene.stop()


@pytest.mark.slow
def test_every_change_has_its_points(scene, proxy):
    """Whatever the ways ask of the servers is in the table: with nothing done, and with all done."""
    asked = set()
    for way in WHOLE + CHANGES:
        scene.prepare(OLD)
        proxy.reset()
        scene.prepare(way)
        requests = proxy.stats()["requests"]
        asked |= {(role, op) for role, ops in requests.items() for op in ops}
    killed = {(role, op) for _, _, role, op, _, points in POINTS if "head" in points}
    done = {(role, op) for _, _, role, op, _, points in POINTS if {"done", "told"} & set(points)}
    assert asked - killed == set()
    assert asked - done == set()
    until(lambda: scene.hidden() == [], what="no rest of an upload is left")
    scene.stop()
