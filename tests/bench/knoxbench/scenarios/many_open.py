"""Many files are open at once, and all are being read."""

import hashlib
import sys

from .. import child, use
from ..row import KNOXFS, Measure, Row, compare, memory
from ..table import WrongContent

THREADS = 32
ROUNDS = 4
LENGTH = 65536
PYTHON = sys.executable


def cases(scene) -> dict:
    return {"many-open": lambda: measure(scene)}


def measure(scene) -> Row:
    names = scene.stored.middle()
    digest = hashlib.sha256()
    for number in range(ROUNDS):
        for one in range(len(names)):
            digest.update(scene.stored.middle_content(one)[number * LENGTH : (number + 1) * LENGTH])

    def work(path: str) -> child.Cost:
        listed = scene.scratch("listed")
        with open(listed, "w") as out:
            out.writelines(f"{path}/bench/middle/{one}\n" for one in names)
        words = [str(word) for word in (THREADS, ROUNDS, LENGTH)]
        cost = child.asked(PYTHON, use.__file__, "handles", listed, *words)
        if cost.said["sha256"] != digest.hexdigest():
            raise WrongContent("many open files: other bytes than were stored")
        return cost

    who = {KNOXFS: lambda: scene.knoxfs(work)}
    who |= scene.rivals(work)
    rounds = compare(scene, who)
    mib = len(names) * ROUNDS * LENGTH / (1 << 20)
    notes = [f"{len(names)} files of 2 MiB open, {ROUNDS} times 64 KiB of each by {THREADS} threads", memory(rounds)]
    goal = "RSS <= budget + 32 MiB"
    return Row("many-open", Measure("MiB/s", mib), rounds, scene.counted(work), goal, "each read of the mounts", notes)
