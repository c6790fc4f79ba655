"""write=back: what programs do to a file whose upload still waits, or is on its way."""

import contextlib
import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from knoxtest import until

OLD, QUEUED, NEW = b"old" * 10_000, b"queued" * 10_000, b"new!" * 10_000
WAITS = {"role": "datanode", "op": "CREATE", "status": 503}
SLOW = {"role": "datanode", "op": "CREATE", "stall_request_after": 1000, "stall_s": 2, "times": 1}


@pytest.fixture
def scene(scenes, stack, proxy):
    """Files on the cluster: a, whose new content waits to be uploaded until proxy.rules(), b, and c."""
    scene = scenes(stack, proxy.namenode, write="back")
    scene.cluster.write("a", OLD)
    scene.cluster.write("b", NEW)
    scene.cluster.write("c", OLD)
    scene.start()
    return scene


def put(scene, name: str, data: bytes) -> None:
    (scene.mount.path / name).write_bytes(data)


def next_mount(scene) -> None:
    scene.mount.process.kill()
    scene.died()
    scene.free()
    scene.start()


def arrives(scene, name: str, data: bytes | None) -> None:
    until(lambda: scene.read(name) == data, 30, f"{name} on the cluster")
    until(lambda: scene.hidden() == [], 30, "no rest of an upload is left")
    assert scene.read_mounted(name) == data
    scene.stop()


@pytest.mark.slow
@pytest.mark.parametrize("killed", [False, True])
def test_cut(scene, proxy, killed):
    proxy.rules(WAITS)
    put(scene, "a", QUEUED)
    os.truncate(scene.mount.path / "a", 1000)
    if killed:
        next_mount(scene)
    proxy.rules()
    arrives(scene, "a", QUEUED[:1000])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a", "fresh"])
@pytest.mark.parametrize("killed", [False, True])
def test_removed(scene, proxy, name, killed):
    proxy.rules(WAITS)
    put(scene, name, QUEUED)
    os.unlink(scene.mount.path / name)
    if killed:
        next_mount(scene)
    proxy.rules()
    arrives(scene, name, None)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a", "fresh"])
def test_removed_while_it_is_uploaded(scene, proxy, name):
    proxy.rules(SLOW)
    put(scene, name, QUEUED)
    until(lambda: proxy.stats()["rules"][0]["fired"], what="it is on its way")
    os.unlink(scene.mount.path / name)
    arrives(scene, name, None)


@pytest.mark.slow
@pytest.mark.parametrize("killed", [False, True])
def test_replaced(scene, proxy, killed):
    proxy.rules(WAITS)
    put(scene, "a", QUEUED)
    os.rename(scene.mount.path / "b", scene.mount.path / "a")
    if killed:
        next_mount(scene)
    proxy.rules()
    arrives(scene, "a", NEW)


def renamed_and_killed(scene, proxy, at: str, source: str, target: str) -> None:
    """Before the server hears of it (head), or behind it (done)."""
    os.rename(scene.mount.path / "c", scene.mount.path / "moved")  # the first one of a mount asks more
    proxy.rules(WAITS, {"role": "namenode", "op": "RENAME", "kill": scene.mount.pid, "kill_at": at})
    with pytest.raises(OSError):
        os.rename(scene.mount.path / source, scene.mount.path / target)
    scene.died()
    scene.free()
    proxy.rules()
    scene.start()


def nothing_waits(scene) -> None:
    pending = scene.mount.path / ".cluster/mount/pending"
    until(lambda: [name for name in os.listdir(pending) if name.isdigit()] == [], 30, "nothing waits any more")


@pytest.mark.slow
@pytest.mark.parametrize("at", ["head", "done"])
def test_its_folder_is_renamed(scene, proxy, at):
    """Killed just then: the upload finds the folder."""
    (scene.mount.path / "d").mkdir()
    proxy.rules(WAITS)
    put(scene, "d/f", QUEUED)
    renamed_and_killed(scene, proxy, at, "d", "e")
    nothing_waits(scene)
    assert {"d", "e"} & set(os.listdir(scene.mount.path)) == {"d" if at == "head" else "e"}
    arrives(scene, "d/f" if at == "head" else "e/f", QUEUED)


@pytest.mark.slow
@pytest.mark.parametrize("at", ["head", "done"])
def test_replaced_and_killed(scene, proxy, at):
    """The later step wins, if it was done; nothing of the earlier one is left."""
    proxy.rules(WAITS)
    put(scene, "a", QUEUED)
    renamed_and_killed(scene, proxy, at, "b", "a")
    nothing_waits(scene)
    assert scene.read_mounted("b") == (NEW if at == "head" else None)
    arrives(scene, "a", QUEUED if at == "head" else NEW)


@pytest.mark.slow
@pytest.mark.parametrize("at", ["head", "done"])
def test_removed_and_killed(scene, proxy, at):
    proxy.rules(WAITS)
    put(scene, "a", QUEUED)
    proxy.rules(WAITS, {"role": "namenode", "op": "DELETE", "kill": scene.mount.pid, "kill_at": at})
    with pytest.raises(OSError):
        os.unlink(scene.mount.path / "a")
    scene.died()
    scene.free()
    proxy.rules()
    scene.start()
    nothing_waits(scene)
    arrives(scene, "a", QUEUED if at == "head" else None)


@pytest.mark.slow
def test_replaced_while_it_is_uploaded(scene, proxy):
    """The later step wins."""
    proxy.rules(SLOW)
    put(scene, "a", QUEUED)
    until(lambda: proxy.stats()["rules"][0]["fired"], what="it is on its way")
    os.rename(scene.mount.path / "b", scene.mount.path / "a")
    arrives(scene, "a", NEW)


@pytest.mark.slow
def test_replaced_while_it_is_closed(scenes, stack, proxy):
    """The same without write=back: one program closes a file, another one has replaced it meanwhile."""
    scene = scenes(stack, proxy.namenode)
    scene.cluster.write("a", OLD)
    scene.cluster.write("b", NEW)
    scene.start()
    proxy.rules(SLOW)
    with ThreadPoolExecutor() as pool:
        closing = pool.submit(put, scene, "a", QUEUED)
        until(lambda: proxy.stats()["rules"][0]["fired"], what="it is on its way")
        os.rename(scene.mount.path / "b", scene.mount.path / "a")
        closing.exception()
    arrives(scene, "a", NEW)


@pytest.mark.slow
@pytest.mark.parametrize("flags", [os.O_WRONLY | os.O_TRUNC, os.O_RDWR], ids=["emptied", "changed"])
@pytest.mark.parametrize("killed", [False, True])
def test_opened_again(scene, proxy, flags, killed):
    """Others, and the next mount, see what was closed, not what is being written."""
    proxy.rules(WAITS)
    put(scene, "a", QUEUED)
    file = os.open(scene.mount.path / "a", flags)
    try:
        os.pwrite(file, b"half", 0)
        proxy.rules()
        seen = set()
        end = time.monotonic() + 3  # an upload that waits is tried again within this time
        while time.monotonic() < end:
            seen.add(scene.read("a"))
        if killed:
            scene.mount.process.kill()
            scene.died()
    finally:
        with contextlib.suppress(OSError):
            os.close(file)
    assert seen <= {OLD, QUEUED}, sorted(map(len, seen))
    if killed:
        scene.free()
        scene.start()
        arrives(scene, "a", QUEUED)
    else:
        arrives(scene, "a", b"half" + (b"" if flags & os.O_TRUNC else QUEUED[4:]))
