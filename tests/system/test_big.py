"""A file that is larger than any buffer, and the driver's memory."""

import os

import pytest
from knoxtest import run

MIB = 1 << 20
BIG = 2384 * MIB + 12345  # two and a half GB
MOST = 64 * MIB
LONG_S = 240  # of a step; by way of a gateway the bytes pass one server more
IDLE = 18 * MIB  # 16 seen: 14 are pages of shared libraries (libxml2 brings 2 of ICU and libstdc++)
OWN = 4 * MIB  # of it that nobody shares; 2 seen


@pytest.fixture
def big(tmp_path):
    """A MiB again and again, each with its number in front."""
    path = tmp_path / "big"
    piece = os.urandom(MIB - 8)
    with open(path, "wb") as file:
        for number in range(BIG // MIB):
            file.write(b"%08d" % number)
            file.write(piece)
        file.write(piece[: BIG % MIB])
    yield path
    path.unlink()


def test_idle(mount, sanitized):
    os.listdir(mount.path)
    assert sanitized or mount.rss() < IDLE
    assert sanitized or mount.rss("RssAnon") < OWN


@pytest.mark.slow
@pytest.mark.limit(300)
def test_in_and_out(mounts, hdfs, big, sanitized):
    """Copied in, summed, copied out by mounts that have none of it in the kernel's cache, in one stream."""
    back = big.with_name("back")
    in_, sum_, out = (mounts(hdfs.url_path, streams=1) for _ in range(3))
    run("cp", big, in_ / "big", timeout=LONG_S)
    assert hdfs.length("big") == BIG
    expected = run("md5sum", big, timeout=LONG_S).stdout.split()[0]
    assert run("md5sum", sum_ / "big", timeout=LONG_S).stdout.split()[0] == expected
    run("cp", out / "big", back, timeout=LONG_S)
    run("cmp", big, back, timeout=LONG_S)
    back.unlink()
    for mount in (in_, sum_, out):
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


@pytest.mark.slow
def test_large_folder(mounts, hdfs, sanitized):
    """A listing is held a page at a time."""
    hdfs.mkdirs(f"entry-{number:06}-{'x' * 100}" for number in range(2500))
    mount = mounts(hdfs.url_path)
    assert len(run("ls", "-l", mount.path).stdout.splitlines()) == 2501
    assert sanitized or mount.rss("VmHWM") < 32 * MIB


@pytest.mark.limit(150)  # of 240 MiB in and out by way of a gateway on a busy machine
def test_memory_comes_back(mounts, hdfs, sanitized):
    """After much reading and writing the driver is about as small as before."""
    mount = mounts(hdfs.url_path)
    for number in range(4):
        run("dd", "if=/dev/zero", f"of={mount / 'f'}", "bs=1M", "count=60", "status=none", timeout=LONG_S)
        run("md5sum", mount / "f", timeout=LONG_S)
    hdfs.rm("f")
    assert sanitized or mount.rss() < 40 * MIB
