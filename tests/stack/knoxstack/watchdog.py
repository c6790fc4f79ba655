"""The process that stops a stack when its owner is gone, however the owner ended."""

import os
import sys
import time
from pathlib import Path

from . import cache, launch, process
from .errors import StackError
from .folder import is_stack, read, remove

ROOT = Path(__file__).resolve().parent.parent


def start(folder: Path, owner: int) -> int:
    """Must run before the first daemon is started, so that no moment is without a guard."""
    started = process.start_time(owner)
    if started is None:
        raise StackError(f"no process {owner} to own the stack")
    program = "from knoxstack.watchdog import main; main()"
    command = [sys.executable, "-c", program, process.mark(folder, "watchdog")]
    command += [str(folder), str(owner), str(started)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return process.spawn(command, folder / "watchdog.log", Path("/"), env)


def main() -> None:
    folder, owner, started = Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    process.wait_for_end(owner, started)
    clean(folder)


def clean(folder: Path) -> None:
    """Again and again until nobody is still starting daemons there (`up` holds the lock)."""
    alone = False
    while not alone:
        launch.tear_down(folder)
        if not is_stack(folder):
            return
        with cache.locked(folder / "stack", wait=False) as alone:
            time.sleep(0.2)  # a process in the moment of its exec is not found
            launch.tear_down(folder)
    if read(folder).get("ephemeral"):
        remove(folder)
