"""Sixteen programs read sixteen files at the same time."""

import hashlib

from .. import child, curl
from ..row import KNOXFS, Measure, Row, compare, memory, plain
from ..table import Sample, WrongContent

READERS = 16
GOAL = ">= 0.95 x 16 curls; RSS <= 64 MiB beyond the budget in use"


def cases(scene) -> dict:
    return {"readers": lambda: measure(scene, "readers", 0), "readers-50ms": lambda: measure(scene, "readers-50ms", 50)}


def sha256(folder: str, names: list[str]) -> str:
    digest = hashlib.sha256()
    for name in names:
        with open(f"{folder}/bench/parts/{name}", "rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
    return digest.hexdigest()


def measure(scene, name: str, rtt_ms: float) -> Row:
    names, digest, mib = scene.stored.parts()

    def work(path: str) -> child.Cost:
        line = ["dd", "of=/dev/null", "bs=1M", "status=none"]
        return child.together([[*line, f"if={path}/bench/parts/{one}"] for one in names])

    with scene.way(rtt_ms) as way:
        server = way.namenode if way else scene.namenode
        urls = [scene.url(f"/bench/parts/{one}", "OPEN", server) for one in names]
        with scene.mount(server=server) as mount:
            if sha256(mount.path, names) != digest or curl.sha256(scene, urls) != digest:
                raise WrongContent("other bytes of the sixteen files than were stored")

        def by_curl() -> Sample:
            return plain(curl.get(scene, curl.discard(urls), READERS))

        who = {KNOXFS: lambda: scene.knoxfs(work, way), "16 curls": by_curl}
        who |= scene.rivals(work, way)
        rounds = compare(scene, who)
        counted = rounds[-1][KNOXFS] if way else scene.counted(work)
    notes = [f"{READERS} files of {mib} MiB", memory(rounds)]
    return Row(name, Measure("MiB/s", READERS * mib), rounds, counted, GOAL, f"{KNOXFS}, curl", notes)
