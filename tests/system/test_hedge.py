"""-o hedge: bytes that come later than usual are asked for once more, and the first answer counts."""

import os
import random

import pytest
from knoxtest.tree import TREE, stats as numbers_of

MIB = 1 << 20
SIZE = 48 * MIB
USUAL = {"role": "datanode", "op": "OPEN", "latency_ms": 30}
NEVER = {"role": "datanode", "op": "OPEN", "latency_ms": 600_000, "times": 1}

pytestmark = pytest.mark.limit(150)


class Reading:
    """4 KiB here and there, each where nobody has read yet."""

    def __init__(self, mount, data: bytes):
        self.mount, self.data, self.done = mount, data, 0
        self.file = os.open(mount / "f", os.O_RDONLY)
        os.posix_fadvise(self.file, 0, 0, os.POSIX_FADV_RANDOM)

    def read(self, count: int = 1) -> None:
        for _ in range(count):
            self.done += 1
            at = (2 * MIB + self.done * 37 * 65536) % SIZE
            assert os.pread(self.file, 4096, at) == self.data[at : at + 4096]

    def numbers(self) -> dict:
        return numbers_of(self.mount / TREE)


@pytest.fixture
def reading(mounts, hdfs, proxy, request):
    data = random.Random(3).randbytes(SIZE)
    hdfs.write("f", data)
    options = {"attr_timeout": 60, "entry_timeout": 60, "timeout": 16} | request.param
    mount = mounts(hdfs.url_path, server=proxy.namenode, **options)
    reading = Reading(mount, data)
    proxy.rules(USUAL)
    reading.read(40)  # now it is known what is usual
    yield reading
    os.close(reading.file)


@pytest.mark.parametrize("reading", [{"hedge": True}], indirect=True, ids=["hedge"])
def test_a_late_byte(reading, proxy):
    """It never comes; the second request's does. Whatever this busy machine makes late costs one request each, and not many do."""
    for _ in range(6):
        before = reading.numbers()["hedges-won"]
        proxy.rules(NEVER, USUAL)
        reading.read()
        if reading.numbers()["hedges-won"] > before:
            break
        proxy.rules(USUAL)
        reading.read(40)  # the second request was spent on another one
    numbers = reading.numbers()
    assert numbers["hedges-won"] >= 1 and numbers["hedges"] <= reading.done / 32 + 1
    ranges = numbers["opens-direct"] + numbers["opens-redirected"]
    assert proxy.count("datanode", "OPEN") == ranges + numbers["hedges"] + numbers["direct-failed"]


@pytest.mark.parametrize("reading", [{}], indirect=True, ids=["without"])
def test_nothing_without_it(reading, proxy):
    """As many requests as reads."""
    proxy.reset()
    reading.read(40)
    assert proxy.stats()["requests"] == {"datanode": {"OPEN": 40}}
    assert reading.numbers()["hedges"] == 0
