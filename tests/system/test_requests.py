"""What goes over the wire, counted by a proxy: the promise is in requests, not in seconds."""

import errno
import hashlib
import os
import time
from pathlib import Path

import pytest
from knoxtest import Hdfs, run, sh

MIB = 1 << 20
BIG_MIB = 300


def counts(proxy) -> dict[str, dict[str, int]]:
    """{role: {operation: requests}} since the last call."""
    requests = proxy.stats()["requests"]
    proxy.reset()
    return requests


def pieces():
    """A MiB again and again, each with its number in front."""
    piece = hashlib.shake_128(b"big").digest(MIB - 8)
    return (b"%08d" % number + piece for number in range(BIG_MIB))


@pytest.fixture(scope="module")
def big(stack) -> Hdfs:
    """A folder with one file of BIG_MIB."""
    folder = Hdfs(stack, "/tests/big")
    folder.ask("PUT", "MKDIRS", user="root")
    folder.write("big", pieces(), user="root")
    yield folder
    folder.rm("big")


@pytest.fixture
def big_mount(mounts, proxy, big):
    """With attributes that last: how often they are asked for is a matter of time. One stream also on a machine that is as
    slow as a long way."""
    mount = mounts(big.url_path, server=proxy.namenode, attr_timeout=60, entry_timeout=60, streams=1)
    proxy.reset()
    return mount


# Listing.


