"""Writing while connections break and servers stop: whole at its name or not there at all, and said."""

import errno
import os
import re
import signal
from pathlib import Path

import pytest
from faultproxy import Proxy
from knoxtest import Running, run, sh, until

MIB = 1 << 20
SIZE = 12 * MIB + 77
QUICK = {"timeout": 2, "data_timeout": 3, "connect_timeout": 2}
IN_TIME_S = 2 * (3 + 2) + 6  # write and close, and a busy machine
SLOW = {"role": "datanode", "op": "CREATE", "bandwidth_bytes_per_s": 2 * MIB}
GONE = "Connection timed out|Host is down|No route to host|Input/output error"


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("source") / "f"
    path.write_bytes(os.urandom(SIZE))
    return path


@pytest.fixture
def mount(mounts, hdfs, proxy):
    """Through the proxy, and impatient."""
    return mounts(hdfs.url_path, server=proxy.namenode, **QUICK)


@pytest.fixture(params=[None, b"old content"], ids=["new", "replaced"])
def old(request, hdfs):
    """What is at the name before."""
    if request.param is not None:
        hdfs.write("f", request.param)
    return request.param


def content(hdfs) -> bytes | None:
    return hdfs.read("f") if hdfs.status("f") else None


def in_the_middle(proxy, size: int = 2 * MIB) -> None:
    until(lambda: proxy.stats()["bytes_up"].get("datanode", 0) > size, what="bytes are on the way")


def fails_in_time(program: Running, words: str) -> None:
    done = program.result(IN_TIME_S)
    assert done.returncode == 1 and re.search(words, done.stderr.decode()), done


def reason(path: Path) -> str:
    """Of what failed; the file is gone, so its folder tells."""
    return os.getxattr(path, "user.hdfs.error").decode()


FAULTS = {
    "cut": {"op": "CREATE", "role": "datanode", "cut_request_after": 5 * MIB},
    "reset": {"op": "CREATE", "role": "datanode", "cut_request_after": 5 * MIB, "how": "rst"},
    "reply lost": {"op": "CREATE", "role": "datanode", "drop_reply": "rst"},
    "silent": {"op": "CREATE", "role": "datanode", "stall_request_after": 5 * MIB},
    "silent at the end": {"op": "CREATE", "role": "datanode", "stall_request_after": SIZE},
    "refused": {"op": "CREATE", "role": "datanode", "status": 500},
    "redirect lost": {"op": "CREATE", "role": "namenode", "reset": True},
    "no rename": {"op": "RENAME", "reset": True},
}


# Each with and without an old file but for the slow ones.
CASES = [(fault, old) for fault in FAULTS for old in (None, b"old content")]
CASES.remove(("silent", None))
CASES.remove(("silent at the end", b"old content"))


@pytest.mark.parametrize("fault, old", CASES, indirect=["old"])
def test_upload_that_fails(mount, hdfs, proxy, source, old, fault):
    """cp says so; nothing or the old file is at the name, and no rest beside it."""
    proxy.rules(FAULTS[fault])
    with Running("cp", source, mount / "f") as cp:
        fails_in_time(cp, GONE)
    proxy.rules()
    assert content(hdfs) == old
    assert reason(mount.path if old is None else mount / "f")
    until(lambda: hdfs.names() == ([] if old is None else ["f"]), what="nothing is left behind")
    run("cp", source, mount / "f")
    assert hdfs.read("f") == source.read_bytes()


@pytest.mark.parametrize("fault", [{"status": 503}, {"reset": True}, {"drop_reply": "rst"}], ids=str)
def test_redirect_refused_twice(mount, hdfs, proxy, source, fault):
    """Before a byte was sent, it is only asked again."""
    proxy.rules({"role": "namenode", "op": "CREATE", "times": 2, **fault})
    run("cp", source, mount / "f")
    assert hdfs.read("f") == source.read_bytes() and proxy.count("datanode", "CREATE") == 1


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("fault", [{"drop_reply": "rst"}, {"status": 503}], ids=str)
@pytest.mark.parametrize("first", [True, False], ids=["first rename", "later"])
def test_rename_at_the_end_is_resolved(mount, hdfs, proxy, source, old, fault, times, first):
    """Its reply is lost, or it is refused for now: the file is at its name when cp ends well."""
    if not first:
        sh("mkdir a; mv a b; rmdir b", cwd=mount.path)
    proxy.rules({"op": "RENAME", "times": times, **fault})
    run("cp", source, mount / "f")
    assert hdfs.read("f") == source.read_bytes() and hdfs.names() == ["f"]


ENDS = [(signal.SIGSTOP, None), (signal.SIGKILL, b"old content")]


