"""How long files and functions are, how deep and how wide functions."""

import ast

from .csource import functions_of
from .tree import Finding, Tree

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
NESTING_MAX = 4
PARAMETERS_MAX = 8
GIVEN = "kx_op_"  # operations of libfuse, which decides what they are given


def check(tree: Tree) -> list[Finding]:
    findings = []
    for path in {*tree.c_files(), *tree.python_files(), *tree.shell_files()}:
        lines = tree.text(path).count("\n")
        if lines > FILE_LINES_MAX:
            findings.append(Finding(path, FILE_LINES_MAX + 1, "size",
                                    f"{lines} lines: split the file, {FILE_LINES_MAX} at most"))
    for path in tree.c_files():
        for function in functions_of(tree.text(path)):
            findings += [Finding(path, function.line, "size", f"{function.name}: {problem}")
                         for problem in problems(function)]
    for path in tree.python_files():
        findings += check_python(path, tree.text(path))
    return findings


def problems(function):
    if function.lines > FUNCTION_LINES_MAX:
        yield f"{function.lines} lines: split it, {FUNCTION_LINES_MAX} at most"
    if function.nesting > NESTING_MAX:
        yield f"{function.nesting} levels deep: split it, {NESTING_MAX} at most"
    if function.parameters > PARAMETERS_MAX and not function.name.startswith(GIVEN):
        yield f"{function.parameters} parameters: make a struct, {PARAMETERS_MAX} at most"


def check_python(path: str, text: str):
    try:
        parsed = ast.parse(text)
    except (SyntaxError, ValueError):
        return  # that it does not compile is said by another rule
    for node in ast.walk(parsed):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = node.end_lineno - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                yield Finding(path, node.lineno, "size",
                              f"{node.name}: {lines} lines: split it, {FUNCTION_LINES_MAX} at most")


def summary(tree: Tree) -> str:
    """For information: how long functions are."""
    parts = []
    for folder in ("src", "tests"):
        files = tree.c_files(folder + "/")
        lengths = sorted(function.lines for path in files
                         for function in functions_of(tree.text(path)))
        if lengths:
            parts.append(f"{folder}: {len(files)} C files, {len(lengths)} functions of median "
                         f"{lengths[len(lengths) // 2]}, p90 {lengths[len(lengths) * 9 // 10]}, "
                         f"maximum {lengths[-1]} lines")
    return "; ".join(parts) or "no C files"
