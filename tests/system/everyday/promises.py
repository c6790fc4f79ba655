"""What programs expect of a file: locks, maps, what others see and when."""

import fcntl
import mmap
import os

from knoxtest import Running, run, until

from . import MIB, holds, put, row


@row("xattr user.*")
def _(mount, hdfs):
    put(mount / "f", b"")
    os.setxattr(mount / "f", "user.colour", b"blue")
    assert os.getxattr(mount / "f", "user.colour") == b"blue"
    assert "user.colour" in os.listxattr(mount / "f")
    assert b'user.colour="blue"' in hdfs.sh("-getfattr", "-d", hdfs.path("f")).out


@row("flock")
def _(mount, hdfs):
    put(mount / "f", b"x")
    with open(mount / "f", "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        run("flock", "-n", mount / "f", "true", rc=1)
        fcntl.flock(file, fcntl.LOCK_UN)
        run("flock", "-n", mount / "f", "true")
    holds(mount, hdfs, "f", b"x")


@row("mmap read")
def _(mount, hdfs):
    data = os.urandom(300_000)
    hdfs.write("f", data, user="root")
    with open(mount / "f", "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as view:
        assert view[:] == data


@row("O_RDWR write then read on one handle")
def _(mount, hdfs):
    with open(mount / "f", "w+b", buffering=0) as file:
        file.write(b"written")
        file.seek(0)
        assert file.read() == b"written"
    holds(mount, hdfs, "f", b"written")


@row("fsync makes bytes visible in HDFS")
def _(mount, hdfs):
    data = os.urandom(70_000)
    with open(mount / "f", "wb", buffering=0) as file:
        file.write(data)
        os.fsync(file.fileno())
        assert hdfs.read("f") == data
        file.write(b"more")
    holds(mount, hdfs, "f", data + b"more")


@row("close() means stored (HDFS has the bytes at once)")
def _(mount, hdfs):
    for size in (1, 70_000, 3 * MIB):
        data = os.urandom(size)
        put(mount / "f", data)
        assert hdfs.read("f") == data


@row("tail -f: a growing file seen through the mount")
def _(mount, hdfs, tmp_path):
    hdfs.write("f", b"one\n", user="root")
    with (
        open(tmp_path / "seen", "wb") as seen,
        Running("tail", "-f", "-n", "+1", "-s", "0.1", mount / "f", stdout=seen) as tail,
    ):
        for more in (b"two\n", b"three\n", b"y" * 100_000 + b"\n"):
            until(lambda: (tmp_path / "seen").read_bytes() == hdfs.read("f"), what="tail shows it all")
            hdfs.append("f", more, user="root")
        until(lambda: (tmp_path / "seen").read_bytes() == hdfs.read("f"), what="tail shows the end")
        assert not tail.ended()
    assert (tmp_path / "seen").read_bytes() == b"one\ntwo\nthree\n" + b"y" * 100_000 + b"\n"


@row("change made past the mount visible within 2 s")
def _(mount, hdfs):
    hdfs.write("f", b"v1", user="root")
    assert (mount / "f").read_bytes() == b"v1"
    hdfs.write("f", b"version2", user="root")
    until(lambda: (mount / "f").read_bytes() == b"version2", 2, "the new content")
    assert os.stat(mount / "f").st_size == 8


@row("2 writers on one file: the second is refused or both end consistent")
def _(mount, hdfs):
    """Emptied by the second; appended by both, two programs."""
    with open(mount / "f", "wb", buffering=0) as one:
        one.write(b"1" * 5000)
        with open(mount / "f", "wb", buffering=0) as two:
            two.write(b"2" * 5000)
    holds(mount, hdfs, "f", b"2" * 5000)
    script = "for i in $(seq 50); do echo $0 $i; done >> log"
    with Running("bash", "-c", script, "a", cwd=mount.path) as a:
        run("bash", "-c", script, "b", cwd=mount.path)
        assert a.result().returncode == 0
    lines = hdfs.read("log").decode().splitlines()
    for who in "ab":
        assert [x for x in lines if x[0] == who] == [f"{who} {n}" for n in range(1, 51)]
    assert len(lines) == 100 and (mount / "log").read_bytes() == hdfs.read("log")
