"""What everyday programs do, one row each: done, and looked at on the mount and in HDFS.

A row is a function that takes the fixtures it names (test_peers_table); a row that HDFS cannot hold
says with which errno it is refused."""

import os
from pathlib import Path

import pytest

MIB = 1 << 20
ROWS = {}  # name: (function, errno or None)


def row(name: str, refused: int | None = None):
    def add(function):
        assert name not in ROWS
        ROWS[name] = (function, refused)
        return function

    return add


def put(path: Path, data: bytes) -> None:
    with open(path, "wb", buffering=0) as file:
        assert file.write(data) == len(data)


def holds(mount, hdfs, name: str, data: bytes) -> None:
    """Here and there, and as long as they say."""
    assert (mount / name).read_bytes() == data == hdfs.read(name)
    assert os.stat(mount / name).st_size == len(data) == hdfs.length(name)


def fails(code: int, call, *arguments) -> None:
    with pytest.raises(OSError) as caught:
        call(*arguments)
    assert caught.value.errno == code, caught.value
