"""Commands as a whole: their seconds, their CPU seconds, their memory, their exit."""

import json
import os
import subprocess
import threading
import time
from dataclasses import dataclass, field


@dataclass
class Cost:
    """What commands that ran together took. cpu_s: of them and all that they waited for."""

    wall_s: float
    cpu_s: float
    said: list = field(default_factory=list)  # what each wrote, when that was asked for


def run(*command: str, timeout_s: float = 1800) -> Cost:
    """Run it to its end; a failure is an exception."""
    return together([list(command)], timeout_s)


def asked(*command: str, timeout_s: float = 1800) -> Cost:
    """The same for a program that measures itself and says so in JSON: {"wall_s": ..., ...}."""
    cost = together([list(command)], timeout_s, subprocess.PIPE)
    cost.said = json.loads(cost.said[0])
    cost.wall_s = cost.said["wall_s"]
    return cost


def together(commands: list[list[str]], timeout_s: float = 1800, stdout=subprocess.DEVNULL) -> Cost:
    """All at the same time. What is asked to be said (PIPE) must be short."""
    begin = time.monotonic()
    children = [subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=stdout) for line in commands]
    limit = threading.Timer(timeout_s, lambda: [child.kill() for child in children])
    limit.start()
    cost = Cost(0, 0)
    try:
        for child in children:
            if child.stdout:
                cost.said.append(child.stdout.read())
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            cost.cpu_s += used.ru_utime + used.ru_stime
        cost.wall_s = time.monotonic() - begin
    finally:
        limit.cancel()
        for child in children:
            if child.returncode is None:
                child.kill()
                child.wait()
    for child in children:
        if child.returncode:
            raise subprocess.CalledProcessError(child.returncode, child.args)
    return cost


def sha256(path: str) -> str:
    """By a program, as a user would."""
    return subprocess.run(["sha256sum", path], check=True, capture_output=True, text=True).stdout.split()[0]
