"""A file that has not changed is read again, beside a file of the machine's own memory."""

import os
import shutil
import tempfile

from .. import child
from ..row import KNOXFS, Measure, Row, compare, plain
from .sequential import check, dd

MEMORY = "/dev/shm"
TIMES = 4  # in a row: one alone is over in a tenth of a second, and the machine's pauses are as long


def cases(scene) -> dict:
    return {"reread": lambda: measure(scene)}


def several(path: str) -> child.Cost:
    script = f'for _ in $(seq {TIMES}); do dd if="$1" of=/dev/null bs=1M status=none || exit; done'
    return child.run("sh", "-c", script, "sh", path)


def measure(scene) -> Row:
    file, digest = scene.stored.large()
    checked = check(scene, file, digest, None)
    place = MEMORY if os.path.isdir(MEMORY) else None
    with tempfile.TemporaryDirectory(prefix="knoxfs-bench-", dir=place) as folder:
        shutil.copy(scene.local(), folder + "/file")

        def again(path: str) -> child.Cost:
            return dd(path, file)

        def often(path: str) -> child.Cost:
            return several(path + file)

        who = {KNOXFS: lambda: scene.knoxfs(often, None, again), "tmpfs": lambda: plain(several(folder + "/file"))}
        who |= scene.rivals(often, None, again, whole_files=True)
        rounds = compare(scene, who)
    counted = scene.counted(again, again)
    goal = ">= 0.9 x tmpfs, at most 1 request"
    notes = [f"{TIMES} times in a row; the requests are those of one"]
    return Row("reread", Measure("MiB/s", scene.size_mib * TIMES), rounds, counted, goal, checked, notes)
