"""The lint of built programs: each thing that a release build has is left out once."""

import subprocess
from pathlib import Path

import pytest

from knoxlint import hardening
from knoxlint.tree import Tree

TEXT = """#include <string.h>
int main(int argc, char **argv)
{
    char b[8];
    strcpy(b, argv[0]);
    return b[argc];
}
"""
GOOD = {"pie": "-fPIE -pie", "now": "-Wl,-z,relro,-z,now", "stack": "-Wl,-z,noexecstack", "guard": "-fstack-protector-strong",
        "copies": "-O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2", "jumps": "-fcf-protection", "more": "-w"}


class Build:
    def __init__(self, root: Path):
        self.root, self.build = root, root / "build"
        (root / "src/fs").mkdir(parents=True)
        (root / "src/fs/noun.c").write_text(TEXT)
        for name in hardening.PROGRAMS:
            (self.build / name).parent.mkdir(parents=True, exist_ok=True)
        self.configure("RelWithDebInfo", "")

    def configure(self, kind: str, sanitize: str) -> None:
        (self.build / "CMakeCache.txt").write_text(f"CMAKE_BUILD_TYPE:STRING={kind}\nKX_SANITIZE:STRING={sanitize}\n")

    def make(self, **flags: str) -> None:
        words = " ".join((GOOD | flags).values()).split()
        compiled = self.build / "src/fs/CMakeFiles/kx_fs.dir/noun.c.o"
        compiled.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cc", *[w for w in words if not w.startswith(("-Wl", "-pie", "-no-pie"))], "-c", self.root / "src/fs/noun.c", "-o", compiled], check=True)
        for name in hardening.PROGRAMS:
            subprocess.run(["cc", *words, self.root / "src/fs/noun.c", "-o", self.build / name], check=True)

    def findings(self) -> list[str]:
        return [f"{finding.file}: {finding.text}" for finding in hardening.check(Tree(self.root), self.build)]


@pytest.fixture
def built(tmp_path):
    return Build(tmp_path)


def test_a_release_build_has_everything(built):
    built.make()
    assert built.findings() == []


@pytest.mark.parametrize("left_out,words", [
    ({"pie": "-fno-PIE -no-pie"}, "address of chance"),
    ({"now": "-Wl,-z,norelro"}, "table of functions"),
    ({"now": "-Wl,-z,relro,-z,lazy"}, "table of functions"),
    ({"stack": "-Wl,-z,execstack"}, "stack can be executed"),
    ({"guard": "-fno-stack-protector"}, "stack was overwritten"),
    ({"copies": "-O2 -U_FORTIFY_SOURCE"}, "copies into buffers"),
    ({"more": "-w -Wl,-rpath,/opt/lib"}, "folders of its own"),
])
def test_what_is_left_out_is_found(built, left_out, words):
    built.make(**left_out)
    found = built.findings()
    assert len(found) == len(hardening.PROGRAMS), found
    for name, line in zip(hardening.PROGRAMS, found):
        assert line.startswith(f"build/{name}: ") and words in line, found


def test_each_object_says_where_jumps_land(built):
    built.make(jumps="-fcf-protection=none")
    machine = hardening.readelf("-h", built.build / hardening.PROGRAMS[0])
    expected = 1 if "X86-64" in machine else 0
    found = built.findings()
    assert len(found) == expected and all("noun.c.o: jumps" in line for line in found), found


def test_programs_that_were_not_built_are_told(built):
    assert [line.partition(": ")[2] for line in built.findings()] == ["it was not built: what it has is not known"] * 2


@pytest.mark.parametrize("kind,sanitize", [("Debug", ""), ("RelWithDebInfo", "address,undefined"), ("", "")])
def test_other_builds_are_not_looked_at(built, kind, sanitize):
    built.configure(kind, sanitize)
    assert built.findings() == []
