"""What no text of the repository says."""

import re

from .tree import Finding, Tree

# A folder of one machine. In front of it stands no part of a path or URL: /user/root is HDFS's.
MACHINE = re.compile(r"(?<![\w.~$}{)\]%*@:/-])/(?:work|root|home)(?:/|\b(?![-.\w]))|/tmp/(?:w)\b")
# A host of the world outside. Package tools are configured for theirs; a document that is cited is named, not linked.
HOST = re.compile(r"https?://([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,})")
# Names of XML schemas and of the licence, and names that belong to nobody (RFC 2606).
NAMES = ("maven.apache.org", "www.apache.org", "www.w3.org", "java.sun.com")
NOBODYS = (".invalid", ".example", ".test", ".localhost")
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
    for host in HOST.findall(line) if not path.startswith(RECORDED) else []:
        if host not in NAMES and not host.endswith(NOBODYS):
            yield f"{host}: a host of the world outside: say what it is instead"
    if path.startswith("src/") and (match := UNFINISHED.search(line)):
        yield f"{match.group()}: do it, or write it into docs"
