"""Scripts can be read by their interpreters."""

import re
import shutil
import subprocess
import warnings

from .tree import Finding, Tree

UNDEFINED = re.compile(r"^(.+?):(\d+):\d+: (undefined name .+)$", re.MULTILINE)
SHELLCHECK_LINE = re.compile(r"^(.+?):(\d+):\d+: (.+)$", re.MULTILINE)


def check(tree: Tree) -> list[Finding]:
    return [*check_shell(tree), *check_python(tree)]


def check_shell(tree: Tree):
    files = tree.shell_files()
    for path in files:
        done = subprocess.run(["bash", "-n", path], cwd=tree.root, capture_output=True, text=True)
        if done.returncode:
            match = re.search(r"line (\d+): (.*)", done.stderr)
            line = int(match.group(1)) if match else 1
            reason = match.group(2) if match else done.stderr.strip()
            yield Finding(path, line, "script", f"bash cannot read it: {reason}")
    if files and shutil.which("shellcheck"):
        done = subprocess.run(["shellcheck", "-f", "gcc", *files], cwd=tree.root,
                              capture_output=True, text=True)
        for match in SHELLCHECK_LINE.finditer(done.stdout):
            yield Finding(match.group(1), int(match.group(2)), "script", match.group(3))


def check_python(tree: Tree):
    for path in tree.python_files():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                compile(tree.text(path), path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 1
            yield Finding(path, line, "script", f"Python cannot read it: {error}")
    yield from check_names(tree)


def check_names(tree: Tree):
    """Of what pyflakes says only what is certainly wrong: fixtures that are imported look unused to it."""
    files = tree.python_files()
    if files and shutil.which("pyflakes3"):
        done = subprocess.run(["pyflakes3", *files], cwd=tree.root, capture_output=True, text=True)
        for match in UNDEFINED.finditer(done.stdout):
            yield Finding(match.group(1), int(match.group(2)), "script", match.group(3))
