"""What rules do to a body: cut, stall, insert, corrupt, at an offset in its payload; the end of a process."""

import asyncio
import contextlib
import os
import signal
from dataclasses import dataclass
from typing import NoReturn

from .errors import Cut
from .rule import Effect
from .sender import Sender


@dataclass
class Event:
    at: int
    kind: str
    value: object = None


def of_response(effect: Effect) -> list[Event]:
    events = []
    if effect.insert_at is not None:
        events.append(Event(effect.insert_at, "insert", effect.insert.encode()))
    if effect.corrupt_at is not None:
        events.append(Event(effect.corrupt_at, "corrupt"))
    if effect.stall_response_after is not None:
        events.append(Event(effect.stall_response_after, "stall", effect.stall_s))
    if effect.cut_response_after is not None:
        events.append(Event(effect.cut_response_after, "cut", effect.how))
    return sorted(events, key=lambda event: event.at)


def of_request(effect: Effect) -> list[Event]:
    events = []
    if effect.corrupt_request_at is not None:
        events.append(Event(effect.corrupt_request_at, "corrupt"))
    if effect.stall_request_after is not None:
        events.append(Event(effect.stall_request_after, "stall", effect.stall_s))
    if effect.cut_request_after is not None:
        events.append(Event(effect.cut_request_after, "cut", effect.how))
    if effect.kill and isinstance(effect.kill_at, int):
        events.append(Event(effect.kill_at, "kill", effect))
    return sorted(events, key=lambda event: event.at)


def end_process(effect: Effect) -> NoReturn:
    """By SIGKILL; what was on its way through us gets no further."""
    with contextlib.suppress(ProcessLookupError):  # it has been waited for already
        os.kill(effect.kill, signal.SIGKILL)
    raise Cut(effect.how)


class Editor:
    """Sends payload with the events in it; chunked bodies are given chunks anew."""

    def __init__(self, sender: Sender, events: list[Event], chunked: bool):
        self.sender = sender
        self.events = events
        self.chunked = chunked
        self.at = 0

    async def write(self, payload) -> None:
        """Called with nothing at first, for the events at offset 0."""
        while self.events:
            event = self.events[0]
            before = event.at - self.at
            if before > len(payload) or (event.kind == "corrupt" and before == len(payload)):
                break
            await self.emit(payload[:before])
            payload = payload[before:]
            self.events.pop(0)
            if event.kind == "corrupt":
                await self.emit(bytes([payload[0] ^ 0xFF]))
                payload = payload[1:]
            else:
                await self.apply(event)
        await self.emit(payload)

    async def apply(self, event: Event) -> None:
        if event.kind == "insert":
            await self.emit(event.value)
            self.at -= len(event.value)  # offsets are those of the true body
            return
        await self.sender.flush()
        if event.kind == "cut":
            raise Cut(event.value)
        if event.kind == "kill":
            end_process(event.value)
        # For ever ends when a peer goes: then this task is cancelled.
        await asyncio.sleep(1e9 if event.value is None else event.value)

    async def emit(self, payload) -> None:
        self.at += len(payload)
        if not self.chunked:
            await self.sender.send(payload)
        elif len(payload):  # an empty chunk would be the last one
            await self.sender.send(b"%x\r\n%b\r\n" % (len(payload), payload))

    async def finish(self) -> None:
        if self.chunked:
            await self.sender.send(b"0\r\n\r\n")
