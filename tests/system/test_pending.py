"""What could not be uploaded: told at close, kept, finished or dropped; and two who write one file."""

import contextlib
import errno
import os

import pytest
from knoxtest import of_datanode, run, until
from knoxtest.tree import TREE, reason, refused, tell, visible

MIB = 1 << 20
OLD = os.urandom(3 * MIB)
NEW = OLD[:MIB] + b"changed" + OLD[MIB + 7 :]
GONE = {errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.EIO}


@contextlib.contextmanager
def no_quota(stack, hdfs):
    stack.admin("-setSpaceQuota", "4m", hdfs.root)
    yield {errno.EDQUOT}
    stack.admin("-clrSpaceQuota", hdfs.root)


@contextlib.contextmanager
def no_rights(stack, hdfs):
    hdfs.sh("-chown", "bob", hdfs.root)
    hdfs.sh("-chmod", "755", hdfs.root)
    yield {errno.EACCES}
    hdfs.sh("-chown", "alice", hdfs.root)


@contextlib.contextmanager
def safe_mode(stack, hdfs):
    stack.admin("-safemode", "enter")
    try:
        yield {errno.EROFS}
    finally:
        stack.admin("-safemode", "leave")


@contextlib.contextmanager
def no_datanode(stack, hdfs):
    stack.kill("dn1")
    try:
        yield GONE
    finally:
        stack.start("dn1")


def pending(mount) -> list[str]:
    return [name for name in os.listdir(mount / TREE / "pending") if name.isdigit()]


def refused_now(mount, verb: str) -> int:
    with pytest.raises(OSError) as raised:
        tell(mount / TREE, verb)
    return raised.value.errno


def is_done(mount, verb: str) -> bool:
    with contextlib.suppress(OSError):
        tell(mount / TREE, verb)
    return not pending(mount)


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["retry", "drop"])
@pytest.mark.parametrize("cause", [no_quota, no_rights, safe_mode, no_datanode], ids=lambda cause: cause.__name__)
def test_refused_at_close(mounts, mend, hdfs, cause, verb):
    """The old file stays whole, the new bytes are kept, and a person decides."""
    hdfs.write("f", OLD)
    mount = visible(mounts, hdfs, blocksize="1M", timeout=4, data_timeout=5, connect_timeout=2)
    file = os.open(mount / "f", os.O_RDWR)
    os.pwrite(file, NEW, 0)
    with cause(mend, hdfs) as causes:
        codes = of_datanode(mount, causes)
        with pytest.raises(OSError) as raised:
            os.close(file)
        assert raised.value.errno in codes
        until(lambda: pending(mount), what="it is kept")  # at the release, which comes after the close
        [name] = pending(mount)
        assert refused_now(mount, f"retry {name}") in codes and reason(mount / TREE / "ctl")
        assert pending(mount) == [name]
        if cause is not no_datanode:
            assert hdfs.read("f") == OLD
    if verb == "retry":
        until(lambda: is_done(mount, f"retry {name}"), 30, "it can be uploaded")
    else:
        tell(mount / TREE, f"drop {name}")
    assert pending(mount) == []
    until(lambda: hdfs.read("f") == (NEW if verb == "retry" else OLD), what="that is at the name")
    assert (mount / "f").read_bytes() == hdfs.read("f")
    refused(errno.ENOENT, tell, mount / TREE, f"{verb} {name}")
    for left in hdfs.hidden():  # could not be removed while the cause lasted
        hdfs.rm(left)


def test_the_last_whole_file_wins(mounts, hdfs):
    """Two mounts write one file; others see one of them, whole."""
    hdfs.write("f", OLD)
    one, other = mounts(hdfs.url_path), mounts(hdfs.url_path)
    first, second = open(one / "f", "wb", buffering=0), open(other / "f", "wb", buffering=0)
    for number in range(20):
        first.write(b"1" * 100_000)
        second.write(b"2" * 70_000)
    assert hdfs.read("f") == OLD
    second.close()
    assert hdfs.read("f") == b"2" * 1_400_000
    first.close()
    assert hdfs.read("f") == b"1" * 2_000_000


