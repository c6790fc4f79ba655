"""Documents whose examples are run: what is typed, and what is said to be printed then."""

import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from .programs import run

# What is another one each time: jobs, applications, containers, addresses; "..." stands for the rest of a line, or for lines.
JOB = r"\d{7}-\d{15}-oozie-\w+-"
WORKFLOW, COORDINATOR = JOB + "W", JOB + "C"
APPLICATION = r"application_\d+_\d{4,}"
CONTAINER = r"container_\d+_\d{4,}_\d\d_\d{6,}"
NAMENODE = r"hdfs://[\w-]+:\d+"
KINDS = (WORKFLOW, COORDINATOR, APPLICATION, CONTAINER, NAMENODE)
VARIABLE = re.compile(rf"({'|'.join(KINDS)}|\.\.\.)")
NUMBER = r"\d+(?:\.\d+)?"


@dataclass
class Example:
    """Commands and what they print; None: the document does not show it."""

    line: int
    heading: str
    command: str
    output: str | None


def blocks(document: Path) -> list[Example]:
    """Of ```sh ... ```, and of ```text ... ``` right behind it."""
    found: list[Example] = []
    heading, kind, begin, lines, last = "", None, 0, [], ""
    for number, line in enumerate(document.read_text().splitlines(), 1):
        if kind is not None and line == "```":
            text = "".join(f"{one}\n" for one in lines)
            if kind == "sh":
                found.append(Example(begin, heading, text, None))
            elif kind == "text" and last == "sh":
                found[-1].output = text
            last, kind = kind, None
        elif kind is not None:
            lines.append(line)
        elif line.startswith("```"):
            kind, begin, lines = line[3:], number + 1, []
        elif line.strip():
            last = ""
            heading = line.lstrip("# ") if line.startswith("#") else heading
    return found


def transcripts(document: Path) -> list[list[Example]]:
    """Of indented text in which `$` is in front of what is typed; a list for each such text."""
    found: list[list[Example]] = []
    heading, inside = "", False
    for number, line in enumerate(document.read_text().splitlines(), 1):
        if line.startswith("    $ "):
            if not inside:
                found.append([])
            found[-1].append(Example(number, heading, line[6:], None))
            inside = True
        elif inside and line.startswith("    "):
            found[-1][-1].output = (found[-1][-1].output or "") + line[4:] + "\n"
        else:
            inside = False
            heading = line.lstrip("# ") if line.startswith("#") else heading
    return found


def pattern(output: str, numbers: bool = False) -> str:
    """A regular expression of it.  NUMBERS: a line that is a number may be any."""

    def part(text: str) -> str:
        if not VARIABLE.fullmatch(text):
            return re.escape(text)
        return r"[^\n]*" if text == "..." else next(
            kind for kind in KINDS if re.fullmatch(kind, text)
        )  # fmt: skip

    lines = ""
    for line in output.splitlines():
        if line == "...":
            lines += r"(?:[^\n]*\n)*"
        elif numbers and re.fullmatch(NUMBER, line):
            lines += NUMBER + r"\n"
        else:
            lines += "".join(part(text) for text in VARIABLE.split(line)) + r"\n"
    return lines


class Session:
    """A shell of somebody whose home is HOME: the folder that one example goes to is the next one's."""

    def __init__(self, home: Path, user: str):
        self.home = home
        self.folder = str(home)
        self.environment = {"HOME": str(home), "USER": user, "PATH": os.defpath}

    def type(self, command: str, limit: float, strict: bool = True) -> tuple[int, str]:
        """Its exit status, and all that it printed.  STRICT: it ends where something fails."""
        state = self.home / ".folder"
        script = f"exec 2>&1\ncd {shlex.quote(self.folder)}\n{'set -eo pipefail' if strict else ''}\n"
        done = run(
            "bash", "-c", f"trap 'pwd > {shlex.quote(str(state))}' EXIT\n{script}{command}",
            env=self.environment, timeout=limit, rc=None,
        )  # fmt: skip
        self.folder = state.read_text().strip()
        return done.returncode, done.stdout.decode(errors="replace")
