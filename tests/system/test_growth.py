"""A file that another client is writing, while a program here follows it."""

import errno
import hashlib
import os
import time

import pytest
from knoxtest import refused, run, until
from knoxtest.programs import Running

KIB = 1 << 10
MIB = 1 << 20
PACKET = 64 * KIB  # the last of which stays with the writer
LIMIT_S = 20


def some(number: int, size: int) -> bytes:
    return hashlib.shake_128(b"%d" % number).digest(size)


@pytest.fixture
def follow(tmp_path):
    """follow(path): what `tail -f` has written so far, by a function."""
    running = []

    def begin(path, *options):
        out = open(tmp_path / f"out{len(running)}", "w+b")
        running.append(Running("tail", "-c", "+1", "-f", *options, path, stdout=out))
        return lambda: (tmp_path / f"out{len(running) - 1}").read_bytes()

    yield begin
    for one in running:
        one.kill()
        one.process.wait(5)


def grown(follow, size: int) -> bytes:
    """Once all but a packet of SIZE bytes were seen."""
    until(lambda: len(follow()) > size - PACKET, LIMIT_S)
    return follow()


def is_start(got: bytes, data: bytes) -> bool:
    """Of a bool, so that nobody prints what is in them."""
    return data.startswith(got)


def test_a_new_file(mount, hdfs, follow):
    data = b""
    with hdfs.writing("CREATE", "f") as send:
        until(lambda: hdfs.status("f") is not None, LIMIT_S)
        seen = follow(mount / "f")
        for number in range(3):
            data += some(number, 200_000)
            send(data[-200_000:])
            got = grown(seen, len(data))
            assert is_start(got, data) and hdfs.length("f") == 0
    until(lambda: seen() == data, LIMIT_S)


def test_an_appended_file(mount, hdfs, follow):
    """Its last block begins with what was there; the NameNode tells the old length all the time."""
    data = some(0, 100_001)
    hdfs.write("f", data)
    seen = follow(mount / "f")
    until(lambda: seen() == data, LIMIT_S)
    with hdfs.writing("APPEND", "f") as send:
        for number in range(1, 4):
            data += some(number, 200_000)
            send(data[-200_000:])
            got = grown(seen, len(data))
            assert is_start(got, data) and hdfs.length("f") == 100_001
    until(lambda: seen() == data, LIMIT_S)


def test_several_blocks(mount, hdfs, follow):
    data = b""
    with hdfs.writing("CREATE", "f", blocksize=MIB) as send:
        until(lambda: hdfs.status("f") is not None, LIMIT_S)
        seen = follow(mount / "f")
        for number in range(5):
            data += some(number, 700_000)
            send(data[-700_000:])
            assert is_start(grown(seen, len(data)), data)
    until(lambda: seen() == data, LIMIT_S)


def test_small_appends_one_after_the_other(mount, hdfs, follow):
    data = some(0, 10)
    hdfs.write("f", data)
    seen = follow(mount / "f")
    for number in range(1, 4):
        until(lambda want=data: seen() == want, LIMIT_S)
        data += some(number, 100)
        hdfs.ask("POST", "APPEND", "f", body=data[-100:])
    until(lambda: seen() == data, LIMIT_S)


def test_with_attributes_that_last(mounts, hdfs, follow):
    """Who follows a file is not told what the kernel remembers."""
    mount = mounts(hdfs.url_path, attr_timeout=600, entry_timeout=600)
    data = some(0, 1000)
    hdfs.write("f", data)
    seen = follow(mount / "f")
    until(lambda: seen() == data, LIMIT_S)
    with hdfs.writing("APPEND", "f") as send:
        data += some(1, 200_000)
        send(data[1000:])
        assert is_start(grown(seen, len(data)), data)
    until(lambda: seen() == data, LIMIT_S)


@pytest.mark.parametrize("before", [0, MIB], ids=["new", "whole blocks"])
def test_programs_see_what_is_there(mount, hdfs, before):
    """wc, cat and cp of a file whose length the NameNode tells too short."""
    data = some(0, before + 300_000)
    with hdfs.writing("CREATE", "f", blocksize=MIB) as send:
        send(data)
        until(lambda: hdfs.status("f") is not None, LIMIT_S)
        until(lambda: hdfs.is_written("f") and hdfs.length("f") == before, LIMIT_S)
        until(lambda: len(hdfs.read("f")) > len(data) - PACKET, LIMIT_S)
        size = len(hdfs.read("f"))
        assert int(run("wc", "-c", mount / "f").stdout.split()[0]) == size
        assert run("cat", mount / "f").stdout == data[:size]
        assert (mount / "f").stat().st_size == size


def test_what_is_not_written_costs_nothing(mounts, hdfs, proxy):
    """One question for an empty file, and for one of whole blocks when its end is read."""
    hdfs.write("odd", b"x" * 1000)
    hdfs.write("empty", b"")
    hdfs.write("whole", b"x" * 2 * MIB, blocksize=MIB)
    mount = mounts(hdfs.url_path, server=proxy.namenode)
    for name, questions in (("odd", 0), ("empty", 1), ("whole", 1)):
        proxy.reset()
        (mount / name).read_bytes()
        assert proxy.count("namenode", "GET_BLOCK_LOCATIONS") == questions, name
        assert proxy.count("datanode", "OPEN") == (name != "empty"), name


