"""pjdfstest asks what POSIX says of each call. pjdfstest.list has the cases and why some cannot pass (README.md)."""

import os
import re
from pathlib import Path

import pytest
from knoxtest import run

HERE = Path(__file__).resolve().parent
LINE = re.compile(r"^(\w+(?:::\w+)+)\s+(ok|FAILED|skipped)$")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
CONFIG = """
[features]
utimensat = {{}}
utime_now = {{}}
secondary_fs = "{other}"
[settings]
naptime = 0.01
[dummy_auth]
entries = [["nobody", "nogroup"], ["daemon", "daemon"]]
"""


def read_list() -> dict[str, str]:
    """{case: why it cannot pass, or ""}"""
    rows = [line.split() for line in (HERE / "pjdfstest.list").read_text().splitlines() if line[:1] != "#"]
    cases = {row[0]: row[1] if len(row) == 2 else "" for row in rows}
    assert len(cases) == len(rows) and all(len(row) <= 2 for row in rows)
    return cases


CASES = read_list()
FAMILIES = sorted({case.partition("::")[0] for case in CASES})


@pytest.mark.slow
@pytest.mark.limit(240)
@pytest.mark.parametrize("family", FAMILIES)
def test_pjdfstest(place, tools, tmp_path, family):
    """Each case passes that is to, and none that is not."""
    config = tmp_path / "pjdfstest.toml"
    config.write_text(CONFIG.format(other=tmp_path))
    names = [case for case in CASES if case.partition("::")[0] == family]
    full = [f"pjdfstest::tests::{name}" for name in names]
    done = run(tools / "pjdfstest", "-c", config, "-p", place, "-e", *full, rc=None, timeout=200)
    text = COLOURS.sub("", done.stdout.decode())
    found = dict(match.groups() for match in map(LINE.match, text.splitlines()) if match)
    local = "KNOXFS_POSIX_FOLDER" in os.environ
    wanted = {name: "ok" if local or not CASES[name] else "FAILED" for name in names}
    wrong = [f"{name}: {found.get(name)}, not {wanted[name]}" for name in names if found.get(name) != wanted[name]]
    assert not wrong, "\n".join([*wrong, text])
