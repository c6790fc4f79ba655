"""The link between a client and the servers: see ../link/link.c."""

import os
import subprocess
import urllib.parse
from pathlib import Path

SOURCES = Path(__file__).resolve().parent.parent / "link"


def build(folder: str) -> str:
    """The program, compiled anew: it takes less than a second."""
    program = os.path.join(folder, "link")
    flags = ["-std=gnu17", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror"]
    sources = sorted(str(path) for path in SOURCES.glob("*.c"))
    subprocess.run(["cc", *flags, "-o", program, *sources], check=True)
    return program


def port_of(url: str) -> int:
    return urllib.parse.urlsplit(url).port


class Link:
    """rtt_ms: of both ways together; rate: bytes a second of each connection and way, 0: unlimited.

    inside: the pid of a process in a network of its own, in which the servers' ports are then the link."""

    def __init__(self, program: str, servers: dict[str, list[int]], rtt_ms: float = 0, rate: int = 0, inside: int = 0):
        line = [program, "--delay-us", str(int(rtt_ms * 500)), "--rate", str(rate)]
        line += ["--inside", str(inside)] if inside else []
        line += [f"{role}={port}" for role, ports in servers.items() for port in ports]
        self.rtt_ms, self.rate = rtt_ms, rate
        self.process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ports = {int(words[1]): int(words[2]) for words in self._answer()}
        self.namenode = f"http://localhost:{self.ports[servers['namenode'][0]]}" if "namenode" in servers else None

        self.inner = None  # the process in whose network the same way leads to the servers' RPC; None: there is none

    def _answer(self) -> list[list[str]]:
        lines = []
        while (line := self.process.stdout.readline().strip()) != ".":
            if not line:
                raise RuntimeError("the link has ended")
            lines.append(line.split())
        return lines

    def _tell(self, word: str) -> None:
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def reset(self) -> None:
        """All counts are 0."""
        self._tell("reset")
        self.stats()

    def stats(self) -> dict:
        """{"requests": {"namenode OPEN": 1}, "down": {"datanode": bytes}, "up": ..., "connections": ...}"""
        self._tell("stats")
        found = {"requests": {}, "down": {}, "up": {}, "connections": {}}
        for kind, *names, number in self._answer():
            found[kind][" ".join(names)] = int(number)
        return found

    def __enter__(self) -> "Link":
        return self

    def __exit__(self, *failure) -> None:
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()
