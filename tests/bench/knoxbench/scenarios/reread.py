"""A file that has not changed is read again, beside a file of the machine's own memory."""

import os
import shutil
import tempfile

from .. import child
from ..row import KNOXFS, Measure, Row, compare, plain
from .sequential import check, dd

MEMORY = "/dev/shm"


def cases(scene) -> dict:
    return {"reread": lambda: measure(scene)}


def measure(scene) -> Row:
    file, digest = scene.stored.large()
    checked = check(scene, file, digest, None)
    place = MEMORY if os.path.isdir(MEMORY) else None
    with tempfile.TemporaryDirectory(prefix="knoxfs-bench-", dir=place) as folder:
        shutil.copy(scene.local(), folder + "/file")

        def again(path: str) -> child.Cost:
            return dd(path, file)

        who = {KNOXFS: lambda: scene.knoxfs(again, None, again), "tmpfs": lambda: plain(dd(folder, "/file"))}
        who |= scene.rivals(again, None, again, whole_files=True)
        rounds = compare(scene, who)
    counted = scene.counted(again, again)
    goal = ">= 0.9 x tmpfs, at most 1 request"
    return Row("reread", Measure("MiB/s", scene.size_mib), rounds, counted, goal, checked)
