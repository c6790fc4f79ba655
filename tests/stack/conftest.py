"""Makes the package importable and gives every test its own time limit."""

import signal
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

LIMIT_S = 60  # each takes under 10 on a quiet machine


@pytest.fixture(autouse=True)
def limit():
    def expired(number, frame):
        pytest.fail(f"the test took more than {LIMIT_S} s")

    previous = signal.signal(signal.SIGALRM, expired)
    signal.alarm(LIMIT_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, previous)
