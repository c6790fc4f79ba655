"""Waiting for something to become true: never a bare sleep."""

import time
from collections.abc import Callable

STEP_S = 0.02


def until(condition: Callable[[], object], seconds: float = 15, what: str = "") -> object:
    """The first true value of CONDITION; an error with its last value when time is up."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what or condition}; last: {value!r}")
        time.sleep(STEP_S)


def work_until(mount, enough: Callable[[], object], seconds: float, what: str) -> int:
    """Files are written and read all the time.  The last one is f{it % 10} and has its number."""
    written = -1

    def work() -> object:
        nonlocal written
        written += 1
        (mount / f"f{written % 10}").write_bytes(b"%d" % written)
        assert (mount / f"f{written % 10}").read_bytes() == b"%d" % written
        return enough()

    until(work, seconds, what)
    return written
