"""A command as a whole: its seconds, its CPU seconds, its exit."""

import os
import subprocess
import time
from dataclasses import dataclass


@dataclass
class Cost:
    """What one run took. cpu_s: of the command and all that it waited for."""

    wall_s: float
    cpu_s: float


def run(*command: str, stdout=subprocess.DEVNULL, timeout_s: float = 600) -> Cost:
    """Run it to its end; a failure is an exception."""
    before = os.times()
    start = time.monotonic()
    subprocess.run(command, stdout=stdout, stdin=subprocess.DEVNULL, check=True, timeout=timeout_s)
    wall = time.monotonic() - start
    after = os.times()
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return Cost(wall, cpu)


def sha256(path: str) -> str:
    """By a program, as a user would."""
    return subprocess.run(["sha256sum", path], check=True, capture_output=True, text=True).stdout.split()[0]
