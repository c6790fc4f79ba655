"""Extended attributes: the server's pass through, user.hdfs.* is the file's life in HDFS."""

import errno
import os

import pytest
from knoxtest import refused, run, sh

pytestmark = pytest.mark.gateway


def shell_attributes(hdfs, name: str) -> dict[str, bytes]:
    """As `hdfs dfs -getfattr -d -e hex` has them."""
    lines = hdfs.sh("-getfattr", "-d", "-e", "hex", hdfs.glob(name)).out.decode().splitlines()[1:]
    pairs = [line.rpartition("=0x") if "=0x" in line else (line, "", "") for line in lines if line]
    return {name: bytes.fromhex(value) for name, _, value in pairs}


@pytest.fixture
def file(mount, hdfs):
    hdfs.put("f", b"content")
    return mount / "f"


TEXTS = [b"", b"text", b"two words", "é".encode(), b'"quoted"', b"0xdead", b"0sQUJD"]
LINES = pytest.mark.direct("a gateway's request lines end at 8 KiB", ways=("knox", "jwt"))
LARGE = pytest.param(b"v" * 8000, marks=LINES)
VALUES = [*TEXTS, b"\x00\x01\xff binary", bytes(range(256)), LARGE]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value[:12]))
def test_there_and_back(file, hdfs, value):
    os.setxattr(file, "user.note", value)
    assert os.getxattr(file, "user.note") == value
    assert shell_attributes(hdfs, "f") == {"user.note": value}


PLAIN = ["user.a", "user.A", "user.dotted.name", "user." + "n" * 200]
NAMES = [*PLAIN, "user.ü", "user.with blank", "user.%25+&=?#;"]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name[:20])
def test_names(file, hdfs, name):
    os.setxattr(file, name, b"x")
    assert os.listxattr(file) == [name] and os.getxattr(file, name) == b"x"
    assert shell_attributes(hdfs, "f") == {name: b"x"}
    os.removexattr(file, name)
    assert os.listxattr(file) == []


def test_set_by_the_shell(file, hdfs, mount):
    hdfs.sh("-setfattr", "-n", "user.theirs", "-v", "0x00ff", hdfs.path("f"))
    hdfs.sh("-setfattr", "-n", "user.empty", hdfs.path("f"))
    assert sorted(os.listxattr(file)) == ["user.empty", "user.theirs"]
    assert os.getxattr(file, "user.theirs") == b"\x00\xff" and os.getxattr(file, "user.empty") == b""
    hdfs.mkdir("d")
    hdfs.sh("-setfattr", "-n", "user.folder", "-v", "yes", hdfs.path("d"))
    assert os.getxattr(mount / "d", "user.folder") == b"yes"


def test_create_and_replace(file, hdfs):
    refused(errno.ENODATA, os.setxattr, file, "user.a", b"1", os.XATTR_REPLACE)
    os.setxattr(file, "user.a", b"1", os.XATTR_CREATE)
    refused(errno.EEXIST, os.setxattr, file, "user.a", b"2", os.XATTR_CREATE)
    os.setxattr(file, "user.a", b"3", os.XATTR_REPLACE)
    assert shell_attributes(hdfs, "f") == {"user.a": b"3"}
    os.removexattr(file, "user.a")
    refused(errno.ENODATA, os.removexattr, file, "user.a")
    refused(errno.ENODATA, os.getxattr, file, "user.a")


def test_value_that_is_too_long(file, hdfs):
    """The server's limit is 16 KiB for name and value."""
    refused(errno.E2BIG, os.setxattr, file, "user.long", b"x" * 20000)
    assert b"16384" in os.getxattr(file, "user.hdfs.error")
    assert shell_attributes(hdfs, "f") == {}


