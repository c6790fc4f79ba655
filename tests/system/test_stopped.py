"""A server that does not answer: errors within the deadline, and unmounting always works."""

import contextlib
import errno
import os
import re
import signal

import pytest
from knoxtest import Running, of_dead_server, run, sh, until
from knoxtest.mount import mounted

from conftest import meet_again

MIB = 1 << 20
QUICK = {"timeout": 2, "data_timeout": 3, "connect_timeout": 2}
IN_TIME_S = 4 * 2 + 4  # mv asks four times; and the machine is busy
GONE = "Connection timed out|Host is down|Input/output error"


@pytest.fixture
def silent(mend):
    """The NameNode stands still; silent() wakes it."""

    def wake():
        mend.kill("nn", signal.SIGCONT)

    mend.kill("nn", signal.SIGSTOP)
    yield wake
    wake()


@pytest.fixture
def mount(mounts, hdfs):
    hdfs.mkdir("d")
    hdfs.write("f", b"x" * 100)
    mount = mounts(hdfs.url_path, **QUICK)
    sh("ls -l; cat f; df .", cwd=mount.path)
    return mount


LINES = ["ls -l {}/d", "touch {}/new", "rm {}/f", "mv {0}/f {0}/g"]


@pytest.mark.parametrize("line", LINES)
def test_ends_within_the_deadline(mount, silent, line):
    with Running(*line.format(mount.path).split()) as program:
        done = program.result(IN_TIME_S)
    assert done.returncode in (1, 2) and re.search(GONE, done.stderr.decode()), done
    silent()
    until(lambda: run("ls", mount.path, rc=None).returncode == 0, what="all is well again")


def test_many_at_once(mount, silent):
    """Who waits does not make others wait longer."""
    with contextlib.ExitStack() as stack:
        line = [["stat", mount / f"d/n{number}"] for number in range(20)]
        programs = [stack.enter_context(Running(*words)) for words in line]
        until(lambda: all(program.ended() for program in programs), 2 * QUICK["timeout"] + 2)
    run("stat", "-f", mount.path, timeout=IN_TIME_S)
    silent()
    until(lambda: run("cat", mount / "f", rc=None).stdout == b"x" * 100, what="all is well again")


def test_df(mount, silent):
    """From memory; even when nothing is known it does not hang."""
    known = run("stat", "-f", "-c", "%b", mount.path, timeout=IN_TIME_S).stdout
    assert int(known) > 0
    run("df", mount.path, rc=None, timeout=IN_TIME_S)


@pytest.mark.parametrize("lazy", ["-u", "-uz"])
def test_unmount(mount, silent, lazy):
    """While a program waits, too: it is told, and the driver ends by itself."""
    if lazy == "-u":
        run("fusermount3", "-u", mount.path, timeout=5)
    else:
        with Running("ls", mount / "d") as ls:
            run("fusermount3", "-uz", mount.path, timeout=5)
            assert ls.result(IN_TIME_S).returncode == 2
    assert mounted(mount.path) is None
    until(lambda: not mount.is_running(), IN_TIME_S, "the driver ends")


@pytest.mark.slow
@pytest.mark.hidden_may_stay
def test_unmount_with_an_upload_on_its_way(mounts, hdfs, proxy, tmp_path):
    """The server has stopped to read: cp fails, unmounting works, the driver ends in time."""
    (tmp_path / "big").write_bytes(b"x" * 8 * MIB)
    mount = mounts(hdfs.url_path, server=proxy.namenode, **QUICK)
    proxy.rules({"role": "datanode", "op": "CREATE", "stall_request_after": MIB})
    with Running("cp", tmp_path / "big", mount / "f") as cp:
        until(lambda: proxy.stats()["bytes_up"].get("datanode", 0) >= MIB)
        run("fusermount3", "-uz", mount.path)
        assert cp.result(3 * IN_TIME_S).returncode == 1
    until(lambda: not mount.is_running(), 3 * IN_TIME_S, "the driver ends")
    assert hdfs.status("f") is None


@pytest.mark.slow
def test_namenode_restarted(mount, hdfs, mend):
    """Killed: refused at once. Started again: the same mount goes on, the same files are open."""
    with open(mount / "f", "rb") as file:
        mend.kill("nn")
        done = run("ls", "-l", mount / "d", rc=2, timeout=IN_TIME_S)
        said = done.stderr.decode()
        assert any(os.strerror(code) in said for code in of_dead_server(mount, errno.EHOSTDOWN)), said
        mend.start("nn")
        until(lambda: run("ls", mount.path, rc=None).stdout == b"d\nf\n", what="it is back")
        assert file.read() == b"x" * 100
    until(lambda: run("cp", mount / "f", mount / "g", rc=None).returncode == 0)
    meet_again(mend)  # for the next line, which asks without the driver
    assert hdfs.read("g") == b"x" * 100
