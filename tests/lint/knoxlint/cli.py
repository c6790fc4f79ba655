"""tests/lint/run: every rule over the tree; one line a finding, exit status 1 when there is one."""

import argparse
from pathlib import Path

from . import calls, docs, hardening, layers, scripts, sizes, style, symbols, texts
from .tree import Tree

DESCRIPTION = "Check the rules of CONTRIBUTING.md. A finding is 'file:line: rule: what to do'."


def arguments(argv):
    parser = argparse.ArgumentParser(prog="tests/lint/run", description=DESCRIPTION)
    parser.add_argument("build", nargs="?", default="build/release",
                        help="where the tree was built (default build/release)")
    parser.add_argument("--fix", action="store_true", help="format the C files, then check")
    parser.add_argument("--no-build", action="store_true",
                        help="leave out what is checked in the built objects and programs")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[3],
                        help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def main(argv=None) -> int:
    args = arguments(argv)
    tree = Tree(args.root.resolve())
    if args.fix:
        style.fix(tree)
    findings = []
    for rule in (layers, sizes, calls, style, texts, scripts, docs):
        findings += rule.check(tree)
    if not args.no_build:
        findings += symbols.check(tree, tree.root / args.build)
        findings += hardening.check(tree, tree.root / args.build)
    for finding in sorted(findings):
        print(finding)
    print(sizes.summary(tree))
    print(f"{len(findings)} findings" if findings else "no findings")
    return 1 if findings else 0
