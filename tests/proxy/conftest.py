"""Makes the packages importable and gives every test its own time limit."""

import signal
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "stack")]

LIMIT_S = 30  # each takes under 2 on a quiet machine


@pytest.fixture(autouse=True)
def limit():
    def expired(number, frame):
        pytest.fail(f"the test took more than {LIMIT_S} s")

    previous = signal.signal(signal.SIGALRM, expired)
    signal.alarm(LIMIT_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, previous)
