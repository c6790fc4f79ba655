"""The benchmark runs, its table is complete, and wrong bytes end it."""

import contextlib
import os
from types import SimpleNamespace

import pytest

from knoxbench import use
from knoxbench.row import HEAD
from knoxbench.scenarios import copy_out, many_open, sequential
from knoxbench.table import WrongContent

# One of each module, and of each kind of way.
ONES = [
    "sequential=",
    "sequential-50ms-20MB/s=",
    "reread=",
    "readers=",
    "random-0ms-4=",
    "random-20ms-1=",
    "first-byte=",
    "tree-50ms=",
    "wide-first=",
    "copy-out=",
    "many-open=",
    "idle=",
]
NOBODY_BESIDE = {"many-open", "idle"}  # without peers


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split(" | ")]


def test_every_scenario_has_a_whole_row(bench, tmp_path):
    page = tmp_path / "page.md"
    only = [word for one in ONES for word in ("--only", one)]
    done = bench("read", "--quick", "--no-peers", "--record", str(page), *only)
    assert done.returncode == 0, done.stderr
    head, _, *rows = [cells(line) for line in done.stdout.splitlines()]
    assert head == HEAD
    assert [row[0] + "=" for row in rows] == ONES
    for row in (dict(zip(head, row)) for row in rows):
        name = row["scenario"]
        assert row["notes"].startswith("checked: "), row
        for column in ("requests, the mount's count", "requests, the link's count"):
            assert name == "reread" or row[column] != "none", row
        for column in ("others", "knoxfs's speed by theirs"):
            assert bool(row[column]) == (name not in NOBODY_BESIDE), row
        for column in ("knoxfs", "CPU s of each", "RSS MiB of mounts", "rounds, load"):
            assert row[column], row
    recorded = [line for line in page.read_text().splitlines() if line.startswith("| 2")]
    assert [cells(line)[2:] for line in recorded] == rows
    assert os.listdir(bench.folder) == []


def test_gateways(bench, tmp_path):
    """Whole rows; one session a mount, one OPEN a file: through Knox a redirect and its answer."""
    page = tmp_path / "page.md"
    done = bench("gateway", "--quick", "--record", str(page))
    assert done.returncode == 0, done.stderr
    rows = [cells(line) for line in page.read_text().splitlines() if line.startswith("| 2")]
    what = [row[1].partition(",")[0] for row in rows]
    large = [f"sequential {kind}{limit}" for kind in ("read", "write") for limit in ("", "-100MB/s")]
    kinds = [*large, "10 files of 4 KiB read"]
    assert what == [f"by {gateway}: {kind}" for gateway in ("Knox", "HttpFS") for kind in kinds]
    assert all(len(row) == 9 and all(row) for row in rows)
    counts = [dict(one.rsplit(" ", 1) for one in row[-1].split(", ")) for row in rows]
    assert [one["LDAP binds"] for one in counts[:5]] == ["1"] * 5 and "LDAP binds" not in counts[5]
    assert [one.get("OPEN") for one in counts] == ["2", "2", None, None, "20", "1", "1", None, None, "10"]
    assert os.listdir(bench.folder) == []


def test_names_are_listed(bench):
    done = bench("read", "--list")
    assert done.returncode == 0
    assert {one[:-1] for one in ONES} <= set(done.stdout.split())


class Liar(SimpleNamespace):
    """A scene whose mount shows other bytes than were stored."""

    @contextlib.contextmanager
    def mount(self, **more):
        yield SimpleNamespace(path=self.folder)

    def knoxfs(self, work, *more):
        work(self.folder)

    def rivals(self, *words, **more):
        return {}

    def scratch(self, name):
        return f"{self.folder}/{name}"


def test_other_bytes_end_it(tmp_path):
    (tmp_path / "file").write_bytes(b"other")
    with pytest.raises(WrongContent):
        sequential.check(Liar(folder=str(tmp_path)), "/file", "0" * 64, None)


def test_other_bytes_of_many_open_files_end_it(tmp_path):
    folder = tmp_path / "bench/middle"
    folder.mkdir(parents=True)
    (folder / "f00000").write_bytes(bytes(many_open.ROUNDS * many_open.LENGTH))
    stored = SimpleNamespace(middle=lambda: ["f00000"], middle_content=lambda number: b"x" * (1 << 20))
    scene = Liar(folder=str(tmp_path), stored=stored, peers=[], rehearsals=0, pairs=1)
    with pytest.raises(WrongContent):
        many_open.measure(scene)


def test_a_copy_with_other_bytes_ends_it(tmp_path):
    folder = tmp_path / "bench/small"
    folder.mkdir(parents=True)
    (folder / "f00000").write_bytes(b"other")
    stored = SimpleNamespace(small=lambda folder, count: (["f00000"], "0" * 64))
    scene = Liar(folder=str(tmp_path), stored=stored, peers=[], rehearsals=0, pairs=1, namenode="", files=1)
    scene.way = lambda rtt_ms: contextlib.nullcontext()
    scene.url = lambda *words: ""
    with pytest.raises(WrongContent):
        copy_out.measure(scene, "copy-out", 0)


def test_no_page_is_read_twice():
    places = use.offsets(1 << 20, 200, 4096, 3)
    assert len(set(places)) == 200
    assert all(at % 4096 == 0 and at + 4096 <= 1 << 20 for at in places)
