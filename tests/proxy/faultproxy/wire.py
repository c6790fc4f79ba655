"""One socket of the event loop: a read buffer and plain sends.

The socket functions of asyncio are not used: they return without yielding while data flows, so one
fast stream would starve the others, and a cancelled one may lose bytes.
"""

import asyncio
import contextlib
import socket
import struct

from .errors import Closed

# Where the rate of a relay on loopback stops growing; also the bound on what is held for a client
# that does not read.
BUFFER = 512 * 1024
TURNS = 8  # reads in a row before others have theirs
HEAD_LIMIT = 64 * 1024  # no WebHDFS head comes near

# Buffers of closed wires: clearing new ones takes longer than a small request.
SPARE = 64
spare: list[bytearray] = []


class Wire:
    """Reads are for one task at a time, and so are sends."""

    def __init__(self, sock: socket.socket, on_read=None, on_sent=None):
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = sock
        self.fd = sock.fileno()  # asyncio is quicker with the number
        self.loop = asyncio.get_running_loop()
        self.buffer = spare.pop() if spare else bytearray(BUFFER)
        self.view = memoryview(self.buffer)
        self.start = 0
        self.end = 0
        self.eof = False
        self.waiting: asyncio.Future | None = None  # of the read
        self.turns = 0
        self.on_read = on_read or (lambda count: None)
        self.on_sent = on_sent or (lambda count: None)

    async def readable(self) -> None:
        self.waiting = future = self.loop.create_future()
        self.loop.add_reader(self.fd, lambda: future.done() or future.set_result(None))
        try:
            await future
        finally:
            self.loop.remove_reader(self.fd)

    async def writable(self) -> None:
        future = self.loop.create_future()
        self.loop.add_writer(self.fd, lambda: future.done() or future.set_result(None))
        try:
            await future
        finally:
            self.loop.remove_writer(self.fd)

    async def fill(self) -> bool:
        """Adds what the socket has to the buffer; False at the end of the stream."""
        if self.start == self.end:
            self.start = self.end = 0
        elif self.end == BUFFER:
            rest = bytes(self.view[self.start : self.end])
            self.view[: len(rest)] = rest
            self.start, self.end = 0, len(rest)
        while not self.eof:
            try:
                count = self.sock.recv_into(self.view[self.end :])
            except BlockingIOError:
                await self.readable()
                continue
            except OSError as error:
                raise Closed(str(error), "rst") from error
            self.eof = count == 0
            self.end += count
            self.on_read(count)
            self.turns += 1
            if self.turns % TURNS == 0:
                await asyncio.sleep(0)
            return count > 0
        return False

    async def data(self) -> memoryview:
        """What is in the buffer, at least a byte; empty at the end.  take() what was used."""
        if self.start == self.end:
            await self.fill()
        return self.buffered()

    def buffered(self) -> memoryview:
        """What is in the buffer already."""
        return self.view[self.start : self.end]

    def take(self, count: int) -> None:
        self.start += count

    async def head(self) -> bytes | None:
        """Up to and with the empty line; None if the stream ends before its first byte."""
        searched = self.start
        while True:
            at = self.buffer.find(b"\r\n\r\n", searched, self.end)
            if at >= 0:
                head = bytes(self.view[self.start : at + 4])
                self.start = at + 4
                return head
            if self.end - self.start > HEAD_LIMIT:
                raise Closed("the head does not end")
            if not await self.fill():
                if self.start == self.end:
                    return None
                raise Closed("the stream ends in a head")
            searched = self.start  # fill may have moved the bytes

    async def send(self, data) -> None:
        view = memoryview(data)
        while view:
            try:
                count = self.sock.send(view)
            except BlockingIOError:
                await self.writable()
                continue
            except OSError as error:
                raise Closed(str(error), "rst") from error
            self.on_sent(count)
            view = view[count:]

    def watch(self, on_close) -> None:
        """Calls ON_CLOSE when the peer closes, until unwatch(); instead of reading, not beside it.

        A callback, not a task: this is done for every request.
        """

        def look() -> None:
            try:
                if self.sock.recv(1, socket.MSG_PEEK):
                    self.unwatch()  # it sends, so it is there; its close is seen when that is read
                    return
            except BlockingIOError:
                return
            except OSError:
                pass
            self.unwatch()
            on_close()

        if self.start == self.end:
            self.loop.add_reader(self.fd, look)

    def unwatch(self) -> None:
        self.loop.remove_reader(self.fd)

    def interrupt(self) -> None:
        """Lets a read that waits for a first byte return as at the end of the stream."""
        if self.start == self.end:
            self.eof = True
            if self.waiting and not self.waiting.done():
                self.waiting.set_result(None)

    def close(self, how: str = "fin") -> None:
        """Nobody may be reading or sending any more."""
        if how == "rst":
            with contextlib.suppress(OSError):
                linger = struct.pack("ii", 1, 0)  # on, 0 s: close sends RST
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.sock.close()
        if self.buffer is not None:
            spare.append(self.buffer)
            del spare[SPARE:]
            self.buffer = self.view = None

    async def close_gently(self, seconds: float = 1.0) -> None:
        """FIN, then reads on for a while: a close with unread bytes would be an RST, which can
        take the answer from the peer that has not read it yet."""
        try:
            self.sock.shutdown(socket.SHUT_WR)
            async with asyncio.timeout(seconds):
                while await self.fill():
                    self.start = self.end
        except (OSError, Closed, TimeoutError):
            pass
        self.close()


async def connect(host: str, port: int) -> Wire:
    """To localhost and the like; a connection on loopback is there at once or refused."""
    loop = asyncio.get_running_loop()
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setblocking(False)
    try:
        address = "127.0.0.1" if host == "localhost" else host
        await loop.sock_connect(sock, (address, port))
    except OSError as error:
        sock.close()
        raise Closed(f"{host}:{port}: {error}", "rst") from error
    return Wire(sock)
