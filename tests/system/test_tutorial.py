"""docs/TUTORIAL.md is true: each of its blocks runs, and prints what is shown."""

import re
import shutil

import pytest
from knoxtest.document import Session, blocks, pattern
from knoxtest.limits import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.limit(500)]

BLOCK_S = 180  # a week's runs, two of them with a container


def test_each_block_prints_what_is_shown(jobs, tmp_path):
    shutil.rmtree(jobs / "user/alice/stars", ignore_errors=True)
    (tmp_path / "hdfs").symlink_to(jobs.path)
    session = Session(tmp_path, "alice")
    found = blocks(ROOT / "docs/TUTORIAL.md")
    assert len(found) > 10
    for example in found:
        code, said = session.type(example.command, BLOCK_S)
        where = f"docs/TUTORIAL.md:{example.line} ({example.heading})"
        assert code == 0, f"{where}: exit status {code}\n{said}"
        shown = example.output or ""
        assert re.fullmatch(pattern(shown), said), f"{where}: shown\n{shown}printed\n{said}"
