"""The head of a request or response: kept as the bytes that came, edited line by line."""

import re
from urllib.parse import parse_qsl, unquote, urlsplit

from .errors import Closed


class Head:
    def __init__(self, raw: bytes):
        self.lines = raw[:-4].split(b"\r\n")
        self.line = self.lines[0].decode("latin-1")

    def raw(self) -> bytes:
        return b"\r\n".join(self.lines) + b"\r\n\r\n"

    def get(self, name: str) -> str | None:
        at = self.find(name)
        return None if at is None else self.lines[at].partition(b":")[2].strip().decode("latin-1")

    def set(self, name: str, value: str) -> None:
        """In the place of the present one, else at the end."""
        line = f"{name}: {value}".encode("latin-1")
        at = self.find(name)
        if at is None:
            self.lines.append(line)
        else:
            self.lines[at] = self.lines[at].partition(b":")[0] + b": " + value.encode("latin-1")

    def remove(self, name: str) -> None:
        at = self.find(name)
        if at is not None:
            del self.lines[at]

    def find(self, name: str) -> int | None:
        wanted = name.lower().encode()
        for at, line in enumerate(self.lines[1:], 1):
            if line.partition(b":")[0].strip().lower() == wanted:
                return at
        return None

    def has(self, name: str, token: str) -> bool:
        """A token of a comma-separated header."""
        value = self.get(name) or ""
        return token in (part.strip().lower() for part in value.split(","))

    def is_chunked(self) -> bool:
        return self.has("Transfer-Encoding", "chunked")

    def length(self) -> int | None:
        value = self.get("Content-Length")
        try:
            return None if value is None else int(value)
        except ValueError:
            raise Closed(f"Content-Length: {value}") from None


class Request(Head):
    def __init__(self, raw: bytes):
        super().__init__(raw)
        parts = self.line.split(" ")
        if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
            raise Closed(f"not a request line: {self.line[:200]}")
        self.method, self.target, version = parts
        url = urlsplit(self.target)
        self.path = unquote(url.path)
        self.query = {key.lower(): value for key, value in parse_qsl(url.query, True)}
        self.op = self.query.get("op", "").upper() or "NONE"
        self.keeps = (version != "HTTP/1.0") and not self.has("Connection", "close")

    def has_body(self) -> bool:
        return self.is_chunked() or bool(self.length())


class Response(Head):
    def __init__(self, raw: bytes):
        super().__init__(raw)
        found = re.match(r"HTTP/1\.([01]) (\d\d\d)", self.line)
        if not found:
            raise Closed(f"not a status line: {self.line[:200]}")
        self.status = int(found[2])
        self.keeps = found[1] == "1" and not self.has("Connection", "close")

    def is_interim(self) -> bool:
        return 100 <= self.status < 200
