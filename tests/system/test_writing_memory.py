"""The memory of what is being written: one budget for all files together, and everybody gets on."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from knoxtest.tree import TREE, visible
from knoxtest.tree import stats as numbers_of

MIB = 1 << 20
WRITERS = 64
EACH = 3 * MIB // 2 + 12345
LIMIT = 16 * MIB  # the least that mem= may be
SEND_BUFFER = MIB // 2  # libcurl's, of each upload: it is taken in any case
REQUEST = MIB  # the kernel's largest write, of which each thread has room for one
IDLE = 24 * MIB


@pytest.mark.slow
@pytest.mark.limit(150)
@pytest.mark.parametrize("piece", [EACH, 50_000], ids=["large writes", "small writes"])
def test_many_writers_stay_within_the_budget(mounts, hdfs, proxy, sanitized, piece):
    """While the DataNode takes less than they have: no more than `mem=`, nobody starves, every byte arrives."""
    mount = visible(mounts, hdfs, server=proxy.namenode, mem="16M", timeout=60, data_timeout=60)
    data = random.Random(3).randbytes(EACH)
    proxy.rules({"role": "datanode", "op": "CREATE", "bandwidth_bytes_per_s": 1_000_000})

    def write(number: int) -> None:
        with open(mount / f"f{number}", "wb", buffering=0) as file:
            file.write(b"%02d" % number)
            for at in range(0, EACH, piece):
                file.write(data[at : at + piece])

    most = 0
    with ThreadPoolExecutor(WRITERS) as pool:
        done = [pool.submit(write, number) for number in range(WRITERS)]
        while not all(one.done() for one in done):
            most = max(most, numbers_of(mount / TREE)["memory-bytes"])
    for one in done:
        one.result()
    assert LIMIT // 2 < most <= LIMIT + WRITERS * SEND_BUFFER
    assert sanitized or mount.rss("VmHWM") < LIMIT + WRITERS * (SEND_BUFFER + REQUEST) + IDLE
    for number in range(WRITERS):
        assert hdfs.read(f"f{number}") == b"%02d" % number + data
    assert numbers_of(mount / TREE)["memory-bytes"] == 0
