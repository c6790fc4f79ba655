"""The cache folder: everything that is downloaded or compiled, shared by all stacks of a user."""

import contextlib
import fcntl
import os
from pathlib import Path


def root() -> Path:
    """KNOXFS_CACHE, else the XDG place; created on demand."""
    chosen = os.environ.get("KNOXFS_CACHE")
    if not chosen:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        chosen = os.path.join(base, "knoxfs")
    path = Path(chosen).absolute()
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextlib.contextmanager
def locked(path: Path, wait: bool = True):
    """Holds an exclusive lock on PATH.lock; yields False instead of waiting when wait is False.

    flock, not a lock file's existence: the kernel drops it when the holder dies.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{path}.lock", "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True


def write_whole(path: Path, text: str) -> None:
    """Replaces a file in one step, so that a reader sees the old text or the new, never a part."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(text)
    part.replace(path)
