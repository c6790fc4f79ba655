"""Small files are fetched before they are opened, while a program walks through their folder: never one twice."""

import hashlib
import os
import random
import re

import pytest
from knoxtest import Hdfs, sh, until
from knoxtest.tree import TREE, stats as numbers_of

from conftest import make_folder

FILES = 120


def content(number: int) -> bytes:
    return random.Random(number).randbytes(4096)


@pytest.fixture(scope="module")
def folder(stack) -> Hdfs:
    """Files whose numbers on the server are in another order than their names."""
    folder = make_folder(stack, "ahead")
    order = list(range(FILES))
    random.Random(3).shuffle(order)
    for number in order:
        folder.write(f"many/f{number:03}", content(number))
    return folder


@pytest.fixture
def mount(mounts, folder, proxy):
    mount = mounts(folder.url_path, server=proxy.namenode, attr_timeout=60, entry_timeout=60)
    assert len(os.listdir(mount / "many")) == FILES
    until(lambda: proxy.stats()["requests"], what="the mount's own request")
    proxy.reset()
    return mount


def opened(proxy) -> dict[str, int]:
    """How often each file was asked of a DataNode; a number stands for a file."""
    counts: dict[str, int] = {}
    for one in proxy.stats()["recent"]:
        if one["role"] == "datanode" and one["op"] == "OPEN":
            path = re.search(r"webhdfs/v1(\S+?)\?", one["line"]).group(1)
            counts[path] = counts.get(path, 0) + 1
    return counts


def settled(proxy) -> dict[str, int]:
    """When all answers have come that were asked for."""

    def quiet():
        return all(one["status"] for one in proxy.stats()["recent"])

    until(quiet, what="every answer has come")
    return opened(proxy)


@pytest.mark.parametrize(
    "program",
    [
        'cat "$1"/* | md5sum',  # the order of names
        'cp -r "$1" "$2" && cat "$2"/* | md5sum',  # the order of numbers
        'tar -C "$1" -cf - . | tar -C "$2" -xf - && cat "$2"/* | md5sum',
        'ls "$1" | xargs -P4 -n1 -I{} sh -c \'cat "$0/$1" > "$2/$1"\' "$1" {} "$2" && cat "$2"/* | md5sum',
    ],
)
def test_a_walk_opens_each_file_once(mount, proxy, tmp_path, program):
    target = tmp_path / "out"
    if "cp -r" not in program:
        target.mkdir()
    wanted = hashlib.md5(b"".join(content(number) for number in range(FILES))).hexdigest()
    done = sh(program, mount / "many", target)
    assert done.stdout.split()[0].decode() == wanted
    counts = settled(proxy)
    assert len(counts) == FILES and set(counts.values()) == {1}
    numbers = numbers_of(mount / TREE)
    assert numbers["ahead-files"] > FILES / 2
    assert numbers["ahead-files"] - numbers["ahead-used"] <= 2  # several programs overtake each other


def test_again_costs_nothing(mount, proxy):
    """What the kernel has is not fetched ahead either."""
    sh('cat "$1"/* > /dev/null', mount / "many")
    settled(proxy)
    fetched = numbers_of(mount / TREE)["ahead-files"]
    proxy.reset()
    sh('cat "$1"/* > /dev/null', mount / "many")
    assert numbers_of(mount / TREE)["ahead-files"] == fetched
    # A kernel that looks for pages to reclaim while there is memory (DAMON) takes one or two of them in the meantime.
    assert sum(settled(proxy).values()) <= FILES // 20


def test_what_is_not_walked_is_not_fetched(mount, proxy):
    """Files here and there: what is opened. The first few in order: two more at most."""
    numbers = random.Random(1).sample(range(0, FILES, 7), 12)
    for number in numbers:
        assert (mount / "many" / f"f{number:03}").read_bytes() == content(number)
    assert sum(settled(proxy).values()) == len(numbers)
    proxy.reset()
    for number in range(1, 4):
        assert (mount / "many" / f"f{number:03}").read_bytes() == content(number)
    assert sum(settled(proxy).values()) <= 3 + 2


