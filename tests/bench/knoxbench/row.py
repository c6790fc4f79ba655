"""A reading scenario's row: what each candidate reached in the same rounds, and how knoxfs compares with each."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from .table import Sample, spread, told

KNOXFS = "knoxfs"
HEAD = [
    "scenario",
    "knoxfs",
    "others",
    "knoxfs's speed by theirs",
    "goal",
    "requests, the mount's count",
    "requests, the link's count",
    "CPU s of each",
    "RSS MiB of mounts",
    "rounds, load",
    "notes",
]


@dataclass
class Measure:
    """How a run is told: amount by second ("reads/s"), or, when each is given, ms an item of the amount."""

    unit: str
    amount: float = 1

    def value(self, sample: Sample) -> float:
        if self.unit == "ms":
            return sample.wall_s * 1000 / self.amount
        return sample.wall_s if self.unit == "s" else self.amount / sample.wall_s


@dataclass
class Row:
    name: str
    measure: Measure
    rounds: list[dict[str, Sample]]  # each has all candidates, knoxfs among them
    counted: Sample  # a run of knoxfs whose requests were counted
    goal: str
    content: str  # what was compared with what was stored, before the first round
    notes: list[str] = field(default_factory=list)
    load: float = field(default_factory=lambda: os.getloadavg()[0])

    def candidates(self) -> list[str]:
        return list(self.rounds[0])

    def others(self) -> list[str]:
        return [name for name in self.candidates() if name != KNOXFS]

    def of(self, name: str, what: Callable[[Sample], float]) -> list[float]:
        return [what(one[name]) for one in self.rounds]

    def reached(self, name: str) -> str:
        value = median(self.of(name, self.measure.value))
        return f"{value:.0f}" if value >= 100 else f"{value:.3g}"

    def speed(self, other: str) -> str:
        """knoxfs's by the other's, round by round: 1 is as fast."""
        return spread([one[other].wall_s / one[KNOXFS].wall_s for one in self.rounds])

    def cells(self) -> list[str]:
        who = self.candidates()
        return [
            self.name,
            f"{self.reached(KNOXFS)} {self.measure.unit}",
            "; ".join(f"{name} {self.reached(name)}" for name in self.others()),
            "; ".join(f"{name} {self.speed(name)}" for name in self.others()),
            self.goal,
            told(self.counted.stats.get("requests", {})) or "none",
            told(self.counted.wire.get("requests", {})) or "none",
            "; ".join(f"{name} {median(self.of(name, lambda s: s.cpu_s)):.2f}" for name in who),
            "; ".join(f"{name} {mib:.0f}" for name in who if (mib := max(self.of(name, lambda s: s.rss_mib)))),
            f"{len(self.rounds)}, {self.load:.1f}",
            "; ".join([f"checked: {self.content}", *self.notes]),
        ]

    def text(self) -> str:
        return "\n".join(f"  {head:28}{cell}" for head, cell in zip(HEAD, self.cells()) if cell)


def table(rows: list[Row]) -> str:
    """Of all, as Markdown."""
    lines = [HEAD, ["---"] * len(HEAD), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def compare(scene, who: dict[str, Callable[[], Sample]]) -> list[dict[str, Sample]]:
    """Rounds in which each candidate has its run, after one that does not count; who is first changes."""
    names = list(who)
    rounds = []
    for number in range(scene.rehearsals + scene.pairs):
        turn = number % len(names)
        samples = {name: who[name]() for name in names[turn:] + names[:turn]}
        rounds.append({name: samples[name] for name in names})
    return rounds[scene.rehearsals :]


def memory(rounds: list[dict[str, Sample]]) -> str:
    """Of knoxfs, what its budget explains and what not."""
    used, beyond = (max(getattr(one[KNOXFS], name) for one in rounds) for name in ("budget_mib", "beyond_mib"))
    return f"at most {used:.0f} MiB of the budget in use, RSS at most {beyond:.0f} MiB beyond what was"


def plain(cost) -> Sample:
    """Of a client that is no mount."""
    return Sample(cost.wall_s, cost.cpu_s, said=cost.said)
