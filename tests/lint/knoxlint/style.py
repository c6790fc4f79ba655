"""The one way C files are laid out: .clang-format."""

import re
import shutil
import subprocess

from .tree import Finding, Tree

MESSAGE = re.compile(r"^(.+?):(\d+):\d+: (?:error|warning): ", re.MULTILINE)


def run(tree: Tree, *options: str) -> subprocess.CompletedProcess:
    return subprocess.run(["clang-format", *options, *tree.c_files()], cwd=tree.root,
                          capture_output=True, text=True)


def fix(tree: Tree) -> None:
    if tree.c_files() and shutil.which("clang-format"):
        run(tree, "-i").check_returncode()
        Tree.text.cache_clear()


def check(tree: Tree) -> list[Finding]:
    if not tree.c_files():
        return []
    if not shutil.which("clang-format"):
        return [Finding(".clang-format", 1, "format", "clang-format is missing: install it")]
    done = run(tree, "--dry-run", "--Werror")
    first = {}  # one finding a file
    for match in MESSAGE.finditer(done.stderr):
        first.setdefault(match.group(1), int(match.group(2)))
    if done.returncode and not first:
        return [Finding(".clang-format", 1, "format", done.stderr.strip() or "clang-format failed")]
    return [Finding(path, line, "format", "not formatted: tests/lint/run --fix")
            for path, line in first.items()]
