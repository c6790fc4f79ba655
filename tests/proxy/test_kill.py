"""A process ends exactly where the rule says: what it has seen by then, and what the server got."""

import signal
import subprocess
import sys

import pytest
from faultproxy import ProxyError
from proxytest.client import ask, until
from proxytest.stub import content

SIZE = 3_000_000
CLIENT = """
import http.client, sys, time
connection = http.client.HTTPConnection("localhost", int(sys.argv[1]), timeout=20)
input()
try:
    connection.request("PUT", "/webhdfs/v1/f?op=CREATE", b"x" * int(sys.argv[2]))
    print(connection.getresponse().status, flush=True)
finally:
    time.sleep(20)
"""


@pytest.fixture
def client(proxy):
    """Waits for a line, then sends one request, says the answer's status and stays."""
    port = proxy.datanodes[0].rpartition(":")[2]
    line = [sys.executable, "-I", "-S", "-c", CLIENT, port, str(SIZE)]
    with subprocess.Popen(line, stdin=-1, stdout=-1, stderr=subprocess.DEVNULL) as process:
        yield process
        process.kill()


def ends(client: subprocess.Popen) -> str:
    """What it had seen before."""
    said = client.communicate(b"\n", timeout=10)[0].decode()
    assert client.returncode == -signal.SIGKILL
    return said


def test_before_the_server_sees_it(proxy, servers, client):
    proxy.rules({"op": "CREATE", "kill": client.pid})
    assert ends(client) == "" and servers[1].seen == []


@pytest.mark.parametrize("after", [0, 1, 1_000_000])
def test_in_the_body(proxy, servers, client, after):
    proxy.rules({"op": "CREATE", "kill": client.pid, "kill_at": after})
    assert ends(client) == ""
    assert until(lambda: servers[1].seen == ["CREATE"] and not proxy.stats()["open"])
    assert until(lambda: servers[1].stored == b"x" * after)


def test_when_all_is_sent(proxy, servers, client):
    proxy.rules({"op": "CREATE", "kill": client.pid, "kill_at": "sent"})
    assert ends(client) == ""
    assert until(lambda: servers[1].stored == b"x" * SIZE)


def test_done_and_nobody_knows(proxy, servers, client):
    proxy.rules({"op": "CREATE", "kill": client.pid, "kill_at": "done"})
    assert ends(client) == "" and servers[1].stored == b"x" * SIZE
    assert proxy.stats()["recent"][-1]["status"] == 201


def test_after_the_answer(proxy, client):
    proxy.rules({"op": "CREATE", "kill": client.pid, "kill_at": "told"})
    assert ends(client) in ("", "201\n")  # it may end before it has read it
    assert proxy.stats()["recent"][-1]["status"] == 201


def test_once(proxy, client):
    proxy.rules({"kill": client.pid, "kill_at": "told", "after": 1})
    assert [ask(proxy.datanodes[0], "OPEN")[2] for _ in range(3)] == [content(1000)] * 3
    assert proxy.stats()["rules"] == [{"seen": 3, "fired": 1}]
    assert client.wait(10) == -signal.SIGKILL


def test_wrong(proxy):
    for wrong in ({"kill": 1}, {"kill": 77, "kill_at": "end"}, {"kill": "x"}):
        with pytest.raises(ProxyError):
            proxy.rules(wrong)
