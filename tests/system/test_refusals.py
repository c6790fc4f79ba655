"""What the cluster does not allow: the right errno, and the reason for those who ask."""

import contextlib
import errno
import os
import threading
from pathlib import Path

import pytest
from knoxtest import refused, run, sh, until

pytestmark = pytest.mark.gateway
MIB = 1 << 20


def reason(path: Path) -> str:
    done = run("getfattr", "--only-values", "-n", "user.hdfs.error", path)
    return done.stdout.decode()


def make(path: Path, size: int = 10) -> None:
    with open(path, "wb") as file:
        file.write(b"x" * size)


# Permissions.


@pytest.fixture
def bob(mounts, hdfs):
    """Another user's mount of alice's folder."""
    hdfs.write("public", b"all may read")
    hdfs.write("private", b"hers")
    hdfs.sh("-chmod", "600", hdfs.path("private"))
    hdfs.mkdir("shut")
    hdfs.sh("-chmod", "700", hdfs.path("shut"))
    return mounts(hdfs.url_path, user="bob")


def test_denied_to_change(bob, hdfs):
    """Each by its own call, with who and what in the reason."""
    before = hdfs.listing()
    for call, at in (
        (lambda: make(bob / "new"), ""),
        (lambda: os.mkdir(bob / "new"), ""),
        (lambda: os.unlink(bob / "public"), ""),
        (lambda: os.rename(bob / "public", bob / "new"), ""),
        (lambda: open(bob / "public", "ab"), "public"),
        (lambda: open(bob / "public", "wb"), "public"),
        (lambda: os.truncate(bob / "public", 0), "public"),
    ):
        refused(errno.EACCES, call)
        words = reason(bob / at)
        assert "Permission denied" in words and "bob" in words and "WRITE" in words
    assert hdfs.listing() == before and hdfs.read("public") == b"all may read"


def test_denied_to_look(bob):
    refused(errno.EACCES, os.listdir, bob / "shut")
    assert "READ" in reason(bob / "shut")
    refused(errno.EACCES, os.stat, bob / "shut/x")
    assert b"Permission denied" in run("cat", bob / "private", rc=1).stderr
    assert "bob" in reason(bob / "private")
    assert (bob / "public").read_bytes() == b"all may read"
    assert b"Permission denied" in sh("cd shut", cwd=bob.path, rc=1).stderr


def test_not_the_owner(bob, hdfs):
    """chmod(2), chown(2) and utimensat(2) say EPERM."""
    for call in (
        lambda: os.chmod(bob / "public", 0o777),
        lambda: os.chown(bob / "public", 0, -1),
    ):
        refused(errno.EPERM, call)
        assert "bob" in reason(bob / "public")
    with pytest.raises(PermissionError):
        os.utime(bob / "public", (1, 1))
    assert hdfs.stat("%a %u", "public") == "644 alice"


def test_sticky_folder(mounts, hdfs):
    """As in /tmp: only one's own may be removed."""
    hdfs.sh("-chmod", "1777", hdfs.root)
    hdfs.write("hers", b"x")
    bob = mounts(hdfs.url_path, user="bob")
    make(bob / "his")
    refused(errno.EPERM, os.unlink, bob / "hers")
    assert "sticky" in reason(bob.path)
    os.unlink(bob / "his")
    assert hdfs.names() == ["hers"]


def test_access(bob):
    """access(2) and test -r/-w/-x ask the cluster, not the local user's number."""
    wanted = "r-- --- ---"
    each = 'for m in r w x; do test -$m $f && printf $m || printf -; done; printf " "'
    script = f"for f in public private shut; do {each}; done"
    assert sh(script, cwd=bob.path).stdout.decode().strip() == wanted


# Quotas.


@pytest.fixture
def limited(mounts, hdfs, stack):
    """limited(space, names): a mount of a folder with these quotas, whose blocks are small."""

    def limit(space: str | None = None, names: int | None = None):
        if space:
            stack.admin("-setSpaceQuota", space, hdfs.root)
        if names:
            stack.admin("-setQuota", str(names), hdfs.root)
        return mounts(hdfs.url_path, blocksize="1M")

    yield limit
    stack.admin("-clrSpaceQuota", hdfs.root)
    stack.admin("-clrQuota", hdfs.root)


@pytest.mark.direct("a gateway does not tell why a DataNode refuses a body", ways=("knox", "jwt"))
def test_space_quota(limited, hdfs):
    mount = limited(space="4m")
    make(mount / "fits", 2 * MIB)
    refused(errno.EDQUOT, make, mount / "f", 8 * MIB)
    assert "quota" in reason(mount.path).lower()
    assert hdfs.names() == ["fits"]
    assert b"Disk quota exceeded" in sh("head -c 8M /dev/zero > f", cwd=mount.path, rc=1).stderr
    assert hdfs.names() == ["fits"]
    make(mount / "also", MIB)
    assert hdfs.length("also") == MIB


def test_space_quota_at_close(limited, hdfs):
    """The bytes fit into buffers; the cluster's no comes with close, or with fsync before."""
    mount = limited(space="100k")
    for sync in (False, True):
        file = os.open(mount / "f", os.O_CREAT | os.O_WRONLY)
        os.write(file, b"x" * 1000)
        if sync:
            refused(errno.EDQUOT, os.fsync, file)
            assert "quota" in reason(mount / "f").lower()
        refused(errno.EDQUOT, os.close, file)
        assert hdfs.names() == []
        assert "quota" in reason(mount.path).lower()


