"""Uploads that are not done, as files of /.cluster/mount/pending."""

import contextlib
import errno
import os

import pytest
from knoxtest import until
from knoxtest.tree import TREE, reason, refused, tell, visible

AWAY = (errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ETIMEDOUT, errno.EIO)


@pytest.fixture
def failed(mounts, hdfs, proxy):
    """A mount with one upload that has failed: the server went away before close(2)."""
    hdfs.write("f", b"0123456789")
    mount = visible(mounts, hdfs, server=proxy.namenode, timeout=2, connect_timeout=2, data_timeout=3)
    file = open(mount / "f", "r+b", buffering=0)
    file.seek(3)
    file.write(b"X")
    proxy.listen(False)
    proxy.drop()
    with pytest.raises(OSError) as raised:
        file.close()
    assert raised.value.errno in AWAY
    until(lambda: pending(mount), what="it is kept")  # at the release, which comes after the close
    yield mount
    proxy.listen(True)


def pending(mount) -> list[str]:
    return [name for name in os.listdir(mount / TREE / "pending") if name.isdigit()]


def test_none(mounts, hdfs):
    mount = visible(mounts, hdfs)
    folder = mount / TREE / "pending"
    assert sorted(os.listdir(folder)) == ["README", "ctl"]
    for name in ("1", "01", "x", "-1", "1.txt", "9" * 30):
        refused(errno.ENOENT, os.stat, folder / name)
    refused(errno.ENOENT, tell, mount / TREE, "retry 77")
    refused(errno.EINVAL, tell, mount / TREE, "retry x")
    refused(errno.EINVAL, tell, mount / TREE, "drop")
    assert {line.split()[0] for line in open(folder / "ctl")} == {"retry", "drop"}


def test_retry(failed, hdfs, proxy):
    tree = failed / TREE
    [name] = pending(failed)
    said = dict(line.rstrip("\n").split("\t") for line in open(tree / "pending" / name))
    assert said["path"].endswith("/f") and said["bytes"] == "10" and said["state"] in ("failed", "cutting")
    assert said["reason"] and said["since"].endswith("Z")
    assert os.stat(tree / "pending" / name).st_size > 0
    with pytest.raises(OSError) as raised:
        tell(tree, f"retry {name}")
    assert raised.value.errno in AWAY and reason(tree / "ctl")
    assert pending(failed) == [name]
    proxy.listen(True)
    tell(tree / "pending", f"retry {name}")
    assert hdfs.read("f") == b"012X456789"
    assert pending(failed) == []
    refused(errno.ENOENT, os.stat, tree / "pending" / name)


def test_drop(failed, hdfs, proxy):
    [name] = pending(failed)
    with contextlib.suppress(OSError):  # a hidden file on the server may have to wait
        tell(failed / TREE, f"drop {name}")
    until(lambda: pending(failed) == [], what="it is gone")
    proxy.listen(True)
    assert hdfs.read("f") == b"0123456789"
