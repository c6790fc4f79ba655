"""What lies between two sockets: a rate and a delay.

Data passes the rate first and then travels for the delay, many pieces at a time, as on a long
line: the delay does not cut the rate.
"""

import asyncio
from collections import deque

from .errors import Closed
from .wire import Wire

# Held by the delay in one direction: 320 MB/s at 100 ms.  Without a delay nothing is held here.
IN_FLIGHT = 32 << 20
CREDIT_S = 0.02  # how late timers are made up for
STEP_S = 0.01  # a piece is what the rate lets through in this time


class Sender:
    def __init__(self, wire: Wire):
        self.wire = wire
        self.loop = wire.loop
        self.delay_s = 0.0
        self.rate: float | None = None
        self.free_at = 0.0
        self.queue: deque[tuple[float, bytes]] = deque()
        self.queued = 0
        self.changed = asyncio.Event()
        self.failure: Closed | None = None
        self.task: asyncio.Task | None = None

    async def send(self, data) -> None:
        if not self.rate:
            await self.travel(data)
            return
        step = max(1, min(64 * 1024, int(self.rate * STEP_S)))
        view = memoryview(data)
        while view:
            piece, view = view[:step], view[step:]
            self.free_at = max(self.free_at, self.loop.time() - CREDIT_S) + len(piece) / self.rate
            await self.sleep_until(self.free_at)
            await self.travel(piece)

    async def sleep_until(self, when: float) -> None:
        left = when - self.loop.time()
        if left > 0:
            await asyncio.sleep(left)

    async def travel(self, data) -> None:
        if not self.delay_s and not self.queued:
            await self.wire.send(data)
            return
        while self.queued >= IN_FLIGHT and not self.failure:
            await self.change()
        if self.failure:
            raise self.failure
        # Never before what is ahead of it, also when a later rule has a smaller delay.
        due = self.loop.time() + self.delay_s
        if self.queue:
            due = max(due, self.queue[-1][0])
        self.queue.append((due, bytes(data)))
        self.queued += len(data)
        self.changed.set()
        if self.task is None:
            self.task = self.loop.create_task(self.deliver())

    async def deliver(self) -> None:
        try:
            while True:
                while not self.queue:
                    await self.change()
                due, data = self.queue[0]
                await self.sleep_until(due)
                await self.wire.send(data)
                self.queue.popleft()
                self.queued -= len(data)
                self.changed.set()
        except Closed as failure:
            self.failure = failure
            self.changed.set()

    async def change(self) -> None:
        self.changed.clear()
        await self.changed.wait()

    async def flush(self) -> None:
        """Until all has been sent."""
        while self.queued and not self.failure:
            await self.change()
        if self.failure:
            raise self.failure

    def stop(self) -> None:
        if self.task:
            self.task.cancel()
