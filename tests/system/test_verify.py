"""-o verify: what changed on its way is found before it is at its name."""

import errno
import os
import re

import pytest
from faultproxy import Proxy
from knoxtest import Hdfs, run

MIB = 1 << 20
FLIP = {"op": "CREATE", "method": "PUT", "corrupt_request_at": 100_000, "times": 1}
BOTH_SUMS = r"MD5-of-\d+MD5-of-512CRC32C:[0-9a-f]{56} instead of MD5-of-\d+MD5-of-512CRC32C:[0-9a-f]{56}"


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source"
    path.write_bytes(os.urandom(3 * MIB + 77))
    return path


@pytest.fixture
def verified(mounts, hdfs, proxy):
    mount = mounts(hdfs.url_path, server=proxy.namenode, verify=True, blocksize=MIB)
    proxy.reset()
    return mount


def flip(proxy) -> None:
    proxy.rules(FLIP | {"role": "datanode"})


@pytest.mark.parametrize("size", [0, 1, 511, 512, MIB, MIB + 1, 5 * MIB + 13])
def test_sound(verified, hdfs, proxy, size):
    """One question more a file, and one in all for what the server's defaults are."""
    data = os.urandom(size)
    (verified / "f").write_bytes(data)
    assert hdfs.read("f") == data
    assert proxy.count("namenode", "GETFILECHECKSUM") == (1 if size else 0)
    assert proxy.count("namenode", "GETSERVERDEFAULTS") == (1 if size else 0)


@pytest.mark.parametrize("old", [None, b"old content"])
def test_flipped_byte(verified, hdfs, proxy, source, old):
    if old:
        hdfs.write("f", old)
    flip(proxy)
    done = run("cp", source, verified / "f", rc=1)
    assert b"Input/output error" in done.stderr
    assert (hdfs.read("f") if hdfs.status("f") else None) == old
    reason = os.getxattr(verified / "f" if old else verified.path, "user.hdfs.error").decode()
    assert re.search(BOTH_SUMS, reason), reason
    run("cp", source, verified / "f")
    assert hdfs.read("f") == source.read_bytes()


def test_flipped_byte_of_a_changed_file(verified, hdfs, proxy, source):
    """A change in place is here until it is there: nothing is lost."""
    old = source.read_bytes()
    hdfs.write("f", old)
    with open(verified / "f", "r+b", buffering=0) as file:
        file.write(b"changed")
        flip(proxy)
        with pytest.raises(OSError) as caught:
            os.fsync(file.fileno())
        assert caught.value.errno == errno.EIO
        assert hdfs.read("f") == old
        os.fsync(file.fileno())
        assert hdfs.read("f") == b"changed" + old[7:]


def test_unverified(mounts, hdfs, proxy, source):
    """Without it nobody notices: the fault is a fault."""
    mount = mounts(hdfs.url_path, server=proxy.namenode)
    proxy.reset()
    flip(proxy)
    run("cp", source, mount / "f")
    assert hdfs.read("f") != source.read_bytes()
    assert proxy.count("namenode", "GETFILECHECKSUM") == 0


def read_flip(proxy) -> None:
    proxy.rules({"role": "datanode", "op": "OPEN", "corrupt_at": 100_000, "times": 1})


@pytest.mark.parametrize("size", [0, 1, 511, 512, MIB, MIB + 1, 5 * MIB + 13])
@pytest.mark.parametrize("block", [MIB, 128 * MIB])
def test_read_sound(verified, hdfs, proxy, size, block):
    """One question a file that is read to its end, and its own block size."""
    data = os.urandom(size)
    hdfs.write("f", data, blocksize=block)
    assert run("cat", verified / "f").stdout == data
    assert proxy.count("namenode", "GETFILECHECKSUM") == (1 if size else 0)


def test_read_flipped_byte(verified, hdfs, proxy, source):
    """The end of the file is not handed out; who opens it again reads it again."""
    data = source.read_bytes()
    hdfs.write("f", data)
    read_flip(proxy)
    done = run("cat", verified / "f", rc=1)
    assert b"Input/output error" in done.stderr and len(done.stdout) < len(data)
    reason = os.getxattr(verified / "f", "user.hdfs.error").decode()
    assert re.search(BOTH_SUMS, reason) and "read" in reason, reason
    assert run("cat", verified / "f").stdout == data


def test_read_again_by_the_same_handle(verified, hdfs, proxy, source):
    """It stays wrong: no second try hands the bytes out."""
    hdfs.write("f", source.read_bytes())
    read_flip(proxy)
    with open(verified / "f", "rb", buffering=0) as file:
        for _ in range(2):
            with pytest.raises(OSError) as caught:
                while file.read(MIB):
                    pass
            assert caught.value.errno == errno.EIO


def test_read_by_parts(mounts, hdfs, proxy):
    """Who jumps is not checked, and costs nothing more."""
    hdfs.write("f", os.urandom(20 * MIB))
    mount = mounts(hdfs.url_path, server=proxy.namenode, verify=True)
    proxy.reset()
    with open(mount / "f", "rb", buffering=0) as file:
        for at in (19, 0, 12, 3):
            assert len(os.pread(file.fileno(), 1000, at * MIB)) == 1000
    assert proxy.count("namenode", "GETFILECHECKSUM") == 0


def test_read_unverified(mounts, hdfs, proxy, source):
    hdfs.write("f", source.read_bytes())
    mount = mounts(hdfs.url_path, server=proxy.namenode)
    read_flip(proxy)
    got = run("cat", mount / "f").stdout
    assert len(got) == 3 * MIB + 77 and got != source.read_bytes()


@pytest.mark.slow  # its servers take a while to start
def test_httpfs(mounts, wide, source):
    folder = Hdfs(wide, "/verified")
    folder.ask("PUT", "MKDIRS", user="root", permission="777")
    with Proxy(httpfs=wide.httpfs) as proxy:
        mount = mounts(folder.url_path, server=proxy.httpfs, verify=True)
        run("cp", source, mount / "f")
        assert folder.read("f") == source.read_bytes()
        proxy.rules(FLIP | {"role": "httpfs", "times": 2})  # the first step of a CREATE has no body
        run("cp", source, mount / "g", rc=1)
        assert folder.status("g") is None
        assert re.search(BOTH_SUMS, os.getxattr(mount.path, "user.hdfs.error").decode())
