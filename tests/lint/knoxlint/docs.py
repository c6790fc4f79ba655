"""Documentation that must follow the code: options, and what stands on top of a header."""

import re

from .tree import Finding, Tree

TABLE = "src/conf/options_table.c"
TEXTS = ("man/knoxfs.8.scd", "man/knoxfs.8.scd.in", "docs/CONFIGURATION.md")
# {"name", KX_OPTION_KIND, at, "VALUE" or NULL, "help" or NULL, ...}
ROW = re.compile(
    r'\{\s*"(?P<name>\w+)",\s*KX_OPTION_\w+,\s*(?:AT\(\w+\)|0),\s*(?:NULL|"[^"]*"),'
    r'\s*(?P<help>NULL|")')
GENERATED = re.compile(r"^@\w*OPTIONS\w*@$", re.MULTILINE)  # the list is put in by the build


def check(tree: Tree) -> list[Finding]:
    return [*check_options(tree), *check_headers(tree)]


def check_options(tree: Tree):
    if TABLE not in tree.files:
        return
    table = tree.text(TABLE)
    rows = list(ROW.finditer(table))
    if not rows:
        yield Finding(TABLE, 1, "docs", "no option was found: the lint reads the table no more")
    for row in rows:
        name, line = row.group("name"), table.count("\n", 0, row.start()) + 1
        if row.group("help") == "NULL":  # understood, but not worth a line
            continue
        for path in TEXTS:
            if path in tree.files and not is_described(name, tree.text(path)):
                yield Finding(TABLE, line, "docs", f"the option {name} is not described in {path}")


def is_described(name: str, text: str) -> bool:
    """In bold or as code, with or without its value."""
    escaped = name.replace("_", r"\\?_")
    return bool(GENERATED.search(text) or re.search(rf"[*`](?:-o )?{escaped}(?:[*`=])", text))


def check_headers(tree: Tree):
    for path in tree.matching(".h", below=("src/",)):
        text = tree.text(path)
        top = text.partition("#pragma once")[0]
        if not text.startswith("/*"):
            yield Finding(path, 1, "docs", "begin with a comment: what it is, for whom, Threads")
        elif not re.search(r"\bThreads\b|\bthreads?\b", top):
            yield Finding(path, 1, "docs", "say in the comment on top which Threads may use it")
