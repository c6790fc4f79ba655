"""A server that answers like a NameNode and a DataNode, only as far as the proxy can tell."""

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

PIECE = 64 * 1024


BASE = b"".join(b"%07d\n" % number for number in range(100_000))


def content(length: int) -> bytes:
    """No two offsets alike for a while, so that a shift is seen."""
    return (BASE * (length // len(BASE) + 1))[:length]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.path).query))

    def handle_one_request(self):
        with contextlib.suppress(ConnectionError):
            super().handle_one_request()

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        if "Transfer_Encoding" in headers:
            self.end_headers()
            for at in range(0, len(body), 1000):
                piece = body[at : at + 1000]
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
            return
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        for at in range(0, len(body), PIECE):
            self.wfile.write(body[at : at + PIECE])
            self.server.sent += len(body[at : at + PIECE])


class NameNode(Handler):
    def do_GET(self):
        query = self.query()
        self.server.seen.append(query.get("op"))
        if query["op"] == "OPEN":
            location = f"http://localhost:{self.server.datanode}{self.path}"
            if query.get("noredirect") == "true":
                body = b'{"Location":"%b"}' % location.encode()
                self.answer(200, body, Content_Type="application/json")
            else:
                self.answer(307, Location=location)
        elif query["op"] == "LISTSTATUS":
            self.answer(200, content(5000), Transfer_Encoding="chunked")
        elif query["op"] == "HANGUP":
            self.close_connection = True
        else:
            self.answer(200, b"{}", Content_Type="application/json")

    do_PUT = do_GET


class DataNode(Handler):
    def do_GET(self):
        query = self.query()
        self.server.seen.append(query.get("op"))
        body = content(int(query.get("length", "1000")))
        more = {"Transfer_Encoding": "chunked"} if "chunked" in query else {}
        self.close_connection = True
        self.answer(200, body, Connection="close", **more)

    def do_PUT(self):
        self.server.seen.append("CREATE")
        self.server.stored = b""
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                self.server.stored += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            left = int(self.headers["Content-Length"])
            while left and (piece := self.rfile.read1(left)):
                self.server.stored += piece
                left -= len(piece)
        self.close_connection = True
        self.answer(201, Location="hdfs://localhost:8020/f", Connection="close")


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, handler, datanode: int = 0):
        super().__init__(("127.0.0.1", 0), handler)
        self.datanode = datanode
        self.seen: list[str] = []  # the ops it got
        self.stored = b""  # the last body it got
        self.sent = 0
        self.port = self.server_address[1]
        self.url = f"http://localhost:{self.port}"
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def handle_error(self, request, client_address):
        """Broken connections are what the tests make."""
