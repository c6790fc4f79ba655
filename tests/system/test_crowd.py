"""Many files of a folder that are asked for again and again, in no order: a page of its listing answers for all."""

import errno
import json
import os
import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from knoxtest import Hdfs, refused, until
from knoxtest.tree import TREE, stats as numbers_of

from conftest import make_folder

MIB = 1 << 20
FILES = 300
SIZE = 65536
WORTH = 4 + FILES // 80  # questions that a page of so many is worth: src/fs/names/crowd.h
LASTS = 4  # attr_timeout: a round of questions is over in a fraction of it, also on a busy machine


def content(number: int) -> bytes:
    return b"%06d" % number * (SIZE // 6)


@pytest.fixture(scope="module")
def folder(stack) -> Hdfs:
    folder = make_folder(stack, "crowd")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: folder.write(f"f{number:03}", content(number)), range(FILES)))
    return folder


@pytest.fixture
def pool():
    with ThreadPoolExecutor(8) as pool:
        yield pool


def shuffled(count: int) -> list[int]:
    numbers = list(range(FILES))
    random.Random(count).shuffle(numbers)
    return numbers[:count]


class Round:
    """What was asked for within it, and how often what was known has ended meanwhile."""

    def __init__(self, ask):
        self.ask = ask

    def __enter__(self):
        self.before, self.begin = self.ask(), time.monotonic()
        return self

    def __exit__(self, *failure):
        asked = self.ask()
        self.names, self.pages = (asked.get(op, 0) - self.before.get(op, 0) for op in ("GETFILESTATUS", "LISTSTATUS_BATCH"))
        # A file that is opened is asked for again in the second half of the time.
        self.times = 1 + int((time.monotonic() - self.begin) / (LASTS / 2))


def look(file: int) -> bytes:
    """Its first bytes, without those that the kernel would read ahead, and so without its end."""
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_RANDOM)
    assert os.fstat(file).st_size == len(content(0))
    return os.pread(file, 6, 0)


