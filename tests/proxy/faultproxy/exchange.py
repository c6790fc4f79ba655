"""One request and its answer, through the rules."""

import asyncio

from . import body, edits
from .errors import Closed, Cut
from .head import Request, Response
from .rule import Effect
from .sender import Sender
from .wire import Wire


class Exchange:
    """Lives from a request's head to the end of its answer; run() says if the connection stays."""

    def __init__(self, connection, request: Request, effect: Effect, entry: dict):
        self.connection = connection
        self.client: Wire = connection.client
        self.to_client: Sender = connection.to_client
        self.request = request
        self.effect = effect
        self.entry = entry
        self.role = connection.role
        self.routes = connection.proxy.routes
        self.server: Wire | None = None
        self.to_server: Sender | None = None
        self.server_deaf = False  # it no longer takes the request's body

    async def run(self) -> bool:
        effect = self.effect
        if effect.reset:
            raise Cut("rst")
        self.kill_at("head")
        self.shape(self.to_client)
        if effect.status is not None:
            return await self.inject()
        self.server, self.to_server = await self.connection.upstream()
        self.shape(self.to_server)
        if self.request.has_body():
            return await self.run_both()
        await self.upload()
        # A client that goes while it is answered ends the exchange, also a stalled one.
        self.client.watch(self.connection.task.cancel)
        try:
            return await self.download()
        finally:
            self.client.unwatch()

    def shape(self, sender: Sender) -> None:
        sender.delay_s = self.effect.latency_ms / 1000
        sender.rate = self.effect.bandwidth_bytes_per_s

    async def run_both(self) -> bool:
        """The answer's end is the end, also when the server answers before it has all."""
        upload = asyncio.create_task(self.upload())
        download = asyncio.create_task(self.download())
        try:
            await asyncio.wait({upload, download}, return_when=asyncio.FIRST_COMPLETED)
            if upload.done():
                upload.result()
                self.client.watch(download.cancel)
                await asyncio.wait({download})
            if download.cancelled():
                raise Closed("the client has gone")
            keeps = download.result()
            if not upload.done() and not keeps:
                return False
            await upload
            return keeps and not self.server_deaf
        finally:
            self.client.unwatch()
            upload.cancel()
            download.cancel()
            await asyncio.gather(upload, download, return_exceptions=True)

    def kill_at(self, point: str) -> None:
        if self.effect.kill and self.effect.kill_at == point:
            edits.end_process(self.effect)

    # The request.

    async def upload(self) -> None:
        raw = self.request.raw()
        incoming = body.of_request(self.request)
        events = edits.of_request(self.effect)
        if events:
            await self.forward(raw)
            editor = edits.Editor(self.to_server, events, incoming.chunked)
            await editor.write(b"")
            async for view, spans in body.pieces(self.client, incoming):
                for start, end in spans:
                    await editor.write(view[start:end])
            await editor.finish()
        else:
            await self.forward(raw + body.at_hand(self.client, incoming))
            async for view, _ in body.pieces(self.client, incoming):
                await self.forward(view)
        if not self.server_deaf:
            await self.to_server.flush()
        self.kill_at("sent")

    async def forward(self, data) -> None:
        """To the server.  If it has closed, its answer may be here: the body is read to no end."""
        if self.server_deaf:
            return
        try:
            await self.to_server.send(data)
        except Closed:
            self.server_deaf = True

    # The answer.

    async def download(self) -> bool:
        while True:
            raw = await self.server.head()
            if raw is None:
                raise Closed("the server closed without an answer")
            response = Response(raw)
            if not response.is_interim():
                break
            if not self.effect.drop_reply:
                await self.to_client.send(raw)
        incoming = body.of_response(response, self.request.method)
        if self.effect.drop_reply:
            await body.drain(self.server, incoming)
            raise Cut(self.effect.drop_reply)
        self.entry["status"] = response.status
        if self.effect.kill_at == "done" and self.effect.kill:
            await body.drain(self.server, incoming)
        self.kill_at("done")
        keeps = response.keeps and self.request.keeps and not isinstance(incoming, body.UntilClose)
        await self.answer(response, incoming)
        await self.to_client.flush()
        self.kill_at("told")
        return keeps and not self.effect.content_length_delta

    async def answer(self, response: Response, incoming: body.Body) -> None:
        self.routes.rewrite_head(response)
        payload = None
        if self.routes.may_name_a_server(self.role, self.request, response):
            payload = self.routes.rewrite_body(await body.collect(self.server, incoming))
            response.remove("Transfer-Encoding")
            response.set("Content-Length", str(len(payload)))
        length = response.get("Content-Length")
        if self.effect.content_length_delta and length is not None:
            response.set("Content-Length", str(int(length) + self.effect.content_length_delta))
        raw = response.raw()
        events = edits.of_response(self.effect)
        if payload is None and not events and not self.effect.drip_bytes_per_s:
            await self.to_client.send(raw + body.at_hand(self.server, incoming))
            async for view, _ in body.pieces(self.server, incoming):
                await self.to_client.send(view)
            return
        await self.to_client.send(raw)
        if self.effect.drip_bytes_per_s:
            self.to_client.rate = self.effect.drip_bytes_per_s
        editor = edits.Editor(self.to_client, events, payload is None and incoming.chunked)
        await editor.write(payload or b"")
        if payload is None:
            async for view, spans in body.pieces(self.server, incoming):
                for start, end in spans:
                    await editor.write(view[start:end])
        await editor.finish()

    # The answer that is ours.

    async def inject(self) -> bool:
        """Takes the request, unless its body waits for a 100; the server sees nothing of it."""
        waits = self.request.has("Expect", "100-continue")
        if not waits:
            await body.drain(self.client, body.of_request(self.request))
        effect = self.effect
        await asyncio.sleep(self.to_client.delay_s)  # the request's way, as if to a server
        payload = effect.body.encode()
        headers = {"Content-Length": str(len(payload))} | effect.headers
        keeps = self.request.keeps and not waits
        if not keeps:
            headers["Connection"] = "close"
        lines = [f"HTTP/1.1 {effect.status} Injected"]
        lines += [f"{key}: {value}" for key, value in headers.items()]
        head = "\r\n".join(lines) + "\r\n\r\n"
        self.entry["status"] = effect.status
        await self.to_client.send(head.encode("latin-1"))
        await edits.Editor(self.to_client, edits.of_response(effect), False).write(payload)
        await self.to_client.flush()
        return keeps
