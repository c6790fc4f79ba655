"""Creating, appending, replacing: what this mount shows, what others see, and when."""

import errno
import json
import os
import subprocess
import urllib.request
from pathlib import Path

import pytest
from knoxtest import Running, refused, run, sh, until

pytestmark = pytest.mark.gateway
MIB = 1 << 20


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 4097, 131072, MIB, MIB + 1, 5 * MIB + 3])
def test_create(mount, hdfs, size):
    data = os.urandom(size)
    with open(mount / "f", "wb") as file:
        file.write(data)
    assert hdfs.cat("f") == data and hdfs.stat("%b", "f") == str(size)
    assert (mount / "f").read_bytes() == data


def test_close_is_the_end(mount, hdfs, second):
    """Here the name is there from open(); others see it at close, whole."""
    with open(mount / "f", "wb", buffering=0) as file:
        assert os.listdir(mount.path) == ["f"]
        assert hdfs.entries().keys() - set(hdfs.hidden()) == set()
        file.write(b"x" * 100_000)
        assert os.stat(mount / "f").st_size == 100_000
        assert os.fstat(file.fileno()).st_size == 100_000
        assert not (second / "f").exists() and hdfs.status("f") is None
        assert os.listdir(mount.path) == ["f"]  # not its hidden sibling
    assert hdfs.length("f") == 100_000 and (second / "f").stat().st_size == 100_000


def test_made_for_reading(mount, hdfs):
    """A lock's file: who made it has nothing to say at close."""
    file = os.open(mount / "f", os.O_CREAT | os.O_RDONLY, 0o640)
    assert hdfs.stat("%b %a", "f") == "0 640"
    before = os.fstat(file)
    os.close(file)
    after = os.stat(mount / "f")
    assert (after.st_mtime_ns, after.st_ctime_ns) == (before.st_mtime_ns, before.st_ctime_ns)
    refused(errno.EEXIST, os.open, mount / "f", os.O_CREAT | os.O_EXCL)


def test_made_for_reading_refused(mount, hdfs):
    hdfs.mkdir("d")
    hdfs.sh("-chmod", "555", hdfs.path("d"))
    refused(errno.EACCES, os.open, mount / "d/f", os.O_CREAT | os.O_RDONLY)
    assert hdfs.names("d") == []


def test_append(mount, hdfs):
    """By >>, by O_APPEND, by several openings, across a block's end."""
    sh("echo one > f; echo two >> f; echo three >> f; cat f", cwd=mount.path)
    assert hdfs.cat("f") == b"one\ntwo\nthree\n"
    with open(mount / "f", "ab") as file:
        assert file.tell() == 14
        file.write(b"four\n")
    assert hdfs.cat("f") == (mount / "f").read_bytes() == b"one\ntwo\nthree\nfour\n"
    hdfs.append("f", b"theirs\n")
    with open(mount / "f", "ab") as file:
        file.write(b"five\n")
    assert hdfs.cat("f") == b"one\ntwo\nthree\nfour\ntheirs\nfive\n"


