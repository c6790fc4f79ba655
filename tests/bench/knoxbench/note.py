"""A row for docs/PERFORMANCE.md."""

import datetime
import os
from pathlib import Path

from .table import Result

PAGE = Path(__file__).resolve().parents[3] / "docs/PERFORMANCE.md"


def row(result: Result) -> str:
    unit = result.unit
    cells = [
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
    return f"| {' | '.join(cells)} |"


def append(result: Result) -> None:
    """Behind the table's last row."""
    lines = PAGE.read_text().splitlines()
    last = max(number for number, line in enumerate(lines) if line.startswith("|"))
    lines.insert(last + 1, row(result))
    PAGE.write_text("\n".join(lines) + "\n")