def test_foreign_namespaces(file, mounts, hdfs):
    for name in ("security.selinux", "security.note", "user.hdfs.replication"):
        refused(errno.EOPNOTSUPP, os.setxattr, file, name, b"x")
    refused(errno.ENODATA, os.getxattr, file, "user.hdfs.nonsense")
    # trusted.* is the superuser's.
    root = mounts(hdfs.url_path, user="root")
    os.setxattr(root / "f", "trusted.mark", b"x")
    assert os.getxattr(root / "f", "trusted.mark") == b"x"
    assert "trusted.mark" in os.listxattr(root / "f")
    assert os.listxattr(file) == []


def test_life_in_hdfs(mounts, hdfs):
    mount = mounts(hdfs.url_path, blocksize="1M")
    (mount / "f").write_bytes(b"x" * 3_000_000)

    def value(name: str) -> str:
        return os.getxattr(mount / "f", f"user.hdfs.{name}").decode()

    assert f"{value('replication')} {value('blocksize')}" == hdfs.stat("%r %o", "f")
    assert value("checksum") == hdfs.checksum("f")
    file_id = hdfs.status("f")["fileId"]
    assert int(value("fileid")) == file_id
    # Who made it here keeps the number that it had before the server gave it one; all others see the server's.
    assert (mounts(hdfs.url_path) / "f").stat().st_ino == file_id
    refused(errno.ENODATA, os.getxattr, mount / "f", "user.hdfs.error")
    refused(errno.ENODATA, os.getxattr, mount.path, "user.hdfs.checksum")
    assert os.getxattr(mount.path, "user.hdfs.fileid") == str(hdfs.status()["fileId"]).encode()


def test_not_copied(mount, hdfs, tmp_path):
    """user.hdfs.* is not listed: what copies attributes copies only the user's own."""
    hdfs.put("f", b"x")
    os.setxattr(mount / "f", "user.own", b"1")
    assert run("getfattr", "-d", "-m", "-", mount / "f").stdout.count(b"user.") == 1
    run("cp", "--preserve=xattr", mount / "f", mount / "copy")
    run("rsync", "-X", mount / "f", mount / "synced")
    for name in ("copy", "synced"):
        assert shell_attributes(hdfs, name) == {"user.own": b"1"}, name


def test_on_a_file_that_is_being_written(mount, hdfs):
    with open(mount / "f", "wb", buffering=0) as file:
        assert os.listxattr(mount / "f") == []
        refused(errno.ENODATA, os.getxattr, mount / "f", "user.a")
        file.write(b"one ")
        os.setxattr(file.fileno(), "user.a", b"1")
        file.write(b"two")
    assert hdfs.cat("f") == b"one two" and shell_attributes(hdfs, "f") == {"user.a": b"1"}


def test_replacing_a_file_drops_them(mount, hdfs):
    """As a rename over it does: another file, another fileId."""
    hdfs.put("f", b"x")
    os.setxattr(mount / "f", "user.a", b"1")
    (mount / "g").write_bytes(b"y")
    os.rename(mount / "g", mount / "f")
    assert os.listxattr(mount / "f") == [] and shell_attributes(hdfs, "f") == {}


def test_denied(mounts, hdfs):
    hdfs.put("f", b"x")
    hdfs.sh("-chmod", "644", hdfs.path("f"))
    bob = mounts(hdfs.url_path, user="bob")
    refused(errno.EACCES, os.setxattr, bob / "f", "user.a", b"1")
    error = os.getxattr(bob / "f", "user.hdfs.error").decode()
    assert "bob" in error and "SETXATTR" in error
    assert shell_attributes(hdfs, "f") == {}


def test_access_lists_do_not_disturb(mount, hdfs):
    """Programs that keep ACLs find plain modes and do not fail."""
    sh("echo x > f; chmod 640 f; cp -a f g; getfacl -c f", cwd=mount.path)
    listed = run("getfacl", "-c", "-p", mount / "f").stdout.decode().split()
    assert listed == ["user::rw-", "group::r--", "other::---"]
    assert hdfs.stat("%a", "g") == "640"
