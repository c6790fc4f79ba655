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
