"""57 things that everyday programs do, on a mount of a real HDFS: the rows are in `everyday/`."""

import inspect
import os
from pathlib import Path

import pytest

pytest.register_assert_rewrite(*(f"everyday.{part}" for part in ("contents", "names", "promises", "programs")))

import everyday.contents  # noqa: E402
import everyday.names  # noqa: E402
import everyday.programs  # noqa: E402
import everyday.promises  # noqa: E402, F401
from everyday import MIB, ROWS, fails  # noqa: E402

ALL, REFUSED = 57, 4
LONG = {"file > 2 GiB (2.1 GiB written, tail read)": [pytest.mark.slow, pytest.mark.limit(300)]}


@pytest.fixture
def mount(owned):
    return owned


@pytest.fixture
def tree(tmp_path) -> Path:
    top = tmp_path / "tree"
    for name, size in {"empty": 0, "one": 1, "a/odd": 70001, "a/b/more": MIB + 17}.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(os.urandom(size))
        os.utime(top / name, (1_600_000_000, 1_600_000_000 + size))
    (top / "void").mkdir()
    (top / "one").chmod(0o751)
    return top


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=LONG.get(name, []), id=name[:60]) for name in ROWS]
)
def test_row(mount, hdfs, request, name):
    do, refused = ROWS[name]
    fixtures = [request.getfixturevalue(one) for one in inspect.signature(do).parameters]
    if refused is None:
        do(*fixtures)
        return
    fails(refused, do, *fixtures)
    assert hdfs.names() == [] == os.listdir(mount.path)


def test_all_rows_are_here():
    """53 of 57 are done; the others are refused with one errno each."""
    assert len(ROWS) == ALL
    assert sum(code is not None for _, code in ROWS.values()) == REFUSED
