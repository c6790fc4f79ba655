"""Files are opened and their first bytes read, one after the other, in an order that is nobody's."""

import hashlib
import random
import sys

from .. import child, curl, use
from ..row import KNOXFS, Measure, Row, compare, plain
from ..table import Sample, WrongContent

FILES = 200
PYTHON = sys.executable


def cases(scene) -> dict:
    names = {0: "first-byte", 20: "first-byte-20ms"}
    return {name: lambda name=name, rtt=rtt: measure(scene, name, rtt) for rtt, name in names.items()}


def shuffled(scene) -> list[tuple[int, str]]:
    """(number, name) of some files."""
    names = list(enumerate(scene.stored.middle()))
    random.Random(7).shuffle(names)
    return names[: scene.scaled(FILES, 5)]


def measure(scene, name: str, rtt_ms: float) -> Row:
    files = shuffled(scene)
    digest = hashlib.sha256(b"".join(scene.stored.middle_content(number)[:1] for number, _ in files)).hexdigest()

    def look(path: str) -> None:
        child.run("ls", "-l", f"{path}/bench/middle")

    def work(path: str) -> child.Cost:
        listed = scene.scratch("listed")
        with open(listed, "w") as out:
            out.writelines(f"{path}/bench/middle/{one}\n" for _, one in files)
        cost = child.asked(PYTHON, use.__file__, "first_byte", listed)
        if cost.said["sha256"] != digest:
            raise WrongContent("first bytes: others than were stored")
        return cost

    with scene.way(rtt_ms) as way:
        server = way.namenode if way else scene.namenode
        urls = [scene.url(f"/bench/middle/{one}", "OPEN", server, length=1) for _, one in files]
        if curl.sha256(scene, urls) != digest:
            raise WrongContent("curl gets other first bytes than were stored")

        def one_by_one() -> Sample:
            costs = [child.run(*curl.OPTIONS, "-o", "/dev/null", url) for url in urls]
            return Sample(sum(one.wall_s for one in costs), sum(one.cpu_s for one in costs))

        who = {
            KNOXFS: lambda: scene.knoxfs(work, way, look),
            "curl for each": one_by_one,
            "one curl": lambda: plain(curl.get(scene, curl.discard(urls))),
        }
        who |= scene.rivals(work, way, look)
        rounds = compare(scene, who)
        counted = rounds[-1][KNOXFS] if way else scene.counted(work, look)
    notes = [f"{len(files)} files of 2 MiB, after ls -l"]
    goal = ">= 1.43 x curl for each" if rtt_ms else ""
    return Row(name, Measure("ms", len(files)), rounds, counted, goal, "each read of the mounts, curl", notes)
