"""kill -9 of the driver while it replaces a file through HttpFS, by steps: the old one aside, the new one to the name, the old one away.

In between nothing is at the name, but the old content is beside it, and the next mount brings one of the two back.
"""

import os

import pytest
from faultproxy import Proxy
from knoxstack import Stack
from knoxtest import until

OLD = "create=300000"
NEW = 400_000
ASIDE, INTO_PLACE = 0, 1  # of the RENAMEs

# Way, what is asked of HttpFS, which one of these, and the points of it.
POINTS = [
    (f"overwrite={NEW}", "CREATE", 1, (65536, "done")),
    (f"overwrite={NEW}", "RENAME", ASIDE, ("head", "sent", "done")),
    (f"overwrite={NEW}", "RENAME", INTO_PLACE, ("head", "sent", "done")),
    (f"overwrite={NEW}", "DELETE", 0, ("head", "done")),
    ("editor=5000", "RENAME", 1 + INTO_PLACE, ("head", "done")),
    ("inplace", "RENAME", ASIDE, ("done",)),
]
BACK = [(ASIDE, ("done",)), (INTO_PLACE, ("head", "done"))]


@pytest.fixture(scope="module")
def httpfs():
    with Stack.up(httpfs=True, owner=os.getpid(), ephemeral=True) as stack:
        stack.dfs("-mkdir", "-p", "/tests")
        yield stack


@pytest.fixture(scope="module")
def lasting(httpfs):
    with Proxy(httpfs.namenode, httpfs=httpfs.httpfs) as proxy:
        yield proxy


@pytest.fixture
def way_in(lasting):
    lasting.rules()
    yield lasting
    lasting.rules()


def old_is_somewhere(scene) -> None:
    """At the name, or aside: whoever looks at the folder can get it."""
    slot = scene.account().slot("a")
    wanted = {(scene.blobs / one[0]).read_bytes() for state in slot.allowed() for name, one in state if name == "a" and one}
    found = {scene.read(name) for name in scene.cluster.entries() if name == "a" or name.startswith(".a.knoxfs-")}
    assert wanted & found, f"{scene.cluster.entries()}"


def cases():
    for way, op, after, points in POINTS:
        for at in points:
            yield pytest.param(way, op, after, at, id=f"{way}-{op}-{after}-{at}")


@pytest.mark.slow
@pytest.mark.parametrize("way, op, after, at", cases())
def test_driver_killed(scenes, httpfs, way_in, way, op, after, at):
    scene = scenes(httpfs, way_in.httpfs)
    scene.start()
    scene.prepare(OLD)
    way_in.rules({"role": "httpfs", "op": op, "after": after, "kill": scene.mount.pid, "kill_at": at})
    with scene.write(way) as writer:
        scene.died()
        way_in.rules()
        old_is_somewhere(scene)
        scene.end_life(writer)
        scene.live_again(again=(way,))
    scene.stop()


@pytest.mark.slow
@pytest.mark.parametrize("after, at", [(after, at) for after, points in BACK for at in points])
def test_driver_killed_write_back(scenes, httpfs, way_in, after, at):
    """What close has acknowledged comes to the name, although what was there is beside it."""
    scene = scenes(httpfs, way_in.httpfs, write="back")
    scene.start()
    scene.prepare(OLD)
    until(lambda: scene.read("a") is not None, what="it is uploaded")
    way_in.rules({"role": "httpfs", "op": "RENAME", "after": after, "kill": scene.mount.pid, "kill_at": at})
    with scene.write(f"overwrite={NEW}") as writer:
        scene.died()
        way_in.rules()
        old_is_somewhere(scene)
        scene.end_life(writer)
        scene.start()
        scene.check_mounted()
        scene.until_whole_back()
    assert scene.account().slot("a").acks == 2
    scene.stop()


@pytest.mark.slow
def test_server_away_when_mounted_again(scenes, httpfs, way_in):
    """What is aside waits for it."""
    scene = scenes(httpfs, way_in.httpfs)
    scene.start()
    scene.prepare(OLD)
    way_in.rules({"role": "httpfs", "op": "RENAME", "after": INTO_PLACE, "kill": scene.mount.pid, "kill_at": "head"})
    with scene.write(f"overwrite={NEW}") as writer:
        scene.died()
        assert scene.cluster.entries().keys() & {"a"} == set()
        way_in.rules({"role": "httpfs", "op": "RENAME", "status": 403})
        scene.end_life(writer)
        scene.start()
        assert scene.read_mounted("a") is None
        way_in.rules()
        scene.until_whole()
        # The look of before may have been remembered: that nothing is there (negative_timeout).
        until(lambda: scene.read_mounted("a") is not None, what="it is seen through the mount")
        scene.check_mounted()
    scene.stop()
