"""Writing anywhere: editors, databases, mmap, random writes; as on a local disk, at close on the cluster."""

import contextlib
import errno
import mmap
import os
import random
import signal
import sqlite3
import tempfile
from pathlib import Path

import pytest
from knoxtest import Running, run, sh, until

pytestmark = pytest.mark.gateway
MIB = 1 << 20


@pytest.fixture
def mount(mounts, hdfs, tmp_path):
    """With a folder of the test's own for the local copies."""
    return mounts(hdfs.url_path, stage_dir=tmp_path, blocksize="1M")


def steps(seed: int, size: int, count: int = 40):
    """Random calls: (name, offset, bytes or length)."""
    chance = random.Random(seed)
    for _ in range(count):
        at, length = chance.randrange(size + 100_000), chance.choice((1, 100, 4096, 70_000, 300_000))
        yield chance.choice(("write", "write", "append", "read", "truncate", "sync")), at, length


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("start", [0, 1_500_000], ids=["new", "existing"])
def test_like_a_local_file(mount, hdfs, tmp_path, seed, start):
    """The same calls on a local file give the same bytes, at every look and at the end."""
    local = tmp_path / "local"
    data = random.Random(seed).randbytes(start)
    local.write_bytes(data)
    if start:
        hdfs.write("f", data)
    flags = os.O_RDWR | os.O_CREAT
    ours, theirs = os.open(mount / "f", flags), os.open(local, flags)
    for number, (call, at, length) in enumerate(steps(seed, start)):
        piece = bytes([65 + number % 26]) * length
        for file in (ours, theirs):
            if call == "write":
                assert os.pwrite(file, piece, at) == length
            elif call == "append":
                os.lseek(file, 0, os.SEEK_END)
                assert os.write(file, piece) == length
            elif call == "truncate":
                os.ftruncate(file, at)
            elif call == "sync" and file == ours:
                os.fsync(file)
                assert hdfs.read("f") == local.read_bytes(), number
        assert os.pread(ours, length, at) == os.pread(theirs, length, at), number
        assert os.fstat(ours).st_size == os.fstat(theirs).st_size, number
    os.close(ours)
    os.close(theirs)
    assert hdfs.read("f") == local.read_bytes() == (mount / "f").read_bytes()
    assert hdfs.names() == ["f"]


def test_small_change_in_a_big_file(mount, hdfs):
    """The middle of 40 MiB: the rest streams through, with little local disk for it."""
    data = os.urandom(40 * MIB)
    hdfs.write("f", data)
    with open(mount / "f", "r+b", buffering=0) as file:
        os.pwrite(file.fileno(), b"changed", 20 * MIB)
        assert os.pread(file.fileno(), 10, 20 * MIB) == b"changed" + data[20 * MIB + 7 : 20 * MIB + 10]
        assert os.pread(file.fileno(), 100, 39 * MIB) == data[39 * MIB : 39 * MIB + 100]
    expected = data[: 20 * MIB] + b"changed" + data[20 * MIB + 7 :]
    assert hdfs.read("f") == expected
    assert (mount / "f").read_bytes() == expected


def test_read_and_write_in_turns(mount, hdfs):
    with open(mount / "f", "w+b", buffering=0) as file:
        for number in range(50):
            file.write(b"%04d" % number)
            os.pwrite(file.fileno(), b"X", 4 * number)
            back = number // 2
            assert os.pread(file.fileno(), 4, 4 * back) == b"X" + (b"%04d" % back)[1:]
    assert hdfs.read("f") == b"".join(b"X" + (b"%04d" % number)[1:] for number in range(50))


