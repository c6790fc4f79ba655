"""The lint finds what it is there to find: each rule is shown a small tree that breaks it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).with_name("run")
FORMAT = Path(__file__).resolve().parents[2] / ".clang-format"
HEADER = "/* A noun.\n * Threads: any. */\n#pragma once\n"


class Lint:
    """A tree made of nothing but what a test puts into it."""

    def __init__(self, root: Path):
        self.root = root
        self.write(".clang-format", FORMAT.read_text())

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def build(self, path: str, *flags: str) -> None:
        layer = path.split("/")[1]
        made = self.root / f"build/src/{layer}/CMakeFiles/kx_{layer}.dir/{Path(path).name}.o"
        made.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cc", "-c", "-fPIC", *flags, path, "-o", made], cwd=self.root, check=True)

    def run(self, *options: str) -> subprocess.CompletedProcess:
        return subprocess.run([sys.executable, RUN, "--root", self.root, *options],
                              capture_output=True, text=True)

    def findings(self, *options: str) -> list[str]:
        done = self.run(*(options or ("--no-build",)))
        assert done.stderr == ""
        lines = done.stdout.splitlines()
        assert (done.returncode == 1) == (len(lines) > 2), done.stdout
        return lines[:-2]  # without what is for information

    def expect(self, *beginnings: str) -> None:
        found = self.findings()
        assert len(found) == len(beginnings), found
        for line, beginning in zip(found, beginnings):
            assert line.startswith(beginning), found


@pytest.fixture
def lint(tmp_path):
    return Lint(tmp_path)


def test_a_good_tree_has_no_findings(lint):
    lint.write("src/base/noun.h", HEADER + "int kx_noun(int a);\n")
    lint.write("src/base/noun.c", '#include "base/noun.h"\n\nint kx_noun(int a)\n{\n'
                                  "    return a;\n}\n")
    lint.write("tests/run", "#!/bin/bash\necho fine\n")
    lint.write("tests/test_it.py", "def test_it():\n    assert 1 + 1 == 2\n")
    lint.build("src/base/noun.c", "-Isrc")
    assert lint.findings("build") == []


def test_the_summary_tells_how_long_functions_are(lint):
    lint.write("src/base/noun.c", "int kx_noun(int a)\n{\n    return a;\n}\n")
    assert "1 functions of median 4, p90 4, maximum 4 lines" in lint.run("--no-build").stdout


# --- layers ---


@pytest.mark.parametrize("path,header", [
    ("src/base/noun.c", "rest/url.h"), ("src/base/noun.c", "oozie/job.h"),
    ("src/base/noun.c", "fs/mount.h"), ("src/rest/noun.h", "oozie/job.h"),
    ("src/rest/noun.c", "fs/mount.h"), ("src/oozie/noun.c", "fs/mount.h"),
    ("src/conf/noun.c", "fs/mount.h"), ("src/rest/noun.c", "conf/options.h"),
    ("tools/ctl/noun.c", "fs/mount.h"), ("src/base/noun.c", "noun.h"),
    ("src/fs/data/noun.c", "../mount.h"), ("src/fs/names/noun.c", "fs/data/writer_private.h"),
    ("src/fs/main.c", "rest/http_private.h"),
])
def test_includes_go_down_only(lint, path, header):
    top = HEADER if path.endswith(".h") else ""
    lint.write(path, f'{top}#include "{header}"\n')
    lint.expect(f"{path}:{top.count(chr(10)) + 1}: layers:")


@pytest.mark.parametrize("path,header", [
    ("src/base/log.c", "curl/curl.h"), ("src/rest/client.c", "curl/multi.h"),
    ("src/fs/mount.c", "fuse_lowlevel.h"), ("src/fs/fuse/other.c", "fuse3/fuse.h"),
    ("src/rest/client.c", "json-c/json.h"), ("src/fs/json.c", "json.h"),
    ("src/oozie/workflow.c", "libxml/parser.h"),
])
def test_a_library_is_included_where_it_belongs(lint, path, header):
    lint.write(path, f"#include <{header}>\n")
    lint.expect(f"{path}:1: layers:")


@pytest.mark.parametrize("path,header", [
    ("src/rest/http_transfer.c", "<curl/curl.h>"), ("src/fs/fuse/fuse_file.c", "<fuse_lowlevel.h>"),
    ("src/rest/json_list.c", "<json-c/json.h>"), ("src/oozie/xml.c", "<libxml/parser.h>"),
    ("src/fs/data/noun.c", '"rest/url.h"'), ("tools/ctl/noun.c", '"oozie/job.h"'),
    ("src/fs/data/noun.c", '"fs/data/writer_private.h"'), ("src/rest/noun.c", "<string.h>"),
])
def test_what_belongs_is_let_through(lint, path, header):
    lint.write(path, f"#include {header}\n")
    lint.expect()


# --- sizes ---


def test_files_end_at_400_lines(lint):
    lint.write("src/base/long.c", "int kx_a(void);\n" * 401)
    lint.write("src/base/good.c", "int kx_a(void);\n" * 400)
    lint.write("tests/long.py", "a = 1\n" * 401)
    lint.write("tests/long.sh", "#!/bin/sh\n" + "true\n" * 400)
    lint.expect("src/base/long.c:401: size:", "tests/long.py:401: size:", "tests/long.sh:401: size:")


def test_functions_end_at_60_lines(lint):
    lint.write("src/base/noun.c", "static int kx_good(int a)\n{\n" + "    a++;\n" * 56
               + "    return a;\n}\n\nint kx_bad(int a)\n{\n" + "    a++;\n" * 57
               + "    return a;\n}\n")
    lint.expect("src/base/noun.c:62: size: kx_bad: 61 lines")


def test_functions_of_python_end_too(lint):
    lint.write("tests/a.py", "def long():\n" + "    a = 1\n" * 60 + "\n\ndef good():\n"
               + "    a = 1\n" * 59)
    lint.expect("tests/a.py:1: size: long: 61 lines")


def test_a_function_is_found_behind_anything(lint):
    lint.write("src/base/noun.c", """\
