"""What is not called: functions that cannot be used safely, and printing by libraries."""

import re

from .csource import code_of, functions_of, line_at
from .tree import Finding, Tree

INSTEAD = {
    "sprintf": "g_snprintf, g_strdup_printf or GString",
    "vsprintf": "g_vsnprintf or g_strdup_vprintf",
    "strcpy": "g_strdup or g_strlcpy",
    "stpcpy": "GString",
    "strcat": "g_strconcat or GString",
    "strncat": "g_strconcat or GString",
    "strncpy": "g_strndup or g_strlcpy",
    "strtok": "g_strsplit or strcspn",
    "strtok_r": "g_strsplit or strcspn",
    "gets": "fgets",
    "system": "a library; programs are not run through a shell",
    "popen": "a library; programs are not run through a shell",
    "vfork": "posix_spawn",
    "atoi": "g_ascii_strtoll with its end pointer",
    "atol": "g_ascii_strtoll with its end pointer",
    "atoll": "g_ascii_strtoll with its end pointer",
    "atof": "g_ascii_strtod with its end pointer",
    "alloca": "g_malloc: a stack has no declared bound",
    "g_alloca": "g_malloc: a stack has no declared bound",
    "g_newa": "g_new: a stack has no declared bound",
    "strdupa": "g_strdup: a stack has no declared bound",
    "tmpnam": "mkstemp",
    "tempnam": "mkstemp",
    "mktemp": "mkstemp",
}
BANNED = re.compile(r"(?<![\w.>])(" + "|".join(INSTEAD) + r")\s*\(")
GOTO = re.compile(r"\bgoto\b")
PRINTS = re.compile(
    r"(?<![\w.>])(?:(?:printf|vprintf|puts|putchar|perror|psignal|g_print|g_printerr|g_message"
    r"|g_warning|g_critical|g_error|g_debug|g_info)\s*\("
    r"|(?:v?fprintf)\s*\(\s*std(?:out|err)\b"
    r"|(?:v?dprintf|write)\s*\(\s*(?:[12]|STD(?:OUT|ERR)_FILENO)\s*,"
    r"|(?:fputs|fputc|putc|fwrite)\s*\([^;]*,\s*std(?:out|err)\s*\))")
EXITS = re.compile(r"(?<![\w.>])(?:exit|_exit|_Exit|quick_exit|abort)\s*\(")
LIBRARIES = ("src/base/", "src/rest/", "src/oozie/")
SINKS = {("src/base/log.c", "kx_log_to_stderr")}  # where the log's lines may be printed
PROGRAMS = ("/main.c",)


def check(tree: Tree) -> list[Finding]:
    findings = []
    for path in tree.c_files():
        text = tree.text(path)
        code = code_of(text)
        for match in BANNED.finditer(code):
            name = match.group(1)
            findings.append(Finding(path, line_at(code, match.start()), "banned call",
                                    f"{name}: use {INSTEAD[name]}"))
        for match in GOTO.finditer(code):
            findings.append(Finding(path, line_at(code, match.start()), "banned call",
                                    "goto: use cleanup attributes or a function"))
        if path.startswith("src/") and not path.endswith(PROGRAMS):
            findings += check_library(path, text, code)
    return findings


def check_library(path: str, text: str, code: str):
    sinks = [(function.begin, function.end) for function in functions_of(text)
             if (path, function.name) in SINKS]
    for match in PRINTS.finditer(code):
        if not any(begin < match.start() < end for begin, end in sinks):
            yield Finding(path, line_at(code, match.start()), "printing",
                          "libraries do not print: use kx_log_write or kx_error_set")
    if path.startswith(LIBRARIES):
        for match in EXITS.finditer(code):
            yield Finding(path, line_at(code, match.start()), "printing",
                          "libraries do not end the program: return an error")
