"""The names of directories count as there for longer than those of files: what is asked of a directory, and below it, is true all the same."""

import contextlib
import errno
import os
import stat
import time

import pytest
from knoxtest import refused

GONE, TAKEN = "gone", "taken by a file"


@pytest.fixture
def mount(mounts, hdfs):
    """It has seen d and what is in it, and asks for attributes each time; not so for the names of directories."""
    hdfs.mkdirs(["d/e"])
    hdfs.write("d/e/f", b"old")
    mount = mounts(hdfs.url_path, attr_timeout=0, negative_timeout=0)
    assert (mount / "d/e/f").read_bytes() == b"old" and os.listdir(mount / "d/e") == ["f"]
    return mount


@pytest.fixture(params=[GONE, TAKEN])
def other(request, mount, hdfs):
    """Another client has removed d/e, and made a file of that name or not."""
    hdfs.ask("DELETE", "DELETE", "d/e", recursive="true")
    if request.param == TAKEN:
        hdfs.write("d/e", b"a file")
    return request.param


def expected(other: str, taken: int) -> set:
    return {errno.ENOENT} if other == GONE else {taken}


def test_status(mount, other):
    if other == GONE:
        refused(errno.ENOENT, os.stat, mount / "d/e")
    else:
        assert stat.S_ISREG(os.stat(mount / "d/e").st_mode) and (mount / "d/e").read_bytes() == b"a file"


@pytest.mark.parametrize("call", [os.listdir, os.chdir, os.rmdir], ids=lambda call: call.__name__)
def test_used_as_a_directory(mount, other, call):
    refused(expected(other, errno.ENOTDIR), call, mount / "d/e")


@pytest.mark.parametrize("call", [os.stat, os.mkdir, os.unlink], ids=lambda call: call.__name__)
def test_below(mount, other, call, hdfs):
    above = {errno.ENOENT, errno.ENOTDIR}
    refused(above, call, mount / "d/e/f")
    assert hdfs.status("d/e/f") is None


def test_made_again(mount, other, hdfs):
    if other == GONE:
        (mount / "d/e").mkdir()
        assert hdfs.status("d/e")["type"] == "DIRECTORY" and os.listdir(mount / "d/e") == []
    else:
        refused(errno.EEXIST, os.mkdir, mount / "d/e")


def test_a_file_takes_the_name(mount, other, hdfs):
    """A rename and a new file look at the name that they take."""
    (mount / "new").write_bytes(b"ours")
    os.rename(mount / "new", mount / "d/e")
    assert hdfs.read("d/e") == b"ours" == (mount / "d/e").read_bytes()


def test_another_directory(mount, hdfs):
    """Its files, under the names that the first one had, and others."""
    hdfs.ask("PUT", "RENAME", "d/e", destination=hdfs.path("away"))
    hdfs.mkdir("d/e")
    hdfs.write("d/e/g", b"new")
    assert os.listdir(mount / "d/e") == ["g"] and (mount / "d/e/g").read_bytes() == b"new"
    refused(errno.ENOENT, os.stat, mount / "d/e/f")
    assert (mount / "away/f").read_bytes() == b"old"
    assert os.stat(mount / "d/e").st_ino != os.stat(mount / "away").st_ino
    (mount / "d/e/h").write_bytes(b"ours")
    assert hdfs.read("d/e/h") == b"ours"


def test_written_to_for_a_while(mount, other, hdfs):
    """What the kernel takes for a directory is opened for writing when somebody has asked for it, or after dir_timeout."""
    with contextlib.suppress(FileNotFoundError):
        os.stat(mount / "d/e")
    (mount / "d/e").write_bytes(b"ours")
    assert hdfs.read("d/e") == b"ours"


def test_the_mount_itself(mounts, hdfs):
    """What is mounted is gone, not stale, and there when it has come back."""
    hdfs.mkdirs(["d"])
    mount = mounts(f"{hdfs.url_path}/d", attr_timeout=0)
    os.stat(mount.path)
    hdfs.ask("DELETE", "DELETE", "d")
    refused(errno.ENOENT, os.stat, mount.path)
    hdfs.mkdir("d")
    hdfs.write("d/f", b"again")
    assert (mount / "f").read_bytes() == b"again"


def test_requests(mounts, hdfs, proxy):
    """A file that is read again after its time: one request, however deep it lies."""
    hdfs.mkdirs(["d/e/g"])
    hdfs.write("d/e/g/f", b"12345" * 1000)
    mount = mounts(hdfs.url_path, server=proxy.namenode, attr_timeout=4, entry_timeout=4)
    file = mount / "d/e/g/f"
    assert file.read_bytes() == b"12345" * 1000
    time.sleep(4.2)  # the subject of the test is a time
    proxy.reset()
    assert file.read_bytes() == b"12345" * 1000
    assert proxy.count("namenode") == 1 and proxy.count("datanode") == 0


def test_not_without_names(mounts, hdfs):
    """entry_timeout=0: directories are looked at each time, too."""
    hdfs.mkdirs(["d"])
    mount = mounts(hdfs.url_path, attr_timeout=0, entry_timeout=0)
    os.stat(mount / "d")
    hdfs.ask("DELETE", "DELETE", "d")
    (mount / "d").write_bytes(b"a file")
    assert hdfs.read("d") == b"a file"
