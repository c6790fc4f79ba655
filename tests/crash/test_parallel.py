"""kill -9 of the driver while it sends a file in several streams and joins them: parts, CONCAT, rename."""

import pytest
from crashtest.ways import MIB
from knoxtest import until

NN, DN = "namenode", "datanode"
NEW = 3 * MIB + 7  # four parts, the last one small and without a redirect; joined by one CONCAT
MANY = 10 * MIB + 7  # eleven: two CONCATs
OLD = f"create={2 * MIB + 1}"
ENDS = ("head", "sent", "done", "told")

# As in test_points.
POINTS = [
    (f"create={NEW}", None, NN, "CREATE", 2, ("head", "done")),
    (f"create={NEW}", None, DN, "CREATE", 0, ("head", 65536, "done")),
    (f"create={NEW}", None, DN, "CREATE", 3, (5, "sent", "told")),
    (f"create={NEW}", None, NN, "CONCAT", 0, ENDS),
    (f"create={NEW}", None, NN, "RENAME", 0, ("head", "done")),
    (f"create={MANY}", None, NN, "CONCAT", 1, ("head", "done")),
    (f"overwrite={NEW}", OLD, DN, "CREATE", 1, (65536,)),
    (f"overwrite={NEW}", OLD, NN, "CONCAT", 0, ("sent", "done")),
    (f"overwrite={NEW}", OLD, NN, "RENAME", 0, ENDS),
    ("inplace", f"create={NEW}", NN, "CONCAT", 0, ("head", "done")),
    ("inplace", f"create={NEW}", NN, "RENAME", 0, ("done",)),
]


def cases():
    for way, before, role, op, after, points in POINTS:
        for at in points:
            yield pytest.param(way, before, role, op, after, at, id=f"{way}-{role}-{op}-{after}-{at}")


@pytest.fixture
def scene(scenes, stack, proxy):
    scene = scenes(stack, proxy.namenode, parallel_upload=3, blocksize="1M")
    scene.start()
    return scene


@pytest.mark.slow
@pytest.mark.parametrize("way, before, role, op, after, at", cases())
def test_driver_killed(scene, proxy, way, before, role, op, after, at):
    scene.prepare(*([before] if before else []))
    proxy.rules({"role": role, "op": op, "after": after, "kill": scene.mount.pid, "kill_at": at})
    with scene.write(way) as writer:
        scene.died()
        proxy.rules()
        scene.survive(writer, again=(way,) if before else ("overwrite", way))
    scene.stop()


@pytest.mark.slow
def test_driver_killed_before_its_parts_were_removed(scene, proxy):
    """One of the first three parts is refused, so all go; killed when the first of them does: the next mount removes the other."""
    scene.prepare(OLD)
    refusal = {"role": DN, "op": "CREATE", "after": 2, "status": 403}
    proxy.rules(refusal, {"role": NN, "op": "DELETE", "kill": scene.mount.pid, "kill_at": "done"})
    with scene.write(f"overwrite={NEW}") as writer:
        scene.died()
        proxy.rules()
        until(lambda: scene.hidden(), what="there are parts")
        scene.survive(writer)
    scene.stop()
