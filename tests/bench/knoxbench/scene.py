"""What every scenario needs: a real HDFS with a warm compiler, local files, mounts, the requests counted."""

import argparse
import os
import sys
import tempfile
import urllib.parse
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TESTS / "stack"), str(TESTS / "proxy")]

from faultproxy import Proxy  # noqa: E402
from knoxstack.stack import Stack  # noqa: E402

from .mount import Mount  # noqa: E402
from .table import Run  # noqa: E402

PIECE = 1 << 20


class WrongContent(Exception):
    """The bytes are not those that were written: no time is worth anything then."""


class Scene:
    """The server, and what the command line says."""

    def __init__(self, given: argparse.Namespace):
        self.size_mib = given.size
        self.files = given.files
        self.pairs = given.pairs
        self.options = given.options
        # Tier 4: the full compiler, as a server in use has it.
        self.stack = None if given.server else Stack.up(owner=os.getpid(), ephemeral=True, tier=4, heap="1g")
        self.namenode = given.server or self.stack.namenode
        self.folder = tempfile.TemporaryDirectory(prefix="knoxfs-bench-")
        self._local = None

    def scratch(self, name: str) -> str:
        return os.path.join(self.folder.name, name)

    def local(self) -> str:
        """A local file of random bytes, `size_mib` long."""
        if not self._local:
            self._local = self.scratch("file")
            with open(self._local, "wb") as out:
                for _ in range(self.size_mib):
                    out.write(os.urandom(PIECE))
        return self._local

    def url(self, path: str, op: str, **params: str) -> str:
        query = urllib.parse.urlencode({"op": op, "user.name": "root", **params})
        return f"{self.namenode}/webhdfs/v1{path}?{query}"

    def mount(self, *options: str) -> Mount:
        """A fresh one: no cache is warm."""
        return Mount(self.namenode, *self.options, *options)

    def measured(self, use, *options: str) -> Run:
        """use(mount path) on a fresh mount; use returns a child's Cost."""
        with self.mount(*options) as mount:
            before = mount.cpu_s()
            cost = use(mount.path)
            return Run(cost.wall_s, cost.cpu_s + mount.cpu_s() - before, mount.rss_mib())

    def alternate(self, curl, mount) -> list[tuple[Run, Run]]:
        """The pairs, after one of each that does not count; who is first changes."""
        curl(), mount()
        pairs = []
        for number in range(self.pairs):
            if number % 2:
                second = mount()
                pairs.append((curl(), second))
            else:
                pairs.append((curl(), mount()))
        return pairs

    def count(self, use, *options: str) -> dict[str, int]:
        """The requests of use(mount path), {"namenode OPEN": 1, ...}, through a counting proxy."""
        with Proxy(self.namenode) as proxy:
            with Mount(proxy.namenode, *self.options, *options) as mount:
                proxy.reset()
                use(mount.path)
            requests = proxy.stats()["requests"]
        return {f"{role} {op}": n for role, ops in sorted(requests.items()) for op, n in sorted(ops.items())}

    def __enter__(self) -> "Scene":
        return self

    def __exit__(self, *failure) -> None:
        self.folder.cleanup()
        if self.stack:
            self.stack.close()


def told(requests: dict[str, float]) -> str:
    return ", ".join(f"{name} {n:g}" for name, n in requests.items())
