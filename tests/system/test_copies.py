"""Copies inside the mount (copy_file_range, which cp uses), and files that are sent in several streams."""

import errno
import os
import random

import pytest
from knoxtest import run, until

MIB = 1 << 20
BLOCK = MIB
NO_JOIN = (
    '{"RemoteException":{"exception":"UnsupportedOperationException",'
    '"javaClassName":"java.lang.UnsupportedOperationException","message":"no CONCAT here"}}'
)


def data_of(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def copied(source: int, target: int, length: int, at: int | None = None, to: int | None = None) -> int:
    """All of it, in as many calls as it takes."""
    done = 0
    while done < length:
        now = os.copy_file_range(
            source,
            target,
            length - done,
            None if at is None else at + done,
            None if to is None else to + done,
        )
        if now == 0:
            break
        done += now
    return done


def test_cp(proxied, proxy, hdfs):
    """One stream in, one stream out; the program itself neither reads nor writes."""
    data = data_of(5 * MIB + 11)
    hdfs.write("f", data)
    trace = proxied.folder / "trace"
    run("strace", "-f", "-o", trace, "-e", "trace=read,write,copy_file_range", "cp", proxied / "f", proxied / "g")
    assert hdfs.read("g") == data
    calls = [line.split("(")[0].split()[-1] for line in trace.read_text().splitlines() if "= " in line]
    assert "copy_file_range" in calls
    assert "write" not in calls
    requests = proxy.stats()["requests"]["datanode"]
    assert requests["OPEN"] == 1 and requests["CREATE"] == 1


def test_parts(mount, hdfs):
    """Anywhere from anywhere, as on a local disk."""
    data = data_of(300_000)
    hdfs.write("f", data)
    hdfs.write("g", b"g" * 100_000)
    source, target = os.open(mount / "f", os.O_RDONLY), os.open(mount / "g", os.O_RDWR)
    model = bytearray(b"g" * 100_000)
    for at, to, length in ((0, 0, 10), (299_990, 5, 100), (1000, 99_990, 70_000), (0, 200_000, 5), (77, 4096, 65_536)):
        part = data[at : at + length]
        assert copied(source, target, length, at, to) == len(part)
        model.extend(bytes(max(0, to - len(model))))
        model[to : to + len(part)] = part
        assert os.pread(target, len(part) + 8, to) == bytes(model[to : to + len(part) + 8])
    assert os.copy_file_range(source, target, 10, len(data), 0) == 0
    os.close(target)
    assert hdfs.read("g") == bytes(model)
    os.close(source)


def test_of_what_is_not_yet_on_the_server(mount, hdfs):
    """What was written here a moment ago is copied too, and the offset goes on."""
    with open(mount / "f", "wb", buffering=0) as file:
        file.write(b"fresh" * 1000)
        source = os.open(mount / "f", os.O_RDONLY)
        target = os.open(mount / "g", os.O_WRONLY | os.O_CREAT)
        assert copied(source, target, 1 << 40) == 5000
        assert copied(source, target, 1) == 0
        os.write(target, b"!")
        os.close(target)
        os.close(source)
    assert hdfs.read("g") == b"fresh" * 1000 + b"!"


def test_errors_of_both_sides(mounts, proxy, hdfs):
    hdfs.write("f", data_of(2 * MIB))
    mount = mounts(hdfs.url_path, server=proxy.namenode, timeout=3, data_timeout=4)
    source = os.open(mount / "f", os.O_RDONLY)
    target = os.open(mount / "g", os.O_WRONLY | os.O_CREAT)
    proxy.rules({"role": "datanode", "op": "CREATE", "reset": True})
    with pytest.raises(OSError) as caught:
        try:
            copied(source, target, 2 * MIB)
        finally:
            os.close(target)
    assert caught.value.errno not in (errno.EBADF, errno.EXDEV)
    assert not hdfs.exists("g")
    os.close(source)


@pytest.fixture
def parallel(mounts, hdfs, proxy):
    mount = mounts(hdfs.url_path, server=proxy.namenode, parallel_upload=4, blocksize="1M")
    proxy.reset()
    return mount


@pytest.mark.parametrize("size", [0, 1, BLOCK, BLOCK + 1, 9 * BLOCK + 12345])
def test_several_streams(parallel, hdfs, proxy, size):
    """A file of several blocks is a stream a block, joined; one of up to a block is one stream."""
    data = data_of(size)
    with open(parallel / "f", "wb") as file:
        file.write(data)
    asked = proxy.stats()["requests"]
    assert hdfs.read("f") == data
    assert hdfs.status("f")["blockSize"] == BLOCK
    blocks = -(-size // BLOCK)
    assert asked["datanode"]["CREATE"] == max(blocks, 1)
    assert asked["namenode"].get("CONCAT", 0) == (-(-(blocks - 1) // 8) if blocks > 1 else 0)
    assert hdfs.hidden() == []


def test_cp_in_several_streams(parallel, hdfs, proxy):
    data = data_of(4 * BLOCK + 7, 2)
    (parallel.folder / "local").write_bytes(data)
    run("cp", parallel.folder / "local", parallel / "f")
    run("cp", parallel / "f", parallel / "g")
    assert hdfs.read("f") == data and hdfs.read("g") == data
    assert proxy.count("namenode", "CONCAT") == 2


def test_a_server_that_does_not_join(parallel, hdfs, proxy):
    """It gets one stream, and is not asked again; nothing is left of the parts."""
    proxy.rules({"op": "CONCAT", "status": 400, "headers": {"Content-Type": "application/json"}, "body": NO_JOIN})
    for name in "fg":
        (parallel / name).write_bytes(data_of(3 * BLOCK))
        assert hdfs.read(name) == data_of(3 * BLOCK)
    assert proxy.count("namenode", "CONCAT") == 1
    assert hdfs.hidden() == []


def test_a_stream_that_fails(parallel, hdfs, proxy):
    """The error comes with close; nothing is at the name, and nothing is left of the other streams."""
    proxy.rules({"role": "datanode", "op": "CREATE", "after": 2, "status": 403, "body": "no"})
    with pytest.raises(OSError):
        (parallel / "f").write_bytes(data_of(6 * BLOCK))
    proxy.rules()
    assert not hdfs.exists("f")
    until(lambda: hdfs.hidden() == [], what="the last close cleans up")
