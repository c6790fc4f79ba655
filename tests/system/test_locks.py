"""Locks between programs on one mount: the kernel keeps them; other machines do not see them."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from knoxtest import Running, until

# argv: KIND try|wait FILE [START LENGTH].  Says "held" when it has the lock, keeps it until its input
# ends; exit 1: somebody else has it.
LOCKER = r"""
import errno, fcntl, struct, sys
kind, how, path, *part = sys.argv[1:]
start, length = map(int, part or (0, 0))
file = open(path, "r+b", buffering=0)
wait = how == "wait"
try:
    if kind == "flock":
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    elif kind == "posix":
        fcntl.lockf(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB), length, start)
    else:
        what = struct.pack("hhqqi", fcntl.F_WRLCK, 0, start, length, 0)
        fcntl.fcntl(file, fcntl.F_OFD_SETLKW if wait else fcntl.F_OFD_SETLK, what)
except OSError as error:
    sys.exit(1 if error.errno in (errno.EAGAIN, errno.EACCES) else 2)
print("held", flush=True)
sys.stdin.read()
"""
KINDS = ["flock", "posix", "ofd"]


class Locker(Running):
    def __init__(self, kind: str, how: str, path: Path, *part: int):
        super().__init__(sys.executable, "-c", LOCKER, kind, how, path, *part, stdin=subprocess.PIPE)
        self.file = path

    def held(self) -> "Locker":
        assert self.process.stdout.readline() == b"held\n", self.result()
        return self

    def waits(self) -> bool:
        """The kernel's own list: "3: -> FLOCK  ADVISORY  WRITE 1234 00:2f:17 0 EOF" (-1 for OFDLCK)."""
        at = os.stat(self.file)
        place = f" {os.major(at.st_dev):02x}:{os.minor(at.st_dev):02x}:{at.st_ino} "
        lines = Path("/proc/locks").read_text().splitlines()
        return any(" -> " in line and place in line for line in lines)

    def close(self) -> None:
        """The program closes the file, and ends."""
        self.process.stdin.close()
        self.process.stdin = None
        assert self.result().returncode == 0


@pytest.fixture
def file(mount, hdfs) -> Path:
    hdfs.write("f", b"0123456789")
    return mount / "f"


def is_free(kind: str, path: Path, *part: int) -> bool:
    with Locker(kind, "try", path, *part) as other:
        status = other.result().returncode
    assert status in (0, 1)
    return status == 0


def until_waiting(locker: Locker) -> None:
    until(locker.waits, what="it waits for the lock")


@pytest.mark.parametrize("kind", KINDS)
def test_one_at_a_time(file, hdfs, kind):
    """Refused while another program has it; free when that has closed the file."""
    with Locker(kind, "try", file).held() as first:
        assert not is_free(kind, file)
        first.close()
    assert is_free(kind, file)
    assert hdfs.read("f") == b"0123456789"


@pytest.mark.parametrize("kind", KINDS)
def test_waits_until_it_is_closed(file, kind):
    with Locker(kind, "try", file).held() as first, Locker(kind, "wait", file) as second:
        until_waiting(second)
        first.close()
        second.held()
        assert not is_free(kind, file)


@pytest.mark.parametrize("kind", KINDS)
def test_waits_until_the_holder_is_killed(file, kind):
    with Locker(kind, "try", file).held() as first, Locker(kind, "wait", file) as second:
        until_waiting(second)
        first.signal(signal.SIGKILL)
        second.held()


@pytest.mark.parametrize("kind", KINDS)
def test_waiting_can_be_interrupted(file, kind):
    with Locker(kind, "try", file).held() as first, Locker(kind, "wait", file) as second:
        until_waiting(second)
        second.signal(signal.SIGINT)
        assert second.result(5).returncode not in (0, 1)
        assert not first.ended() and not is_free(kind, file)


