"""Which listener stands for which server, and the rewriting of answers that name a server."""

import json
from urllib.parse import urlsplit, urlunsplit

from .head import Request, Response

# Whose JSON answers may hold a Location (with noredirect, and HttpFS's answer to CREATE).
# These answers are small, unlike those of LISTSTATUS.
NAMING_OPS = ("OPEN", "CREATE", "APPEND", "GETFILECHECKSUM")


class Routes:
    """Asks LISTEN(role, host, port) for a listener's port when an unknown server is named."""

    def __init__(self, listen):
        self.listen = listen
        self.ports: dict[tuple[str, int], int] = {}  # (server) -> our port

    def add(self, host: str, port: int, own: int) -> None:
        self.ports[plain(host), port] = own

    def translate(self, url: str) -> str:
        """The same URL by way of us; a server not seen before is taken for a DataNode."""
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname or not parts.port:
            return url
        if plain(parts.hostname) == "localhost" and parts.port in self.ports.values():
            return url
        server = plain(parts.hostname), parts.port
        if server not in self.ports:
            self.ports[server] = self.listen("datanode", *server)
        return urlunsplit(parts._replace(netloc=f"localhost:{self.ports[server]}"))

    def rewrite_head(self, response: Response) -> None:
        location = response.get("Location")
        if location:
            response.set("Location", self.translate(location))

    def may_name_a_server(self, role: str, request: Request, response: Response) -> bool:
        kind = (response.get("Content-Type") or "").lower()
        named = role != "datanode" and request.op in NAMING_OPS and request.method != "HEAD"
        return named and response.status in (200, 201) and kind.startswith("application/json")

    def rewrite_body(self, body: bytes) -> bytes:
        try:
            answer = json.loads(body)
            answer["Location"] = self.translate(answer["Location"])
        except (ValueError, LookupError, TypeError):
            return body
        return json.dumps(answer).encode()


def plain(host: str) -> str:
    return "localhost" if host in ("127.0.0.1", "localhost") else host
