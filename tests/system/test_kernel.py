"""What the kernel keeps for us: how far it reads ahead, its pages, and how often it needs to ask."""

import hashlib
import mmap
import os
from pathlib import Path

import pytest
from knoxtest import run

MIB = 1 << 20
SIZE = 4 * MIB + 777


def ahead_file(path) -> Path:
    device = os.stat(path).st_dev
    return Path(f"/sys/class/bdi/{os.major(device)}:{os.minor(device)}/read_ahead_kb")


@pytest.mark.parametrize(("option", "kib"), [(None, 1024), ("4M", 4096), ("256K", 256)])
def test_read_ahead(mounts, hdfs, option, kib):
    mount = mounts(hdfs.url_path, read_ahead=option)
    where = ahead_file(mount.path)
    if not os.access(where, os.W_OK):
        pytest.skip("only root may set it")
    assert int(where.read_text()) == kib
    hdfs.write("f", b"x" * SIZE)
    assert (mount / "f").read_bytes() == b"x" * SIZE
    assert int(where.read_text()) == kib


def test_read_ahead_is_left_alone(mounts, hdfs):
    mount = mounts(hdfs.url_path, read_ahead=0)
    assert int(ahead_file(mount.path).read_text()) == 128


@pytest.fixture
def kept(mounts, hdfs, proxy):
    """A mount with attributes that last, its file, and what is in it."""
    data = hashlib.shake_128(b"kept").digest(SIZE)
    hdfs.write("f", data)
    mount = mounts(hdfs.url_path, server=proxy.namenode, attr_timeout=60, entry_timeout=60)
    assert (mount / "f").read_bytes() == data
    proxy.reset()
    return mount / "f", data


def test_an_unchanged_file_is_not_read_again(kept, proxy):
    path, data = kept
    assert path.read_bytes() == data
    assert run("md5sum", path).stdout.split()[0].decode() == hashlib.md5(data).hexdigest()
    assert proxy.stats()["requests"] == {}


def test_whether_it_is_unchanged_is_one_question(mounts, hdfs, proxy):
    """With attributes that never last the open asks, and the pages stay."""
    hdfs.write("f", b"x" * SIZE)
    mount = mounts(hdfs.url_path, server=proxy.namenode, attr_timeout=1, entry_timeout=60)
    assert (mount / "f").read_bytes() == b"x" * SIZE
    proxy.reset()
    assert (mount / "f").read_bytes() == b"x" * SIZE
    asked = proxy.stats()["requests"]
    assert asked in ({}, {"namenode": {"GETFILESTATUS": 1}})


def test_mapped(kept, proxy):
    """Of the same pages: what was read is mapped without a request, and read when it was mapped."""
    path, data = kept
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as view:
        assert view[:] == data
    assert proxy.stats()["requests"] == {}


def test_mapped_first(mounts, hdfs, proxy):
    data = hashlib.shake_128(b"mapped").digest(SIZE)
    hdfs.write("f", data)
    mount = mounts(hdfs.url_path, server=proxy.namenode, attr_timeout=60, entry_timeout=60)
    with open(mount / "f", "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as view:
        for at in (SIZE - 1, 2 * MIB, 0, 3 * MIB + 5):
            assert view[at] == data[at]
        assert view[:] == data
    proxy.reset()
    assert (mount / "f").read_bytes() == data
    assert "datanode" not in proxy.stats()["requests"]


def test_numbers_of_two_mounts_are_not_mixed_up(mounts, hdfs):
    """A new file's number is the mount's own: a program that writes on two mounts closes one file,
    and that has its end at once."""
    one, two = mounts(hdfs.url_path), mounts(hdfs.url_path)
    first = os.open(one / "first", os.O_CREAT | os.O_WRONLY)
    other = os.open(two / "other", os.O_CREAT | os.O_WRONLY)
    assert os.fstat(first).st_ino == os.fstat(other).st_ino  # or this test says nothing
    os.close(first)
    assert hdfs.length("first") == 0 and hdfs.status("other") is None
    os.close(other)
    assert hdfs.length("other") == 0
