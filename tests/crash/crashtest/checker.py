"""What is really there, by plain WebHDFS requests, compared with what may be there."""

import hashlib
import http.client
import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from .manifest import Account, Slot, State

HIDDEN = re.compile(r"^\.(.+)\.knoxfs-[^-]+-\d+$")
TIMEOUT_S = 20


class Lost(AssertionError):
    """A content that may not be there, or one missing that was acknowledged."""


class Look:
    """One content, as far as comparing needs it."""

    def __init__(self, data: bytes | None):
        self.data = data
        self.sha = data is not None and hashlib.sha256(data).hexdigest()

    def __str__(self) -> str:
        return "nothing" if self.data is None else f"{len(self.data)} B, {self.sha[:8]}"

    def is_one(self, one, blobs: Path) -> bool:
        if one is None or self.data is None:
            return one is None and self.data is None
        sha, length, at_least = one
        if len(self.data) == length:
            return self.sha == sha
        if not at_least <= len(self.data) < length:
            return False
        return (blobs / sha).read_bytes().startswith(self.data)


def words(state: State) -> str:
    return ", ".join(
        f"{name}: " + (f"{one[2]}..{one[1]} B, {one[0][:8]}" if one else "nothing") for name, one in state
    )


def compare(slot: Slot, read: Callable[[str], bytes | None], blobs: Path, where: str) -> dict:
    """{name: content} of a slot; Lost when that is not allowed."""
    names = sorted({name for state in slot.allowed() for name, _ in state})
    # From the first name on, and back: a rename between two looks is not possible, nobody writes.
    looks = {name: Look(read(name)) for name in names}
    for state in slot.allowed():
        if all(look.is_one(dict(state).get(name), blobs) for name, look in looks.items()):
            return {name: look.data for name, look in looks.items()}
    found = ", ".join(f"{name}: {look}" for name, look in looks.items())
    may = "\n   or ".join(words(state) for state in slot.allowed())
    raise Lost(f"{where}, slot {slot.name}: found {found}\n  may {may}\n  under way: {slot.open}")


def compare_past(slot: Slot, read: Callable[[str], bytes | None], blobs: Path) -> None:
    """Each name holds something that it was to hold at some time, whole."""
    for name, ones in slot.past.items():
        look = Look(read(name))
        if not any(look.is_one(one, blobs) for one in ones):
            may = ", ".join(str(one and (one[0][:8], *one[1:])) for one in ones)
            raise Lost(f"on the cluster, {name}: found {look}\n  may {may}\n  under way: {slot.open}")


def compare_blocks(slot: Slot, read: Callable[[str], bytes | None], blobs: Path, block: int) -> None:
    """Each name holds something that it may hold, or whole blocks from its beginning on."""
    for name in sorted({name for state in slot.allowed() for name, _ in state}):
        look = Look(read(name))
        ones = [dict(state).get(name) for state in slot.allowed()]
        cut = bool(look.data) and len(look.data) % block == 0
        begins = cut and any(one and (blobs / one[0]).read_bytes().startswith(look.data) for one in ones)
        if not begins and not any(look.is_one(one, blobs) for one in ones):
            raise Lost(f"on the cluster, {name}: found {look}\n  may {ones}\n  under way: {slot.open}")


class Cluster:
    """A folder, as another client sees it; connections to the NameNode are kept."""

    def __init__(self, namenode: str, root: str, user: str):
        self.namenode, self.root, self.user = namenode, root, user
        self.connection: http.client.HTTPConnection | None = None

    def ask(self, method: str, url: str, body: bytes | None = None, kept: bool = True):
        parts = urlsplit(url)
        connection = self.connection if kept else None
        if connection is None:
            connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT_S)
            if kept:
                self.connection = connection
        headers = {"Content-Type": "application/octet-stream"} if body is not None else {}
        try:
            connection.request(method, f"{parts.path}?{parts.query}", body, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Location"), answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        finally:
            if not kept:
                connection.close()

    def close(self) -> None:
        if self.connection:
            self.connection.close()
            self.connection = None

    def url(self, op: str, name: str = "", **params) -> str:
        query = urlencode({"op": op, "user.name": self.user} | params)
        path = f"{self.root}/{name}" if name else self.root
        return f"{self.namenode}/webhdfs/v1{quote(path)}?{query}"

    def do(self, method: str, op: str, name: str = "", body: bytes | None = None, **params):
        """(status, body); a body goes to where the redirect says."""
        status, location, answer = self.ask(method, self.url(op, name, **params))
        if status == 307:
            status, _, answer = self.ask(method, location, body, kept=False)
        return status, answer

    def entries(self) -> dict[str, dict]:
        status, body = self.do("GET", "LISTSTATUS")
        if status != 200:
            raise OSError(f"LISTSTATUS: {status} {body[:200]!r}")
        return {one["pathSuffix"]: one for one in json.loads(body)["FileStatuses"]["FileStatus"]}

    def read(self, name: str) -> bytes | None:
        status, body = self.do("GET", "OPEN", name)
        if status == 200:
            return body
        if status == 404 and b"FileNotFoundException" in body:
            return None
        raise OSError(f"OPEN {name}: {status} {body[:300]!r}")

    def write(self, name: str, data: bytes) -> None:
        status, body = self.do("PUT", "CREATE", name, data, overwrite="true")
        if status != 201:
            raise OSError(f"CREATE {name}: {status} {body[:300]!r}")

    def is_open(self, name: str) -> bool:
        """Somebody writes it, or DataNodes have not finished what a client had begun with it."""
        status, body = self.do("GET", "GET_BLOCK_LOCATIONS", name)
        return status == 200 and json.loads(body)["LocatedBlocks"]["isUnderConstruction"]


def strangers(entries: dict[str, dict], account: Account) -> list[str]:
    """Names that are nobody's: neither a slot's nor a hidden sibling of one."""
    known = {name for slot in account.slots.values() for state in slot.allowed() for name, _ in state}
    hidden = {name: HIDDEN.match(name) for name in entries}
    return [name for name in entries if name not in known and not (hidden[name] and hidden[name][1] in known)]