@pytest.mark.parametrize("kind", ["posix", "ofd"])
def test_parts_of_a_file(file, kind):
    with Locker(kind, "try", file, 2, 3).held():
        assert is_free(kind, file, 0, 2) and is_free(kind, file, 5, 100)
        assert not is_free(kind, file, 4, 1) and not is_free(kind, file, 0, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_lock_stays_while_the_file_is_changed(mount, file, hdfs, kind):
    """A change in place is a new file on the cluster, and the same one here; so is another name."""
    with Locker(kind, "try", file).held():
        with open(file, "r+b", buffering=0) as writer:
            os.pwrite(writer.fileno(), b"XY", 3)
            os.fsync(writer.fileno())
        assert hdfs.read("f") == b"012XY56789"
        assert not is_free(kind, file)
        os.rename(file, mount / "g")
        assert not is_free(kind, mount / "g")


@pytest.mark.parametrize("kind", KINDS)
def test_another_mount_does_not_know(mounts, hdfs, kind):
    """The cluster has no locks: they hold on one mount only."""
    hdfs.write("f", b"x")
    one, two = mounts(hdfs.url_path), mounts(hdfs.url_path)
    with Locker(kind, "try", one / "f").held():
        assert not is_free(kind, one / "f") and is_free(kind, two / "f")


def test_no_request(mounts, hdfs, proxy):
    """Locking an open file is the kernel's own matter."""
    hdfs.write("f", b"x")
    mount = mounts(hdfs.url_path, server=proxy.namenode, attr_timeout=600)
    with open(mount / "f", "rb") as file:
        proxy.reset()
        script = "flock -x 0; flock -u 0; flock -s 0"
        subprocess.run(["sh", "-c", script], stdin=file, check=True, timeout=20)
        assert proxy.stats()["requests"] == {}


# Databases: two programs that write by turns.

INSERTS = 15
WRITER = r"""
import sqlite3, sys
path, who, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
db = sqlite3.connect(path, timeout=50, isolation_level=None)
for number in range(count):
    db.execute("begin immediate")
    n, = db.execute("select count(*) from t").fetchone()
    db.execute("insert into t values (?, ?, ?)", (n, who, number))
    db.execute("commit")
db.close()
"""


def rows(path) -> list:
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)
        return db.execute("select * from t order by n").fetchall()


@pytest.mark.gateway
@pytest.mark.limit(120)
@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_two_programs_with_one_database(mount, hdfs, tmp_path, mode):
    """Each reads what the other has written before it adds its own: no number twice, none missing."""
    path = mount / "db"
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute(f"pragma journal_mode={mode}").fetchone() == (mode,)
        with db:
            db.execute("create table t (n integer primary key, who text, number integer)")
    line = [sys.executable, "-c", WRITER, path]
    with Running(*line, "a", INSERTS) as a, Running(*line, "b", INSERTS) as b:
        for writer in (a, b):
            done = writer.result(100)
            assert done.returncode == 0, done.stderr
    found = rows(path)
    assert [n for n, _, _ in found] == list(range(2 * INSERTS))
    for who in "ab":
        assert [number for _, w, number in found if w == who] == list(range(INSERTS))
    (tmp_path / "copy").write_bytes(hdfs.read("db"))
    assert rows(tmp_path / "copy") == found
    assert hdfs.names() == ["db"]


def test_a_busy_database_says_so(mount):
    """A program in the middle of a transaction keeps the others out, and a killed one no longer."""
    path = mount / "db"
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("create table t (n integer primary key)")
    holder = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute('begin exclusive');"
    holder += "print('held', flush=True); sys.stdin.read()"
    with Running(sys.executable, "-c", holder, path, stdin=subprocess.PIPE) as other:
        assert other.process.stdout.readline() == b"held\n"
        with contextlib.closing(sqlite3.connect(path, timeout=0)) as db:
            with pytest.raises(sqlite3.OperationalError, match="locked"), db:
                db.execute("insert into t values (1)")
            other.signal(signal.SIGKILL)
            other.process.wait(10)
            with db:
                db.execute("insert into t values (2)")
    assert rows(path) == [(2,)]
