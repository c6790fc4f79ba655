"""Other mounts and clients, as far as they are installed; --peers installs those that can be had from registries.

They go to the cache folder: rclone with its HDFS backend, built by Go, and a Python environment with hdfs (hdfscli), to
which DuckDB is added: a program that reads, and no rival."""

import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from knoxstack import cache

RCLONE = "v1.76.0"
PACKAGES = ["hdfs==2.7.3", "duckdb"]
MAIN = """\
package main

import (
	_ "github.com/rclone/rclone/backend/hdfs"
	_ "github.com/rclone/rclone/backend/local"
	"github.com/rclone/rclone/cmd"
	_ "github.com/rclone/rclone/cmd/mount"
)

func main() { cmd.Main() }
"""
MODULE = f"module rclone-hdfs\n\ngo 1.24\n\nrequire github.com/rclone/rclone {RCLONE}\n"


@dataclass
class Peer:
    """Another mount. line: its command, with {path}, {rpc} (HOST:PORT), {namenode} (a URL) and {scratch} (a folder)."""

    name: str
    line: list[str]
    whole_files: bool = False  # it keeps files on the local disk: measured where that is the question


def folder() -> Path:
    return cache.root() / "bench"


def rclone() -> str | None:
    built = folder() / "rclone" / "rclone"
    return str(built) if built.exists() else shutil.which("rclone")


def python() -> str | None:
    """Of the environment with DuckDB and hdfs."""
    path = folder() / "venv" / "bin" / "python"
    return str(path) if path.exists() else None


def install() -> None:
    """What is missing; a failure is said, and that peer is not measured."""
    with cache.locked(folder() / "install"):
        for what, present, make in (("rclone", rclone, build_rclone), ("hdfscli and DuckDB", python, build_venv)):
            if present():
                continue
            print(f"installing {what}", file=sys.stderr)
            try:
                make()
            except (OSError, subprocess.CalledProcessError) as failure:
                print(f"{what} could not be installed: {failure}", file=sys.stderr)


def build_rclone() -> None:
    place = folder() / "rclone"
    place.mkdir(parents=True, exist_ok=True)
    (place / "main.go").write_text(MAIN)
    (place / "go.mod").write_text(MODULE)
    line = ["go", "build", "-mod=mod", "-o", "rclone", "."]
    subprocess.run(line, cwd=place, check=True, timeout=1800, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def build_venv() -> None:
    part = folder() / "venv.part"
    shutil.rmtree(part, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", part], check=True)
    subprocess.run([part / "bin/pip", "install", "-q", *PACKAGES], check=True, timeout=900, stderr=subprocess.DEVNULL)
    part.rename(folder() / "venv")


def mounts(more: list[str]) -> list[Peer]:
    """more: NAME=COMMAND each."""
    found = []
    if program := rclone():
        line = [program, "mount", ":hdfs:/", "{path}", "--hdfs-namenode", "{rpc}", "--hdfs-username", "root"]
        line += ["--config", os.devnull, "--cache-dir", "{scratch}/rclone", "--vfs-cache-mode"]
        found += [Peer("rclone", [*line, "off"]), Peer("rclone full", [*line, "full"], whole_files=True)]
    for word in more:
        name, _, command = word.partition("=")
        found.append(Peer(name, shlex.split(command)))
    return found
