"""A DataNode that is asked without a redirect breaks, stops or lies: the right bytes, after one question to the NameNode."""

import os
import signal
from urllib.parse import urlsplit

import pytest
from knoxtest import Hdfs, until
from knoxtest.tree import TREE, stats as numbers_of

from conftest import make_folder

MIB = 1 << 20
SIZE = 48 * MIB
LENGTH = 100 * 1024
QUICK = {"timeout": 4, "data_timeout": 4, "connect_timeout": 2, "attr_timeout": 60, "entry_timeout": 60}


@pytest.fixture(scope="module")
def data() -> bytes:
    return os.urandom(SIZE)


@pytest.fixture(scope="module")
def folder(stack, data) -> Hdfs:
    folder = make_folder(stack, "faults-direct")
    folder.write("f", data)
    return folder


class Reading:
    """A file that is read here and there; its DataNode is known."""

    def __init__(self, mount, data: bytes):
        self.mount, self.data = mount, data
        self.file = os.open(mount / "f", os.O_RDONLY)
        os.posix_fadvise(self.file, 0, 0, os.POSIX_FADV_RANDOM)
        self.next = 2 * MIB
        for _ in range(6):  # from the fourth on it is asked for just what is read
            self.read()

    def read(self) -> None:
        """Bytes that nobody has read yet."""
        at, self.next = self.next, self.next + 2 * MIB
        assert os.pread(self.file, LENGTH, at) == self.data[at : at + LENGTH]


@pytest.fixture
def reading(mounts, folder, proxy, data):
    reading = Reading(mounts(folder.url_path, server=proxy.namenode, **QUICK), data)
    proxy.reset()
    reading.read()
    assert proxy.stats()["requests"] == {"datanode": {"OPEN": 1}}
    proxy.reset()
    yield reading
    os.close(reading.file)


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503},
        {"status": 404},
        {"cut_response_after": 0},
        {"cut_response_after": 50_000},
        {"cut_response_after": 50_000, "how": "rst"},
        {"stall_response_after": 50_000},
        {"content_length_delta": -50_000},
        {"content_length_delta": -LENGTH + 1},
    ],
    ids=str,
)
def test_asked_again(reading, proxy, fault):
    """Once more, at the NameNode, and the byte that is next; afterwards straight again."""
    proxy.rules({"role": "datanode", "op": "OPEN", "times": 1, **fault})
    reading.read()
    asked = proxy.stats()["requests"]
    assert asked["datanode"] == {"OPEN": 2} and asked["namenode"].pop("OPEN") == 1
    assert set(asked["namenode"]) <= {"GETFILESTATUS", "GET_BLOCK_LOCATIONS"}
    assert sum(asked["namenode"].values()) <= 2
    proxy.reset()
    reading.read()
    reading.read()
    assert proxy.count("datanode", "OPEN") == 2


@pytest.mark.parametrize("fault", [{"reset": True}, {"drop_reply": "rst"}, {"drop_reply": "fin"}], ids=str)
def test_a_connection_that_ends_before_the_answer(reading, proxy, fault):
    """It was made in advance, and may have been too old: another one, at the same DataNode."""
    proxy.rules({"role": "datanode", "op": "OPEN", "times": 1, **fault})
    reading.read()
    assert proxy.count("datanode", "OPEN") == 2 and proxy.count("namenode", "OPEN") <= 1


@pytest.mark.parametrize(
    "fault", [{"content_length_delta": 1000}, {"drip_bytes_per_s": LENGTH // 2}, {"latency_ms": 300}], ids=str
)
def test_not_asked_again(reading, proxy, fault):
    """All bytes come: an announced length that is too large, a slow drip, a long way are no reason."""
    proxy.rules({"role": "datanode", "op": "OPEN", "times": 1, **fault})
    reading.read()
    assert proxy.count("datanode", "OPEN") == 1 and proxy.count("namenode", "OPEN") == 0


def test_refused_connections(reading, proxy):
    """Those that were made in advance, too: nothing reaches it, and each read ends in time; then it goes on."""
    proxy.listen(False, "datanode")
    proxy.drop("datanode")
    with pytest.raises(OSError):
        reading.read()
    proxy.listen(True, "datanode")
    reading.next -= 2 * MIB
    until(lambda: worked(reading), what="it is read again")
    assert numbers_of(reading.mount / TREE)["direct-failed"] >= 1


def worked(reading) -> bool:
    at = reading.next
    try:
        reading.read()
    except OSError:
        reading.next = at
        return False
    return True


def test_failing_again_and_again(reading, proxy):
    """Three refusals in a row, and the NameNode is asked for each range: no more than its answers need."""
    proxy.rules(*({"role": "datanode", "op": "OPEN", "after": 2 * number, "times": 1, "status": 503} for number in range(3)))
    for _ in range(3):
        reading.read()
    assert proxy.count("datanode", "OPEN") == 6 and proxy.count("namenode", "OPEN") == 3
    proxy.rules()
    proxy.reset()
    for _ in range(4):
        reading.read()
    assert proxy.count("datanode", "OPEN") == 4 == proxy.count("namenode", "OPEN")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL], ids=["SIGSTOP", "SIGKILL"])
def test_one_of_three_datanodes_goes(mounts, wide, data, number):
    """The one that was asked straight is killed or stopped: another one has the block, the reader does not notice."""
    folder = make_folder(wide, "direct-three")
    folder.write("f", data)
    until(lambda: b"Live_repl=3" in wide.tool("fsck", folder.path("f"), "-files", "-blocks").out)
    mount = mounts(folder.url_path, server=wide.namenode, **QUICK)
    reading = Reading(mount, data)
    ports = {urlsplit(url).port: f"dn{n}" for n, url in enumerate(wide.datanodes, 1)}
    serving = {ports[port] for port in mount.peers() if port in ports}  # with connections in advance
    assert serving
    try:
        for name in serving:
            wide.kill(name, number)
        for _ in range(6):
            reading.read()
    finally:
        os.close(reading.file)
        for name in serving:
            if number == signal.SIGSTOP:
                wide.kill(name, signal.SIGCONT)
            else:
                wide.start(name)
