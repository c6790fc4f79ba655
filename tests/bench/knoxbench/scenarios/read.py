"""Sequential reading."""

from .. import child
from ..scene import Scene, WrongContent, told
from ..table import MIB, Result, Run


def dd(path: str) -> child.Cost:
    return child.run("dd", f"if={path}/bench.bin", "of=/dev/null", "bs=1M", "status=none")


def measure(s: Scene) -> list[Result]:
    """a cold sequential read of one large file"""
    child.run("curl", "-sfL", "-T", s.local(), s.url("/bench.bin", "CREATE", overwrite="true"))
    with s.mount() as mount:
        if child.sha256(f"{mount.path}/bench.bin") != child.sha256(s.local()):
            raise WrongContent("the mount shows other bytes than were stored")

    def curl() -> Run:
        cost = child.run("curl", "-sfL", "-o", "/dev/null", s.url("/bench.bin", "OPEN"))
        return Run(cost.wall_s, cost.cpu_s)

    pairs = s.alternate(curl, lambda: s.measured(dd))
    return [Result(f"sequential read, {s.size_mib} MiB", s.size_mib, MIB, pairs, told(s.count(dd)))]
