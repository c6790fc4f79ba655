"""The folder of a stack: found, made, removed."""

import json
import os
import re
import shutil
import tempfile
from pathlib import Path

from . import cache, ports
from .errors import StackError

# The DataNode dies of a blank in its data folder's path (it makes a format string of the URI), and
# : and , separate entries in Hadoop's settings and in the class path.
SAFE = re.compile(r"[A-Za-z0-9/._+-]+")


def make(wanted: str | Path | None) -> Path:
    """WANTED, which must be new, empty or a stack's; None: a new one in the cache."""
    if wanted is None:
        base = cache.root() / "tmp"
        base.mkdir(exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="stack-", dir=base)).resolve()
    folder = Path(wanted).resolve()
    if not SAFE.fullmatch(str(folder)):
        raise StackError(f"a stack's path may have only A-Z a-z 0-9 / . _ + - in it: {folder}")
    folder.mkdir(parents=True, exist_ok=True)
    if os.listdir(folder) and not is_stack(folder):
        raise StackError(f"{folder} is not empty and holds no stack")
    return folder


def is_stack(folder: Path) -> bool:
    return (folder / "stack.json").exists()


def read(folder: Path) -> dict:
    try:
        return json.loads((folder / "stack.json").read_text())
    except FileNotFoundError:
        return {}


def write(folder: Path, state: dict) -> None:
    cache.write_whole(folder / "stack.json", json.dumps(state, indent=1) + "\n")


def remove(folder: Path) -> None:
    if is_stack(folder):
        ports.give_back(folder)
        shutil.rmtree(folder, ignore_errors=True)
