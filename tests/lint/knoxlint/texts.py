"""What no text of the repository says."""

import re

from .tree import Finding, Tree

# A folder of one machine. In front of it stands no part of a path or URL: /user/root is HDFS's.
MACHINE = re.compile(r"(?<![\w.~$}{)\]%*@:/-])/(?:work|root|home)(?:/|\b(?![-.\w]))|/tmp/(?:w)\b")
REGISTRY = re.compile(
    r"\b(?:pypi\.org|files\.pythonhosted\.org|repo1?\.maven\.(?:apache\.)?org|registry\.npmjs\.org"
    r"|(?:static|index)?\.?crates\.io|proxy\.golang\.org|rubygems\.org|deb\.debian\.org"
    r"|archive\.ubuntu\.com|conda\.anaconda\.org|ghcr\.io|docker\.io|quay\.io)\b")
RECORDED = "tests/fixtures/"  # what servers said: their folders, not ours
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX)\b")


def check(tree: Tree) -> list[Finding]:
    findings = []
    for path in tree.files:
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            findings += [Finding(path, number, "text", problem) for problem in problems(path, line)]
    return findings


def problems(path: str, line: str):
    if not path.startswith(RECORDED) and (match := MACHINE.search(line)):
        yield f"{match.group()} is a folder of one machine: name it by a variable or relatively"
    if match := REGISTRY.search(line):
        yield f"{match.group()}: a package's host is not ours to name; tools are configured for it"
    if path.startswith("src/") and (match := UNFINISHED.search(line)):
        yield f"{match.group()}: do it, or write it into docs"
