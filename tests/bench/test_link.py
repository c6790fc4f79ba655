"""The link forwards every byte, counts every request, and leads redirects to itself."""

import hashlib
import os
import socket
import threading

import pytest

from knoxbench.link import Link, build

BODY = os.urandom(3 << 20)


class Server:
    """Answers each connection with serve(socket) in a thread."""

    def __init__(self, serve):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.serve = serve
        self.thread = threading.Thread(target=self._accept)
        self.thread.start()

    def _accept(self) -> None:
        threads = []
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                break
            threads.append(threading.Thread(target=self._one, args=(connection,)))
            threads[-1].start()
        for thread in threads:
            thread.join()

    def _one(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(30)
            self.serve(connection)

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()


@pytest.fixture
def serve():
    made = []

    def make(function) -> int:
        made.append(Server(function))
        return made[-1].port

    yield make
    for server in made:
        server.close()


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return build(str(tmp_path_factory.mktemp("link")))


def everything(connection: socket.socket) -> bytes:
    data = bytearray()
    while piece := connection.recv(1 << 16):
        data += piece
    return bytes(data)


def connected(link: Link, port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", link.ports[port]), 30)


def echo(connection: socket.socket) -> None:
    """All that comes, when it has ended, backwards."""
    connection.sendall(everything(connection)[::-1])


@pytest.mark.parametrize("limits", [{}, {"rtt_ms": 20}, {"rate": 20_000_000}, {"rtt_ms": 20, "rate": 20_000_000}])
def test_every_byte_of_both_ways_arrives(program, serve, limits):
    port = serve(echo)
    with Link(program, {"datanode": [port]}, **limits) as link:
        results = {}

        def client(number: int) -> None:
            with connected(link, port) as sock:
                sock.sendall(BODY[number:])
                sock.shutdown(socket.SHUT_WR)
                results[number] = hashlib.sha256(everything(sock)).digest()

        threads = [threading.Thread(target=client, args=(number,)) for number in range(5)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert results == {n: hashlib.sha256(BODY[n:][::-1]).digest() for n in range(5)}
        stats = link.stats()
        assert stats["connections"] == {"datanode": 5}
        assert stats["up"] == stats["down"] == {"datanode": sum(len(BODY) - n for n in range(5))}


def answer(text: bytes):
    def function(connection: socket.socket) -> None:
        connection.recv(1 << 16)
        connection.sendall(text)

    return function


def test_redirects_lead_to_the_link(program, serve):
    datanode = serve(answer(b"the bytes"))
    location = f"HTTP/1.1 307 x\r\nLocation: http://localhost:{datanode}/webhdfs/v1/f?op=OPEN&length={datanode}\r\n\r\n"
    namenode = serve(answer(location.encode()))
    with Link(program, {"namenode": [namenode], "datanode": [datanode]}) as link:
        with connected(link, namenode) as sock:
            sock.sendall(b"GET /webhdfs/v1/f?op=OPEN HTTP/1.1\r\n\r\n")
            told = everything(sock).decode()
        assert told == location.replace(f":{datanode}/", f":{link.ports[datanode]}/")
        with connected(link, datanode) as sock:
            sock.sendall(b"GET /webhdfs/v1/f?op=OPEN HTTP/1.1\r\n\r\n")
            assert everything(sock) == b"the bytes"


def test_requests_are_counted_by_operation(program, serve):
    port = serve(echo)
    request = b"GET /webhdfs/v1/a?user.name=x&op=%s HTTP/1.1\r\nHost: h\r\n\r\n"
    put = b"PUT /webhdfs/v1/a?op=create HTTP/1.1\r\nContent-Length: 40\r\n\r\n" + b"GET /?op=NEVER HTTP/1.1\r\n\r\n".ljust(40)
    chunked = b"PUT /webhdfs/v1/a?op=APPEND HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + request % b"NEVER"
    with Link(program, {"namenode": [port]}) as link:
        link.reset()
        with connected(link, port) as sock:
            for byte in request % b"OPEN" + request % b"LISTSTATUS":
                sock.sendall(bytes([byte]))
            sock.sendall(put + request % b"OPEN" + b"GET /x HTTP/1.1\r\n\r\n" + chunked)
            sock.shutdown(socket.SHUT_WR)
            everything(sock)
        counted = {"OPEN": 2, "LISTSTATUS": 1, "CREATE": 1, "NONE": 1, "APPEND": 1}
        assert link.stats()["requests"] == {f"namenode {op}": n for op, n in counted.items()}
        link.reset()
        assert link.stats()["requests"] == {}


def test_a_reset_passes(program, serve):
    def reset(connection: socket.socket) -> None:
        connection.recv(10)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")

    port = serve(reset)
    with Link(program, {"datanode": [port]}) as link, connected(link, port) as sock:
        sock.sendall(b"x")
        with pytest.raises(ConnectionResetError):
            sock.recv(10)


def test_a_client_that_does_not_read_holds_the_server_back(program, serve):
    sent = threading.Event()

    def pour(connection: socket.socket) -> None:
        """More than sockets and the link hold."""
        connection.settimeout(None)
        try:
            for _ in range(256):
                connection.sendall(bytes(1 << 20))
            sent.set()
        except OSError:
            pass

    port = serve(pour)
    with Link(program, {"datanode": [port]}, rtt_ms=2) as link, connected(link, port) as sock:
        first = sock.recv(1)
        before = -1
        while (now := link.stats()["down"]["datanode"]) != before:  # until nothing moves
            before = now
            sent.wait(0.3)
        assert first == b"\0" and not sent.is_set()
