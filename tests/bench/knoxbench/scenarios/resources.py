"""How soon a mount is ready, and what one that does nothing takes."""

import os

from .. import child
from ..row import KNOXFS, Measure, Row, compare
from ..table import Sample, WrongContent


def cases(scene) -> dict:
    return {"idle": lambda: measure(scene)}


def measure(scene) -> Row:
    file, _ = scene.stored.large()

    def started(mounted) -> Sample:
        """The time until it was ready, and its memory then."""
        with mounted as mount:
            return Sample(mount.ready_s, mount.cpu_s(), mount.rss_mib("VmRSS"))

    def look(path: str) -> child.Cost:
        cost = child.run("ls", path + file)
        if os.path.getsize(path + file) != scene.size_mib << 20:
            raise WrongContent("the mount shows another size than was stored")
        return cost

    who = {KNOXFS: lambda: started(scene.mount())}
    who |= {peer.name: lambda peer=peer: started(scene.peer(peer)) for peer in scene.peers}
    rounds = compare(scene, who)
    goal = "<= 50 ms, RSS <= 15 MiB"
    return Row("idle", Measure("ms"), rounds, scene.counted(look), goal, "a size", ["from the start to the mount"])