def test_not_more_than_once_a_second(mounts, hdfs, proxy, follow):
    """However often the program asks."""
    hdfs.write("f", b"x" * 1000)
    mount = mounts(hdfs.url_path, server=proxy.namenode)
    begin = time.monotonic()
    seen = follow(mount / "f", "-s", "0.01")
    until(lambda: proxy.count("namenode", "GET_BLOCK_LOCATIONS") >= 3, LIMIT_S)
    passed = time.monotonic() - begin
    assert seen() == b"x" * 1000
    assert proxy.count("namenode", "GET_BLOCK_LOCATIONS") <= 1 + passed / 0.8


def read_anew(path) -> bytes | None:
    """None: it was opened before the mount has noticed that it is another one."""
    try:
        return path.read_bytes()
    except OSError as error:
        assert error.errno == errno.ESTALE
        return None


def test_cut_by_another_client(mount, hdfs):
    """Who has it open reads the old bytes or gets ESTALE, who opens it anew reads what there is."""
    hdfs.write("f", b"o" * 2 * MIB, blocksize=MIB)
    with open(mount / "f", "rb", buffering=0) as file:
        assert os.pread(file.fileno(), 2 * MIB, 0) == b"o" * 2 * MIB
        hdfs.ask("POST", "TRUNCATE", "f", newlength=MIB)
        hdfs.ask("POST", "APPEND", "f", body=b"n" * (MIB // 2))
        until(lambda: read_anew(mount / "f") == b"o" * MIB + b"n" * (MIB // 2), LIMIT_S)
        try:
            assert os.pread(file.fileno(), MIB, 3 * MIB // 4) == b"o" * MIB
        except OSError as error:
            assert error.errno == errno.ESTALE


def is_stale(file, at: int, old: bytes) -> bool:
    """Who follows a file looks at it every 0.8 s at most."""
    try:
        assert os.pread(file.fileno(), 100, at) == old[at : at + 100]
    except OSError as error:
        assert error.errno == errno.ESTALE
        return True
    return False


def test_cut_and_grown_between_two_looks(mounts, hdfs, proxy):
    """It is never seen shorter, so only its bytes tell: ESTALE for who has it open, the new ones for who opens it."""
    old = some(0, 2 * MIB)
    new = old[:MIB] + some(1, MIB + 5000)
    hdfs.write("f", old, blocksize=MIB)
    mount = mounts(hdfs.url_path, server=proxy.namenode, attr_timeout=0, entry_timeout=0)
    with open(mount / "f", "rb", buffering=0) as file, open(mount / "f", "rb", buffering=0) as head:
        assert os.pread(file.fileno(), 2 * MIB, 0) == old
        hdfs.ask("POST", "TRUNCATE", "f", newlength=MIB)
        hdfs.ask("POST", "APPEND", "f", body=new[MIB:])
        until(lambda: is_stale(file, 2 * MIB - 3, old), LIMIT_S)
        for at in (2 * MIB - 3, 0, MIB, 2 * MIB):
            refused(errno.ESTALE, os.pread, file.fileno(), 100, at)
        assert (mount / "f").read_bytes() == new
        refused(errno.ESTALE, os.pread, head.fileno(), 100, 0)


def test_cut_and_grown_before_it_is_opened_again(mounts, hdfs):
    """Nobody has read the open file meanwhile: who opens it does not get the old one's inode."""
    old = some(0, 2 * MIB)
    new = old[:MIB] + some(1, MIB)
    hdfs.write("f", old, blocksize=MIB)
    mount = mounts(hdfs.url_path, attr_timeout=0, entry_timeout=0)
    with open(mount / "f", "rb", buffering=0) as file:
        assert os.pread(file.fileno(), 2 * MIB, 0) == old
        hdfs.ask("POST", "TRUNCATE", "f", newlength=MIB)
        hdfs.ask("POST", "APPEND", "f", body=new[MIB:])
        assert (mount / "f").read_bytes() == new
        refused(errno.ESTALE, os.pread, file.fileno(), 100, 0)


def test_an_append_is_read_on_by_one_stream(mounts, hdfs, proxy):
    """That the file is still the same is seen on the way."""
    data = some(0, 3 * MIB)
    hdfs.write("f", data)
    mount = mounts(hdfs.url_path, server=proxy.namenode, attr_timeout=0, entry_timeout=0)
    with open(mount / "f", "rb", buffering=0) as file:
        assert file.read(4 * MIB) == data
        for number in range(1, 4):
            data += some(number, 70_001)
            hdfs.ask("POST", "APPEND", "f", body=data[-70_001:])
            proxy.reset()
            got = until(lambda: os.pread(file.fileno(), MIB, len(data) - 70_001), LIMIT_S)
            assert got == data[-70_001:]
            assert proxy.count("datanode", "OPEN") == 1
