"""A cold sequential read of one file: as fast as it goes, on links that limit a connection, and on a long one."""

from .. import child, curl, peers, use
from ..link import Link
from ..row import KNOXFS, Measure, Row, compare, plain
from ..table import Sample, WrongContent

MB = 1_000_000
WAYS = {  # name: (round trip in ms, bytes a second of each connection, of the file with eight blocks, goal, options)
    "sequential": (0, 0, False, ">= 0.9 x curl"),
    "sequential-100MB/s": (0, 100 * MB, False, ">= 0.98 x curl"),
    "sequential-50ms": (50, 0, False, ""),
    "sequential-50ms-20MB/s": (50, 20 * MB, True, ">= 4 x curl"),
    "sequential-50ms-20MB/s-streams": (50, 20 * MB, True, ">= 4 x curl", "streams=8"),
}


def cases(scene) -> dict:
    return {name: lambda name=name: measure(scene, name) for name in WAYS}


def check(scene, path: str, digest: str, way: Link | None, *options: str) -> str:
    """By knoxfs on this way, by curl and by the peers; who was checked."""
    server = way.namenode if way else None
    with scene.mount(*options, server=server) as mount:
        if child.sha256(mount.path + path) != digest:
            raise WrongContent(f"the mount shows other bytes of {path} than were stored")
    if way:
        return KNOXFS
    if curl.sha256(scene, [scene.url(path, "OPEN")]) != digest:
        raise WrongContent(f"curl gets other bytes of {path} than were stored")
    for peer in scene.peers:
        with scene.peer(peer) as mount:
            if child.sha256(mount.path + path) != digest:
                raise WrongContent(f"{peer.name} shows other bytes of {path} than were stored")
    return ", ".join([KNOXFS, "curl", *(peer.name for peer in scene.peers)])


def dd(path: str, file: str) -> child.Cost:
    return child.run("dd", f"if={path}{file}", "of=/dev/null", "bs=1M", "status=none")


def measure(scene, name: str) -> Row:
    rtt_ms, rate, in_blocks, goal, *options = WAYS[name]
    file, digest, mib = scene.stored.blocks() if in_blocks else (*scene.stored.large(), scene.size_mib)

    def work(path: str) -> child.Cost:
        return dd(path, file)

    with scene.way(rtt_ms, rate) as way:
        checked = check(scene, file, digest, way, *options)
        server = way.namenode if way else scene.namenode

        def by_curl() -> Sample:
            return plain(curl.get(scene, curl.discard([scene.url(file, "OPEN", server)])))

        who = {KNOXFS: lambda: scene.knoxfs(work, way, None, *options), "curl": by_curl}
        who |= scene.rivals(work, way)
        if scene.peers and (python := peers.python()):
            who["hdfscli"] = lambda: plain(child.asked(python, use.__file__, "hdfscli", server, file))
        rounds = compare(scene, who)
        counted = rounds[-1][KNOXFS] if way else scene.counted(work)
    cpu = sorted(one[KNOXFS].cpu_s for one in rounds)[len(rounds) // 2] / mib * 1024
    notes = [*options, f"{mib} MiB", f"{cpu:.2f} CPU s/GiB"]
    return Row(name, Measure("MiB/s", mib), rounds, counted, goal, checked, notes)


