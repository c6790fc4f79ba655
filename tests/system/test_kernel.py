"""What the kernel keeps for us: how far it reads ahead, its pages, and how often it needs to ask."""

import hashlib
import mmap
import os
import subprocess
from pathlib import Path

import pytest
from knoxtest import run, until

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


def test_changed_in_place(mounts, hdfs):
    """The same file, the same length, other bytes: its time has changed, so the pages go."""
    hdfs.write("f", b"1" * SIZE)
    mount = mounts(hdfs.url_path, attr_timeout=1, entry_timeout=1)
    assert (mount / "f").read_bytes() == b"1" * SIZE
    number = os.stat(mount / "f").st_ino
    hdfs.ask("POST", "TRUNCATE", "f", newlength=0)
    until(lambda: hdfs.append("f", b"2" * SIZE) is None, what="the end of the truncation")
    until(lambda: (mount / "f").read_bytes() == b"2" * SIZE, 10, "the new bytes are shown")
    with open(mount / "f", "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as view:
        assert view[:] == b"2" * SIZE
    assert os.stat(mount / "f").st_ino == number


@pytest.fixture
def connections(tmp_path):
    """What the kernel knows of its connections to file systems."""
    if subprocess.run(["mount", "-t", "fusectl", "fusectl", tmp_path], capture_output=True).returncode:
        pytest.skip("only root may mount it")
    yield tmp_path
    subprocess.run(["umount", tmp_path], check=True)


def test_how_many_requests_of_the_kernel_may_wait(mount, connections):
    """Of reading ahead and writing back: 64 instead of 12."""
    where = connections / str(os.minor(os.stat(mount.path).st_dev))
    assert int((where / "max_background").read_text()) == 64
    assert int((where / "congestion_threshold").read_text()) == 48


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
