"""DuckDB reads one of a hundred columns of a parquet file: how much is fetched for it."""

import os
import subprocess

from .. import child, curl, peers, use
from ..row import KNOXFS, Measure, Row, compare, plain
from ..table import Sample, WrongContent

COLUMN = "c50"
ROWS = 1_300_000
FILE = "/bench/wide.parquet"
GOAL = "<= 1.2 x the bytes of column and footer; >= 1 x rclone"
MAKE = """\
import duckdb, sys
path, rows = sys.argv[1], int(sys.argv[2])
columns = ", ".join(f"random() as c{number}" for number in range(100))
duckdb.sql(f"copy (select {columns} from range({rows})) to '{path}' (format parquet)")
"""
PARTS = """\
import duckdb, sys
path, column = sys.argv[1:]
said = f"select dictionary_page_offset, data_page_offset, total_compressed_size from parquet_metadata('{path}')"
for first, data, size in duckdb.sql(f"{said} where path_in_schema = '{column}'").fetchall():
    print(first if first else data, size)
"""


def cases(scene) -> dict:
    return {"parquet": lambda: measure(scene)} if peers.python() else {}


def parts(python: str, local: str) -> list[tuple[int, int]]:
    """(offset, length) of what must be read: the column's chunks and the footer."""
    said = subprocess.run([python, "-c", PARTS, local, COLUMN], check=True, capture_output=True, text=True).stdout
    chunks = [tuple(int(word) for word in line.split()) for line in said.splitlines()]
    size = os.path.getsize(local)
    with open(local, "rb") as file:
        file.seek(size - 8)
        footer = int.from_bytes(file.read(4), "little") + 8
    return [*chunks, (size - footer, footer)]


def measure(scene) -> Row:
    python, local = peers.python(), scene.scratch("wide.parquet")
    child.run(python, "-c", MAKE, local, str(scene.scaled(ROWS, 5000)))
    needed = parts(python, local)
    mib = os.path.getsize(local) / (1 << 20)
    right = child.asked(python, use.__file__, "query", local, COLUMN).said["sha256"]
    scene.stored.store(local, FILE)
    scene.remove(local)

    def work(path: str) -> child.Cost:
        cost = child.asked(python, use.__file__, "query", path + FILE, COLUMN)
        if cost.said["sha256"] != right:
            raise WrongContent("DuckDB finds another average on the mount than in the local file")
        return cost

    def by_curl() -> Sample:
        urls = [scene.url(FILE, "OPEN", offset=at, length=length) for at, length in needed]
        return plain(curl.get(scene, curl.discard(urls)))

    who = {KNOXFS: lambda: scene.knoxfs(work), "curl, just these ranges": by_curl}
    who |= scene.rivals(work, whole_files=True)
    rounds = compare(scene, who)
    counted = scene.counted(work)
    return Row("parquet", Measure("s"), rounds, counted, GOAL, "the average", notes(counted, needed, mib))


def notes(counted: Sample, needed: list[tuple[int, int]], mib: float) -> list[str]:
    wanted = sum(length for _, length in needed)
    fetched = counted.wire["down"].get("datanode", 0)
    text = f"{fetched / 1e6:.1f} MB fetched, {fetched / wanted:.2f} x the {wanted / 1e6:.1f} of the column and the footer"
    return [f"avg of 1 of 100 columns, {mib:.0f} MiB", text]
