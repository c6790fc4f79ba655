"""kill -9 of the driver as it enters a system call: of its local copies, and of its answers to the kernel."""

import subprocess
from pathlib import Path

import pytest
from crashtest.ways import MIB
from knoxtest import until

OLD = "create=300000"

# Way, system call, which one of them in a thread. The call is not done. writev: an answer to the kernel, so that
# what was asked is done and nobody knows.
POINTS = [
    ("inplace", "openat", (1,)),
    ("inplace", "pwrite64", (1, 2)),
    ("inplace", "ftruncate", (1,)),
    ("inplace", "pread64", (1,)),
    ("database", "pwrite64", (1, 2)),
    ("mapped", "pread64", (1,)),
    ("stretch=1000000", "ftruncate", (1, 2)),
    (f"create={8 * MIB}", "writev", (1, 2, 3, 4)),
    (f"overwrite={8 * MIB}", "writev", (1, 3)),
    ("editor=5000", "writev", (1,)),
    (f"append={MIB}", "writev", (1,)),
    ("inplace", "writev", (1,)),
    ("log", "writev", (1,)),
    ("cut=1000", "writev", (1,)),
    ("remove", "writev", (1,)),
]


# With write=back, of the local copy and the journal, while uploads wait: nothing comes to the cluster before the next
# mount, which then brings all that was acknowledged.
BACK = [
    ("create=70000", "linkat", (1,)),
    ("create=70000", "fsync", (1,)),
    ("create=70000", "fdatasync", (1, 2)),
    ("create=70000", "pwrite64", (1,)),
    ("overwrite=1000000", "linkat", (1,)),
    ("overwrite=1000000", "fsync", (1,)),
    ("overwrite=1000000", "fdatasync", (1, 2)),
    ("overwrite=1000000", "pwrite64", (1, 2)),
    ("inplace", "fsync", (1,)),
    ("inplace", "fdatasync", (1,)),
    ("append=70000", "fdatasync", (1,)),
    ("append=70000", "linkat", (1,)),
]


def is_traced(pid: int) -> bool:
    states = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/status")]
    return all("TracerPid:\t0\n" not in state for state in states)


@pytest.fixture
def kill_at():
    """kill_at(scene, call, number): the driver ends when it enters that call."""
    tracers = []

    def trace(scene, call: str, number: int) -> None:
        pid = scene.mount.pid
        line = ["strace", "-f", "-qq", "-p", str(pid), "-e", f"trace={call}"]
        line += ["-e", f"inject={call}:signal=KILL:when={number}"]
        log = open(scene.folder / "strace", "wb")
        tracers.append((subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=log, stderr=log), log))
        until(lambda: is_traced(pid), what="strace has the driver")

    yield trace
    for tracer, log in tracers:
        tracer.terminate()
        tracer.wait(10)
        log.close()


def cases(points):
    for way, call, numbers in points:
        for number in numbers:
            yield pytest.param(way, call, number, id=f"{way}-{call}-{number}")


@pytest.mark.slow
@pytest.mark.parametrize("way, call, number", cases(POINTS))
def test_driver_killed(scene, kill_at, way, call, number):
    scene.prepare(OLD)
    kill_at(scene, call, number)
    with scene.write(way) as writer:
        scene.died()
        scene.survive(writer, again=(way,))
    scene.stop()


@pytest.mark.slow
@pytest.mark.parametrize("way, call, number", cases(BACK))
def test_driver_killed_write_back(scenes, stack, proxy, kill_at, way, call, number):
    scene = scenes(stack, proxy.namenode, write="back")
    scene.start()
    scene.prepare("create=300000")
    proxy.rules({"role": "datanode", "status": 503})
    kill_at(scene, call, number)
    with scene.write(way) as writer:
        scene.died()
        proxy.rules()
        scene.survive_back(writer, wait=True)
    scene.stop()


@pytest.mark.slow
def test_acknowledged_by_the_local_disk_alone(scenes, stack, proxy):
    """No server takes a byte: what was closed is there after the kill, at once for the next mount, then on the cluster."""
    scene = scenes(stack, proxy.namenode, write="back")
    scene.start()
    scene.prepare("create=300000")
    proxy.rules({"role": "datanode", "op": "CREATE", "status": 503})
    with scene.write("overwrite=1000000") as writer:
        assert writer.result().returncode == 0
        assert scene.cluster.entries()["a"]["length"] == 300000
        scene.mount.process.kill()
        scene.died()
        scene.end_life(writer)
    scene.start()
    scene.check_mounted()
    proxy.rules()
    scene.until_whole_back()
    scene.stop()
