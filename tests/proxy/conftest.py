"""Makes the packages importable, gives every test its own time limit, starts proxy and servers."""

import signal
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "stack")]

from faultproxy import Proxy  # noqa: E402
from proxytest.stub import DataNode, NameNode, Server  # noqa: E402

LIMIT_S = 30  # each takes under 2 on a quiet machine


@pytest.fixture(autouse=True)
def limit():
    def expired(number, frame):
        pytest.fail(f"the test took more than {LIMIT_S} s")

    previous = signal.signal(signal.SIGALRM, expired)
    signal.alarm(LIMIT_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, previous)


@pytest.fixture(scope="module")
def servers():
    datanode = Server(DataNode)
    return Server(NameNode, datanode.port), datanode


@pytest.fixture(scope="module")
def running(servers):
    with Proxy(servers[0].url, datanodes=[servers[1].url]) as proxy:
        yield proxy


@pytest.fixture
def proxy(running, servers):
    """Without rules, with counts at 0."""
    for server in servers:
        server.seen.clear()
        server.stored, server.sent = b"", 0
    running.rules()
    running.reset()
    yield running
    running.stats()  # raises if the proxy has failed inside
