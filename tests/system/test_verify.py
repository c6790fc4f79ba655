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
