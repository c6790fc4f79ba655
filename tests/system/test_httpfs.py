"""The same through HttpFS, which differs from a NameNode in many answers."""

import errno
import os
import re

import pytest
from faultproxy import Proxy
from knoxtest import refused, run, sh, until
from knoxtest.relays import CuttingRelay, payload_of_chunks
from knoxtest.tree import TREE, stats

from conftest import make_folder

MIB = 1 << 20
pytestmark = pytest.mark.slow  # its servers take a while to start


@pytest.fixture
def hdfs(wide, request):
    folder = make_folder(wide, request.node.name)
    yield folder
    assert folder.hidden() == []


@pytest.fixture
def mount(mounts, hdfs, wide):
    return mounts(hdfs.url_path, server=wide.httpfs)


@pytest.mark.parametrize("size", [0, 1, 100_000, 5 * MIB + 3])
def test_there_and_back(mount, hdfs, tmp_path, size):
    (tmp_path / "f").write_bytes(os.urandom(size))
    run("cp", tmp_path / "f", mount / "f")
    assert hdfs.cat("f") == (tmp_path / "f").read_bytes() == (mount / "f").read_bytes()


def test_ordinary_programs(mount, hdfs):
    sh(
        """
        echo one > f; echo two >> f; test "$(cat f)" = "$(printf 'one\\ntwo')"
        mkdir -p a/b; mv f a/b/g; cp a/b/g h; echo new > h; test "$(cat h)" = new
        chmod 600 h; touch -d @1000000000 h; test "$(stat -c '%a %Y' h)" = "600 1000000000"
        tar c a | tar x -C a/b; diff -r a/b/g a/b/a/b/g; rm -r a; ls -la; df .
        setfattr -n user.a -v 1 h; test "$(getfattr --only-values -n user.a h)" = 1
        """,
        cwd=mount.path,
    )
    assert hdfs.names() == ["h"] and hdfs.cat("h") == b"new\n"


def test_replace(mount, hdfs):
    """HttpFS has no rename that replaces: taken apart into steps, the result is the same."""
    hdfs.write("f", b"old")
    (mount / "tmp").write_bytes(b"new")
    os.rename(mount / "tmp", mount / "f")
    assert hdfs.names() == ["f"] and hdfs.read("f") == b"new"
    (mount / "f").write_bytes(b"newer")
    assert hdfs.names() == ["f"] and hdfs.read("f") == b"newer"
    hdfs.mkdir("d")
    refused(errno.EISDIR, os.rename, mount / "f", mount / "d")
    refused(errno.ENOTDIR, os.rename, mount / "d", mount / "f")
    assert hdfs.names() == ["d", "f"]


def test_many_entries(mount, hdfs):
    """It ignores where a page shall begin: no entry twice, none left out."""
    hdfs.mkdirs(f"n{number:04}" for number in range(1100))
    assert os.listdir(mount.path) == sorted(hdfs.entries()) and len(os.listdir(mount.path)) == 1100


def test_refusals(mount, mounts, hdfs, wide):
    hdfs.write("f", b"x")
    hdfs.mkdir("d/e")
    refused(errno.ENOENT, os.stat, mount / "none")
    refused(errno.ENOTEMPTY, os.rmdir, mount / "d")
    refused(errno.EEXIST, os.mkdir, mount / "d")
    bob = mounts(hdfs.url_path, server=wide.httpfs, user="bob")
    refused(errno.EACCES, os.mkdir, bob / "new")
    refused(errno.EACCES, os.unlink, bob / "f")
    refused(errno.EPERM, os.chmod, bob / "f", 0o777)
    assert hdfs.names() == ["d", "d/e", "f"]


@pytest.mark.limit(150)
def test_small_files_are_opened_once(mounts, hdfs, wide, tmp_path):
    """One request a file, most of them before the program asks."""
    files = 24
    for number in range(files):
        hdfs.write(f"many/f{number:02}", b"%04d" % number * 1000)
    with Proxy(wide.namenode, httpfs=wide.httpfs) as proxy:
        mount = mounts(hdfs.url_path, server=proxy.httpfs)
        sh('cp -r "$1" "$2"', mount / "many", tmp_path / "out")
        for number in range(files):
            assert (tmp_path / f"out/f{number:02}").read_bytes() == b"%04d" % number * 1000
        until(lambda: all(one["status"] for one in proxy.stats()["recent"]), what="every answer has come")
        lines = [one["line"] for one in proxy.stats()["recent"] if one["op"] == "OPEN"]
        asked = sorted(re.search(r"/(f\d\d)\?", line).group(1) for line in lines)
        assert asked == [f"f{number:02}" for number in range(files)]
        numbers = stats(mount / TREE)
        assert numbers["requests"]["OPEN"] == files
        assert numbers["ahead-used"] == numbers["ahead-files"] > files / 2
        mount.close()


def offsets(lines: list[str]) -> list[int]:
    """Where the OPENs among these requests began."""
    return [int(re.search(r"[?&]offset=(\d+)", line)[1]) for line in lines if "op=OPEN" in line]


@pytest.fixture(scope="module")
def large() -> bytes:
    return os.urandom(9 * MIB + 4321)


# HttpFS sends such a file in chunks of 32 KiB, with 8 bytes between them (6 before the first).
@pytest.mark.parametrize("at", [3, 6 + 100, 6 + 100 * 32776 + 5000, 6 + 200 * 32776 - 8, 6 + 200 * 32776 - 5, 6 + 200 * 32776])
def test_cut_within_chunks(mounts, hdfs, wide, large, at):
    """Within a chunk, behind it, in the line with a size: opened again at the byte after the last one that came."""
    hdfs.write("f", large)
    with CuttingRelay(wide.httpfs.partition("://")[2], b"op=OPEN", at) as relay:
        mount = mounts(hdfs.url_path, server=f"http://127.0.0.1:{relay.port}")
        assert (mount / "f").read_bytes() == large
        assert len(relay.body) == at
        assert offsets([head.decode() for head in relay.heads]) == [0, payload_of_chunks(relay.body)]
        mount.close()


@pytest.mark.parametrize("how", ["fin", "rst"])
@pytest.mark.parametrize("at", [0, 1, 65_537, 5 * MIB + 7, 9 * MIB + 4320])
def test_cut(mounts, hdfs, wide, large, at, how):
    """... also where chunks are not alike: the proxy makes them anew."""
    hdfs.write("f", large)
    with Proxy(wide.namenode, httpfs=wide.httpfs) as proxy:
        mount = mounts(hdfs.url_path, server=proxy.httpfs)
        proxy.rules({"role": "httpfs", "op": "OPEN", "cut_response_after": at, "how": how, "times": 1})
        assert (mount / "f").read_bytes() == large
        first, second = offsets([one["line"] for one in proxy.stats()["recent"]])
        assert first == 0 and (second == at if how == "fin" else second <= at)
        mount.close()


@pytest.mark.parametrize("name", ["two words", "100% +&;#?=", "é 日本", "e\u0301"])
def test_names(mount, hdfs, name):
    (mount / name).write_bytes(b"x")
    assert list(hdfs.entries()) == [name] == os.listdir(mount.path)
    assert (mount / name).read_bytes() == b"x"
    os.rename(mount / name, mount / "plain")
    os.rename(mount / "plain", mount / name)
    (mount / name).unlink()
    assert hdfs.names() == []
