"""Makes the package importable and gives every test its own time limit."""

import signal
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

LIMIT_S = 60  # each takes under 10 on a quiet machine; a module's own LIMIT_S, or a mark, is another


def pytest_configure(config):
    config.addinivalue_line("markers", "limit(seconds): the time limit of this test")


@pytest.fixture(autouse=True)
def limit(request):
    mark = request.node.get_closest_marker("limit")
    seconds = mark.args[0] if mark else getattr(request.module, "LIMIT_S", LIMIT_S)

    def expired(number, frame):
        pytest.fail(f"the test took more than {seconds} s")

    previous = signal.signal(signal.SIGALRM, expired)
    signal.alarm(seconds)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, previous)