@pytest.mark.direct("a gateway does not tell why a DataNode refuses a body", ways=("knox", "jwt"))
def test_replacing_over_quota(limited, hdfs):
    """There must be room for old and new at once; else the old one stays."""
    hdfs.write("f", b"o" * 3 * MIB, blocksize=str(MIB))
    mount = limited(space="4m")
    refused(errno.EDQUOT, make, mount / "f", 3 * MIB)
    assert hdfs.read("f") == b"o" * 3 * MIB and "quota" in reason(mount / "f").lower()


def test_append_over_quota(limited, hdfs):
    hdfs.write("f", b"o" * MIB, blocksize=str(MIB))
    mount = limited(space="2m")
    sh("head -c 5M /dev/zero >> f", cwd=mount.path, rc=1)
    assert "quota" in reason(mount / "f").lower()
    assert hdfs.read("f").startswith(b"o" * MIB) and hdfs.length("f") <= 2 * MIB


def test_name_quota(limited, hdfs):
    mount = limited(names=3)  # the folder itself is one
    os.mkdir(mount / "d")
    make(mount / "f")
    refused(errno.EDQUOT, os.mkdir, mount / "e")
    assert "quota" in reason(mount.path).lower()
    refused(errno.EDQUOT, make, mount / "g")
    assert hdfs.names() == ["d", "f"]
    os.rmdir(mount / "d")
    make(mount / "g")
    assert hdfs.names() == ["f", "g"]


# Safe mode.


@pytest.fixture
def safe_mode(stack):
    """Begins when it is called."""
    yield lambda: stack.admin("-safemode", "enter")
    stack.admin("-safemode", "leave")


@pytest.mark.direct("a gateway does not tell why a DataNode refuses a body", ways=("knox", "jwt"))
def test_safe_mode(mounts, hdfs, safe_mode):
    """Reading goes on; every change is EROFS, said at once and not after retries."""
    hdfs.mkdir("d")
    hdfs.write("f", b"x")
    mount = mounts(hdfs.url_path)
    safe_mode()
    for call in (
        lambda: os.mkdir(mount / "e"),
        lambda: os.rmdir(mount / "d"),
        lambda: os.unlink(mount / "f"),
        lambda: os.rename(mount / "f", mount / "g"),
        lambda: os.chmod(mount / "f", 0o600),
        lambda: os.utime(mount / "f"),
        lambda: os.truncate(mount / "f", 0),
        lambda: os.setxattr(mount / "f", "user.a", b"1"),
        lambda: make(mount / "new"),
        lambda: make(mount / "f"),
    ):
        refused(errno.EROFS, call)
    assert b"Read-only file system" in sh("cat /etc/services >> f", cwd=mount.path, rc=1).stderr
    assert "safe mode" in reason(mount / "f").lower()
    assert b"Read-only file system" in run("cp", "/etc/services", mount / "s", rc=1).stderr
    assert "safe mode" in reason(mount.path).lower()
    assert sh("cat f; ls; df . | wc -l", cwd=mount.path).stdout == b"xd\nf\n2\n"


def test_after_safe_mode(mounts, hdfs, stack):
    mount = mounts(hdfs.url_path)
    stack.admin("-safemode", "enter")
    try:
        refused(errno.EROFS, make, mount / "f")
    finally:
        stack.admin("-safemode", "leave")
    make(mount / "f")
    assert hdfs.names() == ["f"]


# Snapshots.


def test_snapshot_is_read_only(mounts, stack, hdfs):
    stack.admin("-allowSnapshot", hdfs.root)
    hdfs.write("f", b"then")
    hdfs.sh("-createSnapshot", hdfs.root, "s1", user="alice")
    hdfs.write("f", b"now")
    mount = mounts(hdfs.url_path)
    inside = mount / ".snapshot/s1"
    assert os.listdir(mount / ".snapshot") == ["s1"]
    assert (inside / "f").read_bytes() == b"then" and (mount / "f").read_bytes() == b"now"
    assert os.listdir(mount.path) == ["f"]
    for call in (
        lambda: make(inside / "g"),
        lambda: make(inside / "f"),
        lambda: os.unlink(inside / "f"),
        lambda: os.mkdir(inside / "d"),
        lambda: os.rmdir(inside),
    ):
        refused(errno.EROFS, call)
    hdfs.sh("-deleteSnapshot", hdfs.root, "s1", user="alice")


# A file that somebody else is writing.


@contextlib.contextmanager
def other_writer(stack, hdfs, name: str, data: bytes):
    """Another client that appends, and goes on until the end of the block."""
    enough = threading.Event()

    def pieces():
        yield data
        enough.wait(30)

    appending = threading.Thread(target=hdfs.ask, args=("POST", "APPEND", name), kwargs={"body": pieces()})
    appending.start()
    try:
        until(
            lambda: b"OPENFORWRITE" in stack.tool("fsck", hdfs.path(name), "-openforwrite").out,
            what="the other client has the file",
        )
        yield
    finally:
        enough.set()
        appending.join(30)


def append(path: Path, data: bytes) -> None:
    with open(path, "ab", buffering=0) as file:
        file.write(data)
        os.fsync(file.fileno())


def test_another_writer(mount, stack, hdfs):
    """EBUSY, and who it is; when it has ended the file can be changed."""
    hdfs.write("f", b"before")
    with other_writer(stack, hdfs, "f", b" theirs"):
        for call in (lambda: append(mount / "f", b"x"), lambda: os.truncate(mount / "f", 3)):
            refused(errno.EBUSY, call)
            words = reason(mount / "f")
            assert "open for writing: DFSClient_" in words and " on 127.0.0.1. " in words
            assert "hdfs debug recoverLease" in words
    until(lambda: hdfs.read("f") == b"before theirs", what="they have closed it")
    append(mount / "f", b" ours")
    assert hdfs.read("f") == b"before theirs ours"
