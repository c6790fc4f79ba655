"""Reading while connections break, servers stop or lie: the right bytes, or an error in time."""

import os
import re
import signal
import time
from urllib.parse import urlsplit

import pytest
from knoxtest import Hdfs, Running, run, until

from conftest import make_folder

MIB = 1 << 20
SIZE = 24 * MIB + 4321
QUICK = {"timeout": 2, "data_timeout": 3, "connect_timeout": 2}
IN_TIME_S = 2 * (3 + 2) + 4  # the kernel asks twice; and the machine is busy


@pytest.fixture(scope="module")
def data() -> bytes:
    return os.urandom(SIZE)


@pytest.fixture(scope="module")
def folder(stack, data) -> Hdfs:
    folder = make_folder(stack, "faults-read")
    folder.write("f", data)
    return folder


@pytest.fixture
def mount(mounts, folder, proxy):
    """Through the proxy, and impatient."""
    mount = mounts(folder.url_path, server=proxy.namenode, **QUICK)
    os.stat(mount / "f")
    proxy.reset()
    return mount


def offsets(proxy) -> list[int]:
    """Where the streams from the DataNode began."""
    lines = [one["line"] for one in proxy.stats()["recent"] if one["role"] == "datanode"]
    return [int(re.search(r"[?&]offset=(\d+)", line)[1]) for line in lines if "op=OPEN" in line]


@pytest.mark.parametrize("how", ["fin", "rst"])
@pytest.mark.parametrize("at", [0, 1, 65_537, 5 * MIB + 7, SIZE - 1])
def test_cut(mount, proxy, data, at, how):
    """Opened again at the byte after the last one that came, and nowhere else."""
    proxy.rules({"role": "datanode", "op": "OPEN", "cut_response_after": at, "how": how, "times": 1})
    assert run("cat", mount / "f").stdout == data
    first, second = offsets(proxy)
    # A reset may take bytes with it that were sent.
    assert first == 0 and (second == at if how == "fin" else second <= at)
    assert proxy.count("namenode", "OPEN") == 2


def test_many_cuts(mount, proxy, data):
    """As long as bytes come, it goes on."""
    proxy.rules({"role": "datanode", "op": "OPEN", "cut_response_after": 5 * MIB, "times": 4})
    assert run("cat", mount / "f").stdout == data
    assert offsets(proxy) == [number * 5 * MIB for number in range(5)]


@pytest.mark.parametrize("delta", [-1, -100_000, -20 * MIB])
def test_content_length_too_short(mount, proxy, data, delta):
    """A body that is shorter than the file is not the end of the file."""
    rule = {"role": "datanode", "op": "OPEN", "content_length_delta": delta, "times": 1}
    proxy.rules(rule)
    assert run("cat", mount / "f").stdout == data
    assert offsets(proxy) == [0, SIZE + delta]


def test_content_length_too_long(mount, proxy, data):
    proxy.rules({"role": "datanode", "op": "OPEN", "content_length_delta": 1000, "times": 1})
    assert run("cat", mount / "f").stdout == data


@pytest.mark.parametrize("role", ["namenode", "datanode"])
@pytest.mark.parametrize("fault", [{"status": 503}, {"reset": True}, {"drop_reply": "rst"}], ids=str)
def test_refused_twice(mount, proxy, data, role, fault):
    proxy.rules({"role": role, "op": "OPEN", "times": 2, **fault})
    assert run("cat", mount / "f").stdout == data
    assert proxy.count(role, "OPEN") == 3


def test_retry_after_is_heeded(mount, proxy, data):
    proxy.rules({"op": "OPEN", "times": 1, "status": 503, "headers": {"Retry-After": "1"}})
    begin = time.monotonic()
    assert run("cat", mount / "f").stdout == data
    assert time.monotonic() - begin >= 1


def test_silence_in_the_middle(mount, proxy, data):
    """A stream that says nothing more is given up, the next one goes on."""
    rule = {"role": "datanode", "op": "OPEN", "stall_response_after": 3 * MIB, "times": 1}
    proxy.rules(rule)
    assert run("cat", mount / "f").stdout == data
    assert offsets(proxy) == [0, 3 * MIB]


