"""A file that is larger than any buffer, and the driver's memory."""

import hashlib
import os
from pathlib import Path

import pytest
from knoxtest import run

MIB = 1 << 20
BIG = 2500 * MIB + 12345
MOST = 64 * MIB
IDLE = 15 * MIB


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    """(path, MD5): a MiB again and again, each with its number in front."""
    path = tmp_path_factory.mktemp("big") / "big"
    piece = os.urandom(MIB - 8)
    md5 = hashlib.md5()
    with open(path, "wb") as file:
        for number in range(BIG // MIB):
            for part in (b"%08d" % number, piece):
                file.write(part)
                md5.update(part)
        file.write(piece[: BIG % MIB])
        md5.update(piece[: BIG % MIB])
    assert path.stat().st_size == BIG
    yield path, md5.hexdigest().encode()
    path.unlink()


def test_idle(mount, sanitized):
    os.listdir(mount.path)
    assert sanitized or mount.rss() < IDLE


@pytest.mark.slow
@pytest.mark.limit(240)
def test_in_and_out(mounts, hdfs, big, sanitized):
    """Copied in, summed, copied out by a mount that has none of it in its cache: the same bytes."""
    source, md5 = big
    writer = mounts(hdfs.url_path)
    run("cp", source, writer / "big", timeout=120)
    assert hdfs.length("big") == BIG
    reader = mounts(hdfs.url_path)
    assert run("md5sum", reader / "big", timeout=100).stdout.split()[0] == md5
    back = Path(f"{source}.back")
    run("cp", mounts(hdfs.url_path) / "big", back, timeout=100)
    run("cmp", source, back, timeout=60)
    back.unlink()
    for mount in (writer, reader):
        assert sanitized or mount.rss("VmHWM") < MOST
    hdfs.rm("big")


def test_many_streams(mounts, hdfs, sanitized):
    """Thirty files open at once, in the middle of each; and thirty being written."""
    hdfs.write("source", b"x" * 8 * MIB)
    mount = mounts(hdfs.url_path)
    files = [open(mount / "source", "rb", buffering=0) for _ in range(30)]
    for file in files:
        assert len(file.read(MIB)) == MIB
    made = [open(mount / f"f{number}", "wb", buffering=0) for number in range(30)]
    for file in made:
        file.write(b"y" * MIB)
    for file in (*files, *made):
        file.close()
    assert sanitized or mount.rss("VmHWM") < 256 * MIB
    assert {hdfs.length(f"f{number}") for number in range(30)} == {MIB}


def test_large_folder(mounts, hdfs, sanitized):
    """A listing is held a page at a time: 6000 entries cost little."""
    hdfs.mkdirs(f"entry-{number:06}-{'x' * 100}" for number in range(6000))
    mount = mounts(hdfs.url_path)
    assert len(run("ls", mount.path).stdout.splitlines()) == 6000
    assert len(run("find", mount.path, "-type", "d").stdout.splitlines()) == 6001
    assert sanitized or mount.rss("VmHWM") < 40 * MIB


def test_memory_comes_back(mounts, hdfs, sanitized):
    """After much reading and writing the driver is about as small as before."""
    mount = mounts(hdfs.url_path)
    for number in range(4):
        run("dd", "if=/dev/zero", f"of={mount / 'f'}", "bs=1M", "count=60", "status=none")
        run("md5sum", mount / "f")
    hdfs.rm("f")
    assert sanitized or mount.rss() < 40 * MIB