@pytest.mark.parametrize("size", [5000, 3 * MIB])
def test_mmap(mount, hdfs, size):
    """Shared and writable: msync and close bring it to the cluster."""
    data = os.urandom(size)
    hdfs.write("f", data)
    with open(mount / "f", "r+b") as file, mmap.mmap(file.fileno(), 0) as view:
        assert view[:] == data
        view[1000:1005] = b"12345"
        view[-1:] = b"!"
        view.flush()
        os.fsync(file.fileno())
        assert hdfs.read("f") == data[:1000] + b"12345" + data[1005:-1] + b"!"
        view[0:1] = b"?"
    assert hdfs.read("f")[:1] == b"?"
    with open(mount / "f", "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as view:
        assert view[1000:1005] == b"12345"


def test_sqlite(mount, hdfs):
    """Transactions, a rollback, many pages; another program reads them from the cluster's copy."""
    with contextlib.closing(sqlite3.connect(mount / "db")) as db:
        with db:
            db.execute("create table t (n integer primary key, text text)")
            db.executemany("insert into t values (?, ?)", [(n, "x" * n) for n in range(500)])
        with pytest.raises(RuntimeError), db:
            db.execute("delete from t")
            raise RuntimeError
    with contextlib.closing(sqlite3.connect(mount / "db")) as db, db:
        db.execute("update t set text = 'changed' where n = 250")
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)
    with tempfile.NamedTemporaryFile() as copy:
        copy.write(hdfs.read("db"))
        copy.flush()
        with contextlib.closing(sqlite3.connect(copy.name)) as db:
            assert db.execute("select count(*), max(length(text)) from t").fetchone() == (500, 499)
            assert db.execute("select text from t where n = 250").fetchone() == ("changed",)
            assert db.execute("pragma integrity_check").fetchone() == ("ok",)
    assert hdfs.names() == ["db"]


def test_git(mount, hdfs):
    """Locks, temporary names, packs, mmap."""
    env = {"GIT_CONFIG_GLOBAL": "/dev/null", "HOME": "/nonexistent"}
    for name in ("AUTHOR", "COMMITTER"):
        env |= {f"GIT_{name}_NAME": "t", f"GIT_{name}_EMAIL": "t@example.org"}
    git = ["git", "-c", "safe.directory=*", "-C", mount / "r"]
    (mount / "r").mkdir()
    run("git", "-c", "safe.directory=*", "init", "-q", "-b", "main", mount / "r", env=env)
    for number in range(3):
        (mount / "r" / f"f{number}").write_text(f"{number}\n" * 100)
        run(*git, "add", ".", env=env)
        run(*git, "commit", "-q", "-m", f"{number}", env=env)
    run(*git, "gc", "-q", env=env, timeout=120)
    run(*git, "fsck", "--strict", env=env)
    assert run(*git, "status", "--porcelain", env=env).stdout == b""
    assert len(run(*git, "log", "--oneline", env=env).stdout.splitlines()) == 3
    assert not [name for name in hdfs.names() if name.endswith(".lock")]


def test_editors(mount, hdfs, tmp_path):
    """sed -i, rsync --inplace, patch by dd, truncate up and down, a file made in pieces by seeks."""
    sh("seq 10000 > f; sed -i s/5/five/ f; truncate -s +10 f; truncate -s -20 f", cwd=mount.path)
    lines = "".join(f"{number}\n".replace("5", "five", 1) for number in range(1, 10001)).encode()
    assert hdfs.read("f") == lines[:-10]
    (tmp_path / "g").write_bytes(lines[:5000] + b"new" + lines[5003:])
    run("rsync", "--inplace", "--no-whole-file", tmp_path / "g", mount / "f")
    assert hdfs.read("f") == (tmp_path / "g").read_bytes()
    for part in (2, 0, 1):
        line = ["dd", "if=/dev/stdin", f"of={mount / 'parts'}", "bs=1000", "conv=notrunc", "status=none"]
        run(*line, f"seek={part}", stdin=bytes([65 + part]) * 1000)
    assert hdfs.read("parts") == b"A" * 1000 + b"B" * 1000 + b"C" * 1000


