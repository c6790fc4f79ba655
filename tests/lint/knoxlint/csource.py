"""As much of C as the rules need: text without comments and strings, and the functions in it.

The scanner follows brackets, not grammar: it needs code that compiles, and reads both sides of an
#if."""

import re
from dataclasses import dataclass

TOKEN = re.compile(r"[A-Za-z_]\w*|\d[\w.]*|\S")
# A comment, a string, a character, or a directive with its continuation lines.
SKIPPED = re.compile(
    r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"
    r"|^[ \t]*\#(?:/\*.*?\*/|\\\n|[^\n])*",
    re.DOTALL | re.MULTILINE)
OPENING = {"(": ")", "[": "]", "{": "}"}
BRANCHES = ("if", "for", "while", "switch")


def _blank(match: re.Match) -> str:
    found = match.group()
    if found[0] in "\"'":
        return found[0] + "x" * (len(found) - 2) + found[0]
    return re.sub(r"[^\n]", " ", found)


def code_of(text: str) -> str:
    """The text without comments and directives, and strings without what they say; every character
    stays where it was."""
    return SKIPPED.sub(_blank, text)


def line_at(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


@dataclass
class Function:
    name: str
    line: int
    lines: int
    parameters: int
    nesting: int
    begin: int  # offsets of the body's braces in the text
    end: int


class _Tokens:
    def __init__(self, code: str):
        self.code = code
        self.matches = list(TOKEN.finditer(code))
        self.words = [match.group() for match in self.matches]
        self.partner = self._partners()

    def _partners(self) -> dict[int, int]:
        """Index of a bracket -> index of its other half."""
        partner, open_ones = {}, []
        for i, word in enumerate(self.words):
            if word in OPENING:
                open_ones.append(i)
            elif open_ones and word == OPENING[self.words[open_ones[-1]]]:
                first = open_ones.pop()
                partner[first], partner[i] = i, first
        return partner

    def line(self, i: int) -> int:
        return line_at(self.code, self.matches[i].start())


def functions_of(text: str) -> list[Function]:
    tokens = _Tokens(code_of(text))
    found, start, i = [], 0, 0
    while i < len(tokens.words):
        word = tokens.words[i]
        if word == "{":
            end = tokens.partner.get(i, len(tokens.words) - 1)
            function = _function(tokens, start, i, end)
            if function:
                found.append(function)
                start = end + 1
            i = end
        elif word in "([" and i in tokens.partner:
            i = tokens.partner[i]
        elif word == ";":
            start = i + 1
        i += 1
    return found


def _function(tokens: _Tokens, start: int, opening: int, end: int) -> Function | None:
    """The function whose body is opened there; None for a struct, an enum or an initialiser."""
    at = opening - 1
    while at > start and tokens.words[at] == ")":
        first = tokens.partner.get(at, start)
        name = tokens.words[first - 1] if first > start else ""
        if name != "__attribute__":
            break
        at = first - 2
    else:
        return None
    if not re.match(r"[A-Za-z_]", name) or "=" in tokens.words[start:first - 1]:
        return None
    line = tokens.line(first - 1)
    _, nesting = _statement(tokens, opening, 0)
    return Function(name, line, tokens.line(end) - line + 1, _parameters(tokens, first), nesting,
                    tokens.matches[opening].start(), tokens.matches[end].end())


def _parameters(tokens: _Tokens, opening: int) -> int:
    end, i, commas = tokens.partner[opening], opening + 1, 0
    inside = tokens.words[i:end]
    if not inside or inside == ["void"]:
        return 0
    while i < end:
        if tokens.words[i] in OPENING:
            i = tokens.partner[i]
        commas += tokens.words[i] == ","
        i += 1
    return commas + 1


def _statement(tokens: _Tokens, i: int, level: int) -> tuple[int, int]:
    """The index behind the statement at i, and the deepest level in it. Each if, else, loop, switch
    is one level more for what it governs; a bare block is none."""
    words, partner = tokens.words, tokens.partner
    following = words[i + 1] if i + 1 < len(words) else ""
    if words[i] == "{":
        return _block(tokens, i, level)
    if words[i] == "do":
        after, deepest = _statement(tokens, i + 1, level + 1)
        return _behind_semicolon(tokens, after), deepest
    if following == "(" and i + 1 in partner:
        after = partner[i + 1] + 1
        is_loop_macro = words[after:after + 1] == ["{"] and words[i] != "else"
        if words[i] in BRANCHES or is_loop_macro:
            return _governed(tokens, i, after, level)
    if words[i] == "case" or following == ":":
        return _behind_colon(tokens, i), level
    return _behind_semicolon(tokens, i), level


def _block(tokens: _Tokens, i: int, level: int) -> tuple[int, int]:
    end, deepest = tokens.partner.get(i, len(tokens.words)), level
    i += 1
    while i < end:
        i, depth = _statement(tokens, i, level)
        deepest = max(deepest, depth)
    return end + 1, deepest


def _governed(tokens: _Tokens, keyword: int, i: int, level: int) -> tuple[int, int]:
    after, deepest = _statement(tokens, i, level + 1)
    words = tokens.words
    if words[keyword] == "if" and words[after:after + 1] == ["else"]:
        chained = words[after + 1:after + 2] == ["if"]
        after, depth = _statement(tokens, after + 1, level if chained else level + 1)
        deepest = max(deepest, depth)
    return after, deepest


def _behind_colon(tokens: _Tokens, i: int) -> int:
    while i < len(tokens.words) and tokens.words[i] not in (":", ";", "}"):
        i = tokens.partner[i] if tokens.words[i] in OPENING and i in tokens.partner else i
        i += 1
    return i + 1


def _behind_semicolon(tokens: _Tokens, i: int) -> int:
    while i < len(tokens.words):
        if tokens.words[i] == ";":
            return i + 1
        if tokens.words[i] == "}":  # a macro without ';' at the end of a block
            return i
        i = tokens.partner[i] if tokens.words[i] in OPENING and i in tokens.partner else i
        i += 1
    return i
