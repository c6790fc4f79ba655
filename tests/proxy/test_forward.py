"""The proxy forwards exactly, counts exactly, and ends with its owner."""

import http.client
import json
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from proxytest.client import ask, connect, until
from faultproxy import Proxy
from proxytest.stub import DataNode, Server, content


def test_counts(proxy):
    connection = connect(proxy.namenode)
    for _ in range(5):
        connection.request("GET", "/webhdfs/v1/a?op=getfilestatus")
        assert connection.getresponse().read() == b"{}"
    connection.close()
    ask(proxy.namenode, "LISTSTATUS")
    stats = proxy.stats()
    assert stats["requests"] == {"namenode": {"GETFILESTATUS": 5, "LISTSTATUS": 1}}
    assert stats["connections"] == {"namenode": 2}
    assert proxy.count("namenode") == 6 and proxy.count("namenode", "liststatus") == 1
    assert stats["recent"][0]["line"] == "GET /webhdfs/v1/a?op=getfilestatus HTTP/1.1"
    assert stats["recent"][0]["status"] == 200
    assert until(lambda: not proxy.stats()["open"])
    proxy.reset()
    assert proxy.stats()["requests"] == {}


def test_counts_bytes(proxy):
    request = b"GET /webhdfs/v1/f?op=OPEN&length=70000 HTTP/1.1\r\nHost: x\r\n\r\n"
    port = int(proxy.datanodes[0].rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        client.sendall(request)
        received = b"".join(iter(lambda: client.recv(65536), b""))
    stats = proxy.stats()
    assert stats["bytes_up"] == {"datanode": len(request)}
    assert stats["bytes_down"] == {"datanode": len(received)}
    assert received.endswith(content(70000))


def test_many_clients(proxy):
    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(lambda _: ask(proxy.namenode, "GETACLSTATUS")[0], range(300))) == {200}
    assert proxy.stats()["requests"] == {"namenode": {"GETACLSTATUS": 300}}
    assert proxy.stats()["connections"] == {"namenode": 300}


def test_redirect_goes_through_the_proxy(proxy):
    status, headers, _ = ask(proxy.namenode, "OPEN")
    assert status == 307
    assert headers["Location"] == f"{proxy.datanodes[0]}/webhdfs/v1/f?op=OPEN"
    _, _, body = ask(proxy.namenode, "OPEN", more="&noredirect=true")
    assert json.loads(body)["Location"].startswith(f"{proxy.datanodes[0]}/webhdfs/v1/f?")


def test_unknown_datanode_gets_a_listener(proxy, servers):
    other = Server(DataNode)
    servers[0].datanode, before = other.port, servers[0].datanode
    try:
        location = ask(proxy.namenode, "OPEN")[1]["Location"]
        assert str(other.port) not in location
        again = ask(proxy.namenode, "OPEN")[1]["Location"]
        assert again == location
    finally:
        servers[0].datanode = before
    assert ask(location.partition("/webhdfs")[0], "OPEN")[2] == content(1000)
    assert other.seen == ["OPEN"]
    shown = {known["server"]: known["proxy"] for known in proxy.servers()}
    assert location.startswith(f"{shown[other.url]}/")


@pytest.mark.parametrize("more", ["", "&chunked=1"])
@pytest.mark.parametrize("length", [0, 1, 999, 3_000_000])
def test_body_down(proxy, more, length):
    body = ask(proxy.datanodes[0], "OPEN", more=f"&length={length}{more}")[2]
    assert body == content(length)


@pytest.mark.parametrize("length", [0, 1, 3_000_000])
@pytest.mark.parametrize("how", ["sized", "chunked", "expect"])
def test_body_up(proxy, servers, length, how):
    sent = content(length)
    headers = {"Expect": "100-continue"} if how == "expect" else {}
    if how == "chunked":
        sent_as = iter([sent[at : at + 7001] for at in range(0, length, 7001)])
        headers = {"Transfer-Encoding": "chunked"}
    else:
        sent_as = sent
    status, answer, _ = ask(proxy.datanodes[0], "CREATE", "PUT", sent_as, headers=headers)
    assert status == 201 and servers[1].stored == sent
    assert answer["Location"] == "hdfs://localhost:8020/f"


def test_server_that_hangs_up(proxy):
    with pytest.raises(http.client.RemoteDisconnected):
        ask(proxy.namenode, "HANGUP")


def test_server_that_is_down(servers):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = taken.getsockname()[1]
    with Proxy(f"http://localhost:{nobody}") as proxy, pytest.raises(ConnectionResetError):
        ask(proxy.namenode, "GETFILESTATUS")


def resident(proxy: Proxy) -> int:
    status = Path(f"/proc/{proxy.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


@pytest.mark.parametrize("rule", [{}, {"latency_ms": 1}])
def test_paused_client(proxy, servers, rule):
    """What a client does not read stays with the server, but for bounded buffers."""
    proxy.rules(*([rule] if rule else []))
    before = resident(proxy)
    length = 400_000_000
    connection = connect(proxy.datanodes[0])
    connection.request("GET", f"/webhdfs/v1/?op=OPEN&length={length}")
    answer = connection.getresponse()
    time.sleep(0.5)
    before_pause = -1
    while before_pause != (before_pause := servers[1].sent):
        time.sleep(0.3)
    assert 0 < servers[1].sent < 100_000_000  # socket buffers are some MB each, a delay holds 32
    assert resident(proxy) - before < 60_000_000
    answer.close()
    connection.close()
    assert until(lambda: not proxy.stats()["open"])


def test_owner_dies():
    program = (
        "import sys, time; sys.path.insert(0, sys.argv[1]); from faultproxy import Proxy\n"
        "print(Proxy('http://localhost:1').process.pid, flush=True); time.sleep(60)"
    )
    here = str(Path(__file__).resolve().parent)
    owner = subprocess.Popen([sys.executable, "-c", program, here], stdout=subprocess.PIPE)
    pid = int(owner.stdout.readline())
    assert b"proxy" in Path(f"/proc/{pid}/cmdline").read_bytes()
    owner.kill()
    owner.wait()
    owner.stdout.close()

    def is_gone() -> bool:
        try:
            return b"proxy" not in Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return True

    assert until(is_gone)