@pytest.mark.parametrize("mode", ["wb", "r+b"])
def test_exclusive_writer(mounts, hdfs, mode):
    """write=exclusive: who comes second is told, and the first one's file stays."""
    hdfs.write("f", OLD)
    one, other = mounts(hdfs.url_path), mounts(hdfs.url_path, write="exclusive")
    file = os.open(other / "f", os.O_RDWR | (os.O_TRUNC if mode == "wb" else 0))
    os.pwrite(file, b"mine", 0)
    (one / "f").write_bytes(b"theirs")
    refused(errno.ESTALE, os.close, file)
    assert hdfs.read("f") == b"theirs"


def test_unmount_timeout(mounts, hdfs, proxy, tmp_path):
    """What is not uploaded in time is said, the exit status is 1, and the next mount brings it home."""
    options = {"server": proxy.namenode, "write": "back", "stage_dir": str(tmp_path)}
    mount = mounts(hdfs.url_path, unmount_timeout=1, **options)
    proxy.rules({"role": "datanode", "op": "CREATE", "status": 503})
    (mount / "f").write_bytes(NEW)
    run("fusermount3", "-u", mount.path)
    until(lambda: not mount.is_running(), 20, "the driver ends")
    mount.killed = True  # its end is looked at here
    assert mount.process.returncode == 1
    assert "not uploaded yet, the next mount goes on" in mount.log() and "/f" in mount.log()
    assert hdfs.names() == []
    proxy.rules()
    following = mounts(hdfs.url_path, **options)
    assert (following / "f").read_bytes() == NEW
    until(lambda: hdfs.status("f") is not None, 30, "it is at its name")
    assert hdfs.read("f") == NEW


FILES = 300


@pytest.mark.slow
@pytest.mark.limit(150)
def test_many_small_files_in_the_background(mounts, hdfs, proxy, tmp_path):
    """cp -r with write=back: all are there after the end of the mount, with at most four requests each."""
    source = tmp_path / "source"
    source.mkdir()
    for number in range(FILES):
        (source / f"n{number:03}").write_bytes(b"%d" % number * 1000)
    mount = mounts(hdfs.url_path, server=proxy.namenode, write="back", attr_timeout=60, entry_timeout=60)
    proxy.reset()
    run("cp", "-r", source, mount / "copy", timeout=100)
    assert run("diff", "-r", source, mount / "copy").stdout == b""
    mount.close()
    asked = proxy.stats()["requests"]
    # Three of an upload; the names and the bytes of those that diff reads when they are uploaded already.
    small = {role: {op: count for op, count in ops.items() if op not in ("OPEN", "LISTSTATUS_BATCH")} for role, ops in asked.items()}
    assert sum(sum(ops.values()) for ops in small.values()) <= 4 * FILES + 30, asked
    names = hdfs.names("copy")
    assert sorted(names) == sorted(os.listdir(source))
    for name in names:
        assert hdfs.read(f"copy/{name}") == (source / name).read_bytes()


def test_the_end_of_a_large_file(mounts, hdfs, proxy):
    """Only the last block goes over the wire: TRUNCATE and APPEND, and one look for each step."""
    mount = mounts(hdfs.url_path, server=proxy.namenode, blocksize="1M", attr_timeout=60)
    data = os.urandom(3 * MIB + 500_000)
    (mount / "f").write_bytes(data)
    with open(mount / "f", "r+b", buffering=0) as file:
        proxy.reset()
        os.pwrite(file.fileno(), b"the new end" * 100, len(data) - 1000)
    asked = proxy.stats()["requests"]
    new = data[:-1000] + b"the new end" * 100
    assert asked["namenode"]["TRUNCATE"] == 1 and asked["namenode"]["APPEND"] == 1, asked
    assert asked["datanode"]["APPEND"] == 1 and "CREATE" not in asked["namenode"], asked
    assert proxy.stats()["bytes_up"]["datanode"] < 600_000 + 4000
    assert asked["namenode"].get("GETFILESTATUS", 0) <= 3, asked
    assert hdfs.read("f") == new == (mount / "f").read_bytes()
