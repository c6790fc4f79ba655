"""How large the driver becomes while many files are read."""

import os
import resource
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from knoxtest import Hdfs, run
from knoxtest.tree import TREE, stats as numbers_of

from conftest import make_folder

MIB = 1 << 20
READERS = 16
MANY = 100
MANY_BYTES = 1_200_000  # more than a small file, which is fetched as a whole
THOUSAND = 1000
REAL = 20
LONG = 2 * MIB + 100
PIECE = 65536
BESIDE = {"direct": 32 * MIB, "httpfs": 48 * MIB}  # the budget; 34 to 38 seen of HttpFS
BESIDE_TLS = 80 * MIB  # OpenSSL has its part of each stream; 52 seen of Knox


class Watch:
    """Looks at a mount's memory while something is read."""

    def __init__(self, mount):
        self.mount, self.beyond, self.most = mount, 0, 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.look)

    def look(self) -> None:
        used = 0
        while not self.ended.wait(0.05):
            rss, before = self.mount.rss(), used
            used = numbers_of(self.mount / TREE)["memory-bytes"]
            self.most = max(self.most, rss)
            self.beyond = max(self.beyond, rss - max(before, used))

    def __enter__(self) -> "Watch":
        self.thread.start()
        return self

    def __exit__(self, *failure) -> None:
        self.ended.set()
        self.thread.join()


@pytest.fixture(scope="module")
def folder(stack) -> Hdfs:
    folder = make_folder(stack, "memory")
    content = os.urandom(16 * MIB)
    for number in range(READERS):
        folder.write(f"large{number}", content)
    return folder


@pytest.mark.limit(120)  # the servers start
def test_sixteen_readers(mounts, folder, sanitized):
    """Sixteen large files at once: little beside what the budget knows of."""
    mount = mounts(folder.url_path)
    with Watch(mount) as watch:
        script = 'for i in $(seq 0 15); do cat "$1/large$i" > /dev/null & done; wait'
        run("sh", "-c", script, "sh", mount.path, timeout=50)
    assert sanitized or watch.beyond < 64 * MIB
    assert sanitized or mount.rss() < 64 * MIB  # it comes back; 53 seen, 8 of them free blocks


@pytest.mark.slow
@pytest.mark.limit(120)
@pytest.mark.parametrize("mem", ["16M"])
def test_many_open_files(mounts, hdfs, sanitized, mem):
    """Each is open, and read on by turns: the budget, and little beside it."""
    content = os.urandom(MANY_BYTES)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: hdfs.write(f"f{number}", content), range(MANY)))
    mount = mounts(hdfs.url_path, mem=mem)
    files = [open(mount / f"f{number}", "rb", buffering=0) for number in range(MANY)]

    def read(file) -> bool:
        at = file.tell()
        return file.read(65536) == content[at : at + 65536]

    try:
        with Watch(mount) as watch, ThreadPoolExecutor(16) as pool:
            for _ in range(2):
                assert all(pool.map(read, files))
    finally:
        for file in files:
            file.close()
    assert sanitized or watch.most < (int(mem[:-1]) + 32) * MIB


@pytest.fixture
def thousand(hdfs):
    """Names of as many files, and what they begin with: each of the few that there are is in many snapshots."""
    base = os.urandom(LONG)
    hdfs.mkdir("d")
    for number in range(REAL):
        hdfs.write(f"d/f{number}", base[number:] + base[:number])
    hdfs.ask("PUT", "ALLOWSNAPSHOT", "d", user="root")
    shots = [f"s{number}" for number in range(THOUSAND // REAL)]
    for shot in shots:
        hdfs.ask("PUT", "CREATESNAPSHOT", "d", user="root", snapshotname=shot)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (THOUSAND + 200, before[1]))
    yield [f"d/.snapshot/{shot}/f{number}" for shot in shots for number in range(REAL)], base
    resource.setrlimit(resource.RLIMIT_NOFILE, before)
    for shot in shots:
        hdfs.ask("DELETE", "DELETESNAPSHOT", "d", user="root", snapshotname=shot)
    hdfs.ask("PUT", "DISALLOWSNAPSHOT", "d", user="root")


@pytest.mark.slow
@pytest.mark.limit(300)  # a minute on a machine that has nothing else to do
def test_a_thousand_open_files(mounts, hdfs, sanitized, thousand, via):
    """Each is open, and read on by turns: what the budget knows of, and little beside it."""
    names, base = thousand
    beside = BESIDE.get(via, BESIDE_TLS)
    mount = mounts(hdfs.url_path, mem="64M")
    files = []

    def read(number: int, at: int) -> bool:
        data = base[number % REAL :] + base[: number % REAL]
        return os.pread(files[number].fileno(), PIECE, at) == data[at : at + PIECE]

    try:
        with Watch(mount) as watch, ThreadPoolExecutor(16) as pool:
            files += pool.map(lambda name: open(mount / name, "rb", buffering=0), names)
            for at in (0, PIECE, LONG - PIECE):
                assert all(pool.map(read, range(THOUSAND), [at] * THOUSAND))
    finally:
        for file in files:
            file.close()
    assert len(files) == THOUSAND
    assert sanitized or watch.beyond < beside
    assert sanitized or mount.rss("VmHWM") < 64 * MIB + beside