def test_ls(mounts, hdfs, proxy):
    """A page of 1000 a request, and none for an entry, with all its attributes."""
    made = 0
    for entries in (0, 1, 1000, 1001, 2001):
        hdfs.mkdirs(f"n{number:05}" for number in range(made, entries))
        made = entries
        mount = mounts(hdfs.url_path, server=proxy.namenode, attr_timeout=60)
        proxy.reset()
        assert len(run("ls", "-l", mount.path).stdout.splitlines()) == entries + 1
        asked = counts(proxy)["namenode"]
        assert asked.pop("LISTSTATUS_BATCH") == max(1, -(-entries // 1000))
        assert asked.pop("GETFILESTATUS", 0) <= 1 and asked == {}, entries


def test_ls_by_a_slow_reader(proxied, hdfs, proxy):
    """The attributes that come with an entry count from its coming, not from the page's."""
    hdfs.mkdirs(f"{number:04}-{'long' * 50}" for number in range(1000))
    proxy.reset()
    with os.scandir(proxied.path) as entries:
        next(entries).stat()
        time.sleep(1.2)  # attr_timeout is 1
        rest = [entry.stat(follow_symlinks=False) for entry in entries]
    assert len(rest) == 999
    asked = counts(proxy)["namenode"]
    assert asked["LISTSTATUS_BATCH"] <= 2
    assert asked.get("GETFILESTATUS", 0) < 250  # the first 32 KiB were in the C library's hands


def test_ls_deep(proxied, hdfs, proxy):
    """By its path from the root of the mount: the components once, then the page."""
    hdfs.mkdir("a/b/c")
    for number in range(10):
        hdfs.write(f"a/b/c/f{number}", b"x" * number)
    proxy.reset()
    run("ls", "-l", proxied / "a/b/c")
    asked = counts(proxy)["namenode"]
    assert asked.pop("LISTSTATUS_BATCH") == 1
    assert asked.pop("GETFILESTATUS") <= 4 and asked == {}


def test_walk(mounts, hdfs, proxy):
    """find and du -a ask one page a folder, whatever they want to know of the files."""
    for folder in range(5):
        hdfs.mkdir(f"d{folder}")
        for number in range(20):
            hdfs.write(f"d{folder}/f{number}", b"x")
    for program in (["find", "."], ["du", "-a", "."], ["find", ".", "-size", "+1k"]):
        mount = mounts(hdfs.url_path, server=proxy.namenode, attr_timeout=60, entry_timeout=60)
        proxy.reset()
        run(*program, cwd=mount.path)
        asked = counts(proxy)["namenode"]
        assert asked.pop("LISTSTATUS_BATCH") == 6, program
        assert asked.pop("GETFILESTATUS", 0) <= 1 and asked.pop("GETSTATUS", 0) <= 1
        assert asked.pop("CHECKACCESS", 0) <= 2 and asked == {}, program  # of chdir(2)


def test_known_attributes_cost_nothing(mounts, hdfs, proxy):
    hdfs.put("f", b"x")
    lasting = {"attr_timeout": 60, "entry_timeout": 60, "negative_timeout": 60}
    mount = mounts(hdfs.url_path, server=proxy.namenode, **lasting)
    sh('ls -l "$1"; test ! -e "$1/none"', mount.path)
    proxy.reset()
    sh('ls -l "$1/f"; stat "$1/f"; test -f "$1/f"; test ! -e "$1/none"', mount.path)
    assert counts(proxy) == {}


def test_connections_are_kept(proxied, hdfs, proxy):
    """Twenty operations one after the other: one connection to the NameNode."""
    for number in range(10):
        (proxied / f"d{number}").mkdir()
    for number in range(10):
        (proxied / f"d{number}").rmdir()
    stats = proxy.stats()
    assert stats["requests"]["namenode"]["MKDIRS"] == 10 == stats["requests"]["namenode"]["DELETE"]
    assert stats["connections"].get("namenode", 0) <= 1  # or the one of the mounting


# Reading.


@pytest.mark.parametrize(
    "program", ['md5sum "$1"', 'cat "$1" | md5sum', 'dd "if=$1" bs=64k status=none | md5sum']
)
def test_sequential_read(big_mount, proxy, program):
    """One redirect and one stream for the whole file."""
    done = sh(program, big_mount / "big", timeout=50)
    stats = proxy.stats()
    asked = counts(proxy)
    assert asked["datanode"] == {"OPEN": 1}
    assert asked["namenode"].pop("OPEN") == 1
    assert asked["namenode"].pop("GETFILESTATUS") <= 2 and asked["namenode"] == {}
    assert BIG_MIB * MIB < stats["bytes_down"]["datanode"] < BIG_MIB * MIB + 10_000
    expected = hashlib.md5()
    for piece in pieces():
        expected.update(piece)
    assert done.stdout.split()[0] == expected.hexdigest().encode()


def test_parts_of_a_big_file(big_mount, proxy):
    """Who wants little gets little: what is in flight, not the file."""
    first = next(pieces())
    assert run("head", "-c", "1000", big_mount / "big").stdout == first[:1000]
    assert run("tail", "-c", "1000", big_mount / "big").stdout == first[-1000:]
    stats = proxy.stats()
    assert stats["requests"]["datanode"]["OPEN"] <= 3
    assert stats["bytes_down"]["datanode"] < 24 * MIB


def test_jumps(big_mount, proxy):
    """Every jump its own range; bytes fetched in proportion to bytes wanted, not to the file."""
    jumps = 40
    with open(big_mount / "big", "rb", buffering=0) as file:
        for number in range(jumps):
            at = (number * 7919 % BIG_MIB) * MIB
            assert os.pread(file.fileno(), 8, at) == b"%08d" % (at // MIB)
    stats = proxy.stats()
    assert stats["requests"]["datanode"]["OPEN"] <= jumps + 1
    assert stats["bytes_down"]["datanode"] < jumps * MIB


def test_random_reads(big_mount, proxy):
    """One redirect, then one request a read, straight to the DataNode, on a connection that stands."""
    reads = 200
    expected = [piece[:4096] for piece, _ in zip(pieces(), range(BIG_MIB), strict=True)]
    with open(big_mount / "big", "rb", buffering=0) as file:
        for number in range(reads):
            at = number * 7919 % BIG_MIB
            assert os.pread(file.fileno(), 4096, at * MIB) == expected[at]
    stats = proxy.stats()
    assert stats["requests"]["namenode"].get("OPEN", 0) <= 2
    assert stats["requests"]["datanode"]["OPEN"] <= reads + 1
    assert stats["connections"]["datanode"] <= reads + 3
    lines = (big_mount / ".cluster/mount/stats").read_text().splitlines()
    counted = dict(line.split("\t") for line in lines)
    assert int(counted["opens-direct"]) >= reads * 0.9
    assert int(counted["preconnected"]) >= reads / 2
    assert counted["direct-failed"] == "0"


def test_walk_of_small_files(proxied, hdfs, proxy):
    """A DataNode that is known gives the next file, too: the NameNode is asked now and then."""
    files = 40
    for number in range(files):
        hdfs.write(f"{number}", b"%04d" % number)
    proxy.reset()
    for number in range(files):
        assert (proxied / f"{number}").read_bytes() == b"%04d" % number
    asked = counts(proxy)
    assert asked["datanode"] == {"OPEN": files}
    assert asked["namenode"]["OPEN"] <= files / 5


def test_read_small_files(proxied, hdfs, proxy):
    hdfs.write("f", b"x" * 100)
    hdfs.write("empty", b"")
    proxy.reset()
    assert run("cat", proxied / "f").stdout == b"x" * 100
    asked = counts(proxy)
    assert asked["datanode"] == {"OPEN": 1} and asked["namenode"].pop("OPEN") == 1
    assert asked["namenode"].pop("GETFILESTATUS") <= 2 and asked["namenode"] == {}
    run("cat", proxied / "f")  # unchanged: the kernel has it
    assert "datanode" not in counts(proxy)
    run("cat", proxied / "empty")
    assert "datanode" not in counts(proxy)


# Writing.


def test_cp_small(mounts, hdfs, proxy, tmp_path):
    """The name is looked up, a DataNode gets the bytes, a rename: three requests a file.

    Which DataNode is asked for again and again, and the first rename finds out whether the server
    obeys its options: that is little beside many files.
    """
    files = 100
    source = tmp_path / "source"
    source.mkdir()
    for number in range(files):
        (source / f"{number}").write_bytes(os.urandom(4096))
    mount = mounts(hdfs.url_path, server=proxy.namenode, attr_timeout=60, entry_timeout=60)
    proxy.reset()
    run("cp", "-r", source, mount / "copy")
    asked = counts(proxy)
    assert asked["datanode"] == {"CREATE": files}
    assert asked["namenode"].pop("CREATE") <= files / 10
    assert asked["namenode"].pop("RENAME") <= files + 1
    assert asked["namenode"].pop("GETFILESTATUS") <= files + 5
    assert asked["namenode"].pop("MKDIRS") == 1
    assert sum(asked["namenode"].values()) <= 5, asked
    for number in range(files):
        assert hdfs.read(f"copy/{number}") == (source / f"{number}").read_bytes()


def test_write_big(proxied, hdfs, proxy):
    """One stream, whatever the size."""
    run("dd", "if=/dev/zero", f"of={proxied / 'f'}", "bs=1M", "count=100", "status=none")
    stats = proxy.stats()
    assert stats["requests"]["datanode"] == {"CREATE": 1}
    assert stats["requests"]["namenode"]["CREATE"] == 1
    assert stats["connections"]["datanode"] == 1
    assert 100 * MIB < stats["bytes_up"]["datanode"] < 101 * MIB
    assert hdfs.length("f") == 100 * MIB


def test_append_and_replace(proxied, hdfs, proxy):
    hdfs.write("f", b"1")
    proxy.reset()
    sh('echo 2 >> "$1"', proxied / "f")
    asked = counts(proxy)
    assert asked["datanode"] == {"APPEND": 1} and asked["namenode"].pop("APPEND") == 1
    assert sum(asked["namenode"].values()) <= 4 and "RENAME" not in asked["namenode"]
    sh('echo 3 > "$1"', proxied / "f")
    asked = counts(proxy)
    assert asked["datanode"] == {"CREATE": 1} and asked["namenode"].pop("CREATE") == 1
    assert asked["namenode"].pop("RENAME") <= 2 and sum(asked["namenode"].values()) <= 4
    assert hdfs.read("f") == b"3\n"


def test_names(proxied, hdfs, proxy):
    """mkdir, mv, rm, rmdir: one request that changes, the others only look."""
    for line, op, most in (
        (["mkdir", proxied / "d"], "MKDIRS", 1),
        (["mv", proxied / "d", proxied / "e"], "RENAME", 2),  # finds out what the server obeys
        (["mv", proxied / "e", proxied / "d"], "RENAME", 1),
        (["rmdir", proxied / "d"], "DELETE", 1),
    ):
        proxy.reset()
        run(*line)
        asked = counts(proxy)["namenode"]
        assert asked.pop(op) <= most, line
        assert asked.pop("GETFILESTATUS", 0) <= 4 and asked == {}, line
    hdfs.write("f", b"x")
    proxy.reset()
    run("rm", proxied / "f")
    asked = counts(proxy)["namenode"]
    assert asked.pop("DELETE") == 1 and asked.pop("GETFILESTATUS") <= 2
    assert asked.pop("CHECKACCESS", 0) <= 1 and asked == {}


# What programs and the kernel ask without end.


def test_df(proxied, proxy):
    for _ in range(5):
        run("df", proxied.path)
        run("stat", "-f", proxied.path)
    assert proxy.count("namenode", "GETSTATUS") == 1


def test_foreign_attributes(mounts, hdfs, proxy):
    """security.* and system.* are asked by the kernel and by ls: HDFS has none."""
    hdfs.put("f", b"x")
    mount = mounts(hdfs.url_path, server=proxy.namenode, attr_timeout=60, entry_timeout=60)
    os.stat(mount / "f")
    proxy.reset()
    for name in ("security.capability", "security.selinux", "system.posix_acl_access", "user.hdfs.none"):
        with pytest.raises(OSError) as caught:
            os.getxattr(mount / "f", name)
        assert caught.value.errno in (errno.ENODATA, errno.EOPNOTSUPP), name
    assert counts(proxy) == {}
    assert os.getxattr(mount / "f", "user.hdfs.replication") == b"1"
    assert counts(proxy) == {}


def test_write_asks_no_attributes(proxied, hdfs, proxy):
    """The kernel wants to drop security.capability at every write(2)."""
    with open(proxied / "f", "wb", buffering=0) as file:
        for _ in range(50):
            file.write(b"x" * 100)
    asked = counts(proxy)["namenode"]
    assert not [op for op in asked if "XATTR" in op]
    assert sum(asked.values()) <= 8 and hdfs.length("f") == 5000


def test_write_is_one_request_of_the_kernel(mount, hdfs):
    """Not one more for security.capability: read(2) of the driver is one a request."""

    def reads() -> int:
        lines = Path(f"/proc/{mount.pid}/io").read_text().splitlines()
        return int(dict(line.split(": ") for line in lines)["syscr"])

    with open(mount / "f", "wb", buffering=0) as file:
        file.write(b"x")
        before, count = reads(), 500
        for _ in range(count):
            file.write(b"x" * 100)
        assert count <= reads() - before < 1.2 * count
    assert hdfs.length("f") == 1 + 100 * count
