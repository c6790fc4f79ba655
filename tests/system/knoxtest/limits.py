"""The time limit of a test, and the driver that all tests run."""

import contextlib
import os
import signal
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LIMIT_S = 60  # of a test; @pytest.mark.limit(S) for another
GRACE_S = 5  # after which drivers are killed, so that nobody waits in the kernel any more


@contextlib.contextmanager
def time_limit(item, abandon, factor: int = 1):
    """Over set-up, test and tear-down: an alarm, and for who cannot hear it abandon(), the end of its mounts."""
    mark = item.get_closest_marker("limit")
    limit = (mark.args[0] if mark else LIMIT_S) * factor

    def expired(number, frame):
        raise pytest.fail.Exception(f"the test took more than {limit} s", pytrace=True)

    previous = signal.signal(signal.SIGALRM, expired)
    signal.alarm(limit)
    last = threading.Timer(limit + GRACE_S, abandon)
    last.daemon = True
    last.start()
    yield
    last.cancel()
    signal.alarm(0)
    signal.signal(signal.SIGALRM, previous)


def driver() -> Path:
    """KNOXFS_BIN, or the release build of this tree."""
    path = Path(os.environ.get("KNOXFS_BIN") or ROOT / "build/release/src/fs/knoxfs").resolve()
    if not path.is_file():
        pytest.exit(f"there is no driver at {path}: build it, or set KNOXFS_BIN", returncode=3)
    return path
