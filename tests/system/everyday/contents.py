"""What is in a file: made, added to, changed, cut."""

import os

from knoxtest import run, sh

from . import holds, put, row


@row("mkdir")
def _(mount, hdfs):
    os.mkdir(mount / "d", 0o750)
    assert hdfs.status("d")["type"] == "DIRECTORY" and (mount / "d").is_dir()


@row("create + read back")
def _(mount, hdfs):
    put(mount / "f", b"some content")
    holds(mount, hdfs, "f", b"some content")


@row("create of an empty file")
def _(mount, hdfs):
    put(mount / "f", b"")
    holds(mount, hdfs, "f", b"")


@row("overwrite with O_TRUNC (>)")
def _(mount, hdfs):
    sh("echo a long first version > f; echo short > f", cwd=mount.path)
    holds(mount, hdfs, "f", b"short\n")


@row("append (>>)")
def _(mount, hdfs):
    sh("echo one > f; echo two >> f", cwd=mount.path)
    holds(mount, hdfs, "f", b"one\ntwo\n")


@row("append, handle kept open, read by another")
def _(mount, hdfs):
    put(mount / "f", b"x")
    with open(mount / "f", "ab", buffering=0) as file:
        file.write(b"y")
        assert run("cat", mount / "f").stdout == b"xy"
        file.write(b"z")
    holds(mount, hdfs, "f", b"xyz")


@row("random write in the middle of an existing file (r+)")
def _(mount, hdfs):
    hdfs.write("f", b"0123456789", user="root")
    with open(mount / "f", "r+b") as file:
        file.seek(4)
        file.write(b"AB")
    holds(mount, hdfs, "f", b"0123AB6789")


@row("non-sequential writes to a new file (seek back)")
def _(mount, hdfs):
    with open(mount / "f", "wb", buffering=0) as file:
        file.write(b"----body")
        file.seek(0)
        file.write(b"head")
    holds(mount, hdfs, "f", b"headbody")


@row("sparse write (seek forward)")
def _(mount, hdfs):
    with open(mount / "f", "wb", buffering=0) as file:
        file.write(b"a")
        file.seek(100_000)
        file.write(b"b")
    holds(mount, hdfs, "f", b"a" + bytes(99_999) + b"b")


@row("truncate down (path)")
def _(mount, hdfs):
    put(mount / "f", b"0123456789")
    os.truncate(mount / "f", 4)
    holds(mount, hdfs, "f", b"0123")


@row("truncate up (path)")
def _(mount, hdfs):
    put(mount / "f", b"01")
    os.truncate(mount / "f", 10)
    holds(mount, hdfs, "f", b"01" + bytes(8))


@row("truncate to 0 (path)")
def _(mount, hdfs):
    put(mount / "f", b"01")
    os.truncate(mount / "f", 0)
    holds(mount, hdfs, "f", b"")


@row("ftruncate on an open new file")
def _(mount, hdfs):
    with open(mount / "f", "wb", buffering=0) as file:
        file.write(b"0123456789")
        os.ftruncate(file.fileno(), 3)
        assert os.fstat(file.fileno()).st_size == 3
    holds(mount, hdfs, "f", b"012")


@row("sed -i")
def _(mount, hdfs):
    put(mount / "f", b"hello world\n")
    run("sed", "-i", "s/world/there/", mount / "f")
    holds(mount, hdfs, "f", b"hello there\n")
    assert hdfs.names() == ["f"]


@row("vim-like save (write temp, fsync, rename over)")
def _(mount, hdfs):
    put(mount / "f", b"old")
    with open(mount / "f~new", "wb", buffering=0) as file:
        file.write(b"new content")
        os.fsync(file.fileno())
        os.rename(mount / "f~new", mount / "f")
    holds(mount, hdfs, "f", b"new content")
    assert hdfs.names() == ["f"]
