"""Names, modes, owners, and what HDFS has not."""

import errno
import os
import shutil
import stat

from knoxtest import sh

from . import MIB, fails, holds, put, row


@row("mv onto an existing file")
def _(mount, hdfs):
    sh("echo 1 > m1; echo 2 > m2; mv m1 m2", cwd=mount.path)
    holds(mount, hdfs, "m2", b"1\n")
    assert hdfs.names() == ["m2"] == os.listdir(mount.path)


@row("mv to a new name, mv of a directory")
def _(mount, hdfs):
    sh("echo 1 > a; mv a b; mkdir d; mv b d; mv d e", cwd=mount.path)
    holds(mount, hdfs, "e/b", b"1\n")
    assert hdfs.names() == ["e", "e/b"]


@row("rename of a file while it is open for write")
def _(mount, hdfs):
    with open(mount / "f", "wb", buffering=0) as file:
        file.write(b"before ")
        os.rename(mount / "f", mount / "g")
        file.write(b"after")
    holds(mount, hdfs, "g", b"before after")
    assert hdfs.names() == ["g"]


@row("unlink while open for read")
def _(mount, hdfs):
    put(mount / "f", b"x" * 300_000)
    with open(mount / "f", "rb", buffering=0) as file:
        assert file.read(100) == b"x" * 100
        os.unlink(mount / "f")
        assert file.read(100) == b"x" * 100
        assert not (mount / "f").exists() and hdfs.status("f") is None


@row("chmod")
def _(mount, hdfs):
    put(mount / "f", b"")
    os.chmod(mount / "f", 0o640)
    assert stat.S_IMODE(os.stat(mount / "f").st_mode) == 0o640 and hdfs.stat("%a", "f") == "640"


@row("chown to another uid")
def _(mount, hdfs):
    put(mount / "f", b"")
    shutil.chown(mount / "f", "daemon", "nogroup")
    assert (mount / "f").owner() == "daemon" and (mount / "f").group() == "nogroup"
    assert hdfs.stat("%u:%g", "f") == "daemon:nogroup"


@row("utimens")
def _(mount, hdfs):
    put(mount / "f", b"")
    os.utime(mount / "f", (1_111_111_111, 1_222_222_222))
    now = os.stat(mount / "f")
    assert (now.st_atime, now.st_mtime) == (1_111_111_111, 1_222_222_222)
    assert hdfs.status("f")["modificationTime"] == 1_222_222_222_000


@row("symlink", refused=errno.EOPNOTSUPP)
def _(mount, hdfs):
    os.symlink("target", mount / "l")


@row("hard link", refused=errno.EPERM)
def _(mount, hdfs):
    put(mount / "f", b"")
    try:
        os.link(mount / "f", mount / "l")
    finally:
        os.unlink(mount / "f")


@row("mkfifo", refused=errno.EPERM)
def _(mount, hdfs):
    os.mkfifo(mount / "p")


@row("rmdir of a non-empty directory gives ENOTEMPTY")
def _(mount, hdfs):
    hdfs.mkdir("d", user="root")
    put(mount / "d/f", b"kept")
    fails(errno.ENOTEMPTY, os.rmdir, mount / "d")
    holds(mount, hdfs, "d/f", b"kept")


@row("open of a missing file gives ENOENT")
def _(mount, hdfs):
    fails(errno.ENOENT, open, mount / "none")


@row("O_EXCL on an existing file gives EEXIST")
def _(mount, hdfs):
    hdfs.write("f", b"theirs", user="root")
    fails(errno.EEXIST, open, mount / "f", "xb")
    holds(mount, hdfs, "f", b"theirs")


@row("statvfs (df)")
def _(mount, hdfs):
    space = os.statvfs(mount.path)
    said = int(hdfs.sh("-df", "/").out.decode().splitlines()[1].split()[1])
    assert abs(space.f_blocks * space.f_frsize - said) < 2 * MIB
    assert 0 < space.f_bavail <= space.f_blocks and space.f_namemax == 255


def name_row(name: str, shown: str, refused: int | None = None) -> None:
    @row(shown, refused)
    def _(mount, hdfs):
        put(mount / name, b"content")
        assert os.listdir(mount.path) == [name] == list(hdfs.entries())
        holds(mount, hdfs, name, b"content")
        os.rename(mount / name, mount / "plain")
        os.rename(mount / "plain", mount / name)
        os.unlink(mount / name)
        assert hdfs.names() == []


for one in ("with space", "üñí-日本", "100%", "a+b", "q?x=1&y#z", "per%20cent", "semi;colon"):
    name_row(one, f"name '{one}'")
name_row("quote'\"", "name 'quote\\'\"'")
name_row("back\\slash", "name 'back\\\\slash'")
name_row("colon:x", "name 'colon:x'", refused=errno.EINVAL)
name_row("n" * 255, "name of 255 bytes")
