"""What a writer says outside of the mount, before and after each step, and what follows from it.

A file of lines, one JSON object each, and a folder of contents by their SHA-256:

    {"intend": 7, "slot": "a", "names": {"a": [SHA, LENGTH, AT_LEAST]}, "way": "append", "synced": true}
    {"acked": 7}   {"failed": 7, "errno": 5}
    {"complaint": "log", "slot": "a", "errno": 5}    of a call outside of any step
    {"killed": true}                                 the driver; its writer has ended
    {"settled": "a", "names": {...}}                 what was found there when nobody wrote

A name is null when it is to be gone. Synced: by fsync, not only by close. AT_LEAST is LENGTH but for bytes that are added at the end: until
they are acknowledged any part of them, from the first on, may be there.

A slot is one file and the names it has on its way; one writer at a time changes it. Each line is one
write(2): what the kernel has of it no end of a process takes back.
"""

import hashlib
import json
import os
import threading
from pathlib import Path

State = tuple  # ((name, (sha, length, at least) or None), ...), sorted: one allowed look of a slot


class Manifest:
    """The writer's end.  Threads: may be shared."""

    def __init__(self, path: Path, blobs: Path):
        self.blobs = blobs
        self.file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.lock = threading.Lock()
        self.number = os.getpid() << 20

    def say(self, **line) -> None:
        data = json.dumps(line).encode() + b"\n"
        if os.write(self.file, data) != len(data):
            raise OSError("the manifest could not be written")

    def keep(self, content: bytes | None) -> list | None:
        if content is None:
            return None
        sha = hashlib.sha256(content).hexdigest()
        path = self.blobs / sha
        if not path.exists():
            part = self.blobs / f"{sha}.{threading.get_ident()}"
            part.write_bytes(content)
            part.rename(path)
        return [sha, len(content), len(content)]

    def intend(self, slot: str, way: str, names: dict, at_least: int | None = None, synced: bool = False) -> int:
        """NAMES: {name: content, or None for gone}; a number for acked() and failed()."""
        kept = {name: self.keep(data) for name, data in names.items()}
        for one in kept.values():
            if one and at_least is not None:
                one[2] = at_least
        with self.lock:
            self.number += 1
            number = self.number
        self.say(intend=number, slot=slot, way=way, names=kept, synced=synced)
        return number

    def acked(self, number: int) -> None:
        self.say(acked=number)

    def failed(self, number: int, code: int) -> None:
        self.say(failed=number, errno=code)

    def settled(self, slot: str, names: dict, uploaded: bool = True) -> None:
        self.say(settled=slot, uploaded=uploaded, names={name: self.keep(data) for name, data in names.items()})

    def killed(self) -> None:
        """The driver was, and its writer has ended."""
        self.say(killed=True)

    def close(self) -> None:
        os.close(self.file)


def changed(state: State, names: dict, whole: bool) -> State:
    """The look after a step; not WHOLE: while it is under way."""
    after = dict(state)
    for name, one in names.items():
        after[name] = one and (one[0], one[1], one[1] if whole else one[2])
    return tuple(sorted(after.items()))


class Slot:
    """Which looks are allowed."""

    def __init__(self, name: str):
        self.name = name
        self.sure: set[State] = {()}
        self.open: dict | None = None  # the intent that nobody has answered
        self.touched = False  # since it was settled
        self.failures: list[dict] = []  # since the last success
        self.acks = 0
        # What each name may hold on the cluster when close() is not a promise about the cluster (write=back).
        self.past: dict[str, set] = {}

    def remember(self, names: dict) -> None:
        for name, one in names.items():
            self.past.setdefault(name, {None}).add(one and tuple(one))

    def intend(self, line: dict) -> None:
        self.remember(line["names"])
        assert self.open is None, f"two writers of {self.name}: {line}"
        self.open, self.touched = line, True
        self.sure = {changed(state, dict.fromkeys(line["names"]), True) if state == () else state for state in self.sure}

    def allowed(self) -> set[State]:
        if self.open is None:
            return self.sure
        return self.sure | {changed(state, self.open["names"], False) for state in self.sure}

    def acked(self) -> None:
        if self.open["synced"]:
            self.past |= {name: {one and (one[0], one[1], one[1])} for name, one in self.open["names"].items()}
        self.sure = {changed(state, self.open["names"], True) for state in self.sure}
        self.open = None

    def failed(self) -> None:
        self.sure, self.open = self.allowed(), None

    def settled(self, names: dict, uploaded: bool) -> None:
        if uploaded:
            self.past = {}
            self.past |= {name: {one and tuple(one)} for name, one in names.items()}
        self.remember(names)
        self.sure, self.open, self.touched = {changed((), names, True)}, None, False


class Account:
    """The checker's end: all slots of a manifest."""

    def __init__(self, path: Path):
        self.slots: dict[str, Slot] = {}
        self.failures: list[dict] = []  # steps that were refused by a driver that lived
        self.in_flight: dict[int, Slot] = {}
        data = path.read_bytes() if path.exists() else b""
        for line in data[: data.rfind(b"\n") + 1].splitlines():
            self.take(json.loads(line))

    @property
    def acks(self) -> int:
        return sum(slot.acks for slot in self.slots.values())

    def slot(self, name: str) -> Slot:
        return self.slots.setdefault(name, Slot(name))

    def take(self, line: dict) -> None:
        if "intend" in line:
            slot = self.slot(line["slot"])
            slot.intend(line)
            self.in_flight[line["intend"]] = slot
        elif "acked" in line:
            slot = self.in_flight.pop(line["acked"])
            slot.acked()
            slot.failures = []
            slot.acks += 1
        elif "failed" in line:
            slot = self.in_flight.pop(line["failed"])
            self.complain(slot, line | {"way": slot.open["way"]})
            slot.failed()
        elif "complaint" in line:
            self.complain(self.slot(line["slot"]), line)
        elif "killed" in line:
            for slot in self.slots.values():
                self.failures = [one for one in self.failures if one not in slot.failures]
        else:
            slot = self.slot(line["settled"])
            self.in_flight = {number: one for number, one in self.in_flight.items() if one is not slot}
            slot.settled(line["names"], line["uploaded"])

    def contents(self, name: str, blobs: Path) -> dict:
        """What a slot's names hold; it must be known."""
        ((state),) = self.slot(name).allowed()
        return {key: one and (blobs / one[0]).read_bytes() for key, one in state}

    def complain(self, slot: Slot, line: dict) -> None:
        """Forgotten when the driver was killed afterwards: its end may look like any error."""
        slot.failures.append(line)
        self.failures.append(line)
