"""The proxy breaks exactly what it is told to."""

import http.client
import json
import socket
import time

import pytest
from proxytest.client import ask, connect, statuses, until
from faultproxy import ProxyError
from proxytest.stub import content

# Rules: which requests.


def test_nth_request(proxy, servers):
    proxy.rules({"op": "getfilestatus", "after": 2, "times": 2, "status": 503})
    assert statuses(proxy, 6) == [200, 200, 503, 503, 200, 200]
    assert len(servers[0].seen) == 4
    assert proxy.stats()["rules"] == [{"seen": 6, "fired": 2}]
    assert proxy.count("namenode") == 6


def test_choice(proxy):
    proxy.rules(
        {"role": "datanode", "status": 500},
        {"method": "PUT", "status": 501},
        {"path": "^/webhdfs/v1/a b/.*$", "status": 502},
        {"op": "LISTSTATUS", "status": 503},
    )
    assert statuses(proxy, 1) == [200]
    assert ask(proxy.datanodes[0], "OPEN")[0] == 500
    assert ask(proxy.namenode, "MKDIRS", "PUT")[0] == 501
    assert ask(proxy.namenode, "GETFILESTATUS", path="/a%20b/c")[0] == 502
    assert ask(proxy.namenode, "LISTSTATUS")[0] == 503


def test_rules_act_together(proxy):
    proxy.rules({"latency_ms": 60}, {"times": 1, "status": 503}, {"status": 504})
    begin = time.monotonic()
    assert statuses(proxy, 2) == [503, 504]
    assert time.monotonic() - begin > 4 * 0.06


def test_wrong_rules(proxy):
    for wrong in ({"latency": 1}, {}, {"drop_reply": "bang"}, {"refuse": "rst", "op": "OPEN"}):
        with pytest.raises(ProxyError):
            proxy.rules(wrong)
    with pytest.raises(ProxyError):
        proxy.tell("nonsense")


# Rules: what happens.


def test_injected_answer(proxy):
    body = json.dumps({"RemoteException": {"exception": "StandbyException"}})
    proxy.rules({"status": 503, "headers": {"Retry-After": "7"}, "body": body})
    connection = connect(proxy.namenode)
    for method, payload in (("GET", None), ("PUT", b"x" * 100_000), ("GET", None)):
        connection.request(method, "/webhdfs/v1/?op=X", payload)  # one connection, kept
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Retry-After"]) == (503, "7")
        assert answer.read().decode() == body
    assert proxy.stats()["connections"] == {"namenode": 1}
    connection.close()


def test_reset(proxy, servers):
    proxy.rules({"reset": True, "times": 1})
    with pytest.raises(ConnectionResetError):
        statuses(proxy, 1)
    assert servers[0].seen == [] and statuses(proxy, 1) == [200]


def test_refuse(proxy):
    proxy.rules({"refuse": "fin", "role": "namenode", "times": 1})
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        statuses(proxy, 1)
    assert statuses(proxy, 1) == [200]


def test_listen_off(proxy):
    proxy.listen(False, "namenode")
    with pytest.raises(ConnectionRefusedError):
        statuses(proxy, 1)
    assert ask(proxy.datanodes[0], "OPEN")[0] == 200
    proxy.listen(True)
    assert statuses(proxy, 1) == [200]


def test_drop(proxy):
    connection = connect(proxy.namenode)
    connection.request("GET", "/webhdfs/v1/?op=X")
    connection.getresponse().read()
    assert proxy.drop("namenode") == 1
    with pytest.raises(ConnectionResetError):
        connection.sock.recv(1)
    connection.close()


@pytest.mark.parametrize("more", ["", "&chunked=1"])
@pytest.mark.parametrize("after", [0, 1, 2_000_000])
def test_cut_response(proxy, more, after):
    proxy.rules({"op": "OPEN", "role": "datanode", "cut_response_after": after})
    with pytest.raises(http.client.IncompleteRead) as cut:
        ask(proxy.datanodes[0], "OPEN", more=f"&length=3000000{more}")
    assert cut.value.partial == content(3_000_000)[:after]


def test_cut_response_by_reset(proxy):
    proxy.rules({"cut_response_after": 10, "how": "rst"})
    with pytest.raises(ConnectionResetError):
        ask(proxy.datanodes[0], "OPEN")


@pytest.mark.parametrize("after", [0, 100, 2_000_000])
def test_cut_request(proxy, servers, after):
    proxy.rules({"op": "CREATE", "cut_request_after": after, "how": "rst"})
    with pytest.raises(ConnectionError):
        ask(proxy.datanodes[0], "CREATE", "PUT", content(3_000_000))
    # The server's side is reset as well, which may take the last bytes from it.
    assert until(lambda: servers[1].seen == ["CREATE"])
    stored = servers[1].stored
    assert stored == content(3_000_000)[: len(stored)] and len(stored) <= after


