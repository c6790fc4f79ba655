"""Many places of a file, and many files, read at once: what is fetched, and the memory for it."""

import os
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from knoxtest import Hdfs
from knoxtest.tree import TREE, stats as numbers_of

from conftest import make_folder

MIB = 1 << 20
SIZE = 64 * MIB
FILES = 60


@pytest.fixture(scope="module")
def data() -> bytes:
    return random.Random(5).randbytes(SIZE)


@pytest.fixture(scope="module")
def folder(stack, data) -> Hdfs:
    folder = make_folder(stack, "reading")
    folder.write("f", data)
    return folder


@pytest.fixture
def mount(mounts, folder, proxy):
    mount = mounts(folder.url_path, server=proxy.namenode, attr_timeout=60, mem="16M")
    os.stat(mount / "f")
    proxy.reset()
    return mount


def from_datanodes(proxy) -> tuple[int, int]:
    """Requests and bytes."""
    stats = proxy.stats()
    return stats["requests"]["datanode"]["OPEN"], stats["bytes_down"]["datanode"]


def test_random_reads_fetch_what_is_read(mount, proxy, data):
    """After the first few a read of 4 KiB is a request of 4 KiB, not of a read-ahead."""
    few, reads = 10, 150
    chance = random.Random(7)
    with open(mount / "f", "rb", buffering=0) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)
        for number in range(reads):
            if number == few:
                _, begun = from_datanodes(proxy)  # sockets had taken what they could: more on a busy machine
            at = chance.randrange(512, SIZE // 4096) * 4096
            assert os.pread(file.fileno(), 4096, at) == data[at : at + 4096]
    requests, fetched = from_datanodes(proxy)
    assert requests <= reads + 2
    assert begun < 8 * MIB and fetched - begun < MIB // 2 + (reads - few) * 6000


def test_readers_in_different_places(mount, proxy, data):
    """Each has its own stream: no more requests than readers need, and every byte right."""
    readers, piece = 6, 8 * MIB

    def read(number: int) -> bool:
        with open(mount / "f", "rb", buffering=0) as file:
            begin = number * (SIZE // readers)
            got = b"".join(
                os.pread(file.fileno(), 256 * 1024, begin + at) for at in range(0, piece, 256 * 1024)
            )
            return got == data[begin : begin + piece]

    with ThreadPoolExecutor(readers) as pool:
        assert all(pool.map(read, range(readers)))
    requests, _ = from_datanodes(proxy)
    assert requests <= readers * 20  # 8 MiB in reads of 128 KiB would be 64 each


def test_many_open_files_stay_within_the_budget(mounts, hdfs, proxy):
    """Each is read a little and stays open; what is held for them is what mem= says."""
    content = os.urandom(2 * MIB)
    for number in range(FILES):
        hdfs.write(f"f{number}", content)
    mount = mounts(hdfs.url_path, server=proxy.namenode, mem="16M")
    files = [open(mount / f"f{number}", "rb", buffering=0) for number in range(FILES)]
    try:
        for part in range(3):
            for file in files:
                at = part * 300_000
                assert os.pread(file.fileno(), 1000, at) == content[at : at + 1000]
                numbers = numbers_of(mount / TREE)
                assert numbers["memory-bytes"] <= numbers["memory-limit-bytes"] == 16 * MIB
    finally:
        for file in files:
            file.close()
