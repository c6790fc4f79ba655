"""Rows for docs/PERFORMANCE.md: of its two tables the one with the same heads."""

import datetime
import os
from pathlib import Path

from .row import HEAD, Row
from .table import Result

PAGE = Path(__file__).resolve().parents[3] / "docs/PERFORMANCE.md"
WRITING = "| date | what |"
READING = "| date | machine | " + " | ".join(HEAD) + " |"


def written(result: Result) -> list[str]:
    unit = result.unit
    return [
        datetime.date.today().isoformat(),
        result.what,
        f"{os.cpu_count()} cores, load {result.load:.1f}",
        str(len(result.pairs)),
        result.speed(),
        f"{result.rate(0):.0f}, {result.rate(1):.0f} {unit.name}/s",
        f"{result.cpu(0):.2f}, {result.cpu(1):.2f} {unit.cpu}",
        f"{result.rss():.1f}",
        result.requests,
    ]


def append(result: Result | Row, page: Path) -> None:
    """Behind its table's last row."""
    if isinstance(result, Row):
        head, cells = READING, [datetime.date.today().isoformat(), f"{os.cpu_count()} cores", *result.cells()]
    else:
        head, cells = WRITING, written(result)
    lines = page.read_text().splitlines() if page.exists() else []
    at = next((number for number, line in enumerate(lines) if line.startswith(head)), None)
    if at is None:
        lines += ["", head, "|" + "---|" * head.count(" | ") + "---|"]
        at = len(lines) - 2
    while at < len(lines) and lines[at].startswith("|"):
        at += 1
    lines.insert(at, f"| {' | '.join(cells)} |")
    page.write_text("\n".join(lines) + "\n")
