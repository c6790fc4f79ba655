"""Through a gateway, beside curl through the same one: a large file each way, and many small ones read."""

import os
from collections.abc import Iterator

from .. import child, gateways
from ..gateways import Gateway
from ..scene import Scene, grown
from ..table import FILES, MIB, Result, Run, WrongContent, told
from .copy_out import compared
from .sequential import dd

LIMITS = {"": 0, "-100MB/s": 100_000_000}  # bytes a second of each connection: nothing is limited, and the network is what decides
JOBS = 8  # curls at once: the gateway's own rate of OPENs, which more do not raise


class Counted:
    """Fresh mounts of a gateway, what the last one asked for, and how often LDAP was asked for one at most."""

    def __init__(self, s: Scene, gateway: Gateway):
        self.s, self.gateway = s, gateway
        self.requests: dict[str, int] = {}
        self.binds = 0

    def __call__(self, use) -> Run:
        """use(mount path) returns a child's Cost."""
        s, binds = self.s, self.s.stack.binds
        with s.mount(*self.gateway.options, server=self.gateway.server) as mount:
            known, cpu = mount.stats(), mount.cpu_s()
            cost = use(mount.path)
            run = Run(cost.wall_s, cost.cpu_s + mount.cpu_s() - cpu, mount.rss_mib())
            self.requests = grown(known, mount.stats())["requests"]
        self.binds = max(self.binds, s.stack.binds - binds)
        return run

    def told(self) -> str:
        return told(self.requests | {"LDAP binds": self.binds})


def plain(cost: child.Cost) -> Run:
    return Run(cost.wall_s, cost.cpu_s)


def read(s: Scene, gateway: Gateway, limit: str) -> Result:
    """of one large file, by dd bs=1M"""
    file, digest = s.stored.large()
    url, mounted = s.url(file, "OPEN", gateway.server), Counted(s, gateway)
    with s.mount(*gateway.options, server=gateway.server) as mount:
        if child.sha256(mount.path + file) != digest:
            raise WrongContent(f"the mount by {gateway.name} shows other bytes of {file} than were stored")
    pairs = s.alternate(
        lambda: plain(gateway.curl(s, [(url, "/dev/null")])),
        lambda: mounted(lambda path: dd(path, file)),
    )
    return Result(f"by {gateway.name}: sequential read{limit}, {s.size_mib} MiB", s.size_mib, MIB, pairs, mounted.told())


def write(s: Scene, gateway: Gateway, limit: str) -> Result:
    """of one large file, by dd bs=1M, until close has returned"""
    name = f"bench-{gateway.name.lower()}"
    url = s.url(f"/{name}-curl", "CREATE", gateway.server, overwrite="true", **gateway.create)
    mounted = Counted(s, gateway)

    def use(path: str) -> child.Cost:
        return child.run("dd", f"if={s.local()}", f"of={path}/{name}", "bs=1M", "status=none")

    mounted(use)
    with s.mount() as mount:
        if child.sha256(f"{mount.path}/{name}") != child.sha256(s.local()):
            raise WrongContent(f"by {gateway.name} other bytes came to the server than were written")
    pairs = s.alternate(lambda: plain(gateway.curl(s, [(url, s.local())], "upload-file")), lambda: mounted(use))
    return Result(f"by {gateway.name}: sequential write{limit}, {s.size_mib} MiB", s.size_mib, MIB, pairs, mounted.told())


def small(s: Scene, gateway: Gateway) -> Result:
    """many of 4 KiB, by cp -r to the local disk, beside eight curls that take turns"""
    folder = "/bench/small"
    names, digest = s.stored.small(folder, s.files)
    target, mounted = s.scratch("out"), Counted(s, gateway)
    wanted = [(s.url(f"{folder}/{one}", "OPEN", gateway.server), f"{target}/{one}") for one in names]

    def curl() -> Run:
        os.mkdir(target)
        run = plain(gateway.curl(s, wanted, jobs=JOBS))
        compared(s, target, names, digest, "curl")
        return run

    def mount() -> Run:
        run = mounted(lambda path: child.run("cp", "-r", path + folder, target))
        compared(s, target, names, digest, "the mount")
        return run

    what = f"by {gateway.name}: {s.files} files of 4 KiB read, beside {JOBS} curls at once"
    return Result(what, s.files, FILES, s.alternate(curl, mount), mounted.told())


def measure(s: Scene) -> Iterator[Result]:
    """NAME-read, NAME-write, both also with a limit, and NAME-small of each gateway"""
    for gateway in gateways.every(s) if s.stack else []:
        name = gateway.name.lower()
        for case in (read, write):
            for limit, rate in LIMITS.items():
                if s.wanted(f"{name}-{case.__name__}{limit}"):
                    with gateways.limited(s, gateway, rate) as way:
                        yield case(s, way, limit)
        if s.wanted(f"{name}-small"):
            yield small(s, gateway)
