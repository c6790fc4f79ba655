"""Listings: a tree of many folders, and one folder of many files."""

import hashlib
import json
import subprocess
import sys

from .. import child, curl, use
from ..row import KNOXFS, Measure, Row, compare, plain
from ..table import Sample, WrongContent

PYTHON = sys.executable


def cases(scene) -> dict:
    return {
        "tree": lambda: tree(scene, "tree", 0, range(10)),
        "tree-50ms": lambda: tree(scene, "tree-50ms", 50, range(1)),
        "wide": lambda: wide(scene),
        "wide-first": lambda: wide_first(scene),
    }


def found(path: str) -> str:
    """Sorted lines of type and name below it."""
    line = ["find", path, "-mindepth", "1", "-printf", "%y %s %P\n"]
    lines = subprocess.run(line, check=True, capture_output=True, text=True).stdout.splitlines()
    return "\n".join(sorted(one if one[0] == "f" else f"d 0 {one.split(' ', 2)[2]}" for one in lines))


def tree(scene, name: str, rtt_ms: float, groups: range) -> Row:
    folders, files = scene.stored.tree()
    places = [f"/bench/tree/g{group}" for group in groups]
    inside = [f"d{number:03}" for number in range(folders)]
    wanted = [f"d 0 {one}" for one in inside] + [f"f 0 {one}/f{n:03}" for one in inside for n in range(files)]

    def check(path: str) -> None:
        if any(found(path + place) != "\n".join(sorted(wanted)) for place in places):
            raise WrongContent("other names than were made")

    def work(path: str) -> child.Cost:
        return child.run("ls", "-lR", *(path + place for place in places))

    with scene.way(rtt_ms) as way:
        server = way.namenode if way else scene.namenode
        with scene.mount(server=server) as mount:
            check(mount.path)
        below = [place for group in places for place in (group, *(f"{group}/{one}" for one in inside))]
        urls = [scene.url(place, "LISTSTATUS", server) for place in below]
        who = {
            KNOXFS: lambda: scene.knoxfs(work, way),
            "curl": lambda: plain(curl.get(scene, curl.discard(urls))),
        }
        who |= scene.rivals(work, way)
        rounds = compare(scene, who)
        counted = rounds[-1][KNOXFS] if way else scene.counted(work)
    entries = len(groups) * folders * files
    notes = [f"ls -lR of {entries} files in {len(groups) * folders} folders"]
    return Row(name, Measure("entries/s", entries), rounds, counted, "one request a folder", KNOXFS, notes)


def listing(scene, path: str, first: bool) -> child.Cost:
    cost = child.asked(PYTHON, use.__file__, "listed", f"{path}/bench/wide", str(int(first)))
    count = scene.stored.wide()
    names = b"".join(f"file-{number:06}\n".encode() for number in range(count))
    if not first and cost.said["sha256"] != hashlib.sha256(names).hexdigest():
        raise WrongContent("a listing has other names than were made")
    return cost


def wide(scene) -> Row:
    count = scene.stored.wide()
    url = scene.url("/bench/wide", "LISTSTATUS")

    def by_curl() -> Sample:
        return plain(curl.get(scene, curl.discard([url])))

    return rows(scene, "wide", Measure("entries/s", count), lambda path: listing(scene, path, False), by_curl, "")


def wide_first(scene) -> Row:
    scene.stored.wide()
    url = scene.url("/bench/wide", "LISTSTATUS_BATCH")
    page = json.loads(subprocess.run(["curl", "-sf", url], check=True, capture_output=True).stdout)
    if not page["DirectoryListing"]["remainingEntries"]:
        raise WrongContent("the folder is too small: one page has it all")

    def by_curl() -> Sample:
        return plain(curl.get(scene, curl.discard([url])))

    goal = "<= 2 requests, <= 1.5 x the first page"
    return rows(scene, "wide-first", Measure("ms"), lambda path: listing(scene, path, True), by_curl, goal)


def rows(scene, name: str, measure: Measure, work, by_curl, goal: str) -> Row:
    who = {KNOXFS: lambda: scene.knoxfs(work), "curl": by_curl}
    who |= scene.rivals(work)
    rounds = compare(scene, who)
    notes = [f"a folder of {scene.stored.wide()} files"]
    return Row(name, measure, rounds, scene.counted(work), goal, "names of the mounts", notes)
