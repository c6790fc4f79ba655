"""Ctrl-C ends a program that waits for the cluster, at once."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from knoxtest import Running, run, until

MIB = 1 << 20
AT_ONCE_S = 3  # a second, and the machine is busy; the deadlines are 60 s


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
    proxy.drop("datanode")
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
    with Running("sh", "-c", 'exec cat /dev/zero > "$0"', patient / "new") as program:
        until(lambda: proxy.stats()["bytes_up"].get("datanode", 0) >= MIB)
        until(lambda: is_waiting(program.pid), what="it has written what fits")
        interrupted(program)
    proxy.rules()
    proxy.drop("datanode")
    run("ls", "-l", patient.path)


def test_interrupt_while_closing(patient, proxy):
    """The bytes are all sent, the answer does not come."""
    proxy.rules({"role": "datanode", "op": "CREATE", "stall_request_after": 1000})
    with Running("cp", "/etc/services", patient / "new") as program:
        until(lambda: proxy.stats()["bytes_up"].get("datanode", 0) >= 1000)
        until(lambda: is_waiting(program.pid), what="it waits")
        interrupted(program)
    proxy.rules()
    proxy.drop("datanode")


def is_waiting(pid: int) -> bool:
    """Asleep whenever one looks: these programs sleep for nothing but the mount."""
    for _ in range(5):
        time.sleep(0.02)
        state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
        if state not in (b"S", b"D"):
            return False
    return True
