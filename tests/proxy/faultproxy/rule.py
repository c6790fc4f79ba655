"""Rules: which requests, and what happens to them.

A rule is a JSON object.  Its first part chooses, its second part acts; README.md has the list.
"""

import dataclasses
import re
from dataclasses import dataclass, field

from .head import Request

CHOICE = ("role", "op", "method", "path", "after", "times")
OF_CONNECTION = ("refuse", "connect_ms")
KILL_AT = ("head", "sent", "done", "told")


@dataclass
class Effect:
    """What is done to one request, or at the accept of one connection."""

    refuse: str | None = None  # "fin" or "rst", at the accept
    connect_ms: float = 0
    latency_ms: float = 0
    bandwidth_bytes_per_s: float | None = None
    drip_bytes_per_s: float | None = None
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    reset: bool = False
    drop_reply: str | None = None  # "fin" or "rst"
    cut_request_after: int | None = None
    stall_request_after: int | None = None
    cut_response_after: int | None = None
    stall_response_after: int | None = None
    stall_s: float | None = None  # None: for ever
    how: str = "fin"  # of the cuts
    content_length_delta: int = 0
    insert_at: int | None = None
    insert: str = ""
    corrupt_at: int | None = None
    corrupt_request_at: int | None = None
    kill: int | None = None  # the pid of a process that ends here
    kill_at: str | int = "head"  # one of KILL_AT, or so many bytes of the request's body


@dataclass
class Rule:
    role: str | None = None
    op: str | None = None
    method: str | None = None
    path: str | None = None  # a regular expression, searched for in the decoded path
    after: int = 0  # so many matching requests pass first
    times: int | None = None  # then so many are acted on; None: all
    actions: dict = field(default_factory=dict)
    seen: int = 0
    fired: int = 0

    @classmethod
    def parse(cls, given: dict) -> "Rule":
        known = {item.name for item in dataclasses.fields(Effect)}
        unknown = set(given) - known - set(CHOICE)
        if unknown:
            raise ValueError(f"unknown in a rule: {', '.join(sorted(unknown))}")
        choice = {key: value for key, value in given.items() if key in CHOICE}
        actions = {key: value for key, value in given.items() if key not in CHOICE}
        if not actions:
            raise ValueError("a rule that does nothing")
        for key in ("refuse", "drop_reply", "how"):
            if actions.get(key) not in (None, "fin", "rst"):
                raise ValueError(f"{key} is fin or rst")
        if "kill" in actions:
            choice.setdefault("times", 1)
            if not is_kill(**{key: actions[key] for key in actions if key.startswith("kill")}):
                raise ValueError(f"kill is a pid, kill_at a count of bytes or one of {KILL_AT}")
        at_accept = [key for key in actions if key in OF_CONNECTION]
        if at_accept and (set(choice) & {"op", "method", "path"} or len(at_accept) < len(actions)):
            raise ValueError("refuse and connect_ms stand alone and choose by role only")
        re.compile(choice.get("path") or "")
        return cls(**choice, actions=actions)

    def is_of_connection(self) -> bool:
        return any(key in OF_CONNECTION for key in self.actions)

    def chooses(self, role: str, request: Request | None) -> bool:
        if self.role not in (None, role):
            return False
        if request is None:
            return self.is_of_connection()
        return (
            not self.is_of_connection()
            and (self.op is None or self.op.upper() == request.op)
            and (self.method is None or self.method.upper() == request.method)
            and (self.path is None or re.search(self.path, request.path) is not None)
        )

    def count(self) -> bool:
        """Counts a request that was chosen; whether this one is acted on."""
        self.seen += 1
        if self.seen <= self.after or (self.times is not None and self.fired >= self.times):
            return False
        self.fired += 1
        return True


def is_kill(kill: int, kill_at: str | int = "head") -> bool:
    return isinstance(kill, int) and kill > 1 and (isinstance(kill_at, int) or kill_at in KILL_AT)


class RuleBook:
    def __init__(self):
        self.rules: list[Rule] = []

    def replace(self, given: list[dict]) -> None:
        self.rules = [Rule.parse(rule) for rule in given]

    def effect(self, role: str, request: Request | None) -> Effect:
        """All rules that fire act together; of two that set the same thing the first one wins."""
        actions: dict = {}
        for rule in self.rules:
            if rule.chooses(role, request) and rule.count():
                actions = rule.actions | actions
        return Effect(**actions)