@pytest.mark.limit(120)
def test_requests(mounts, folder, proxy, pool):
    """300 files, open and read on by eight threads: few questions, exactly counted, each time that what is known ends."""
    mount = mounts(folder.url_path, server=proxy.namenode, attr_timeout=LASTS, entry_timeout=LASTS)
    os.stat(mount.path)

    def asked():
        return proxy.stats()["requests"].get("namenode", {})

    numbers = shuffled(FILES)
    with Round(asked) as opening:
        files = list(pool.map(lambda number: os.open(mount / f"f{number:03}", os.O_RDONLY), numbers))
    assert opening.names <= (WORTH + 1) * opening.times and 1 <= opening.pages <= opening.times
    try:
        for _ in range(4):
            with Round(asked) as reading:
                assert list(pool.map(look, files)) == [b"%06d" % number for number in numbers]
            # The mount's own folder is one; pages that were worth it each time need half as many names, two at least.
            assert reading.names <= (WORTH // 2 + 1) * reading.times and reading.pages <= reading.times
            time.sleep(LASTS + 0.1)  # the subject of the test is a time
        with Round(asked) as last:
            list(pool.map(look, reversed(files)))
        assert last.names <= (2 + 1) * last.times and 1 <= last.pages <= last.times
    finally:
        for file in files:
            os.close(file)


@pytest.mark.limit(120)
def test_a_few_files(mounts, folder, proxy):
    """A few more than a page is worth, of a folder of many: one page in vain, and then none."""
    mount = mounts(folder.url_path, server=proxy.namenode, attr_timeout=LASTS, entry_timeout=LASTS)
    names = [mount / f"f{number:03}" for number in shuffled(WORTH + 1)]
    proxy.reset()
    pages = []
    for _ in range(4):
        for name in names:
            os.stat(name)
        pages.append(proxy.count("namenode", "LISTSTATUS_BATCH"))
        time.sleep(LASTS + 0.1)  # the subject of the test is a time
    assert pages[-1] <= 1
    assert proxy.count("namenode", "GETFILESTATUS") <= 4 * len(names) + 4 + 1


@pytest.mark.gateway
@pytest.mark.limit(120)
def test_what_others_changed_among_them(mounts, hdfs, pool):
    """Replaced: ESTALE by the open file, the new bytes by who opens it; grown: the new length; removed: gone. The rest is
    as it was."""
    files, lasts = 60, 1
    list(pool.map(lambda number: hdfs.write(f"f{number:03}", content(number)), range(files)))
    mount = mounts(hdfs.url_path, attr_timeout=lasts, entry_timeout=lasts)
    paths = [mount / f"f{number:03}" for number in range(files)]
    order = random.Random(1).sample(range(files), files)
    handles = dict(zip(order, pool.map(lambda number: os.open(paths[number], os.O_RDONLY), order), strict=True))
    replaced, grown, removed = order[:10], order[10:20], order[20:25]
    try:
        before = numbers_of(mount / TREE)["requests"]
        for turn in range(2):
            assert all(pool.map(lambda number: look(handles[number]) == b"%06d" % number, order))
            time.sleep(lasts + 0.1)  # the subject of the test is a time
        asked = numbers_of(mount / TREE)["requests"]
        assert asked["LISTSTATUS_BATCH"] > before["LISTSTATUS_BATCH"]
        list(pool.map(lambda number: hdfs.write(f"f{number:03}", b"new" * 30000), replaced))
        list(pool.map(lambda number: hdfs.append(f"f{number:03}", b"more"), grown))
        for number in removed:
            hdfs.ask("DELETE", "DELETE", f"f{number:03}")
        time.sleep(lasts + 0.1)
        for number in order[25:] + order[:25]:
            if number in replaced:
                refused(errno.ESTALE, os.fstat, handles[number])
                refused(errno.ESTALE, os.pread, handles[number], 10, 40000)
                assert paths[number].read_bytes() == b"new" * 30000
            elif number in grown:
                assert os.fstat(handles[number]).st_size == len(content(0)) + 4
                assert os.pread(handles[number], 100, len(content(0))) == b"more"
            elif number in removed:
                refused({errno.ENOENT, errno.ESTALE}, os.fstat, handles[number])
                refused(errno.ENOENT, os.stat, paths[number])
            else:
                assert look(handles[number]) == b"%06d" % number
    finally:
        for handle in handles.values():
            os.close(handle)


@pytest.mark.gateway
def test_own_changes_among_them(mounts, hdfs, pool):
    """What was changed here since the page was asked for is not as the page says."""
    files = 60
    list(pool.map(lambda number: hdfs.write(f"f{number:03}", content(number)), range(files)))
    mount = mounts(hdfs.url_path, attr_timeout=60, entry_timeout=0)
    order = random.Random(1).sample(range(files), files)
    for number in order:
        os.stat(mount / f"f{number:03}")
    chosen = iter(order)
    os.chmod(mount / (one := f"f{next(chosen):03}"), 0o600)
    assert os.stat(mount / one).st_mode & 0o777 == 0o600
    (mount / (two := f"f{next(chosen):03}")).write_bytes(b"ours")
    assert os.stat(mount / two).st_size == 4 and (mount / two).read_bytes() == b"ours"
    os.unlink(mount / (three := f"f{next(chosen):03}"))
    refused(errno.ENOENT, os.stat, mount / three)
    os.rename(mount / two, mount / three)
    assert os.stat(mount / three).st_size == 4
    refused(errno.ENOENT, os.stat, mount / two)
    for number in chosen:
        assert os.stat(mount / f"f{number:03}").st_size == len(content(0))


@pytest.mark.gateway
@pytest.mark.parametrize("begun", ["CREATE", "APPEND"])
def test_an_entry_is_as_complete_as_a_status(stack, hdfs, via, begun):
    """Also of a file that is being written, with whole blocks behind it: the same members, the same values."""
    hdfs.write("f", b"x" * 1000, blocksize=MIB)
    name = {"CREATE": "new", "APPEND": "f"}[begun]
    with hdfs.writing(begun, name, **({"blocksize": MIB} if begun == "CREATE" else {})) as send:
        send(b"y" * (2 * MIB + 300_000))
        until(lambda: (hdfs.length(name) or 0) >= MIB, 20, "a whole block counts")
        time.sleep(0.5)  # and nothing more comes
        page = json.loads(hdfs.ask("GET", "LISTSTATUS_BATCH", user="root"))
        entries = page["DirectoryListing"]["partialListing"]["FileStatuses"]["FileStatus"]
        entry = {one["pathSuffix"]: one for one in entries}[name]
        assert entry | {"pathSuffix": ""} == hdfs.status(name)
