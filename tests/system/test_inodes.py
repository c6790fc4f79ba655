"""A file that is opened by its number is that file or none, whatever has its name now."""

import errno
import os

import pytest

MIB = 1 << 20
LENGTH = 24 * MIB


def far(file: int, at: int) -> bytes:
    """Some bytes that nobody has read yet, nor read ahead."""
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_RANDOM)
    return os.pread(file, 100, at)


@pytest.fixture
def reading(mounts, hdfs, proxy):
    """A mount that looks at no name again, and a file of it whose first bytes were read."""
    hdfs.write("f", b"1" * LENGTH)
    mount = mounts(hdfs.url_path, server=proxy.namenode, attr_timeout=60, entry_timeout=60)
    file = os.open(mount / "f", os.O_RDONLY)
    assert far(file, 0) == b"1" * 100
    yield file
    os.close(file)


def test_replaced(reading, hdfs):
    hdfs.write("new", b"2" * LENGTH)
    hdfs.ask("PUT", "RENAME", "new", destination=hdfs.path("f"), renameoptions="OVERWRITE")
    with pytest.raises(OSError) as caught:
        far(reading, 20 * MIB)
    assert caught.value.errno == errno.ESTALE


def test_renamed_and_replaced(reading, hdfs):
    """As logs are: the one that is open is read to its end."""
    hdfs.ask("PUT", "RENAME", "f", destination=hdfs.path("old"))
    hdfs.write("f", b"2" * LENGTH)
    assert far(reading, 20 * MIB) == b"1" * 100


def test_removed(reading, hdfs):
    hdfs.ask("DELETE", "DELETE", "f")
    with pytest.raises(OSError) as caught:
        far(reading, 20 * MIB)
    assert caught.value.errno == errno.ESTALE


def test_in_a_snapshot(mounts, hdfs, proxy):
    """There a file's number is the live file's: the name counts."""
    hdfs.mkdir("d")
    hdfs.write("d/f", b"1" * 100)
    hdfs.ask("PUT", "ALLOWSNAPSHOT", "d", user="root")
    hdfs.ask("PUT", "CREATESNAPSHOT", "d", user="root", snapshotname="s")
    hdfs.append("d/f", b"2" * 100)
    mount = mounts(hdfs.url_path, server=proxy.namenode)
    try:
        assert (mount / "d/.snapshot/s/f").read_bytes() == b"1" * 100
        assert (mount / "d/f").read_bytes() == b"1" * 100 + b"2" * 100
    finally:
        hdfs.ask("DELETE", "DELETESNAPSHOT", "d", user="root", snapshotname="s")
