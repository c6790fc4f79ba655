"""Processes of a stack: started detached, found and stopped by a mark on their command line.

The mark is an argument -Dkx.stack=DIR#NAME.  A pid alone could by now be somebody else's process;
a signal goes through a pidfd, with the mark checked while the pidfd holds the pid.
"""

import os
import select
import signal
import subprocess
import time
from pathlib import Path

GRACE_S = 10.0  # from TERM to KILL

# Kept so that a long-lived caller reaps its children.
children: dict[int, subprocess.Popen] = {}


def mark(folder: Path, name: str = "") -> str:
    return f"-Dkx.stack={folder}#{name}"


def spawn(command: list[str], log: Path, folder: Path, env: dict[str, str], program: str | None = None) -> int:
    """Starts a process in a session of its own that holds no descriptor of ours.

    program: what is executed, when the command's first word is not its name.
    """
    reap()
    with open(log, "ab") as out:
        child = subprocess.Popen(
            command,
            executable=program,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=folder,
            env=env,
            start_new_session=True,
        )
    children[child.pid] = child
    return child.pid


def reap() -> None:
    for pid, child in list(children.items()):
        if child.poll() is not None:
            del children[pid]


def name_of(pid: int, folder: Path) -> str | None:
    """The NAME in the mark, or None: no such process, a zombie, or not of this stack."""
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return None
    prefix = os.fsencode(mark(folder))
    for argument in arguments:
        if argument.startswith(prefix):
            return os.fsdecode(argument[len(prefix) :])
    return None


def is_alive(pid: int, folder: Path) -> bool:
    """Also right in the moment of a child's exec, when its command line reads as empty."""
    reap()
    return pid in children or name_of(pid, folder) is not None


def is_stopped(pid: int) -> bool:
    """All threads of it: they stop one after another, some time after the signal."""
    try:
        texts = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/stat")]
    except OSError:
        return False
    return bool(texts) and all(text.rpartition(")")[2].split()[0] == "T" for text in texts)


def find(folder: Path) -> dict[str, list[int]]:
    """All live processes of a stack, by name."""
    found: dict[str, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            name = name_of(int(entry), folder)
            if name is not None:
                found.setdefault(name, []).append(int(entry))
    return found


def send(pid: int, folder: Path, number: int) -> bool:
    """Signals PID if it is a process of this stack."""
    try:
        handle = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        if name_of(pid, folder) is None:
            return False
        signal.pidfd_send_signal(handle, number)
        return True
    except ProcessLookupError:
        return False
    finally:
        os.close(handle)


def wait_gone(pids: list[int], folder: Path, seconds: float) -> list[int]:
    """Those that are still there after SECONDS."""
    end = time.monotonic() + seconds
    while True:
        pids = [pid for pid in pids if is_alive(pid, folder)]
        if not pids or time.monotonic() >= end:
            return pids
        time.sleep(0.02)


def stop(pids: list[int], folder: Path) -> None:
    """TERM, then KILL.  CONT too, since a stopped process does not see TERM."""
    for pid in pids:
        send(pid, folder, signal.SIGTERM)
        send(pid, folder, signal.SIGCONT)
    left = wait_gone(pids, folder, GRACE_S)
    for pid in left:
        send(pid, folder, signal.SIGKILL)
    wait_gone(left, folder, GRACE_S)


def wait_stopped(pids: list[int], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not all(map(is_stopped, pids)):
        if time.monotonic() >= end:
            return False
        time.sleep(0.005)
    return True


def start_time(pid: int) -> int | None:
    """When PID started, in clock ticks since boot: tells a pid from its next holder."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # Field 22; counted after the command, which may itself hold blanks and brackets.
    return int(text.rpartition(")")[2].split()[19])


def wait_for_end(pid: int, started: int) -> None:
    """Returns when the process that is PID and started then is gone."""
    try:
        handle = os.pidfd_open(pid)
    except OSError:
        return
    try:
        if start_time(pid) == started:
            poll = select.poll()
            poll.register(handle, select.POLLIN)
            poll.poll()
    finally:
        os.close(handle)
