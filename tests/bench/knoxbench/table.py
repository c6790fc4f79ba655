"""What was measured: pairs of runs, and what is said of them: medians and ratios, with the spread."""

import os
from dataclasses import dataclass, field
from statistics import median


@dataclass
class Unit:
    """In what work is told: amounts are `name`s; CPU seconds for one of them, times cpu_each, are `cpu`."""

    name: str
    cpu: str
    cpu_each: float


MIB = Unit("MiB", "CPU s/GiB", 1024)
FILES = Unit("files", "CPU ms/file", 1000)


@dataclass
class Run:
    wall_s: float
    cpu_s: float  # of a mount: the driver and the program that used it
    rss_mib: float = 0  # the driver's largest


@dataclass
class Sample:
    """One run of one candidate."""

    wall_s: float
    cpu_s: float  # of a mount: the driver and the program that used it
    rss_mib: float = 0  # a mount's largest
    said: object = None  # what the program said of itself
    stats: dict = field(default_factory=dict)  # by how much a mount's own numbers grew
    wire: dict = field(default_factory=dict)  # what the link counted
    budget_mib: float = 0  # of the driver's memory what it says it uses for bytes of files, the largest
    beyond_mib: float = 0  # of the driver's memory what is more than that at the same time, the largest


class WrongContent(Exception):
    """The bytes are not those that were written: no time is worth anything then."""


def told(requests: dict[str, float]) -> str:
    return ", ".join(f"{name} {n:g}" for name, n in requests.items() if n)


def spread(values: list[float], digits: int = 2) -> str:
    return f"{median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


@dataclass
class Result:
    """One scenario's.  pairs: (curl, mount), one right after the other."""

    what: str
    amount: float
    unit: Unit
    pairs: list[tuple[Run, Run]]
    requests: str
    notes: list[str] = field(default_factory=list)  # further lines
    load: float = field(default_factory=lambda: os.getloadavg()[0])

    def speed(self) -> str:
        """The mount's by curl's, pair by pair: 1 is as fast."""
        return spread([curl.wall_s / mount.wall_s for curl, mount in self.pairs])

    def rate(self, which: int) -> float:
        return median(self.amount / pair[which].wall_s for pair in self.pairs)

    def cpu(self, which: int) -> float:
        return median(pair[which].cpu_s * self.unit.cpu_each / self.amount for pair in self.pairs)

    def rss(self) -> float:
        return max(mount.rss_mib for _, mount in self.pairs)

    def text(self) -> str:
        lines = [f"{self.what}: {len(self.pairs)} pairs, load {self.load:.1f}, {os.cpu_count()} processors"]
        for curl, mount in self.pairs:
            lines.append(
                f"  curl {curl.wall_s:.2f} s, {curl.cpu_s:.2f} CPU s   "
                f"mount {mount.wall_s:.2f} s, {mount.cpu_s:.2f} CPU s, {mount.rss_mib:.1f} MiB"
            )
        lines.append(f"  speed by curl's   {self.speed()}")
        lines.append(f"  {self.unit.name + '/s':17} curl {self.rate(0):.0f}   mount {self.rate(1):.0f}")
        lines.append(f"  {self.unit.cpu:17} curl {self.cpu(0):.2f}   mount {self.cpu(1):.2f}")
        lines.append(f"  largest RSS, MiB  {self.rss():.1f}")
        lines.append(f"  requests          {self.requests}")
        return "\n".join(lines + [f"  {line}" for line in self.notes])
