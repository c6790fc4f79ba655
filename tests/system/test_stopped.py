"""A server that does not answer: errors within the deadline, Ctrl-C at once, unmounting always."""

import os
import re
import signal
import subprocess

import pytest
from knoxtest import Running, run, sh, until
from knoxtest.mount import mounted

MIB = 1 << 20
QUICK = {"timeout": 3, "data_timeout": 4, "connect_timeout": 2}
IN_TIME_S = 2 * 3 + 5  # programs ask twice; and the machine is busy
AT_ONCE_S = 3  # a second, and the machine is busy; the deadlines are 60 s there
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


LINES = [["ls", "-l", "d"], ["cat", "d/x"], ["touch", "new"], ["mkdir", "d/e"], ["rm", "f"], ["mv", "f", "g"]]


@pytest.mark.parametrize("line", LINES, ids=" ".join)
def test_ends_within_the_deadline(mount, silent, line):
    with Running(*line, cwd=mount.path) as program:
        done = program.result(IN_TIME_S)
    assert done.returncode in (1, 2) and re.search(GONE, done.stderr.decode()), done
    silent()
    until(lambda: run("ls", mount.path, rc=None).returncode == 0, what="all is well again")


def test_many_at_once(mount, silent):
    """Who waits does not make others wait longer."""
    programs = [Running("stat", mount / f"d/n{number}") for number in range(20)]
    for program in programs:
        with program:
            assert program.result(IN_TIME_S).returncode == 1
    run("stat", "-f", mount.path, timeout=IN_TIME_S)
    silent()
    assert run("cat", mount / "f").stdout == b"x" * 100


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


def test_unmount_with_an_upload_on_its_way(mounts, hdfs, proxy):
    """The server has stopped to read: closing fails, unmounting works, the driver ends in time."""
    mount = mounts(hdfs.url_path, server=proxy.namenode, **QUICK)
    proxy.rules({"role": "datanode", "op": "CREATE", "stall_request_after": MIB})
    with Running("cp", "/proc/self/exe", mount / "f") as cp:
        done = cp.result(3 * IN_TIME_S)
    del done
    mount.close()
    assert hdfs.status("f") is None


def test_namenode_restarted(mount, hdfs, mend):
    """Killed: refused at once. Started again: the same mount goes on, the same files are open."""
    with open(mount / "f", "rb") as file:
        mend.kill("nn")
        done = run("ls", "-l", mount / "d", rc=2, timeout=IN_TIME_S)
        assert b"Host is down" in done.stderr
        mend.start("nn")
        until(lambda: run("ls", mount.path, rc=None).stdout == b"d\nf\n", what="it is back")
        assert file.read() == b"x" * 100
    until(lambda: run("cp", mount / "f", mount / "g", rc=None).returncode == 0)
    assert hdfs.read("g") == b"x" * 100


# Ctrl-C.


def interrupted(program: Running) -> None:
    """Ends by the signal, soon, and not by itself before."""
    assert not program.ended()
    program.signal(signal.SIGINT)
    assert program.result(AT_ONCE_S).returncode == -signal.SIGINT


@pytest.fixture
def patient(mounts, hdfs, proxy):
    """Deadlines that no test waits for."""
    hdfs.mkdir("d")
    hdfs.write("f", os.urandom(8 * MIB))
    mount = mounts(hdfs.url_path, server=proxy.namenode, timeout=60, data_timeout=60)
    proxy.reset()
    return mount


BLOCKED = [
    (["ls", "d"], "namenode", "LISTSTATUS_BATCH"),
    (["stat", "d/none"], "namenode", "GETFILESTATUS"),
    (["mkdir", "d/e"], "namenode", "MKDIRS"),
    (["rm", "f"], "namenode", "DELETE"),
    (["mv", "f", "g"], "namenode", "RENAME"),
    (["cat", "f"], "namenode", "OPEN"),
    (["cp", "/etc/services", "new"], "namenode", "CREATE"),
    (["cp", "/etc/services", "new"], "namenode", "RENAME"),
    (["sh", "-c", "echo >> f"], "namenode", "APPEND"),
    (["chmod", "600", "f"], "namenode", "SETPERMISSION"),
]


@pytest.mark.parametrize("line, role, op", BLOCKED, ids=[f"{row[0][0]} {row[2]}" for row in BLOCKED])
def test_interrupt(patient, proxy, line, role, op):
    """The server has the request and says nothing."""
    proxy.rules({"role": role, "op": op, "stall_response_after": 0, "latency_ms": 600_000})
    with Running(*line, cwd=patient.path, stdout=subprocess.DEVNULL) as program:
        until(lambda: proxy.count(role, op) > 0, what="the request is there")
        interrupted(program)
    proxy.rules()
    proxy.drop()
    run("ls", "-l", patient.path)


def test_interrupt_while_reading(patient, proxy):
    """In the middle of the stream."""
    proxy.rules({"role": "datanode", "op": "OPEN", "stall_response_after": 3 * MIB})
    with Running("md5sum", patient / "f") as program:
        until(lambda: proxy.stats()["bytes_down"].get("datanode", 0) >= 3 * MIB)
        until(lambda: is_waiting(program.pid), what="it has read what there is")
        interrupted(program)


def test_interrupt_while_writing(patient, proxy, hdfs):
    """In write(2), with the server not reading on."""
    proxy.rules({"role": "datanode", "op": "CREATE", "stall_request_after": MIB})
    with Running("dd", "if=/dev/zero", f"of={patient / 'new'}", "bs=1M") as program:
        until(lambda: proxy.stats()["bytes_up"].get("datanode", 0) >= MIB)
        until(lambda: is_waiting(program.pid), what="it has written what fits")
        interrupted(program)
    proxy.rules()
    proxy.drop()
    run("ls", "-l", patient.path)


def test_interrupt_while_closing(patient, proxy):
    """The bytes are all sent, the answer does not come."""
    proxy.rules({"role": "datanode", "op": "CREATE", "stall_request_after": 1000})
    with Running("cp", "/etc/services", patient / "new") as program:
        until(lambda: proxy.stats()["bytes_up"].get("datanode", 0) >= 1000)
        until(lambda: is_waiting(program.pid), what="it waits")
        interrupted(program)
    proxy.rules()
    proxy.drop()


def is_waiting(pid: int) -> bool:
    """In the kernel, for the driver's answer."""
    with open(f"/proc/{pid}/stat", "rb") as file:
        state = file.read().rpartition(b")")[2].split()[0]
    with open(f"/proc/{pid}/wchan", "rb") as file:
        return state in b"SD" and b"fuse" in file.read()