def test_a_walk_that_ends_wastes_little(mount, proxy):
    """A third is read in order, the rest never: at most sixteen files were fetched in vain."""
    for number in range(FILES // 3):
        assert (mount / "many" / f"f{number:03}").read_bytes() == content(number)
    counts = settled(proxy)
    assert set(counts.values()) == {1} and len(counts) <= FILES // 3 + 16
    numbers = numbers_of(mount / TREE)
    assert numbers["ahead-files"] - numbers["ahead-used"] <= 16


def test_replaced_ahead_of_the_walk(mounts, hdfs, proxy):
    """What was fetched of a file that another client replaces, or changes, is not shown for the new one."""
    for number in range(12):
        hdfs.write(f"f{number:02}", b"old%02d" % number)
    mount = mounts(hdfs.url_path, server=proxy.namenode, attr_timeout=0, entry_timeout=0)
    names = sorted(os.listdir(mount.path))
    for name in names[:4]:
        assert (mount / name).read_bytes() == b"old" + name[1:].encode()
    until(lambda: numbers_of(mount / TREE)["ahead-files"] >= 2, what="the next files are here")
    hdfs.write("f04", b"new04")
    hdfs.append("f05", b"and more")
    assert (mount / "f04").read_bytes() == b"new04"
    assert (mount / "f05").read_bytes() == b"old05and more"
    for name in names[6:]:
        assert (mount / name).read_bytes() == b"old" + name[1:].encode()


def test_own_changes_ahead_of_the_walk(mounts, hdfs):
    """What is written here meanwhile, too, and what is removed stays removed."""
    for number in range(12):
        hdfs.write(f"f{number:02}", b"old%02d" % number)
    mount = mounts(hdfs.url_path, attr_timeout=60, entry_timeout=60)
    names = sorted(os.listdir(mount.path))
    for name in names[:4]:
        assert (mount / name).read_bytes() == b"old" + name[1:].encode()
    (mount / "f04").write_bytes(b"new and longer")
    (mount / "f05").unlink()
    (mount / "f07").rename(mount / "f06")
    assert (mount / "f04").read_bytes() == b"new and longer"
    assert (mount / "f06").read_bytes() == b"old07"
    assert not (mount / "f05").exists() and not (mount / "f07").exists()
    for name in names[8:]:
        assert (mount / name).read_bytes() == b"old" + name[1:].encode()


def test_by_any_way(mounts, hdfs):
    """Also through HttpFS and Knox (--via): one OPEN a file, with its redirect where there is one."""
    files = 40
    for number in range(files):
        hdfs.write(f"f{number:02}", content(number))
    mount = mounts(hdfs.url_path, attr_timeout=60, entry_timeout=60)
    wanted = hashlib.md5(b"".join(content(number) for number in range(files))).hexdigest()
    assert sh('cat "$1"/f* | md5sum', mount.path).stdout.split()[0].decode() == wanted
    numbers = numbers_of(mount / TREE)
    assert numbers["ahead-used"] == numbers["ahead-files"] > files / 2
    assert numbers["requests"]["OPEN"] <= 2 * files
    assert numbers["read-bytes"] == files * 4096


def test_a_server_that_refuses(mounts, folder, proxy):
    """Files that cannot be read ahead cost few requests in vain, and the program hears its own error."""
    mount = mounts(folder.url_path, server=proxy.namenode, attr_timeout=60, entry_timeout=60)
    os.listdir(mount / "many")
    refusal = {"status": 403, "body": '{"RemoteException":{"exception":"AccessControlException","message":"no"}}'}  # fmt: skip
    proxy.rules({"op": "OPEN", **refusal})
    proxy.reset()
    for number in range(20):
        with pytest.raises(PermissionError):
            (mount / "many" / f"f{number:03}").read_bytes()
    assert proxy.count("namenode", "OPEN") <= 2 * 20 + 8  # the kernel asks twice
    proxy.rules()
    assert (mount / "many" / "f100").read_bytes() == content(100)
    assert numbers_of(mount / TREE)["ahead-files"] == 0


def test_the_end_of_the_mount_does_not_wait(mounts, folder, proxy):
    """Files that are on their way are cut (otherwise closing the mount would fail)."""
    mount = mounts(folder.url_path, server=proxy.namenode, attr_timeout=60, entry_timeout=60)
    os.listdir(mount / "many")
    for number in range(2):
        assert (mount / "many" / f"f{number:03}").read_bytes() == content(number)
    proxy.rules({"role": "datanode", "op": "OPEN", "stall_response_after": 100})
    proxy.reset()
    with open(mount / "many/f002", "rb"):
        until(lambda: len(opened(proxy)) == 2, what="the next two are on their way")
    mount.close()
    proxy.rules()
