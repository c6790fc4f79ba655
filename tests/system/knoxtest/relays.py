"""What may stand between the driver and its servers: small relays that note what passed."""

import base64
import contextlib
import re
import socket
import ssl
import threading


class Relay:
    """Listens on a free port; each connection is begun by begin(), then bytes go both ways.

    heads has the first bytes of every connection, as the driver sent them (inside TLS).
    """

    def __init__(self, target: str = "", context: ssl.SSLContext | None = None):
        self.target, self.context = target, context
        self.heads: list[bytes] = []
        self.open: list[socket.socket] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.close()

    def close(self) -> None:
        """Nobody is served any more, nor anybody who was."""
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()

    def cut(self) -> None:
        """All connections that there are now end; new ones are served."""
        gone, self.open = self.open, []
        for one in gone:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection = self.listener.accept()[0]
                self.open.append(connection)
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
                self.open.append(connection)
            host, port, first = self.begin(connection)
            server = self.connect(connection, host, port)
            server.settimeout(None)
            self.open.append(server)
            server.sendall(first)
            back = threading.Thread(target=self.answer, args=(server, connection, first), daemon=True)
            back.start()
            pump(connection, server)
            back.join()

    def connect(self, connection: socket.socket, host: str, port: int) -> socket.socket:
        return socket.create_connection((host, port), 20)

    def begin(self, connection: socket.socket) -> tuple[str, int, bytes]:
        """Where it goes, and what is sent there first."""
        host, _, port = self.target.rpartition(":")
        first = connection.recv(65536)
        self.heads.append(first)
        return host, int(port), first

    def answer(self, server: socket.socket, connection: socket.socket, first: bytes) -> None:
        """The other way."""
        pump(server, connection)


class CuttingRelay(Relay):
    """Ends the connection within the first answer to a request with WORD, after so many bytes of its body, as they are on the wire.

    body has these bytes.
    """

    def __init__(self, target: str, word: bytes, after: int):
        self.word, self.after, self.body = word, after, b""
        super().__init__(target)

    def answer(self, server, connection, first):
        if self.word not in first or self.body:
            return pump(server, connection)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += exactly(server, 1)
        connection.sendall(answer)
        self.body = exactly(server, self.after)
        connection.sendall(self.body)
        end(connection, server)


def pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError, ValueError):
        while piece := source.recv(65536):
            target.sendall(piece)
    end(source, target)


def end(*connections: socket.socket) -> None:
    for one in connections:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


class HttpProxy(Relay):
    """Of http: and, by CONNECT, of anything; one request a connection.

    login: "USER:PASSWORD" that it wants; closed: it does not CONNECT."""

    def __init__(self, context: ssl.SSLContext | None = None, login: str = "", closed: bool = False):
        self.wanted = b"Proxy-Authorization: Basic " + base64.b64encode(login.encode()) if login else b""
        self.closed = closed
        super().__init__(context=context)

    def refuse(self, connection: socket.socket, words: str):
        head = f"HTTP/1.1 {words}\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode())
        connection.close()
        raise OSError(words)

    def connect(self, connection, host: str, port: int):
        try:
            return super().connect(connection, host, port)
        except OSError:
            self.refuse(connection, "502 Nobody there")

    def begin(self, connection):
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(65536)
            if not piece:
                raise OSError("gone")
            head += piece
        self.heads.append(head)
        if self.wanted not in head.split(b"\r\n") and self.wanted:
            self.refuse(connection, "407 Who are you")
        method, url, version = head.split(b"\r\n", 1)[0].decode().split(" ")
        if method == "CONNECT" and self.closed:
            self.refuse(connection, "403 Not there")
        if method == "CONNECT":
            host, _, port = url.rpartition(":")
            connection.sendall(b"HTTP/1.1 200 Yes\r\n\r\n")
            return host, int(port), b""
        host, port, path = re.fullmatch(r"http://([^/:]+):(\d+)(/.*)", url).groups()
        lines = head.split(b"\r\n")
        lines[0] = f"{method} {path} {version}".encode()
        kept = [line for line in lines[1:] if b"connection:" not in line.lower() and not line.startswith(b"Proxy-")]
        return host, int(port), b"\r\n".join([lines[0], b"Connection: close", *kept])


class SocksProxy(Relay):
    """SOCKS 5 without a login; heads has "HOST:PORT"."""

    def begin(self, connection):
        version, count = exactly(connection, 2)
        exactly(connection, count)
        connection.sendall(bytes([5, 0]))
        _, _, _, kind = exactly(connection, 4)
        if kind == 3:
            host = exactly(connection, exactly(connection, 1)[0]).decode()
        else:
            host = socket.inet_ntop({1: socket.AF_INET, 4: socket.AF_INET6}[kind], exactly(connection, {1: 4, 4: 16}[kind]))
        port = int.from_bytes(exactly(connection, 2), "big")
        self.heads.append(f"{host}:{port}".encode())
        connection.sendall(bytes([version, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
        return host, port, b""


def exactly(connection: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise OSError("gone")
        data += piece
    return bytes(data)


def payload_of_chunks(stream: bytes) -> int:
    """Of a body in chunks, as far as it goes."""
    payload = at = 0
    while (line := stream.find(b"\r\n", at)) >= 0:
        size = int(stream[at:line], 16)
        payload += min(size, len(stream) - line - 2)
        at = line + 2 + size + 2
    return payload
