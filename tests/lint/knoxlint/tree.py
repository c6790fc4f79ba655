"""The files of the repository, and what is found in them."""

import functools
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

LEFT_OUT = {".git", "build", "__pycache__", ".pytest_cache", "target", "node_modules"}


@dataclass(order=True, frozen=True)
class Finding:
    file: str
    line: int
    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule}: {self.text}"


class Tree:
    """Every file that git tracks or would track; without git, every file outside of build folders.

    Paths are strings relative to the root, with '/' between their parts."""

    def __init__(self, root: Path):
        self.root = root
        self.files = sorted(path for path in self._names() if (root / path).is_file())

    def _names(self) -> set[str]:
        if (self.root / ".git").exists():
            command = ["git", "-C", self.root, "ls-files", "-z", "-co", "--exclude-standard"]
            listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            return {name for name in listed.split("\0") if name}
        names = set()
        for folder, below, files in os.walk(self.root):
            below[:] = [name for name in below if name not in LEFT_OUT]
            names |= {os.path.relpath(os.path.join(folder, name), self.root) for name in files}
        return names

    @functools.cache
    def text(self, path: str) -> str:
        """The content of a text file; "" for one that is none."""
        data = (self.root / path).read_bytes()
        return "" if b"\0" in data else data.decode(errors="replace")

    def matching(self, *suffixes: str, below: tuple[str, ...] = ("",)) -> list[str]:
        return [path for path in self.files if path.endswith(suffixes) and path.startswith(below)]

    def c_files(self, *below: str) -> list[str]:
        return self.matching(".c", ".h", below=below or ("src/", "tests/", "tools/"))

    @functools.cached_property
    def _interpreters(self) -> dict[str, str]:
        """File -> the name of its interpreter, from the '#!' line."""
        found = {}
        for path in self.files:
            match = re.match(r"#!\s*(?:\S*/env\s+(?:-S\s+)?)?(?:\S*/)?(\S+)", self.text(path))
            if match:
                found[path] = match.group(1)
        return found

    def shell_files(self) -> list[str]:
        shells = {"sh", "bash", "dash"}
        return [path for path in self.files
                if path.endswith(".sh") or self._interpreters.get(path) in shells]

    def python_files(self) -> list[str]:
        return [path for path in self.files
                if path.endswith(".py") or self._interpreters.get(path, "").startswith("python")]
