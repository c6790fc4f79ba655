"""One client connection and the server connection behind it."""

import asyncio
import contextlib

from .errors import Closed, Cut
from .exchange import Exchange
from .head import Request
from .sender import Sender
from .wire import Wire, connect


class Connection:
    """The two are kept in step: the server's close ends the client's, and the other way round."""

    def __init__(self, proxy, listener, sock, number: int):
        self.proxy = proxy
        self.listener = listener
        self.role = listener.role
        self.number = number
        stats = proxy.stats
        self.client = Wire(
            sock,
            on_read=lambda count: stats.bytes_up.update({self.role: count}),
            on_sent=lambda count: stats.bytes_down.update({self.role: count}),
        )
        self.to_client = Sender(self.client)
        self.task: asyncio.Task | None = None  # the one that runs run()
        self.server: Wire | None = None
        self.to_server: Sender | None = None
        self.ending = "fin"

    async def run(self) -> None:
        stats = self.proxy.stats
        stats.connections[self.role] += 1
        stats.open[self.role] += 1
        try:
            await self.converse()
            self.close_server()
            await self.client.close_gently()
        except Cut as cut:
            self.ending = cut.how
        except Closed as closed:
            self.ending = closed.how
            with contextlib.suppress(Closed):
                await self.to_client.flush()  # what came before the end
        except asyncio.CancelledError:
            pass
        except Exception:
            stats.bug()
        finally:
            stats.open[self.role] -= 1
            self.close()

    def close(self) -> None:
        self.to_client.stop()
        self.client.close(self.ending)
        self.close_server()

    def close_server(self) -> None:
        if self.server:
            self.to_server.stop()
            self.server.close(self.ending)
            self.server = None

    async def converse(self) -> None:
        effect = self.proxy.rules.effect(self.role, None)
        if effect.refuse:
            raise Cut(effect.refuse)
        if effect.connect_ms:
            await asyncio.sleep(effect.connect_ms / 1000)
        stays = True
        while stays:
            raw = await self.next_head()
            if raw is None:
                return
            request = Request(raw)
            entry = self.proxy.stats.request(self.role, request.op, request.line, self.number)
            effect = self.proxy.rules.effect(self.role, request)
            try:
                stays = await Exchange(self, request, effect, entry).run()
            finally:
                self.proxy.stats.answered(self.role)

    async def next_head(self) -> bytes | None:
        """The next request; None when client or server have closed the idle connection."""
        if self.server is None:
            return await self.client.head()
        self.server.watch(self.client.interrupt)
        try:
            return await self.client.head()
        finally:
            self.server.unwatch()

    async def upstream(self) -> tuple[Wire, Sender]:
        if self.server is None:
            self.server = await connect(self.listener.host, self.listener.upstream)
            self.to_server = Sender(self.server)
        return self.server, self.to_server
