"""What a release build has that makes a fault in it hard to use: looked up in the built programs, not in the flags."""

import re
import subprocess
from pathlib import Path

from .symbols import source_of
from .tree import Finding, Tree

PROGRAMS = ("src/fs/knoxfs", "tools/knoxctl/knoxctl")


def readelf(*words) -> str:
    return subprocess.run(["readelf", "-W", *words], check=True, capture_output=True, text=True).stdout


def flags_of(dynamic: str) -> set[str]:
    """Of FLAGS and FLAGS_1."""
    return {word for line in re.findall(r"\(FLAGS(?:_1)?\)\s+(.*)", dynamic) for word in line.removeprefix("Flags:").split()}


def faults(path: Path):
    """What is missing in a program."""
    dynamic, segments = readelf("-d", path), readelf("-l", path)
    symbols = set(re.findall(r" UND (\w+)", readelf("--dyn-syms", path)))
    stack = re.search(r"GNU_STACK\s+(?:0x\w+\s+){5}(...)", segments)
    if "PIE" not in flags_of(dynamic):
        yield "it is not loaded at an address of chance: -fPIE -pie"
    if "GNU_RELRO" not in segments or not flags_of(dynamic) & {"NOW", "BIND_NOW"}:
        yield "its table of functions can be written: -z relro -z now"
    if not stack or "E" in stack.group(1):
        yield "its stack can be executed: -z noexecstack"
    if re.search(r"LOAD\s+(?:0x\w+\s+){5}.WE", segments):
        yield "some of it can be written and executed"
    if "__stack_chk_fail" not in symbols:
        yield "it does not see that its stack was overwritten: -fstack-protector-strong"
    if not any(name.endswith("_chk") for name in symbols):
        yield "copies into buffers are not checked: -D_FORTIFY_SOURCE with -O2"
    if re.search(r"\((?:RPATH|RUNPATH)\)", dynamic):
        yield "it looks for libraries in folders of its own (an empty one is the folder where it is called): no RPATH"


def jumps_anywhere(objects: list[Path]) -> list[Path]:
    """The objects that do not say where indirect jumps may land; of the C library's own a program tells nothing."""
    if not objects or "X86-64" not in readelf("-h", objects[0]):
        return []
    notes = readelf("-n", *objects, objects[0])  # of one file alone it does not say which
    parts = re.split(r"^File: (.*)$", notes, flags=re.MULTILINE)
    said = dict(zip(parts[1::2], parts[2::2]))
    return [path for path in objects if not re.search(r"IBT.*SHSTK", said.get(str(path), ""))]


def is_release(build: Path) -> bool:
    cache = build / "CMakeCache.txt"
    text = cache.read_text() if cache.is_file() else ""
    return bool(re.search(r"^CMAKE_BUILD_TYPE:\w+=\w*Rel", text, re.MULTILINE)) and not re.search(r"^KX_SANITIZE:\w+=.", text, re.MULTILINE)


def check(tree: Tree, build: Path) -> list[Finding]:
    if not is_release(build):
        return []
    findings = []
    for name in PROGRAMS:
        program = build / name
        found = faults(program) if program.is_file() else ["it was not built: what it has is not known"]
        findings += [Finding(f"{build.name}/{name}", 0, "hardening", fault) for fault in found]
    objects = sorted(path for below in ("src", "tools") for path in (build / below).rglob("*.o") if source_of(tree, build, path))
    return findings + [Finding(str(path.relative_to(build)), 0, "hardening", "jumps may land anywhere: -fcf-protection")
                       for path in jumps_anywhere(objects)]
