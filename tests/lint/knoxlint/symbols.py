"""What is in the built objects: no variable that can be written, and every name begins with kx_."""

import re
import subprocess
from pathlib import Path

from .tree import Finding, Tree

# Names that instrumentation makes.
FOREIGN = re.compile(r"_{1,3}(?:asan|ubsan|tsan|odr_asan|sancov|gcov|llvm)|\.L|_GLOBAL__|_sub_")
WRITABLE = re.compile(r"\.(data(?!\.rel\.ro)|bss|tdata|tbss|sdata|sbss)")
ALLOWED = {"main"}


def check(tree: Tree, build: Path) -> list[Finding]:
    objects = sorted((build / "src").rglob("*.o")) if (build / "src").is_dir() else []
    if not objects:
        where = build.relative_to(tree.root) if build.is_relative_to(tree.root) else build
        return [Finding(str(where), 0, "symbols",
                        "no objects are there: build first, or name the build directory")]
    built = {source_of(tree, build, path): path for path in objects}
    findings = [Finding(path, 1, "symbols", "was not built: its symbols are not known")
                for path in tree.matching(".c", below=("src/",)) if path not in built]
    for source, path in built.items():
        if source:
            findings += check_object(tree, source, path)
    return findings


def source_of(tree: Tree, build: Path, path: Path) -> str | None:
    """src/base/CMakeFiles/kx_base.dir/log.c.o -> src/base/log.c; None when there is no such file
    any more."""
    name = re.sub(r"CMakeFiles/[^/]+\.dir/", "", str(path.relative_to(build))).removesuffix(".o")
    return name if name in tree.files else None


def check_object(tree: Tree, source: str, path: Path):
    command = ["nm", "--format=sysv", "--defined-only", path]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for line in listed.splitlines():
        fields = [field.strip() for field in line.split("|")]
        if len(fields) != 7 or FOREIGN.match(fields[0]):
            continue
        name, kind, section = fields[0], fields[2], fields[6]
        if WRITABLE.match(section) or kind == "C":
            yield Finding(source, line_of(tree, source, name), "globals",
                          f"{name} can be written: make it const, or a member of a struct")
        if kind.isupper() and not name.startswith("kx_") and name not in ALLOWED:
            yield Finding(source, line_of(tree, source, name), "names",
                          f"{name} is seen by other files: make it static, or kx_{name}")


def line_of(tree: Tree, source: str, symbol: str) -> int:
    word = re.escape(symbol.split(".")[0])  # a static of a function is name.0
    match = re.search(rf"\b{word}\b", tree.text(source))
    return tree.text(source).count("\n", 0, match.start()) + 1 if match else 1