#define OPEN {
static const struct {
    const char *text;
} ROWS[] = {{"{"}, {"}"}}; /* } */
KX_DEFINE_AUTOPTR(kx_noun, kx_noun_free)
static const char brace = '{';
struct kx_noun *(*kx_made[])(void) = {0};
__attribute__((noinline)) static int kx_bad(int (*f)(int, int), int a[])
{
""" + "    a++;\n" * 60 + "}\n")
    found = [line for line in lint.findings() if ": size:" in line]
    assert len(found) == 1 and found[0].startswith("src/base/noun.c:8: size: kx_bad: 63 lines")


NESTED = """\
void kx_{name}(int a)
{{
    for (;;) {{
        if (a) {{
            a = (struct kx_a){{1}}.a;
        }} else if (a == 2) {{
            switch (a) {{
            case 1:
                {inner}
                break;
            default:
                {{
                }}
            }}
        }}
    }}
}}
"""


def test_five_levels_are_too_deep(lint):
    lint.write("src/base/good.c", NESTED.format(name="good", inner="while (a) a--;"))
    lint.write("src/base/bad.c", NESTED.format(name="bad", inner="while (a)\nif (a) a--;"))
    lint.write("src/base/do.c", NESTED.format(name="do", inner="do { if (a) a--; } while (a);"))
    found = [line for line in lint.findings() if ": size:" in line]
    assert [line.split(": size: ")[0] for line in found] == ["src/base/bad.c:1", "src/base/do.c:1"]
    assert "5 levels deep" in found[0]


def test_nine_parameters_are_too_many(lint):
    eight = ", ".join(f"int p{i}" for i in range(7)) + ", void (*f)(int a, int b)"
    lint.write("src/base/good.c", f"void kx_good({eight}) {{ }}\nvoid kx_none(void) {{ }}\n"
               f"void kx_op_given({eight}, int p) {{ }}\n")
    lint.write("src/base/bad.c", f"void kx_bad({eight}, ...) {{ }}\n")
    found = [line for line in lint.findings() if ": size:" in line]
    assert len(found) == 1
    assert found[0].startswith("src/base/bad.c:1: size: kx_bad: 9 parameters")


# --- calls ---


BANNED = ["sprintf", "vsprintf", "strcpy", "strcat", "strtok", "gets", "system", "popen", "atoi",
          "atol", "strncpy", "alloca", "vfork", "tmpnam", "mktemp"]


@pytest.mark.parametrize("path", ["src/fs/noun.c", "tests/unit/noun.c"])
def test_banned_calls(lint, path):
    calls = "".join(f"    {name}(a, b);\n" for name in BANNED)
    lint.write(path, f"void kx_noun(char *a)\n{{\n{calls}}}\n")
    lint.expect(*(f"{path}:{i}: banned call: {name}:" for i, name in enumerate(BANNED, 3)))


def test_goto(lint):
    lint.write("src/base/noun.c", "void kx_noun(void)\n{\n    goto end;\nend:;\n}\n")
    lint.expect("src/base/noun.c:3: banned call: goto")


def test_names_that_only_look_like_banned_calls(lint):
    lint.write("src/base/noun.c", """\
/* sprintf(a) and system(b) */
void kx_noun(char *a)
{
    kx_clock_system();
    g_snprintf(a, 1, "system(%s)", "goto");
    noun->system(a);
    noun.popen(a);
}
""")
    lint.expect()


PRINTING = ['printf("a")', 'puts("a")', 'perror("a")', 'fprintf(stderr, "a")', 'g_print("a")',
            'fputs("a", stdout)', 'dprintf(2, "a")', 'write(STDERR_FILENO, "a", 1)',
            'g_warning("a")']


@pytest.mark.parametrize("layer", ["base", "rest", "oozie", "fs"])
def test_libraries_do_not_print(lint, layer):
    calls = "".join(f"    {call};\n" for call in PRINTING)
    lint.write(f"src/{layer}/noun.c", f"void kx_noun(void)\n{{\n{calls}}}\n")
    lint.expect(*(f"src/{layer}/noun.c:{i}: printing:" for i in range(3, 3 + len(PRINTING))))


def test_the_log_and_programs_print(lint):
    sink = 'void kx_log_to_stderr(void)\n{\n    fprintf(stderr, "a");\n}\n'
    lint.write("src/base/log.c", sink)
    lint.write("src/fs/main.c", 'int main(void)\n{\n    printf("a");\n    exit(1);\n}\n')
    lint.write("src/fs/noun.c", 'void kx_noun(FILE *f)\n{\n    fprintf(f, "a");\n}\n')
    lint.expect()
    lint.write("src/base/log.c", sink + '\nvoid kx_log(void)\n{\n    fprintf(stderr, "a");\n}\n')
    lint.expect("src/base/log.c:8: printing:")


def test_libraries_do_not_end_the_program(lint):
    lint.write("src/rest/noun.c", "void kx_noun(void)\n{\n    exit(1);\n}\n")
    lint.expect("src/rest/noun.c:3: printing:")


# --- objects ---


@pytest.mark.parametrize("text,line", [
    ("int kx_count;\n", 1), ("\nstatic int count = 1;\nint *kx_f(void);\n"
                             "int *kx_f(void)\n{\n    return &count;\n}\n", 2),
    ("int *kx_f(void)\n{\n    static int count;\n    return &count;\n}\n", 3),
    ("_Thread_local int kx_count;\n", 1),
])
def test_no_variable_can_be_written(lint, text, line):
    lint.write("src/base/noun.c", text)
    lint.build("src/base/noun.c")
    found = lint.findings("build")
    assert len(found) == 1 and found[0].startswith(f"src/base/noun.c:{line}: globals:")


@pytest.mark.parametrize("flags", [(), ("-fsanitize=address,undefined",), ("-fsanitize=thread",)])
def test_constant_tables_are_let_through(lint, flags):
    lint.write("src/base/noun.c", """\
static const char *const NAMES[] = {"a", "b"};

const char *kx_noun(int i)
{
    return NAMES[i + 1];
}
""")
    lint.build("src/base/noun.c", *flags)
    assert lint.findings("build") == []


def test_what_others_see_begins_with_kx(lint):
    lint.write("src/base/noun.c", "static int noun(void)\n{\n    return 1;\n}\n\n"
                                  "int bad_noun(void)\n{\n    return noun();\n}\n")
    lint.build("src/base/noun.c")
    found = lint.findings("build")
    assert len(found) == 1 and found[0].startswith("src/base/noun.c:6: names: bad_noun")


def test_a_file_that_was_not_built_is_told(lint):
    lint.write("src/base/noun.c", "int kx_noun(void);\n")
    assert lint.findings("build")[0].startswith("build:0: symbols:")
    lint.build("src/base/noun.c")
    lint.write("src/base/other.c", "int kx_other(void);\n")
    assert lint.findings("build")[0].startswith("src/base/other.c:1: symbols:")


# --- format ---


def test_format_and_fix(lint):
    lint.write("src/base/noun.c", "int kx_noun(void) { return 1; }\n")
    lint.write("tests/unit/noun.h", "int  a;\n")
    lint.expect("src/base/noun.c:1: format:", "tests/unit/noun.h:1: format:")
    assert lint.findings("--no-build", "--fix") == []
    assert (lint.root / "src/base/noun.c").read_text() == "int kx_noun(void)\n{\n    return 1;\n}\n"


# --- texts and scripts ---


@pytest.mark.parametrize("text", [
    "cd /wo" "rk/main", "see /ro" "ot/.bashrc", "at `/ho" "me/me/x`", "cache=/ro" "ot", "/tmp" "/w/b",
    "http" "://packages.somewhere.org/simple", "see http" "s://files.somewhere.io:8080/x",
])
def test_machines_and_hosts_are_not_named(lint, text):
    lint.write("docs/a.md", f"fine\n{text}\n")
    lint.expect("docs/a.md:2: text:")


@pytest.mark.parametrize("text", [
    "/user/root/a", "http://host:9870/root/a", "$HOME/root/a", "network/home/", "/rooted", "/homes",
    "http://nn.invalid/a", "http://maven.apache.org/POM/4.0.0", "http://10.0.0.1:9870/", "http://namenode:9870",
])
def test_other_paths_may_be_named(lint, text):
    lint.write("docs/a.md", text + "\n")
    lint.expect()


def test_source_is_finished(lint):
    word = "TO" "DO"
    lint.write("src/base/noun.c", f"/* {word}: more */\n")
    lint.write("docs/a.md", word + "\n")
    lint.expect("src/base/noun.c:1: text:")


def test_scripts_are_readable(lint):
    lint.write("tests/a", "#!/usr/bin/env bash\nif true\n")
    lint.write("tests/b.sh", "echo )\n")
    lint.write("tests/c", "#!/usr/bin/env python3\nx = (\n")
    lint.write("tests/d.py", "def f(:\n    pass\n")
    found = {line.split(":")[0] for line in lint.findings() if ": script:" in line}
    assert found == {"tests/a", "tests/b.sh", "tests/c", "tests/d.py"}


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed")
def test_shellcheck_is_asked(lint):
    lint.write("tests/a", "#!/bin/bash\nrm $1\n")
    lint.expect("tests/a:2: script:")


@pytest.mark.skipif(not shutil.which("pyflakes3"), reason="pyflakes3 is not installed")
def test_names_are_defined(lint):
    lint.write("tests/a.py", "import os\n\n\ndef f():\n    return nowhere\n")
    lint.expect("tests/a.py:5: script: undefined name 'nowhere'")


# --- docs ---

TABLE = """\
static const struct kx_option_row ROWS[] = {
    {"ro", KX_OPTION_FLAG, AT(read_only), NULL, "read only", 0, 0},
    {"attr_timeout", KX_OPTION_SECONDS, AT(attr_timeout_s), "S", "how long", 0, 86400},
    {"nosuid", KX_OPTION_KERNEL, 0, NULL, NULL, 0, 0},
};
"""


def test_options_are_described(lint):
    lint.write("src/conf/options_table.c", TABLE)
    lint.expect()
    lint.write("man/knoxfs.8.scd", "*ro*\n\tread only\n\nattr_timeout is not in bold\n")
    lint.write("docs/CONFIGURATION.md", "`attr_timeout=S`: how long; error\n")
    lint.expect("src/conf/options_table.c:2: docs: the option ro is not described in docs/",
                "src/conf/options_table.c:3: docs: the option attr_timeout is not described in man/")
    lint.write("man/knoxfs.8.scd", "@OPTIONS@\n")
    lint.write("docs/CONFIGURATION.md", "| `ro` | `-o attr_timeout=S` |\n")
    lint.expect()


def test_a_table_that_cannot_be_read_is_told(lint):
    lint.write("src/conf/options_table.c", "static const int ROWS[] = {1};\n")
    lint.expect("src/conf/options_table.c:1: docs:")


def test_headers_say_what_they_are(lint):
    lint.write("src/base/a.h", "#pragma once\n/* Threads: any. */\n")
    lint.write("src/base/b.h", "/* A noun. */\n#pragma once\n/* Threads: any. */\n")
    lint.write("src/base/c.h", HEADER)
    lint.expect("src/base/a.h:1: docs: begin", "src/base/b.h:1: docs: say")
