"""Where a message's body ends, and which of its bytes are payload."""

from collections.abc import AsyncIterator

from .errors import Closed
from .head import Head, Request, Response
from .wire import Wire

SMALL = 16 * 1024  # what is worth a copy


class Sized:
    """Content-Length bytes, all payload."""

    chunked = False

    def __init__(self, length: int):
        self.left = length
        self.done = length == 0

    def scan(self, view: memoryview) -> tuple[int, list[tuple[int, int]]]:
        """How many bytes of VIEW are this body's, and the spans of payload in them."""
        count = min(self.left, len(view))
        self.left -= count
        self.done = self.left == 0
        return count, [(0, count)]


class UntilClose:
    chunked = False
    done = False

    def scan(self, view: memoryview) -> tuple[int, list[tuple[int, int]]]:
        return len(view), [(0, len(view))]


class Chunked:
    """Chunks with their framing, however the reads split it."""

    chunked = True

    def __init__(self):
        self.done = False
        self.line = bytearray()  # a size or trailer line that has begun
        self.payload = 0  # left of this chunk
        self.gap = 0  # left of the line end behind it
        self.last = False  # only the trailer is left

    def scan(self, view: memoryview) -> tuple[int, list[tuple[int, int]]]:
        at, spans = 0, []
        while at < len(view) and not self.done:
            if self.payload:
                count = min(self.payload, len(view) - at)
                spans.append((at, at + count))
                self.payload -= count
                at += count
            elif self.gap:
                count = min(self.gap, len(view) - at)
                self.gap -= count
                at += count
            else:
                at += self.scan_line(view[at:])
        return at, spans

    def scan_line(self, view: memoryview) -> int:
        # A line is short: only its neighbourhood is copied, not the rest of the buffer.
        piece = bytes(view[:4096])
        end = piece.find(b"\n")
        if end < 0:
            self.line += piece
            if len(self.line) > 8192:
                raise Closed("a chunk's size line does not end")
            return len(piece)
        line = bytes(self.line + piece[:end]).strip()
        self.line.clear()
        if self.last:
            self.done = line == b""
        else:
            try:
                self.payload = int(line.partition(b";")[0], 16)
            except ValueError:
                raise Closed(f"not a chunk's size: {line[:40]!r}") from None
            self.last = self.payload == 0
            self.gap = 0 if self.last else 2
        return end + 1


Body = Sized | UntilClose | Chunked


def of_request(head: Request) -> Body:
    return Chunked() if head.is_chunked() else Sized(head.length() or 0)


def of_response(head: Response, method: str) -> Body:
    if method == "HEAD" or head.status in (204, 304) or head.is_interim():
        return Sized(0)
    return of_final(head)


def of_final(head: Head) -> Body:
    if head.is_chunked():
        return Chunked()
    length = head.length()
    return UntilClose() if length is None else Sized(length)


async def pieces(wire: Wire, body: Body) -> AsyncIterator[tuple[memoryview, list]]:
    """The body as it comes: views with framing, and the spans of payload in each."""
    while not body.done:
        view = await wire.data()
        if not view:
            if isinstance(body, UntilClose):
                return
            raise Closed("the stream ends in a body")
        count, spans = body.scan(view)
        yield view[:count], spans
        wire.take(count)


def at_hand(wire: Wire, body: Body) -> bytes:
    """What came together with the head, to be sent on together with it, as one segment."""
    view = wire.buffered()
    if body.done or len(view) > SMALL:
        return b""
    count, _ = body.scan(view)
    piece = bytes(view[:count])
    wire.take(count)
    return piece


async def drain(wire: Wire, body: Body) -> None:
    async for _ in pieces(wire, body):
        pass


async def collect(wire: Wire, body: Body, limit: int = 1 << 20) -> bytes:
    """The payload of a small body."""
    payload = bytearray()
    async for view, spans in pieces(wire, body):
        for start, end in spans:
            payload += view[start:end]
        if len(payload) > limit:
            raise Closed("the body is too large to be edited")
    return bytes(payload)
