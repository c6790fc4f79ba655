"""The proxy as tests use it: a process of its own, and its control port."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_S = 20


class ProxyError(Exception):
    """The proxy did not start, or did not like what it was told."""


class Proxy:
    """Threads: may be shared."""

    def __init__(
        self,
        namenode: str | None = None,
        *,
        httpfs: str | None = None,
        datanodes: list[str] | tuple[str, ...] = (),
        rules: list[dict] | tuple[dict, ...] = (),
    ):
        line = [sys.executable, str(ROOT / "proxy"), "--owner", str(os.getpid())]
        for option, url in (("--namenode", namenode), ("--httpfs", httpfs)):
            line += [option, url] if url else []
        for url in datanodes:
            line += ["--datanode", url]
        line += ["--rules", json.dumps(list(rules))]
        self.lock = threading.Lock()
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            line,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.log,
            start_new_session=True,
        )
        first = self.process.stdout.readline()
        if not first:
            self.process.wait()
            self.log.seek(0)
            error = self.log.read().decode(errors="replace")
            raise ProxyError(f"the proxy did not start:\n{error}")
        shown = json.loads(first)
        self.namenode: str | None = shown.get("namenode")
        self.httpfs: str | None = shown.get("httpfs")
        self.datanodes: list[str] = shown["datanodes"]
        self.control = socket.create_connection(("127.0.0.1", shown["control"]), TIMEOUT_S)
        self.replies = self.control.makefile("rb")

    def tell(self, verb: str, **given) -> dict:
        with self.lock:
            self.control.sendall(json.dumps({"verb": verb, **given}).encode() + b"\n")
            line = self.replies.readline()
        reply = json.loads(line or b'{"ok": false, "error": "the proxy has ended"}')
        if not reply.pop("ok"):
            raise ProxyError(reply["error"])
        return reply

    def rules(self, *rules: dict) -> None:
        """Replaces all rules; none: plain forwarding.  The rules' counters begin anew."""
        self.tell("rules", rules=list(rules))

    def stats(self) -> dict:
        """See README.md; raises if the proxy itself has failed somewhere."""
        stats = self.tell("stats")["stats"]
        if stats["errors"]:
            raise ProxyError("".join(stats["errors"]))
        return stats

    def count(self, role: str, op: str | None = None) -> int:
        """Requests since the start or the last reset()."""
        ops = self.stats()["requests"].get(role, {})
        return sum(ops.values()) if op is None else ops.get(op.upper(), 0)

    def most(self, role: str) -> int:
        """Requests that were on their way at once, since the start or the last reset()."""
        return self.stats()["most"].get(role, 0)

    def reset(self) -> None:
        """Sets the counts to 0."""
        self.tell("reset")

    def listen(self, on: bool, role: str | None = None) -> None:
        """Off: new connections are refused, as by a server that is down.  On: as before."""
        self.tell("listen", on=on, role=role)

    def drop(self, role: str | None = None, how: str = "rst") -> int:
        """Ends all connections that are open now."""
        return self.tell("drop", role=role, how=how)["dropped"]

    def servers(self) -> list[dict]:
        return self.tell("servers")["servers"]

    def close(self) -> None:
        self.replies.close()
        self.control.close()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.log.close()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, *failure) -> None:
        self.close()
