"""rename(2) as a local disk does it, on a NameNode and on an HttpFS server."""

import ctypes
import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from knoxtest import Running, refused, run, sh, until

from conftest import make_folder

pytestmark = pytest.mark.gateway
MIB = 1 << 20
NOREPLACE, EXCHANGE, WHITEOUT = 1, 2, 4
AT_FDCWD = -100


OWN = [pytest.mark.slow, pytest.mark.direct("it has servers of its own")]


@pytest.fixture(params=["namenode", pytest.param("httpfs", marks=OWN)])
def servers(request):
    return request.getfixturevalue("stack" if request.param == "namenode" else "wide")


@pytest.fixture
def hdfs(servers, request):
    folder = make_folder(servers, request.node.name)
    yield folder
    until(lambda: folder.hidden() == [], what="no rest of a replaced file is left")


@pytest.fixture
def url(servers, stack) -> str | None:
    """None: by the way of --via."""
    return None if servers is stack else servers.httpfs


@pytest.fixture
def mount(mounts, hdfs, url):
    return mounts(hdfs.url_path, server=url)


def renameat2(source: Path, target: Path, flags: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(AT_FDCWD, bytes(source), AT_FDCWD, bytes(target), flags):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


# What is replaced, and what not.


def test_onto_a_file(mount, hdfs):
    hdfs.write("f", b"old" * 1000)
    hdfs.write("new", b"new")
    number = os.stat(mount / "new").st_ino
    os.rename(mount / "new", mount / "f")
    assert hdfs.names() == ["f"] == os.listdir(mount.path)
    assert hdfs.read("f") == b"new" == (mount / "f").read_bytes()
    assert os.stat(mount / "f").st_ino == number and os.stat(mount / "f").st_size == 3


def test_onto_a_file_that_is_not_known_here(mount, hdfs):
    """Made by another client since the name was looked for."""
    (mount / "new").write_bytes(b"new")
    assert not (mount / "f").exists()
    hdfs.write("f", b"theirs")
    os.rename(mount / "new", mount / "f")
    assert hdfs.names() == ["f"] and hdfs.read("f") == b"new" == (mount / "f").read_bytes()


def test_onto_a_directory(mount, hdfs):
    """Only a directory, and only an empty one."""
    sh("mkdir -p d/sub e full/x; touch f", cwd=mount.path)
    before = hdfs.names()
    for source, target, code in (
        ("d", "full", errno.ENOTEMPTY),
        ("f", "e", errno.EISDIR),
        ("f", "full", errno.EISDIR),
        ("d", "f", errno.ENOTDIR),
        ("d", "d/sub/new", errno.EINVAL),
        ("d", "d/sub", errno.EINVAL),
        ("d/sub", "d", errno.ENOTEMPTY),
        ("none", "f", errno.ENOENT),
        ("f", "none/f", errno.ENOENT),
        ("f", "f/f", errno.ENOTDIR),
    ):
        refused(code, os.rename, mount / source, mount / target)
        assert hdfs.names() == before == sorted(str(p.relative_to(mount.path)) for p in mount.path.rglob("*"))
    os.rename(mount / "d", mount / "e")
    assert hdfs.names() == ["e", "e/sub", "f", "full", "full/x"]
    assert os.listdir(mount / "e") == ["sub"] and not (mount / "d").exists()


def test_onto_a_directory_that_has_filled(mount, hdfs):
    """Empty when it was seen here; another client has put a file into it since."""
    sh("mkdir d e; ls -la e", cwd=mount.path)
    hdfs.write("e/theirs", b"x")
    refused(errno.ENOTEMPTY, os.rename, mount / "d", mount / "e")
    assert hdfs.names() == ["d", "e", "e/theirs"]


def test_onto_itself(mount, hdfs):
    sh("echo x > f; mkdir d", cwd=mount.path)
    for name in ("f", "d"):
        os.rename(mount / name, mount / name)
        renameat2(mount / name, mount / f"./{name}", 0)
    assert hdfs.names() == ["d", "f"] and hdfs.read("f") == b"x\n"


def test_noreplace(mount, hdfs):
    """mv -n and lock files: one step, whoever made the name."""
    sh("echo new > new; mkdir d; echo old > old", cwd=mount.path)
    hdfs.write("theirs", b"theirs")
    for target in ("old", "d", "theirs", "new"):
        refused(errno.EEXIST, renameat2, mount / "new", mount / target, NOREPLACE)
    assert (mount / "fresh").exists() is False
    hdfs.write("fresh", b"theirs")  # the kernel believes that it is not there
    refused(errno.EEXIST, renameat2, mount / "new", mount / "fresh", NOREPLACE)
    assert hdfs.read("old") == b"old\n" and hdfs.read("fresh") == b"theirs" == hdfs.read("theirs")
    renameat2(mount / "new", mount / "free", NOREPLACE)
    assert hdfs.names() == ["d", "free", "fresh", "old", "theirs"] and hdfs.read("free") == b"new\n"


@pytest.mark.parametrize("flags", [EXCHANGE, WHITEOUT, EXCHANGE | NOREPLACE])
def test_no_exchange(mount, hdfs, flags):
    sh("echo 1 > a; echo 2 > b", cwd=mount.path)
    refused(errno.EINVAL, renameat2, mount / "a", mount / "b", flags)
    assert hdfs.read("a") == b"1\n" and hdfs.read("b") == b"2\n"


def test_what_another_client_took_away(mount, hdfs):
    sh("echo x > f; mkdir d; echo y > d/y; ls -l . d", cwd=mount.path)
    hdfs.rm("f")
    hdfs.rm("d")
    refused(errno.ENOENT, os.rename, mount / "f", mount / "g")
    (mount / "h").write_bytes(b"h")
    refused(errno.ENOENT, os.rename, mount / "h", mount / "d/h")
    assert hdfs.names() == ["h"] and (mount / "h").read_bytes() == b"h"


# Others look at it meanwhile.

READER = r"""
import errno, os, sys
path, rounds, size, letters = sys.argv[1], 0, int(sys.argv[2]), set()
print("begins", flush=True)
os.set_blocking(0, False)
while True:
    try:
        if os.read(0, 1) == b"":
            break
    except BlockingIOError:
        pass
    with open(path, "rb", buffering=0) as file:
        try:
            got = file.read(2 * size)
        except OSError as error:
            if error.errno != errno.ESTALE:  # replaced since the open: the one thing HDFS cannot keep
                raise
            continue
    assert len(got) == size and got == got[:1] * size, (len(got), got[:1], got[-1:])
    letters.add(got[:1])
    rounds += 1
print(rounds, len(letters))
"""


@pytest.mark.direct("it takes several steps, and for a moment nothing is at the name", ways=("httpfs",))
@pytest.mark.parametrize("servers", ["namenode"], indirect=True)
def test_replaced_in_one_step(mount, mounts, hdfs, via):
    """Programs that read all the time never miss the name, and never get half a file: by the mount
    that renames, and by another one that remembers nothing."""
    size, replaced = 200_000, 40 if via == "direct" else 12
    other = mounts(hdfs.url_path, attr_timeout=0, entry_timeout=0, negative_timeout=0)
    (mount / "f").write_bytes(b"@" * size)
    readers = [
        Running(sys.executable, "-c", READER, place / "f", size, stdin=subprocess.PIPE)
        for place in (mount, other)
    ]
    try:
        for reader in readers:
            assert reader.process.stdout.readline() == b"begins\n"
        for number in range(replaced):
            (mount / "tmp").write_bytes(bytes([65 + number]) * size)
            os.rename(mount / "tmp", mount / "f")
        for reader in readers:
            done = reader.result(data=b"")
            assert done.returncode == 0, done.stderr.decode()
            rounds, letters = map(int, done.stdout.split())
            assert rounds >= letters > 1
    finally:
        for reader in readers:
            reader.__exit__()
    assert hdfs.read("f") == bytes([64 + replaced]) * size and hdfs.names() == ["f"]


# Files that are open.


def test_a_file_that_is_read(mount, hdfs):
    """It goes on where it was, also behind what was read ahead, and again when its folder moves."""
    data = os.urandom(12 * MIB)
    hdfs.write("f", data)
    hdfs.mkdir("d")
    with open(mount / "f", "rb", buffering=0) as file:
        assert file.read(1000) == data[:1000]
        os.rename(mount / "f", mount / "d/g")
        assert os.pread(file.fileno(), MIB, 10 * MIB) == data[10 * MIB : 11 * MIB]
        os.rename(mount / "d", mount / "e")
        assert os.pread(file.fileno(), MIB, 5 * MIB) == data[5 * MIB : 6 * MIB]
        assert os.pread(file.fileno(), MIB, 0) == data[:MIB]
    assert hdfs.names() == ["e", "e/g"]


def in_order(file) -> bytes:
    file.write(b"one ")
    return b"one "


def anywhere(file) -> bytes:
    """Kept in a local copy."""
    file.write(b"...... ")
    os.pwrite(file.fileno(), b"one", 0)
    file.seek(4)
    os.ftruncate(file.fileno(), 4)
    return b"one."


def appended(file) -> bytes:
    file.write(b"0")
    os.fsync(file.fileno())
    file.write(b"ne ")
    return b"0ne "


@pytest.mark.parametrize("begin", [in_order, anywhere, appended])
@pytest.mark.parametrize("old", [None, b"old content"], ids=["new", "replaces"])
def test_a_file_that_is_written(mount, hdfs, begin, old):
    """What was not yet brought to its name follows to the new one, and what comes later too."""
    if old:
        hdfs.write("g", old)
    with open(mount / "f", "w+b", buffering=0) as file:
        expected = begin(file)
        os.rename(mount / "f", mount / "g")
        assert os.listdir(mount.path) == ["g"]
        file.write(b"two")
    assert hdfs.names() == ["g"] and hdfs.read("g") == expected + b"two" == (mount / "g").read_bytes()


def test_over_a_file_that_is_written(mount, hdfs):
    """Its bytes have no name any more: they do not come back at close."""
    with open(mount / "f", "wb", buffering=0) as file:
        file.write(b"lost " * 100_000)
        (mount / "g").write_bytes(b"wins")
        os.rename(mount / "g", mount / "f")
        file.write(b"lost too")
        assert hdfs.read("f") == b"wins"
    assert hdfs.read("f") == b"wins" == (mount / "f").read_bytes()
    until(lambda: hdfs.names() == ["f"], what="its hidden file is gone")


def test_a_directory_with_files_being_written(mount, hdfs):
    """All go on under the new name, however deep."""
    sh("mkdir -p d/deep/er; echo 0 > d/appended", cwd=mount.path)
    with (
        open(mount / "d/new", "wb", buffering=0) as new,
        open(mount / "d/appended", "ab", buffering=0) as more,
        open(mount / "d/deep/er/random", "wb", buffering=0) as random,
        open(mount / "d/deep/untouched", "wb", buffering=0),
    ):
        new.write(b"a" * 300_000)
        more.write(b"1\n")
        random.write(b"-" * 1000)
        os.pwrite(random.fileno(), b"begin", 0)
        os.rename(mount / "d", mount / "e")
        os.rename(mount / "e/deep", mount / "e/sea")
        os.mkdir(mount / "d")  # the old name is free, and nothing of the old comes to it
        new.write(b"b" * 300_000)
        more.write(b"2\n")
        random.write(b"end")
    below = ["e/appended", "e/new", "e/sea", "e/sea/er", "e/sea/er/random", "e/sea/untouched"]
    assert hdfs.names() == ["d", "e", *below]
    assert hdfs.read("e/new") == b"a" * 300_000 + b"b" * 300_000
    assert hdfs.read("e/appended") == b"0\n1\n2\n"
    assert hdfs.read("e/sea/er/random") == b"begin" + b"-" * 995 + b"end"
    assert hdfs.read("e/sea/untouched") == b""


def test_the_folder_one_is_in(mount, hdfs):
    """A program's own directory may be renamed: relative names go on."""
    script = """
        mkdir d; cd d; echo 1 > f; mv ../d ../e; echo 2 >> f; cat f
        mkdir g; ls; cd g; mv ../../e ../../h; echo > x
    """
    assert sh(script, cwd=mount.path).stdout == b"1\n2\nf\ng\n"
    assert hdfs.names() == ["h", "h/f", "h/g", "h/g/x"]


# What is known moves along.


@pytest.mark.parametrize("servers", ["namenode"], indirect=True)
def test_known_children_move_along(mounts, hdfs, proxy):
    """No request for them: neither to move them, nor to look at them under their new name."""
    for name in ("d/a", "d/sub/b"):
        hdfs.mkdir(os.path.dirname(name))
        hdfs.write(name, name.encode())
    keep = dict(attr_timeout=600, entry_timeout=600)
    mount = mounts(hdfs.url_path, server=proxy.namenode, **keep)
    run("ls", "-lR", mount.path)
    before = {name: os.stat(mount / "d" / name).st_ino for name in ("a", "sub", "sub/b")}
    os.rename(mount / "d", mount / "first")  # learns what the server can do
    proxy.reset()
    os.rename(mount / "first", mount / "e")
    assert {name: os.stat(mount / "e" / name).st_ino for name in before} == before
    asked = {"namenode": {"GETFILESTATUS": 1, "RENAME": 1}}  # the kernel looks the new name up before
    assert proxy.stats()["requests"] == asked
    proxy.reset()
    assert (mount / "e/sub/b").read_bytes() == b"d/sub/b"
    os.chmod(mount / "e/a", 0o600)
    asked = [one["line"] for one in proxy.stats()["recent"] if "op=OPEN" not in one["line"]]  # that goes by number
    assert asked and all("/e/" in line and "/d/" not in line for line in asked), asked
    assert hdfs.stat("%a", "e/a") == "600"
    assert not (mount / "d").exists() and not (mount / "first/a").exists()