def test_zip(mount, hdfs):
    """Writes, goes back to fill in lengths, reads its own directory, appends."""
    import zipfile

    for mode in ("w", "a", "a"):
        with zipfile.ZipFile(mount / "z", mode, zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{mode} {len(archive.namelist())}", b"text" * 10_000)
    with zipfile.ZipFile(mount / "z") as archive:
        assert archive.namelist() == ["w 0", "a 1", "a 2"] and archive.testzip() is None
    assert hdfs.names() == ["z"]


def test_others_see_whole_versions(mount, hdfs):
    """While one writes here and there, other clients read the old file."""
    old = b"o" * MIB
    hdfs.write("f", old)
    with open(mount / "f", "r+b", buffering=0) as file:
        for at in (0, 1000, MIB // 2, MIB + 5):
            os.pwrite(file.fileno(), b"n" * 500, at)
            assert hdfs.read("f") == old
    new = hdfs.read("f")
    assert len(new) == MIB + 505 and new.count(b"n") == 2000


def test_driver_killed(mount, hdfs, tmp_path):
    """kill -9 with an edited file open: the old one is there, whole; no local copy stays."""
    hdfs.write("f", b"o" * MIB)
    file = os.open(mount / "f", os.O_RDWR)
    os.pwrite(file, b"n" * 500, 1000)
    mount.kill()
    for call in (os.fsync, os.close):
        with pytest.raises(OSError):
            call(file)
    assert hdfs.read("f") == b"o" * MIB
    assert list(tmp_path.glob("knoxfs-*/*.part")) == []


@pytest.fixture
def small(tmp_path):
    """A folder with room for one MiB."""
    path = tmp_path / "small"
    path.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=1m", "none", path)
    yield path
    run("umount", "-l", path)


def test_no_room_for_the_local_copy(small, mounts, hdfs):
    """The folder of the local copies is full: ENOSPC with its name, and the file stays as it was."""
    mount = mounts(hdfs.url_path, stage_dir=small)
    hdfs.write("f", b"o" * 100)
    with open(mount / "f", "r+b", buffering=0) as file:
        with pytest.raises(OSError) as caught:
            for number in range(64):
                os.pwrite(file.fileno(), b"n" * 65536, 10 + 65536 * number)
        assert caught.value.errno == errno.ENOSPC
        assert str(small) in os.getxattr(mount / "f", "user.hdfs.error").decode()
    assert hdfs.read("f")[:10] == b"o" * 10


def test_upload_that_fails_is_tried_again(mounts, hdfs, proxy, tmp_path):
    """The bytes are still here: the next fsync brings them."""
    hdfs.write("f", b"o" * 1000)
    options = {"timeout": 3, "data_timeout": 4, "stage_dir": tmp_path}
    mount = mounts(hdfs.url_path, server=proxy.namenode, **options)
    with open(mount / "f", "r+b", buffering=0) as file:
        os.pwrite(file.fileno(), b"n" * 10, 500)
        proxy.rules({"role": "datanode", "op": "CREATE", "drop_reply": "rst", "times": 1})
        with pytest.raises(OSError):
            os.fsync(file.fileno())
        assert hdfs.read("f") == b"o" * 1000
        os.fsync(file.fileno())
        assert hdfs.read("f") == b"o" * 500 + b"n" * 10 + b"o" * 490
    until(lambda: hdfs.names() == ["f"], what="nothing is left behind")


def test_interrupted_while_uploading(mounts, hdfs, proxy, tmp_path):
    """Ctrl-C in the close of an edited file."""
    hdfs.write("f", b"o" * MIB)
    mount = mounts(hdfs.url_path, server=proxy.namenode, stage_dir=tmp_path)
    proxy.rules({"role": "datanode", "op": "CREATE", "stall_request_after": 1000})
    line = ["dd", "if=/dev/zero", f"of={mount / 'f'}", "bs=10", "count=1", "seek=5", "conv=notrunc"]
    with Running(*line) as dd:
        until(lambda: proxy.stats()["bytes_up"].get("datanode", 0) >= 1000)
        dd.signal(signal.SIGINT)
        dd.result(5)  # its status is its own matter: it has nothing more to do
    proxy.rules()
    proxy.drop("datanode")
    assert len(hdfs.read("f")) == MIB
    assert Path(mount / "f").stat().st_size == MIB
