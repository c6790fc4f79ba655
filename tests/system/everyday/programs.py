"""Whole programs."""

import contextlib
import os
import sqlite3
import zipfile
from pathlib import Path

from knoxtest import run, sh

from . import MIB, holds, put, row


def same_tree(mount, hdfs, name: str, tree: Path) -> None:
    below = {str(path.relative_to(tree)) for path in tree.rglob("*")}
    assert set(hdfs.names(name)) == below
    for path in below:
        was, now = (tree / path).stat(), os.stat(mount / name / path)
        if (tree / path).is_file():
            holds(mount, hdfs, f"{name}/{path}", (tree / path).read_bytes())
            assert int(was.st_mtime) == int(now.st_mtime), path
        assert was.st_mode == now.st_mode, path


@row("cp -a of a small tree")
def _(mount, hdfs, tree):
    run("cp", "-a", tree, mount / "copy")
    same_tree(mount, hdfs, "copy", tree)


@row("rsync -a (or tar x)")
def _(mount, hdfs, tree):
    run("rsync", "-a", f"{tree}/", mount / "copy")
    same_tree(mount, hdfs, "copy", tree)
    assert run("rsync", "-ai", f"{tree}/", f"{mount / 'copy'}/").stdout == b""
    sh('mkdir x; tar c -C "$1" . | tar x -C x', tree, cwd=mount.path)
    same_tree(mount, hdfs, "x", tree)


@row("git clone into it + git status")
def _(mount, hdfs, tree):
    names = {f"GIT_{who}_{what}": "t" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    env = {"GIT_CONFIG_GLOBAL": "/dev/null", "HOME": "/nonexistent", **names}
    git = ("git", "-c", "safe.directory=*")
    for line in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "first"]):
        run(*git, "-C", tree, *line, env=env)
    run(*git, "clone", "-q", f"file://{tree}", mount / "clone", env=env)
    run(*git, "-C", mount / "clone", "fsck", "--strict", env=env)
    assert run(*git, "-C", mount / "clone", "status", "--porcelain", env=env).stdout == b""
    for name in ("one", "a/odd", "a/b/more"):
        holds(mount, hdfs, f"clone/{name}", (tree / name).read_bytes())


@row("gcc output / ELF run from the mount")
def _(mount, hdfs):
    put(mount / "t.c", b'#include <stdio.h>\nint main(void) { puts("it runs"); return 7; }\n')
    run("gcc", "-o", "t", "t.c", cwd=mount.path)
    assert run("./t", cwd=mount.path, rc=7).stdout == b"it runs\n"
    assert hdfs.read("t")[:4] == b"\x7fELF" and hdfs.stat("%a", "t") == "755"


@row("sqlite database on it")
def _(mount, hdfs, tmp_path):
    with contextlib.closing(sqlite3.connect(mount / "db")) as db:
        with db:
            db.execute("create table t (n integer primary key, text text)")
            db.executemany("insert into t values (?, ?)", [(n, "x" * n) for n in range(100)])
        with db:
            db.execute("delete from t where n % 2")
    (tmp_path / "db").write_bytes(hdfs.read("db"))
    for file in (mount / "db", tmp_path / "db"):
        with contextlib.closing(sqlite3.connect(file)) as db:
            assert db.execute("select count(*), sum(length(text)) from t").fetchone() == (50, 2450)
            assert db.execute("pragma integrity_check").fetchone() == ("ok",)
    assert hdfs.names() == ["db"]


@row("zip -r / python zipfile (seeks back while writing)")
def _(mount, hdfs, tree):
    run("zip", "-q", "-r", mount / "by-zip", ".", cwd=tree)
    with zipfile.ZipFile(mount / "by-python", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in tree.rglob("*"):
            archive.write(path, path.relative_to(tree))
    for name in ("by-zip.zip", "by-python"):
        with zipfile.ZipFile(mount / name) as archive:
            assert archive.testzip() is None
            assert archive.read("a/b/more") == (tree / "a/b/more").read_bytes()
        assert (mount / name).read_bytes() == hdfs.read(name)


@row("file > 2 GiB (2.1 GiB written, tail read)")
def _(mount, hdfs):
    count = 2150
    with open(mount / "f", "wb", buffering=0) as file:
        for number in range(count):
            piece = b"%08d" % number * (MIB // 8)
            assert file.write(piece) == MIB
        file.write(b"the end")
    assert os.stat(mount / "f").st_size == count * MIB + 7 == hdfs.length("f")
    with open(mount / "f", "rb", buffering=0) as file:
        for at in (2047, 2048, count - 1):  # around 2 GiB, and the last
            assert os.pread(file.fileno(), MIB, at * MIB) == b"%08d" % at * (MIB // 8)
        assert os.pread(file.fileno(), 100, count * MIB) == b"the end"
    at = 2 * 1024 * MIB - 8
    got = hdfs.ask("GET", "OPEN", "f", user="root", offset=at, length=16)
    assert got == b"0000204700002048"
    assert run("tail", "-c", "7", mount / "f").stdout == b"the end"


@row("rm -rf")
def _(mount, hdfs, tree):
    run("cp", "-r", tree, mount / "copy")
    run("rm", "-rf", mount / "copy")
    assert hdfs.names() == [] == os.listdir(mount.path)
