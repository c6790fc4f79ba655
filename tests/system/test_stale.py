"""An open file whose name another client has given to another one, or taken away: ESTALE, whatever is
done with it, and the other's file stays as it is."""

import errno
import os
import time

import pytest

KIB = 1 << 10
MIB = 1 << 20
OLD = b"o" * (6 * MIB)
NEW = b"n" * (7 * MIB)


def replace(hdfs) -> None:
    hdfs.write("f", NEW)


def remove(hdfs) -> None:
    hdfs.ask("DELETE", "DELETE", "f", user="alice")


@pytest.fixture(params=[replace, remove], ids=lambda change: change.__name__)
def change(request, hdfs):
    """change(): what the other client does; then its file is looked at."""

    def change():
        time.sleep(0.3)  # what the open has seen is not asked for again at once
        request.param(hdfs)

    yield change
    if request.param is replace:
        assert hdfs.read("f") == NEW
    else:
        assert hdfs.status("f") is None


@pytest.fixture(params=[0, 60], ids=["asking", "trusting"])
def mount(request, mounts, hdfs):
    """One that asks each time, and one that has no reason to ask."""
    hdfs.write("f", OLD)
    return mounts(hdfs.url_path, attr_timeout=request.param, entry_timeout=request.param)


def stale(call, *arguments) -> None:
    with pytest.raises(OSError) as caught:
        call(*arguments)
    assert caught.value.errno == errno.ESTALE, caught.value


def close(fd: int) -> None:
    """What was refused may be said once more."""
    try:
        os.close(fd)
    except OSError as error:
        assert error.errno == errno.ESTALE


def append(fd: int) -> None:
    os.pwrite(fd, b"mine", len(OLD))
    os.fsync(fd)


def grow(fd: int) -> None:
    os.ftruncate(fd, len(OLD) + 100 * KIB)
    os.fsync(fd)


def shrink(fd: int) -> None:
    os.ftruncate(fd, 100 * KIB)
    os.fsync(fd)


def change_middle(fd: int) -> None:
    os.pwrite(fd, b"mine", 3 * MIB)
    os.fsync(fd)


def change_start(fd: int) -> None:
    os.pwrite(fd, b"mine", 0)
    os.fsync(fd)


WAYS = [append, grow, shrink, change_middle, change_start]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_write(mount, change, way):
    fd = os.open(mount / "f", os.O_RDWR)
    change()
    stale(way, fd)
    close(fd)


def test_write_at_the_end(mount, change):
    fd = os.open(mount / "f", os.O_WRONLY | os.O_APPEND)
    change()
    stale(lambda: (os.write(fd, b"mine"), os.fsync(fd)))
    close(fd)


def test_more_after_fsync(mount, change):
    """What this client has brought there itself is no reason to trust the name."""
    fd = os.open(mount / "f", os.O_RDWR)
    append(fd)
    change()
    stale(lambda: (os.pwrite(fd, b"more", len(OLD) + 4), os.fsync(fd)))
    close(fd)


def test_staged(mount, change):
    """A local copy that was begun before: neither sent, nor filled with the other's bytes."""
    fd = os.open(mount / "f", os.O_RDWR)
    os.pwrite(fd, b"mine", 3 * MIB)
    change()
    stale(os.pread, fd, KIB, 5 * MIB)
    stale(os.fsync, fd)
    close(fd)