@pytest.mark.slow
@pytest.mark.parametrize("number, old", ENDS, indirect=["old"], ids=["SIGSTOP", "SIGKILL"])
def test_datanode_goes(mount, hdfs, proxy, source, mend, old, number):
    proxy.rules(SLOW)
    with Running("cp", source, mount / "f") as cp:
        in_the_middle(proxy)
        mend.kill("dn1", number)
        proxy.rules()
        fails_in_time(cp, GONE)
    assert hdfs.length("f") == (None if old is None else len(old))
    if number == signal.SIGSTOP:
        mend.kill("dn1", signal.SIGCONT)
    else:
        mend.start("dn1")
    assert content(hdfs) == old
    until(lambda: run("cp", source, mount / "f", rc=None).returncode == 0, what="cp works again")
    assert hdfs.read("f") == source.read_bytes()
    # The stopped DataNode may have finished its part only now.
    until(lambda: hdfs.names() == ["f"], what="nothing is left behind")


@pytest.mark.slow
@pytest.mark.parametrize("number, old", ENDS, indirect=["old"], ids=["SIGSTOP", "SIGKILL"])
@pytest.mark.hidden_may_stay
def test_proxy_goes(mounts, hdfs, stack, source, old, number):
    """All servers at once."""
    with Proxy(stack.namenode, datanodes=stack.datanodes, rules=[SLOW]) as proxy:
        mount = mounts(hdfs.url_path, server=proxy.namenode, **QUICK)
        with Running("cp", source, mount / "f") as cp:
            in_the_middle(proxy)
            os.kill(proxy.process.pid, number)
            fails_in_time(cp, GONE)
        assert content(hdfs) == old
        mount.close()
        os.kill(proxy.process.pid, signal.SIGKILL)
    assert content(hdfs) == old


PROGRAMS = {
    "cp": 'cp "$1" f',
    "cat": 'cat "$1" > f',
    "dd": 'dd if="$1" of=f bs=64k',
    "rsync": 'rsync "$1" f',
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_driver_killed(mount, hdfs, proxy, source, old, program):
    """kill -9 in the middle: no file at its own name, or the old one, whole."""
    proxy.rules(SLOW)
    with Running("bash", "-c", PROGRAMS[program], "bash", source, cwd=mount.path) as writer:
        in_the_middle(proxy)
        mount.kill()
        assert writer.result().returncode != 0
    proxy.rules()
    assert content(hdfs) == old
    # The DataNode closes what it got, under the hidden name; that cannot be helped.
    assert [name for name in hdfs.names() if ".knoxfs-" not in name] == ([] if old is None else ["f"])


def test_driver_killed_while_appending(mount, hdfs, proxy, source):
    """What was there before stays, and more of it is a prefix."""
    hdfs.write("f", b"old")
    proxy.rules(SLOW | {"op": "APPEND"})
    with Running("bash", "-c", 'cat "$1" >> f', "bash", source, cwd=mount.path) as writer:
        in_the_middle(proxy)
        mount.kill()
        assert writer.result().returncode != 0
    proxy.rules()
    whole = b"old" + source.read_bytes()
    got = hdfs.read("f")
    assert whole.startswith(got) and len(got) >= 3


def test_errors_come_with_close(mount, hdfs, proxy):
    """A small file's bytes all fit into buffers: its close() must say that it failed."""
    proxy.rules({"role": "datanode", "op": "CREATE", "drop_reply": "rst"})
    file = os.open(mount / "f", os.O_CREAT | os.O_WRONLY)
    os.write(file, b"x" * 1000)
    with pytest.raises(OSError) as caught:
        os.close(file)
    assert caught.value.errno == errno.EIO
    assert hdfs.status("f") is None


def test_errors_come_with_fsync(mount, hdfs, proxy):
    proxy.rules({"role": "datanode", "op": "CREATE", "drop_reply": "rst"})
    file = os.open(mount / "f", os.O_CREAT | os.O_WRONLY)
    os.write(file, b"x" * 1000)
    for call in (os.fsync, os.close):  # and it stays failed
        with pytest.raises(OSError) as caught:
            call(file)
        assert caught.value.errno == errno.EIO
    assert hdfs.status("f") is None


def test_after_a_failure_the_name_is_free(mount, hdfs, proxy):
    """A failed file is not shown any more, and may be made again."""
    proxy.rules({"role": "datanode", "op": "CREATE", "drop_reply": "rst", "times": 1})
    run("cp", "/etc/services", mount / "f", rc=1)
    until(lambda: not (mount / "f").exists(), what="the failed file is gone here too")
    assert os.listdir(mount.path) == []
    sh("echo y > f", cwd=mount.path)
    assert hdfs.read("f") == b"y\n" and (mount / "f").read_bytes() == b"y\n"


@pytest.mark.parametrize("fault", [{"drop_reply": "rst"}, {"cut_request_after": 10}], ids=str)
def test_append_that_fails(mount, hdfs, proxy, fault):
    """Said; what was there before is still there."""
    hdfs.write("f", b"0123456789")
    proxy.rules({"role": "datanode", "op": "APPEND", "times": 1, **fault})
    sh("head -c 100000 /dev/zero >> f", cwd=mount.path, rc=1)
    assert hdfs.read("f").startswith(b"0123456789")
    assert "APPEND" in reason(mount / "f")
