"""What every scenario needs: a real HDFS with a warm compiler, files on it, mounts, links, the requests counted."""

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TESTS / "stack"), str(TESTS / "proxy")]

from faultproxy import Proxy  # noqa: E402
from knoxstack.stack import Stack  # noqa: E402

from . import gateways, peers  # noqa: E402
from .files import Files  # noqa: E402
from .link import Link, build, port_of  # noqa: E402
from .mount import Mount, Mounted, Watcher  # noqa: E402
from .table import Run, Sample  # noqa: E402

PIECE = 1 << 20


def by_gateways(groups: list[str]) -> bool:
    return bool({"gateway", "all"} & set(groups))


class Scene:
    """The server, and what the command line says."""

    def __init__(self, given: argparse.Namespace):
        self.scale = given.scale
        self.size_mib = self.scaled(given.size, 16)
        self.files = self.scaled(given.files, 10)
        self.entries = self.scaled(given.entries, 200)
        self.pairs = given.pairs
        self.options = given.options
        self.only = given.only or [""]
        self.folder = tempfile.TemporaryDirectory(prefix="knoxfs-bench-")
        self.rehearsals = 0 if given.quick else 1
        self.peers = peers.mounts(given.mounts) if not given.no_peers else []
        more = {"knox": True, "httpfs": True, "settings": gateways.SETTINGS} if by_gateways(given.group) else {}
        # Tier 4: the full compiler, as a server in use has it.
        self.stack = None if given.server else Stack.up(owner=os.getpid(), ephemeral=True, tier=4, heap="1g", **more)
        self.namenode = given.server or self.stack.namenode
        self.stored = Files(self)
        self._local = None
        self._program = None

    def scaled(self, amount: int, least: int = 1) -> int:
        return max(least, int(amount * self.scale))

    def wanted(self, name: str) -> bool:
        """Whether this scenario is among those that shall be measured."""
        return any(name == one[:-1] if one.endswith("=") else name.startswith(one) for one in self.only)

    def scratch(self, name: str) -> str:
        return os.path.join(self.folder.name, name)

    def remove(self, path: str) -> None:
        """Of what is in the scratch folder."""
        if os.path.isdir(path):
            shutil.rmtree(path)
        else:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)

    def local(self) -> str:
        """A local file of random bytes, `size_mib` long."""
        if not self._local:
            self._local = self.scratch("file")
            with open(self._local, "wb") as out:
                for _ in range(self.size_mib):
                    out.write(os.urandom(PIECE))
        return self._local

    def url(self, path: str, op: str, server: str | None = None, **params) -> str:
        query = urllib.parse.urlencode({"op": op, "user.name": "root", **params})
        return f"{server or self.namenode}/webhdfs/v1{path}?{query}"

    # Ways to the server.

    def servers(self) -> dict[str, list[int]]:
        datanodes = self.stack.datanodes if self.stack else [self.stored.datanode()]
        return {"namenode": [port_of(self.namenode)], "datanode": [port_of(url) for url in datanodes]}

    def rpc_servers(self) -> dict[str, list[int]]:
        """What clients of Hadoop's own protocols connect to."""
        plan = self.stack.plan
        datanodes = [plan.port(name, "transfer") for name in plan.names() if name.startswith("dn")]
        return {"rpc": [plan.port("nn", "rpc")], "transfer": datanodes}

    def link(self, rtt_ms: float = 0, rate: int = 0, servers: dict[str, list[int]] | None = None) -> Link:
        self._program = self._program or build(self.folder.name)
        return Link(self._program, servers or self.servers(), rtt_ms, rate)

    @contextlib.contextmanager
    def way(self, rtt_ms: float, rate: int = 0):
        """A link, or None when it would neither delay nor limit: then it would only cost time."""
        if not rtt_ms and not rate:
            yield None
            return
        with contextlib.ExitStack() as stack:
            made = stack.enter_context(self.link(rtt_ms, rate))
            if self.peers and self.stack and (pid := stack.enter_context(network())):
                stack.enter_context(Link(self._program, self.rpc_servers(), rtt_ms, rate, pid))
                made.inner = pid
            yield made

    # Mounts.

    def mount(self, *options: str, server: str | None = None) -> Mount:
        """A fresh one: no cache is warm."""
        return Mount(server or self.namenode, *self.options, *options)

    def peer(self, peer: peers.Peer, way: Link | None = None) -> Mounted:
        rpc = self.stack.rpc.removeprefix("hdfs://") if self.stack else ""
        known = {"{rpc}": rpc, "{namenode}": self.namenode, "{scratch}": self.folder.name}
        line = peer.line
        for name, value in known.items():
            line = [word.replace(name, value) for word in line]
        self.remove(self.scratch("rclone"))
        return Mounted([*["nsenter", f"--net=/proc/{way.inner}/ns/net"], *line] if way else line)

    def rivals(self, use, way: Link | None = None, before=None, whole_files: bool = False) -> dict:
        """The peers as candidates on this way, as far as it leads to what they speak with."""
        if way and not way.inner:
            return {}
        return {
            peer.name: lambda peer=peer: self.sample(self.peer(peer, way), use, None, before)
            for peer in self.peers
            if whole_files or not peer.whole_files
        }

    def sample(self, mounted: Mounted, use, through: Link | None = None, before=None) -> Sample:
        """use(path) on the mount, after before(path), which does not count; use returns a Cost."""
        with mounted as mount:
            if before:
                before(mount.path)
            if through:
                through.reset()
            cpu, known = mount.cpu_s(), mount.stats()
            with Watcher(mount) as watcher:
                cost = use(mount.path)
            cpu = cost.cpu_s + mount.cpu_s() - cpu
            sample = Sample(cost.wall_s, cpu, mount.rss_mib(), cost.said)
            after = mount.stats()
            sample.stats = grown(known, after)
            sample.budget_mib, sample.beyond_mib = watcher.budget_mib, watcher.beyond_mib
            sample.wire = through.stats() if through else {}
            return sample

    def knoxfs(self, use, through: Link | None = None, before=None, *options: str) -> Sample:
        mount = self.mount(*options, server=through.namenode if through else None)
        return self.sample(mount, use, through, before)

    def counted(self, use, before=None) -> Sample:
        """Once more through a link that only counts."""
        with self.link() as way:
            return self.knoxfs(use, way, before)

    # As the scenarios that write have it.

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
            self.stack.down()


@contextlib.contextmanager
def network():
    """The pid of a process in a network of its own, which has a loopback only; None where that is not allowed."""
    line = ["unshare", "--net", "sh", "-c", "ip link set lo up && echo up && exec cat"]
    keeper = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        yield keeper.pid if keeper.stdout.readline() == b"up\n" else None
    finally:
        keeper.stdin.close()
        keeper.wait(10)
        keeper.stdout.close()


def grown(before: dict, after: dict) -> dict:
    """By how much numbers have grown; of those that are "requests" each by its name."""
    return {
        name: grown(before.get(name, {}), value) if isinstance(value, dict) else value - before.get(name, 0)
        for name, value in after.items()
    }
