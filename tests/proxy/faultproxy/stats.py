"""What passed: exact counts."""

import traceback
from collections import Counter, defaultdict, deque

KEPT = 1000  # of the last requests


class Stats:
    def __init__(self):
        self.open: Counter[str] = Counter()  # connections now; survives a reset
        self.busy: Counter[str] = Counter()  # requests whose answer has not passed yet; likewise
        self.reset()

    def reset(self) -> None:
        self.requests: dict[str, Counter[str]] = defaultdict(Counter)
        self.connections: Counter[str] = Counter()
        self.most: Counter[str] = Counter(self.busy)  # so many were busy at once
        self.bytes_up: Counter[str] = Counter()
        self.bytes_down: Counter[str] = Counter()
        self.recent: deque[dict] = deque(maxlen=KEPT)
        self.errors: list[str] = []

    def request(self, role: str, op: str, line: str, connection: int) -> dict:
        """Counts it; the entry returned is for the answer's status."""
        self.requests[role][op] += 1
        entry = {"role": role, "op": op, "line": line, "connection": connection, "status": None}
        self.recent.append(entry)
        self.busy[role] += 1
        self.most[role] = max(self.most[role], self.busy[role])
        return entry

    def answered(self, role: str) -> None:
        self.busy[role] -= 1

    def bug(self) -> None:
        """The exception that is being handled is one of the proxy itself."""
        self.errors.append(traceback.format_exc())

    def as_dict(self) -> dict:
        return {
            "requests": {role: dict(ops) for role, ops in self.requests.items()},
            "connections": dict(self.connections),
            "most": dict(self.most),
            "open": {role: count for role, count in self.open.items() if count},
            "bytes_up": dict(self.bytes_up),
            "bytes_down": dict(self.bytes_down),
            "recent": list(self.recent),
            "errors": self.errors,
        }
