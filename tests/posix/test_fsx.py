"""fsx changes one file at random and compares every byte that it reads with what it has in memory.

The configurations are fsx/*.toml. A run is the same whenever it has the same seed: `fsx -f FILE.toml -N OPERATIONS -S SEED FILE`.
KNOXFS_LONG=1: the long runs, by hand (1,000,000 operations).
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from knoxtest import Failed, run

HERE = Path(__file__).resolve().parent
# configuration: operations of a run in tests/run (20,000 together), of a long one (200,000 together), operations a second at least
RUNS = {
    "plain": (4500, 40_000, 20),
    "all": (6000, 70_000, 20),
    "small": (6000, 70_000, 20),
    "reopen": (2500, 15_000, 10),
    "big": (1000, 5_000, 4),
}
SEEDS = [101, 102, 103, 104, 105] if os.environ.get("KNOXFS_LONG") else [1]


def cases():
    for seed in SEEDS:
        for name, (short, long, rate) in RUNS.items():
            operations = short if SEEDS == [1] else long
            limit = 60 + operations // rate
            yield pytest.param(name, seed, operations, limit, marks=pytest.mark.limit(limit + 30))


@pytest.mark.slow
@pytest.mark.parametrize("name, seed, operations, limit", list(cases()))
def test_fsx(mount, hdfs, tools, name, seed, operations, limit):
    """No byte and no length is other than fsx remembers; at the end the cluster has what the mount shows."""
    kept = Path(tempfile.mkdtemp(prefix=f"knoxfs-fsx-{name}-"))
    line = [tools / "fsx", "-f", HERE / "fsx" / f"{name}.toml", "-N", operations, "-S", seed, "-P", kept]
    try:
        run(*line, mount / "f", timeout=limit)
    except Failed as failed:
        shutil.copyfile(mount / "f", kept / "f.mount")
        (kept / "f.cluster").write_bytes(hdfs.read("f"))
        raise Failed(f"{failed}\nkept in {kept}:\n{end_of_log(kept)}") from failed
    assert (mount / "f").read_bytes() == hdfs.read("f")
    shutil.rmtree(kept)


def end_of_log(folder: Path) -> str:
    """fsx prints its last operations; what it wrote besides: the content as it should be."""
    return "\n".join(f"{file.name}: {file.stat().st_size} bytes" for file in sorted(folder.iterdir()))
