"""Which folder may include what: base <- rest <- oozie, conf <- fs, tools."""

import re

from .tree import Finding, Tree

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
BELOW = {
    "base": ("base",),
    "rest": ("base", "rest"),
    "oozie": ("base", "rest", "oozie"),
    "conf": ("base", "rest", "conf"),
    "fs": ("base", "rest", "oozie", "conf", "fs"),
    "tools": ("base", "rest", "oozie", "conf", "tools"),
}
# A library's headers, where they may be included, and the same for a person.
LIBRARIES = (
    (re.compile(r"curl/"), re.compile(r"src/rest/http[^/]*$"), "src/rest/http*"),
    (re.compile(r"fuse|linux/fuse"), re.compile(r"src/fs/fuse/fuse_[^/]*$"), "src/fs/fuse/fuse_*"),
    (re.compile(r"json-c/|json\.h$|json_"), re.compile(r"src/rest/json[^/]*$"), "src/rest/json*"),
    (re.compile(r"krb5|gssapi"), re.compile(r"src/rest/kerberos_[^/]*$"), "src/rest/kerberos_*"),
    (re.compile(r"libxml/|libxml2/"), re.compile(r"(src|tools)/(.*/)?xml[^/]*$"), "xml*"),
    (re.compile(r"zlib\.h$"), re.compile(r"src/rest/stream_inflated[^/]*$"), "src/rest/stream_inflated*"),
)


def layer_of(path: str) -> str | None:
    parts = path.split("/")
    if parts[0] == "tools":
        return "tools"
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def check(tree: Tree) -> list[Finding]:
    findings = []
    for path in tree.c_files("src/", "tools/"):
        text = tree.text(path)
        for match in INCLUDE.finditer(text):
            quoted, header = match.group(1) == '"', match.group(2)
            problem = own_header(path, header) if quoted else library_header(path, header)
            if problem:
                line = text.count("\n", 0, match.start(2)) + 1
                findings.append(Finding(path, line, "layers", problem))
    return findings


def own_header(path: str, header: str) -> str | None:
    mine, theirs = layer_of(path), header.split("/")[0]
    if "/" not in header or header.startswith("."):
        return f'name "{header}" by its path from src'
    if mine in BELOW and theirs not in BELOW[mine]:
        return f'{mine} must not include "{header}": only {", ".join(BELOW[mine])}'
    folder = path.removeprefix("src/").rsplit("/", 1)[0]
    if "_private" in header and header.rsplit("/", 1)[0] != folder:
        return f'"{header}" is private to its folder: use its public header'
    return None


def library_header(path: str, header: str) -> str | None:
    for pattern, allowed, where in LIBRARIES:
        if pattern.match(header) and not allowed.match(path):
            return f"<{header}> belongs in {where} only"
    return None
