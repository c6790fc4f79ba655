"""What every benchmark needs: a real HDFS with a warm compiler, a file, the words of the command line."""

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

PIECE = 1 << 20


def arguments(text: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument("--size", type=int, default=1024, metavar="MIB", help="of the file (default 1024)")
    parser.add_argument("--pairs", type=int, default=5, metavar="N", help="how often each is run (default 5)")
    parser.add_argument("--server", metavar="URL", help="a running NameNode; default: one is started for this")
    return parser.parse_args()


class Scene:
    """The server and a local file of random bytes."""

    def __init__(self, options: argparse.Namespace):
        self.bytes = options.size * PIECE
        self.pairs = options.pairs
        # Tier 4: the full compiler, as a server in use has it.
        self.stack = None if options.server else Stack.up(owner=os.getpid(), ephemeral=True, tier=4, heap="1g")
        self.namenode = options.server or self.stack.namenode
        self.folder = tempfile.TemporaryDirectory(prefix="knoxfs-bench-")
        self.local = os.path.join(self.folder.name, "file")
        with open(self.local, "wb") as out:
            for _ in range(options.size):
                out.write(os.urandom(PIECE))

    def url(self, path: str, op: str, **params: str) -> str:
        query = urllib.parse.urlencode({"op": op, "user.name": "root", **params})
        return f"{self.namenode}/webhdfs/v1{path}?{query}"

    def count(self, use, *options: str) -> dict[str, int]:
        """The requests of use(mount path) through a counting proxy."""
        from .mount import Mount

        with Proxy(self.namenode) as proxy:
            with Mount(proxy.namenode, *options) as mount:
                proxy.reset()
                use(mount.path)
                return counts(proxy.stats())

    def __enter__(self) -> "Scene":
        return self

    def __exit__(self, *failure) -> None:
        self.folder.cleanup()
        if self.stack:
            self.stack.close()


def counts(stats: dict) -> dict[str, int]:
    """{"namenode OPEN": 1, ...} of a proxy's figures."""
    return {f"{role} {op}": n for role, ops in sorted(stats["requests"].items()) for op, n in sorted(ops.items())}
