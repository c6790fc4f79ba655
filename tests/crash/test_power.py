"""write=back: what close() acknowledges is on the local disk, in an order that survives a power cut."""

import re
import subprocess

import pytest
from knoxtest import until

CALLS = "linkat,fsync,fdatasync,pwrite64,writev"
CALL = re.compile(r"^\S+ +\d+:\d\d:\d\d\.\d+ (\w+)\((?:AT_FDCWD<[^>]*>, \"[^\"]*\", )?(?:\d+|AT_FDCWD)<([^>]*)>")


@pytest.fixture
def traced(scenes, stack, proxy):
    """A scene whose uploads wait, and calls(): what its driver has called meanwhile, as (call, file)."""
    scene = scenes(stack, proxy.namenode, write="back")
    scene.start()
    log = scene.folder / "calls"
    line = ["strace", "-f", "-y", "-tt", "-o", log, "-e", f"trace={CALLS}", "-p", str(scene.mount.pid)]
    with open(scene.folder / "strace", "wb") as errors:
        tracer = subprocess.Popen(line, stdin=subprocess.DEVNULL, stderr=errors)
    until(lambda: b"attached" in (scene.folder / "strace").read_bytes(), what="strace has the driver")

    def calls() -> list[tuple[str, str]]:
        tracer.terminate()
        tracer.wait(10)
        found = [CALL.match(line) for line in log.read_text().splitlines()]
        return [(match[1], match[2]) for match in found if match]

    proxy.rules({"role": "datanode", "op": "CREATE", "status": 503})
    yield scene, calls
    tracer.terminate()
    tracer.wait(10)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["create=70000", "overwrite=1000000"])
def test_close_is_on_the_disk(traced, proxy, way):
    """The bytes, their name, then the record; each synced before the next, and all before the answer."""
    scene, calls = traced
    with scene.write(way) as writer:
        assert writer.result().returncode == 0
    done = calls()
    wal = [at for at, (call, file) in enumerate(done) if file.endswith("-wal")]
    named = min(at for at, (call, _) in enumerate(done) if call == "linkat")
    # The first one: a failed upload writes the record again.
    record = min(at for at in wal if done[at][0] == "fdatasync" and at > named)
    copy = str(scene.stage)
    written = [at for at, (call, file) in enumerate(done[:record]) if call == "pwrite64" and copy in file and "journal" not in file]
    linked = [at for at, (call, _) in enumerate(done[:record]) if call == "linkat"]
    bytes_synced = [
        at for at, (call, file) in enumerate(done[:record]) if call in ("fsync", "fdatasync") and copy in file and "#" in file
    ]
    name_synced = [at for at, (call, file) in enumerate(done[:record]) if call == "fsync" and re.search(r"knoxfs-\d+$", file)]
    assert written and linked and bytes_synced and name_synced, done
    assert max(written) < max(bytes_synced) and max(linked) < max(name_synced), done
    of_record = [at for at in wal if done[at][0] == "pwrite64" and max(name_synced) < at < record]
    assert of_record and max(bytes_synced) < min(of_record), done
    assert any(call == "writev" and "fuse" in file for call, file in done[record:]), done
    proxy.rules()
    scene.until_whole_back()
    scene.stop()
