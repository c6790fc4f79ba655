"""knoxfs-trees.7 is docs/TREES.md: nothing of it is lost on the way."""

import re
import shutil
import subprocess

import pytest
from knoxtest.limits import ROOT

TEXT = ROOT / "docs/TREES.md"


@pytest.mark.skipif(not shutil.which("scdoc"), reason="scdoc is not installed")
def test_the_page_of_the_trees():
    made = subprocess.run(["awk", "-f", ROOT / "man/trees.awk", TEXT], capture_output=True, check=True).stdout
    page = subprocess.run(["scdoc"], input=made, capture_output=True)
    assert page.returncode == 0, page.stderr
    plain = re.sub(r"\\f[BRI]|\\&|\\", "", page.stdout.decode())
    lines = TEXT.read_text().splitlines()[1:]
    wanted = re.findall(r"[A-Za-z0-9./_-]{2,}", "\n".join(line for line in lines if not re.match(r"\| *\w+ *\|", line)))
    missing = {word for word in wanted if word.strip("-") and word not in plain}
    assert missing == set()
    assert plain.count(".SH ") == 3 + sum(line.startswith("## ") for line in lines)
