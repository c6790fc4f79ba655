"""kill -9 of the driver while a person decides about an upload that has failed: retry and drop are done, or can be told again."""

import os

import pytest
from knoxtest import until
from knoxtest.tree import TREE, tell

from test_local import kill_at  # noqa: F401

OLD = os.urandom(300_000)
NEW = b"changed" + OLD[7:]  # only the beginning is here
WHOLE = os.urandom(400_000)  # all of it is here
AWAY = {"timeout": 2, "connect_timeout": 2, "data_timeout": 3}

# What the server hears of a retry, which one of these (the first RENAME of a mount finds out what the server can do),
# and the points of it.
RETRY = [
    ("datanode", "OPEN", 0, ("head",)),
    ("datanode", "CREATE", 0, (65536, "done")),
    ("namenode", "RENAME", 1, ("head", "sent", "done", "told")),
]
# System calls of a drop.
DROP = [("fdatasync", 1), ("unlink", 1)]


def pending(scene) -> list[str]:
    return [name for name in os.listdir(scene.mount.path / TREE / "pending") if name.isdigit()]


def copies(scene) -> list[str]:
    return [str(path) for path in scene.stage.rglob("*.part")]


def fail(scene, proxy, new: bytes) -> str:
    """The name of an upload that was refused at close."""
    file = os.open(scene.mount.path / "a", os.O_RDWR)
    os.pwrite(file, new if new is WHOLE else new[:7], 0)
    proxy.listen(False)
    proxy.drop()
    with pytest.raises(OSError):
        os.close(file)
    until(lambda: pending(scene), what="it is kept")
    proxy.listen(True)
    [name] = pending(scene)
    return name


def try_tell(scene, verb: str) -> bool:
    try:
        tell(scene.mount.path / TREE, verb)
    except OSError:
        return False
    return True


@pytest.fixture
def scene(scenes, stack, proxy):
    scene = scenes(stack, proxy.namenode, **AWAY)
    scene.cluster.write("a", OLD)
    scene.start()
    return scene


def next_mount(scene, proxy) -> None:
    scene.died()
    scene.free()
    proxy.rules()
    assert scene.read("a") in (OLD, NEW, WHOLE)
    scene.start()


def is_clean(scene, content: bytes) -> None:
    until(lambda: scene.hidden() == [], 30, "no rest of an upload is left")
    assert pending(scene) == [] and copies(scene) == []
    assert scene.read("a") == content == scene.read_mounted("a")


def cases():
    for role, op, after, points in RETRY:
        for at in points:
            yield pytest.param(role, op, after, at, NEW, id=f"{op}-{at}-changed")
            if op != "OPEN":
                yield pytest.param(role, op, after, at, WHOLE, id=f"{op}-{at}-whole")


@pytest.mark.slow
@pytest.mark.parametrize("role, op, after, at, new", cases())
def test_retry(scene, proxy, role, op, after, at, new):
    name = fail(scene, proxy, new)
    proxy.rules({"role": role, "op": op, "after": after, "kill": scene.mount.pid, "kill_at": at})
    assert not try_tell(scene, f"retry {name}")
    next_mount(scene, proxy)
    assert pending(scene) == [name] or scene.read("a") == new
    if pending(scene):
        until(lambda: try_tell(scene, f"retry {name}"), 30, "it is uploaded")
    is_clean(scene, new)
    scene.stop()


@pytest.mark.slow
@pytest.mark.parametrize("call, number", DROP)
def test_drop(scene, proxy, kill_at, call, number):  # noqa: F811
    name = fail(scene, proxy, NEW)
    kill_at(scene, call, number)
    assert not try_tell(scene, f"drop {name}")
    next_mount(scene, proxy)
    if pending(scene):
        tell(scene.mount.path / TREE, f"drop {name}")
    is_clean(scene, OLD)
    scene.stop()
