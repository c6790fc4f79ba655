"""Tests of the benchmark itself: that it measures what it says, not how fast anything is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "stack"), str(HERE.parent / "proxy")]
LIMIT_S = 420


@pytest.fixture
def bench(tmp_path):
    """bench(argument...): the command's end; bench.folder: where its temporary files are."""
    call_folder = tmp_path / "tmp"
    call_folder.mkdir()

    def call(*words: str) -> subprocess.CompletedProcess:
        line = [sys.executable, str(HERE / "run"), *words]
        there = os.environ | {"TMPDIR": str(call_folder)}
        return subprocess.run(line, capture_output=True, text=True, timeout=LIMIT_S, env=there)

    call.folder = call_folder

    return call
