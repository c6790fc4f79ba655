"""The virtual files of a mount, for tests."""

import errno
import json
import os

import pytest

from .refusing import refused

from .waiting import until

TREE = ".cluster/mount"
LISTED = {
    "README", "audit", "auth", "version", "uptime", "endpoint", "user", "backend", "features", "config", "errors", "events", "latency", "log",
    "open", "servers", "services", "stats", "stats.json", "metrics", "ctl", "pending",
}  # fmt: skip


def visible(mounts, hdfs, **options):
    return mounts(hdfs.url_path, hidevirtual=None, **options)


@pytest.fixture
def mount(mounts, hdfs):
    return visible(mounts, hdfs)


@pytest.fixture
def tree(mount):
    return mount / TREE


@pytest.fixture
def proxied(mounts, hdfs, proxy):
    """Through the proxy, with attributes that last; the requests of mounting are not counted."""
    mount = visible(mounts, hdfs, server=proxy.namenode, attr_timeout=60, entry_timeout=60)
    until(lambda: proxy.stats()["requests"], what="the mount's own request")
    os.stat(mount.path)
    proxy.reset()
    return mount


def stats(tree) -> dict:
    return json.loads((tree / "stats.json").read_bytes())


def reason(path) -> str:
    return os.getxattr(path, "user.hdfs.error").decode()


def tell(tree, line: str) -> None:
    """One write of one verb, as echo does."""
    ctl = os.open(tree / "ctl", os.O_WRONLY)
    try:
        os.write(ctl, line.encode())
    finally:
        os.close(ctl)


def grow_log(mount) -> None:
    refused(errno.EINVAL, tell, mount / TREE, f"grow-{os.urandom(4).hex()}")
