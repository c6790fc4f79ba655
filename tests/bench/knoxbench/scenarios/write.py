"""Sequential writing."""

from .. import child
from ..scene import Scene
from ..table import MIB, Result, Run, WrongContent, told


def measure(s: Scene) -> list[Result]:
    """a sequential write of one large file, until close has returned and all of it is stored"""

    def dd(path: str) -> child.Cost:
        return child.run("dd", f"if={s.local()}", f"of={path}/mount.bin", "bs=1M", "status=none")

    def curl() -> Run:
        cost = child.run("curl", "-sfL", "-T", s.local(), s.url("/curl.bin", "CREATE", overwrite="true"))
        return Run(cost.wall_s, cost.cpu_s)

    with s.mount() as mount:
        dd(mount.path)
    with s.mount() as mount:
        if child.sha256(f"{mount.path}/mount.bin") != child.sha256(s.local()):
            raise WrongContent("the server has other bytes than were written")
    pairs = s.alternate(curl, lambda: s.measured(dd))
    return [Result(f"sequential write, {s.size_mib} MiB", s.size_mib, MIB, pairs, told(s.count(dd)))]
