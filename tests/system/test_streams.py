"""A large file that is read in order over slow connections, with -o streams and without: which ranges are asked for, and that
none is asked for twice."""

import hashlib
import itertools
import os
import random
import re

import pytest
from knoxtest import Hdfs, run
from knoxtest.tree import TREE, stats as numbers_of

from conftest import make_folder

pytestmark = pytest.mark.limit(150)  # the first of them starts the servers

MIB = 1 << 20
SIZE = 64 * MIB + 77
RATE = 6_000_000  # bytes a second of each connection: the reader waits for it on any machine
SLOW = {"role": "datanode", "op": "OPEN", "bandwidth_bytes_per_s": RATE}
FAR = {"latency_ms": 10}  # each way: no answer comes sooner than 20 ms
WINDOW = 4 * MIB  # what had come beside of a stream that ends earlier than it was asked for


@pytest.fixture(scope="module")
def data() -> bytes:
    return random.Random(11).randbytes(SIZE)


@pytest.fixture(scope="module")
def folder(stack, data) -> Hdfs:
    folder = make_folder(stack, "streams")
    folder.write("f", data, blocksize=16 * MIB)
    return folder


@pytest.fixture
def mount(mounts, folder, proxy):
    proxy.rules(SLOW)
    mount = mounts(folder.url_path, server=proxy.namenode, streams=8, attr_timeout=60, entry_timeout=60)
    os.stat(mount / "f")
    proxy.reset()
    return mount


def check_content(mount, data) -> None:
    got = run("sha256sum", mount / "f", timeout=50).stdout.split()[0]
    assert got.decode() == hashlib.sha256(data).hexdigest()


def ranges(proxy) -> list[tuple[int, int]]:
    """Offset and length of what the DataNodes were asked for, in order."""
    lines = [entry["line"] for entry in proxy.stats()["recent"] if entry["role"] == "datanode"]
    found = [[re.search(rf"[?&]{name}=(\d+)", line) for name in ("offset", "length")] for line in lines]
    return [(int(offset[1]), int(length[1])) for offset, length in found]


def check_pieces(mount, proxy) -> None:
    """One stream at first; then pieces that follow each other, each asked for once, up to the end."""
    first, *pieces = ranges(proxy)
    pieces.sort()
    assert first == (0, SIZE)
    assert len(pieces) >= 2 and pieces[0][0] >= 8 * MIB
    for (at, length), (following, _) in itertools.pairwise(pieces):
        assert at + length == following and 8 * MIB <= length <= 16 * MIB
    assert sum(pieces[-1]) == SIZE
    assert proxy.count("namenode", "OPEN") <= len(pieces) + 1
    assert numbers_of(mount / TREE)["wire-read-bytes"] < SIZE + WINDOW + MIB


def test_pieces(mount, proxy, data):
    check_content(mount, data)
    check_pieces(mount, proxy)


def test_a_long_way_is_worth_several(mounts, folder, proxy, data):
    """Without the option."""
    proxy.rules(FAR | SLOW, FAR)
    mount = mounts(folder.url_path, server=proxy.namenode, attr_timeout=60, entry_timeout=60)
    os.stat(mount / "f")
    proxy.reset()
    check_content(mount, data)
    check_pieces(mount, proxy)


def test_one_is_one(mounts, folder, proxy, data):
    """Whoever wants one stream gets one, whatever the way."""
    proxy.rules(FAR | SLOW | {"bandwidth_bytes_per_s": 4 * RATE}, FAR)
    mount = mounts(folder.url_path, server=proxy.namenode, attr_timeout=60, entry_timeout=60, streams=1)
    check_content(mount, data)
    assert ranges(proxy) == [(0, SIZE)]


@pytest.mark.parametrize(
    "fault",
    [{"status": 503}, {"reset": True}, {"cut_response_after": 3 * MIB}, {"content_length_delta": -MIB}],
    ids=str,
)
def test_a_piece_that_fails(mount, proxy, data, fault):
    """It goes on at its byte, the others as if nothing had been."""
    proxy.rules(SLOW | {"after": 1, "times": 1} | fault, SLOW)
    check_content(mount, data)
    assert proxy.stats()["rules"][0]["fired"] == 1
    assert numbers_of(mount / TREE)["wire-read-bytes"] < SIZE + WINDOW + 8 * MIB


def test_who_stops_costs_little(mount, proxy):
    """What is on its way then is what the pieces before the reader are, and ends."""
    with open(mount / "f", "rb", buffering=0) as file:
        for _ in range(20):
            file.read(MIB)
    fetched = proxy.stats()["bytes_down"]["datanode"]
    assert fetched < SIZE


def test_jumps_are_as_ever(mount, proxy, data):
    """Who reads here and there gets what he reads."""
    with open(mount / "f", "rb", buffering=0) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)
        for number in range(40):
            at = (number * 37 % 59 + 3) * MIB
            assert os.pread(file.fileno(), 4096, at) == data[at : at + 4096]
    assert len(ranges(proxy)) <= 41
    assert sum(length for _, length in ranges(proxy)) < 8 * MIB


def test_two_readers_share_the_memory(mount, proxy, folder, data, mounts):
    """Two files, each by several streams: what they hold stays within the budget."""
    folder.write("g", data, blocksize=16 * MIB)
    small = mounts(folder.url_path, server=proxy.namenode, streams=8, mem="64M")
    script = 'sha256sum "$1/f" & sha256sum "$1/g"; wait'
    done = run("sh", "-c", script, "sh", small.path, timeout=50)
    assert {line.split()[0].decode() for line in done.stdout.splitlines()} == {hashlib.sha256(data).hexdigest()}
    assert numbers_of(small / TREE)["memory-limit-bytes"] == 64 * MIB
    folder.rm("g")