@pytest.mark.slow
def test_slow_is_not_dead(mount, proxy, data):
    """A trickle of more than the low-speed limit lasts longer than data_timeout and is read to the end."""
    proxy.rules({"role": "datanode", "op": "OPEN", "bandwidth_bytes_per_s": SIZE // 8, "times": 1})
    assert run("cat", mount / "f", timeout=40).stdout == data
    assert offsets(proxy) == [0]


def fails_in_time(program: Running, words: str) -> bytes:
    """It ends by itself with an error that says WORDS (a pattern); what it printed."""
    done = program.result(IN_TIME_S)
    assert done.returncode == 1 and re.search(words, done.stderr.decode()), done.stderr
    return done.stdout


GONE = "Connection timed out|Host is down|No route to host|Input/output error"


def test_silence_for_ever(mount, proxy, data):
    """The bytes that came are delivered, then an error; the reason can be read."""
    proxy.rules({"role": "datanode", "op": "OPEN", "stall_response_after": 3 * MIB, "times": 1},
                {"role": "datanode", "op": "OPEN", "stall_response_after": 0})
    with Running("cat", mount / "f") as cat:
        out = fails_in_time(cat, "Connection timed out")
    assert data.startswith(out) and len(out) >= 2 * MIB  # of the read in which it falls silent perhaps nothing
    error = os.getxattr(mount / "f", "user.hdfs.error").decode()
    assert "OPEN" in error and "silent" in error
    proxy.rules()
    assert run("cat", mount / "f").stdout == data


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL], ids=["SIGSTOP", "SIGKILL"])
def test_only_datanode_goes(mounts, folder, data, mend, number):
    """Stopped or killed in the middle of a copy: cp fails in time, and works when it is back."""
    mount = mounts(folder.url_path, **QUICK)
    with open(mount / "f", "rb", buffering=0) as file:
        assert file.read(MIB) == data[:MIB]
        mend.kill("dn1", number)
        with Running("cat", stdin=file) as cat:
            out = fails_in_time(cat, GONE)
        assert data[MIB:].startswith(out) and len(out) < SIZE - MIB
        run("df", mount.path)
        run("ls", "-l", mount.path)
    if number == signal.SIGSTOP:
        mend.kill("dn1", signal.SIGCONT)
    else:
        mend.start("dn1")
    until(lambda: run("cat", mount / "f", rc=None).stdout == data)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL], ids=["SIGSTOP", "SIGKILL"])
def test_proxy_goes(mounts, folder, stack, data, number):
    """All servers at once: nothing hangs, and it can be unmounted."""
    from faultproxy import Proxy

    with Proxy(stack.namenode, datanodes=stack.datanodes) as proxy:
        mount = mounts(folder.url_path, server=proxy.namenode, **QUICK)
        with open(mount / "f", "rb", buffering=0) as file:
            assert file.read(MIB) == data[:MIB]
            os.kill(proxy.process.pid, number)
            with Running("cat", stdin=file) as cat:
                fails_in_time(cat, GONE)
        run("stat", "-f", mount.path, timeout=IN_TIME_S)  # what df knows
        mount.close()
        os.kill(proxy.process.pid, signal.SIGKILL)


@pytest.fixture
def three(wide, data):
    """A file that three DataNodes have."""
    folder = make_folder(wide, "three")
    folder.write("f", data)
    until(lambda: b"Live_repl=3" in wide.tool("fsck", folder.path("f"), "-files", "-blocks").out)
    yield folder
    for name in wide.plan.names():
        if name in wide.pids:
            wide.kill(name, signal.SIGCONT)
        else:
            wide.start(name)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL], ids=["SIGSTOP", "SIGKILL"])
def test_one_of_three_datanodes_goes(mounts, three, wide, data, number):
    """The reader does not notice; it is among the events of the mount."""
    mount = mounts(three.url_path, server=wide.namenode, **QUICK)
    events = mount / ".cluster/mount/events"
    assert "\tdatanode\t" not in events.read_text()
    ports = {urlsplit(url).port: f"dn{n}" for n, url in enumerate(wide.datanodes, 1)}
    with open(mount / "f", "rb", buffering=0) as file:
        got = file.read(MIB)
        (serving,) = [ports[port] for port in mount.peers() if port in ports]
        wide.kill(serving, number)
        with Running("cat", stdin=file) as cat:
            done = cat.result()
    assert done.returncode == 0, done.stderr
    assert got + done.stdout == data
    told = [line.split("\t")[2] for line in events.read_text().splitlines() if line.split("\t")[1] == "datanode"]
    port = wide.plan.address(serving, "transfer").rpartition(":")[2]
    assert len(told) == 1 and re.match(rf"the DataNode [\w.]+:{port} is avoided for \d+ s: .+", told[0]), told
