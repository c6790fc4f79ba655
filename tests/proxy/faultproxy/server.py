"""The listeners and what they share."""

import asyncio
import contextlib
import itertools
import socket
from dataclasses import dataclass, field

from .connection import Connection
from .routes import Routes
from .rule import RuleBook
from .stats import Stats


@dataclass(eq=False)
class Listener:
    role: str
    host: str  # the server behind
    upstream: int  # its port
    port: int = 0  # ours
    sock: socket.socket | None = None
    task: asyncio.Task | None = None
    connections: dict[asyncio.Task, Connection] = field(default_factory=dict)


class Server:
    def __init__(self):
        self.rules = RuleBook()
        self.stats = Stats()
        self.routes = Routes(self.listen)
        self.listeners: list[Listener] = []
        self.numbers = itertools.count(1)

    def listen(self, role: str, host: str, upstream: int) -> int:
        """Our port for a server; at once, so that an answer can name it."""
        listener = Listener(role, host, upstream)
        self.open(listener)
        self.listeners.append(listener)
        self.routes.add(host, upstream, listener.port)
        return listener.port

    def open(self, listener: Listener) -> None:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", listener.port))
        sock.listen(512)
        sock.setblocking(False)
        listener.sock = sock
        listener.port = sock.getsockname()[1]
        listener.task = asyncio.create_task(self.accept(listener))

    def shut(self, listener: Listener) -> None:
        """Connections are refused by the kernel from now on; those that are there stay."""
        listener.task.cancel()
        listener.sock.close()
        listener.task = listener.sock = None

    async def accept(self, listener: Listener) -> None:
        loop = asyncio.get_running_loop()
        while True:
            sock, _ = await loop.sock_accept(listener.sock)
            connection = Connection(self, listener, sock, next(self.numbers))
            task = connection.task = asyncio.create_task(connection.run())
            listener.connections[task] = connection
            task.add_done_callback(lambda task: listener.connections.pop(task))

    def chosen(self, role: str | None) -> list[Listener]:
        return [listener for listener in self.listeners if role in (None, listener.role)]

    def set_listening(self, role: str | None, on: bool) -> None:
        for listener in self.chosen(role):
            if on and listener.sock is None:
                self.open(listener)
            elif not on and listener.sock is not None:
                self.shut(listener)

    async def drop(self, role: str | None, how: str) -> int:
        """Ends all connections, whatever they are at; how many."""
        tasks = []
        for listener in self.chosen(role):
            for task, connection in listener.connections.items():
                connection.ending = how
                task.cancel()
                tasks.append(task)
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)
        return len(tasks)
