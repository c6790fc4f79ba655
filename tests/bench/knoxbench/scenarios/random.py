"""Reads of 4 KiB at random places of one large file, by one and by several threads, on shorter and longer ways.

curl is measured twice: asking the NameNode for each read, over a kept connection, and straight at the DataNode that a first
redirect has named. Both are one process a job."""

import hashlib
import sys

from .. import child, curl, use
from ..row import KNOXFS, Measure, Row, compare, plain
from ..table import Sample, WrongContent

LENGTH = 4096
JOBS = (1, 4, 16)
READS = {0: 600, 1: 400, 20: 120, 50: 60}  # of one job, by the round trip in ms; of more jobs up to four times as many
TWICE = ">= 2 x curl by the NameNode"
GOALS = {0: TWICE, 1: TWICE, 20: "<= 1.1 x (20 ms + the DataNode's time) a read", 50: ">= 15 reads/s with one job, scaling"}
PYTHON = sys.executable


def cases(scene) -> dict:
    names = {(rtt, jobs): f"random-{rtt}ms-{jobs}" for rtt in READS for jobs in JOBS}
    return {name: lambda name=name, case=case: measure(scene, name, *case) for case, name in names.items()}


def expected(local: str, places: list[int], jobs: int) -> str:
    """The sha256 of the pieces in the order of use.at_random."""
    digest = hashlib.sha256()
    with open(local, "rb") as file:
        for number in range(jobs):
            for at in places[number::jobs]:
                file.seek(at)
                digest.update(file.read(LENGTH))
    return digest.hexdigest()


def measure(scene, name: str, rtt_ms: int, jobs: int) -> Row:
    file, _ = scene.stored.large()
    count = max(jobs * 2, scene.scaled(READS[rtt_ms] * min(jobs, 4), 8))
    size = scene.size_mib << 20
    seeds = iter(range(1000))

    with scene.way(rtt_ms) as way:
        server = way.namenode if way else scene.namenode

        def work(path: str) -> child.Cost:
            seed = next(seeds)
            words = [str(word) for word in (jobs, count, LENGTH, seed)]
            cost = child.asked(PYTHON, use.__file__, "at_random", path + file, *words)
            if cost.said["sha256"] != expected(scene.local(), use.offsets(size, count, LENGTH, seed), jobs):
                raise WrongContent("random reads: other bytes than were stored")
            return cost

        def urls(direct: bool, seed: int) -> list[str]:
            places = use.offsets(size, count, LENGTH, seed)
            if not direct:
                return [scene.url(file, "OPEN", server, offset=at, length=LENGTH) for at in places]
            known = scene.stored.direct(file, 0, LENGTH, server)
            return [known.replace("offset=0", f"offset={at}") for at in places]

        def by_curl(direct: bool) -> Sample:
            return plain(curl.get(scene, curl.discard(urls(direct, next(seeds))), jobs))

        check(scene, size, count, urls)
        who = {
            KNOXFS: lambda: scene.knoxfs(work, way),
            "curl by the NameNode": lambda: by_curl(False),
            "curl at the DataNode": lambda: by_curl(True),
        }
        who |= scene.rivals(work, way)
        rounds = compare(scene, who)
        counted = rounds[-1][KNOXFS] if way else scene.counted(work)
    return Row(name, Measure("reads/s", count), rounds, counted, GOALS[rtt_ms], "each read of the mounts, curl", [f"{count} reads"])


def check(scene, size: int, count: int, urls) -> None:
    places = use.offsets(size, count, LENGTH, 1)[:50]
    wanted = expected(scene.local(), places, 1)
    for direct in (False, True):
        if curl.sha256(scene, urls(direct, 1)[:50]) != wanted:
            raise WrongContent("curl gets other bytes than were stored")
