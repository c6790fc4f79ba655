"""Programs run with a time limit each; the whole process group ends when the limit is over."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

LIMIT_S = 30
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONDONTWRITEBYTECODE": "1"}


class Failed(AssertionError):
    """A program ended with another status than was expected, or not in time."""


class Running:
    """A program in its own session: may be signalled, waited for, and is always ended."""

    def __init__(self, *line, cwd=None, stdin=subprocess.DEVNULL, env=None, stdout=subprocess.PIPE):
        self.line = [os.fsencode(part) if isinstance(part, Path) else part for part in line]
        self.line = [str(part) if isinstance(part, int) else part for part in self.line]
        self.process = subprocess.Popen(
            self.line,
            cwd=cwd,
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT | (env or {}),
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        return self.process.pid

    def ended(self) -> bool:
        return self.process.poll() is not None

    def signal(self, number: int) -> None:
        """To the program and its children, as a terminal's Ctrl-C."""
        os.killpg(self.pid, number)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.signal(signal.SIGKILL)

    def result(self, timeout: float = LIMIT_S, data: bytes | None = None):
        """Its end, as a CompletedProcess; not in time is a failure."""
        begin = time.monotonic()
        try:
            out, err = self.process.communicate(data, timeout)
        except subprocess.TimeoutExpired as late:
            self.kill()
            # A reader in the kernel may need the driver's answer to end, so not for ever.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.communicate(timeout=5)
            passed = time.monotonic() - begin
            raise Failed(f"{self.line}: still running after {passed:.1f} s") from late
        except BaseException:  # the test's own time is up
            self.kill()
            raise
        return subprocess.CompletedProcess(self.line, self.process.returncode, out, err)

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *failure) -> None:
        self.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.communicate(timeout=5)


def run(
    *line, rc: int | None = 0, timeout: float = LIMIT_S, stdin: bytes | None = None, cwd=None, env=None
) -> subprocess.CompletedProcess:
    """A program to its end.  RC: the expected exit status, None: any but a signal's."""
    source = subprocess.DEVNULL if stdin is None else subprocess.PIPE
    with Running(*line, cwd=cwd, env=env, stdin=source) as running:
        done = running.result(timeout, stdin)
    wrong = done.returncode < 0 if rc is None else done.returncode != rc
    if wrong:
        raise Failed(
            f"{running.line}: exit status {done.returncode}, expected {rc}\n"
            f"{done.stdout[-2000:].decode(errors='replace')}"
            f"{done.stderr[-2000:].decode(errors='replace')}"
        )
    return done


def sh(script: str, *arguments, cwd=None, rc: int | None = 0, timeout: float = LIMIT_S):
    """A bash script; $1, $2 ... are the ARGUMENTS.  Stops at the first failing command."""
    options = ["-euo", "pipefail"]
    return run("bash", *options, "-c", script, "bash", *arguments, cwd=cwd, rc=rc, timeout=timeout)


def end_with(parent: int) -> None:
    """For a child between fork and exec: end when PARENT does, even if that is killed."""
    import ctypes

    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)
