"""Many small files are copied to the local disk."""

import hashlib
import os

from .. import child, curl
from ..row import KNOXFS, Measure, Row, compare, plain
from ..table import Sample, WrongContent


def cases(scene) -> dict:
    return {"copy-out": lambda: measure(scene, "copy-out", 0), "copy-out-50ms": lambda: measure(scene, "copy-out-50ms", 50)}


def compared(scene, target: str, names: list[str], digest: str, who: str) -> None:
    """What is in the target, which goes."""
    found = hashlib.sha256()
    for one in names:
        with open(f"{target}/{one}", "rb") as file:
            found.update(file.read())
    if found.hexdigest() != digest:
        raise WrongContent(f"{who} copies other bytes than were stored")
    scene.remove(target)


def measure(scene, name: str, rtt_ms: float) -> Row:
    folder, count = ("/bench/few", max(10, scene.files // 10)) if rtt_ms else ("/bench/small", scene.files)
    names, digest = scene.stored.small(folder, count)
    target = scene.scratch("out")

    def work(path: str) -> child.Cost:
        cost = child.run("cp", "-r", path + folder, target)
        compared(scene, target, names, digest, "the mount")
        return cost

    with scene.way(rtt_ms) as way:
        server = way.namenode if way else scene.namenode
        wanted = [(scene.url(f"{folder}/{one}", "OPEN", server), f"{target}/{one}") for one in names]

        def by_curl(jobs: int) -> Sample:
            os.mkdir(target)
            cost = curl.get(scene, wanted, jobs)
            compared(scene, target, names, digest, "curl")
            return plain(cost)

        who = {KNOXFS: lambda: scene.knoxfs(work, way), "one curl": lambda: by_curl(1), "8 curls": lambda: by_curl(8)}
        who |= scene.rivals(work, way)
        rounds = compare(scene, who)
        counted = rounds[-1][KNOXFS] if way else scene.counted(work)
    notes = [f"cp -r of {len(names)} files of 4 KiB"]
    return Row(name, Measure("files/s", len(names)), rounds, counted, ">= 1 x rclone" if not rtt_ms else "", "all copies of all", notes)