def test_stall_response(proxy):
    proxy.rules({"stall_response_after": 500, "stall_s": 0.4})
    begin = time.monotonic()
    assert ask(proxy.datanodes[0], "OPEN")[2] == content(1000)
    assert 0.4 < time.monotonic() - begin < 5


def test_stall_for_ever_ends_with_the_client(proxy):
    proxy.rules({"stall_response_after": 500})
    port = int(proxy.datanodes[0].rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), 0.5) as client:
        client.sendall(b"GET /webhdfs/v1/?op=OPEN HTTP/1.1\r\n\r\n")
        received = b""
        with pytest.raises(TimeoutError):
            while True:
                received += client.recv(65536)
        assert received.endswith(b"\r\n\r\n" + content(500))
        assert proxy.stats()["open"] == {"datanode": 1}
    assert until(lambda: not proxy.stats()["open"])


def test_stall_request(proxy, servers):
    proxy.rules({"stall_request_after": 1000, "stall_s": 0.4})
    begin = time.monotonic()
    ask(proxy.datanodes[0], "CREATE", "PUT", content(5000))
    assert time.monotonic() - begin > 0.4 and servers[1].stored == content(5000)


def test_lying_content_length(proxy):
    proxy.rules({"content_length_delta": 5, "times": 1}, {"content_length_delta": -5})
    with pytest.raises(http.client.IncompleteRead) as cut:
        ask(proxy.datanodes[0], "OPEN")
    assert cut.value.partial == content(1000)
    _, headers, body = ask(proxy.datanodes[0], "OPEN")
    assert headers["Content-Length"] == "995" and body == content(1000)[:995]


@pytest.mark.parametrize("more", ["", "&chunked=1"])
def test_insert_and_corrupt(proxy, more):
    proxy.rules({"insert_at": 400, "insert": "EXTRA", "corrupt_at": 600})
    body = ask(proxy.datanodes[0], "OPEN", more=more)[2]
    true = content(1000)
    wrong = true[:400] + b"EXTRA" + true[400:600] + bytes([true[600] ^ 0xFF]) + true[601:]
    assert body == (wrong if more else wrong[:1000])


@pytest.mark.parametrize("chunked", [False, True])
def test_corrupt_request(proxy, servers, chunked):
    proxy.rules({"corrupt_request_at": 600, "times": 1})
    true = content(1000)
    pieces = iter([true[:500], true[500:600], true[600:]]) if chunked else true
    ask(proxy.datanodes[0], "CREATE", "PUT", pieces)
    assert servers[1].stored == true[:600] + bytes([true[600] ^ 0xFF]) + true[601:]


@pytest.mark.parametrize("how", ["fin", "rst"])
def test_drop_reply(proxy, servers, how):
    proxy.rules({"op": "CREATE", "drop_reply": how})
    expected = ConnectionResetError if how == "rst" else http.client.RemoteDisconnected
    with pytest.raises(expected):
        ask(proxy.datanodes[0], "CREATE", "PUT", content(5000))
    assert servers[1].stored == content(5000)  # it was done, and nobody knows


def test_bandwidth(proxy):
    proxy.rules({"bandwidth_bytes_per_s": 2_000_000})
    for method, op, body in (("GET", "OPEN", None), ("PUT", "CREATE", content(1_000_000))):
        begin = time.monotonic()
        ask(proxy.datanodes[0], op, method, body, more="&length=1000000")
        assert 0.4 < time.monotonic() - begin < 2


def test_drip(proxy):
    proxy.rules({"drip_bytes_per_s": 2000})
    begin = time.monotonic()
    assert ask(proxy.datanodes[0], "OPEN")[2] == content(1000)
    assert 0.4 < time.monotonic() - begin < 3


def test_latency_is_pipelined(proxy):
    """A delay of 100 ms each way and 40 MB: some pieces would make it many times 0.2 s."""
    proxy.rules({"latency_ms": 100})
    begin = time.monotonic()
    assert statuses(proxy, 1) == [200]
    assert 0.2 < time.monotonic() - begin < 1
    for method, op, body in (("GET", "OPEN", None), ("PUT", "CREATE", content(40_000_000))):
        begin = time.monotonic()
        answer = ask(proxy.datanodes[0], op, method, body, more="&length=40000000")
        assert 0.2 < time.monotonic() - begin < 3
        assert body or answer[2] == content(40_000_000)


def test_connect_ms(proxy):
    """A new connection costs, a kept one does not."""
    proxy.rules({"connect_ms": 200})
    connection = connect(proxy.namenode)
    begin = time.monotonic()
    for _ in range(10):
        connection.request("GET", "/webhdfs/v1/?op=X")
        connection.getresponse().read()
    assert 0.2 < time.monotonic() - begin < 1
    connection.close()
