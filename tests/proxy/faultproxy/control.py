"""The control port: a JSON object a line, and one in return."""

import asyncio
import json

from .server import Server


class Control:
    def __init__(self, server: Server):
        self.server = server

    async def start(self) -> int:
        listener = await asyncio.start_server(self.serve, "127.0.0.1", 0, limit=1 << 24)
        self.listener = listener
        return listener.sockets[0].getsockname()[1]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(json.dumps(await self.answer(line)).encode() + b"\n")
                await writer.drain()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def answer(self, line: bytes) -> dict:
        try:
            given = json.loads(line)
            verb = getattr(self, f"verb_{given.pop('verb')}")
            return {"ok": True} | (await verb(**given) or {})
        except (ValueError, TypeError, LookupError, AttributeError, OSError) as error:
            return {"ok": False, "error": f"{type(error).__name__}: {error}"}

    async def verb_stats(self) -> dict:
        rules = [{"seen": rule.seen, "fired": rule.fired} for rule in self.server.rules.rules]
        return {"stats": self.server.stats.as_dict() | {"rules": rules}}

    async def verb_reset(self) -> None:
        self.server.stats.reset()

    async def verb_rules(self, rules: list) -> None:
        self.server.rules.replace(rules)

    async def verb_listen(self, on: bool, role: str | None = None) -> None:
        self.server.set_listening(role, on)

    async def verb_drop(self, role: str | None = None, how: str = "rst") -> dict:
        return {"dropped": await self.server.drop(role, how)}

    async def verb_servers(self) -> dict:
        """Ours for each server."""
        return {
            "servers": [
                {
                    "role": listener.role,
                    "server": f"http://{listener.host}:{listener.upstream}",
                    "proxy": f"http://localhost:{listener.port}",
                }
                for listener in self.server.listeners
            ]
        }