def test_append_across_blocks(mounts, hdfs):
    mount = mounts(hdfs.url_path, blocksize="1M", replication=1)
    data = os.urandom(2 * MIB + 5)
    (mount / "f").write_bytes(data)
    assert hdfs.stat("%o %r", "f") == f"{MIB} 1"
    for number in range(3):
        more = os.urandom(MIB // 2 + number)
        with open(mount / "f", "ab") as file:
            file.write(more)
        data += more
    assert hdfs.cat("f") == data
    assert (mount / "f").read_bytes() == data


def test_write_at_the_end_without_append(mount, hdfs):
    """O_WRONLY and a seek to the end is as good as O_APPEND."""
    (mount / "f").write_bytes(b"12345")
    with open(mount / "f", "r+b", buffering=0) as file:
        file.seek(0, os.SEEK_END)
        file.write(b"678")
    assert hdfs.cat("f") == b"12345678"


def test_several_writers_of_one_output(mount, hdfs):
    """A subshell's programs share one open file, as in any script."""
    script = "(echo a; cat /etc/services; (echo b; echo c) ; for i in 1 2 3; do echo $i; done) > out"
    sh(f"{script}; {script.replace('out', '$1')}; cmp out $1", "/tmp/knoxfs-out", cwd=mount.path)
    expected = Path("/tmp/knoxfs-out").read_bytes()
    os.unlink("/tmp/knoxfs-out")
    assert hdfs.cat("out") == expected == (mount / "out").read_bytes()
    sh("{ echo 1; sh -c 'echo 2; echo 3 >&2'; } > both 2>&1", cwd=mount.path)
    assert hdfs.cat("both") == b"1\n2\n3\n"


def test_dup(mount, hdfs):
    """Each close of a descriptor publishes; the other one goes on."""
    first = os.open(mount / "f", os.O_CREAT | os.O_WRONLY)
    other = os.dup(first)
    os.write(first, b"one ")
    os.close(first)
    assert hdfs.cat("f") == b"one "
    os.write(other, b"two")
    os.close(other)
    assert hdfs.cat("f") == b"one two"


def test_two_openings(mount, hdfs):
    with open(mount / "f", "ab", buffering=0) as one, open(mount / "f", "ab", buffering=0) as two:
        for number in range(10):
            (one, two)[number % 2].write(b"%d" % number)
    assert hdfs.cat("f") == b"0123456789"


def syncs(stack) -> int:
    """How many blocks the DataNode has synced; some 10 s late."""
    url = stack.datanodes[0] + "/jmx?qry=Hadoop:service=DataNode,name=DataNodeActivity*"
    with urllib.request.urlopen(url, timeout=10) as answer:
        (bean,) = json.load(answer)["beans"]
    return bean["FsyncCount"]


@pytest.mark.direct("HttpFS ignores sync_block", ways=("httpfs",))
def test_sync_block(mounts, stack, hdfs):
    """Every block, with the option only, also of a file that is changed in place."""
    plain, synced = mounts(hdfs.url_path), mounts(hdfs.url_path, sync_block=True, blocksize=MIB)
    before = syncs(stack)
    (plain / "f").write_bytes(b"x" * MIB)
    (synced / "g").write_bytes(b"x" * (2 * MIB + 1))
    with open(synced / "g", "r+b") as file:
        file.write(b"y")
    until(lambda: syncs(stack) >= before + 6, 40, "what was synced is counted")
    assert syncs(stack) == before + 6
    assert hdfs.length("g") == 2 * MIB + 1


def test_fsync(mount, hdfs):
    """What was written is at its name when fsync returns, also in the middle."""
    with open(mount / "f", "wb", buffering=0) as file:
        sent = b""
        for number in range(4):
            piece = os.urandom(10_000 + number)
            file.write(piece)
            sent += piece
            os.fsync(file.fileno())
            assert hdfs.cat("f") == sent
        file.write(b"tail")
    assert hdfs.cat("f") == sent + b"tail"


def test_read_own_writes(mount, hdfs):
    with open(mount / "f", "wb", buffering=0) as file, open(mount / "f", "rb", buffering=0) as reader:
        for number in range(3):
            file.write(b"%d" % number * 5000)
            assert reader.read() == b"%d" % number * 5000
    assert hdfs.length("f") == 15000


def test_truncating_open(mount, hdfs, second):
    """Others read the old content until close, then the new one; never nothing, never a part."""
    hdfs.put("f", b"old" * 1000)
    with open(mount / "f", "wb", buffering=0) as file:
        assert (mount / "f").stat().st_size == 0
        assert hdfs.cat("f") == b"old" * 1000
        file.write(b"new")
        assert (second / "f").read_bytes() == b"old" * 1000 and hdfs.cat("f") == b"old" * 1000
    assert hdfs.cat("f") == b"new" == (second / "f").read_bytes()
    status = hdfs.status("f")
    assert status["owner"] == "alice" and status["permission"] == "644"


@pytest.mark.parametrize("old", [None, b"old" * 1000], ids=["new", "replaced"])
@pytest.mark.parametrize("script", ["cat > f", "dd of=f bs=1 status=none", "tee f > /dev/null"])
def test_redirection(mount, hdfs, script, old):
    """The same for those who open, duplicate the descriptor and close the first one."""
    if old:
        hdfs.put("f", old)
    with Running("bash", "-c", script, cwd=mount.path, stdin=subprocess.PIPE) as writer:
        for number in range(2):
            writer.process.stdin.write(b"new")
            writer.process.stdin.flush()
            until(lambda size=3 * number + 3: (mount / "f").exists() and (mount / "f").stat().st_size == size)
            assert (hdfs.read("f") if hdfs.status("f") else None) == old
        assert writer.result().returncode == 0
    assert hdfs.cat("f") == b"newnew" and hdfs.names() == ["f"]


def test_truncating_open_without_a_write(mount, hdfs):
    hdfs.put("f", b"old")
    sh(": > f; : > fresh", cwd=mount.path)
    assert hdfs.length("f") == 0 and hdfs.length("fresh") == 0
    assert hdfs.names() == ["f", "fresh"]


def test_replacing_keeps_the_mode(mount, hdfs):
    hdfs.put("f", b"old")
    hdfs.sh("-chmod", "640", hdfs.path("f"))
    sh("echo new > f", cwd=mount.path)
    assert hdfs.cat("f") == b"new\n" and hdfs.stat("%a", "f") == "640"


def test_rename_of_an_open_file(mount, hdfs):
    with open(mount / "f", "wb", buffering=0) as file:
        file.write(b"one ")
        os.rename(mount / "f", mount / "g")
        file.write(b"two")
    assert hdfs.names() == ["g"] and hdfs.cat("g") == b"one two"
    hdfs.mkdir("d")
    with open(mount / "g", "rb", buffering=0) as reader:
        assert reader.read(4) == b"one "
        os.rename(mount / "g", mount / "d/h")
        os.rename(mount / "d", mount / "e")
        assert reader.read() == b"two"
    with open(mount / "e/h", "ab", buffering=0) as file:
        os.rename(mount / "e", mount / "moved")
        file.write(b" three")
    assert hdfs.cat("moved/h") == b"one two three"


def test_rename_over_an_open_file(mount, hdfs):
    """The temporary file of every editor; who has the old one open reads the old one or ESTALE."""
    (mount / "f").write_bytes(b"old")
    with open(mount / "f", "rb", buffering=0) as reader:
        (mount / "tmp").write_bytes(b"new")
        os.rename(mount / "tmp", mount / "f")
        try:
            assert reader.read() == b"old"
        except OSError as error:
            assert error.errno == errno.ESTALE
    assert hdfs.names() == ["f"] and hdfs.cat("f") == b"new" == (mount / "f").read_bytes()


def test_unlink_of_an_open_file(mount, hdfs):
    """A file that is written and removed before its end leaves nothing."""
    with open(mount / "f", "wb", buffering=0) as file:
        file.write(b"x" * MIB)
        os.unlink(mount / "f")
        assert os.listdir(mount.path) == [] and hdfs.status("f") is None
        file.write(b"y" * MIB)
    until(lambda: hdfs.names() == [], what="its hidden file is gone too")
    hdfs.put("g", b"old")
    with open(mount / "g", "wb", buffering=0) as file:
        file.write(b"x")
        os.unlink(mount / "g")
        assert hdfs.status("g") is None
    until(lambda: hdfs.names() == [], what="its hidden file is gone too")


def test_unlink_and_make_again(mount, hdfs):
    with open(mount / "f", "wb", buffering=0) as old:
        old.write(b"old")
        os.unlink(mount / "f")
        with open(mount / "f", "wb") as new:
            new.write(b"new")
        old.write(b" more")
    assert hdfs.names() == ["f"] and hdfs.cat("f") == b"new"


def test_write_in_the_middle(mount, hdfs):
    """As on a local disk; others see it at close."""
    hdfs.put("f", b"0123456789")
    with open(mount / "f", "r+b", buffering=0) as file:
        os.pwrite(file.fileno(), b"xy", 3)
        assert hdfs.cat("f") == b"0123456789"
        assert file.read() == b"012xy56789"
    assert hdfs.cat("f") == b"012xy56789" == (mount / "f").read_bytes()
    run("dd", f"of={mount / 'f'}", "bs=1", "seek=8", "conv=notrunc", "status=none", stdin=b"END")
    assert hdfs.cat("f") == b"012xy567END" and hdfs.names() == ["f"]


def test_hole(mount, hdfs):
    """What was skipped is zero."""
    file = os.open(mount / "f", os.O_CREAT | os.O_WRONLY)
    os.write(file, b"begin")
    os.pwrite(file, b"end", MIB)
    assert os.fstat(file).st_size == MIB + 3
    os.close(file)
    assert hdfs.cat("f") == b"begin" + bytes(MIB - 5) + b"end"
    os.truncate(mount / "f", 2 * MIB)
    assert hdfs.cat("f") == b"begin" + bytes(MIB - 5) + b"end" + bytes(MIB - 3)


@pytest.mark.parametrize("length", [0, 1, 700_000, MIB, MIB + 1, 2 * MIB])
def test_truncate(mounts, hdfs, length):
    mount = mounts(hdfs.url_path, blocksize="512K")
    data = os.urandom(MIB)
    hdfs.write("f", data, blocksize=str(MIB // 2))
    os.truncate(mount / "f", length)
    assert hdfs.length("f") == length == (mount / "f").stat().st_size
    wanted = data[:length].ljust(length, b"\0")
    assert (mount / "f").read_bytes() == wanted == hdfs.cat("f")
    with open(mount / "f", "ab") as file:
        file.write(b"more")
    assert hdfs.cat("f") == wanted + b"more"


def test_truncate_of_an_open_file(mount, hdfs):
    with open(mount / "f", "wb", buffering=0) as file:
        file.write(b"too much")
        os.ftruncate(file.fileno(), 0)
        file.seek(0)
        file.write(b"right")
    assert hdfs.cat("f") == b"right"


def test_directories_for_files(mount, hdfs):
    hdfs.mkdir("d")
    refused(errno.EISDIR, open, mount / "d", "wb")
    refused(errno.EISDIR, os.truncate, mount / "d", 0)
    hdfs.put("f", b"x")
    refused(errno.ENOTDIR, open, mount / "f/x", "wb")
    refused(errno.ENOENT, open, mount / "none/x", "wb")
    refused(errno.EEXIST, os.mkdir, mount / "f")
    refused(errno.EEXIST, os.mkdir, mount / "d")
    refused(errno.ENOENT, os.mkdir, mount / "none/d")
    assert hdfs.names() == ["d", "f"]


def test_many_at_once(mount, hdfs, tmp_path):
    """Sixteen programs, a file each and one folder."""
    source = tmp_path / "data"
    source.write_bytes(os.urandom(300_000))
    sh('for i in $(seq 16); do cp "$1" f$i & done; wait', source, cwd=mount.path)
    sums = {run("md5sum", mount / f"f{number}").stdout.split()[0] for number in range(1, 17)}
    assert len(sums) == 1 and len(hdfs.names()) == 16
    assert hdfs.cat("f9") == source.read_bytes()


def test_slow_writer(mount, hdfs):
    """tail -f's friend: a log that is written now and then, by one open file."""
    loop = ["sh", "-c", "while read x; do echo $x; done > log"]
    with Running(*loop, cwd=mount.path, stdin=subprocess.PIPE) as writer:
        log = mount / "log"
        for number in range(3):
            writer.process.stdin.write(b"%d\n" % number)
            writer.process.stdin.flush()
            until(lambda size=2 * number + 2: log.exists() and log.stat().st_size == size)
        done = writer.result()
    assert done.returncode == 0 and hdfs.cat("log") == b"0\n1\n2\n"


def test_end_of_the_driver_brings_the_bytes_home(mounts, hdfs):
    """Unmounted lazily while a file is open: what was written is there when the file is closed."""
    mount = mounts(hdfs.url_path)
    with open(mount / "f", "wb", buffering=0) as file:
        file.write(b"kept")
        run("fusermount3", "-uz", mount.path)
        file.write(b" and more")
    until(lambda: not mount.is_running(), what="the driver ends")
    assert hdfs.cat("f") == b"kept and more"
