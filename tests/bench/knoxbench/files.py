"""The files on the server that scenarios read, each stored when it is first asked for, and what is in them."""

import hashlib
import os
import subprocess
import urllib.request
from functools import cache

from . import child, curl

MIB = 1 << 20
BATCH = 50  # local files at a time
MIDDLE = 2 * MIB  # larger than what is read as a whole
SMALL = 4096


class Files:
    def __init__(self, scene):
        self.scene = scene

    def store(self, local: str, path: str, **params) -> str:
        """One file; its path on the server."""
        child.run(*curl.OPTIONS, "-T", local, self.scene.url(path, "CREATE", overwrite="true", **params))
        return path

    @cache
    def large(self) -> tuple[str, str]:
        """Path and sha256 of one of the full size."""
        return self.store(self.scene.local(), "/bench/large"), child.sha256(self.scene.local())

    @cache
    def blocks(self) -> tuple[str, str, int]:
        """Path, sha256 and MiB of a file of half the size in eight blocks."""
        mib = max(8, self.scene.size_mib // 2 // 8 * 8)
        local = self.scene.scratch("blocks")
        with open(self.scene.local(), "rb") as source, open(local, "wb") as out:
            for _ in range(mib):
                out.write(source.read(MIB))
        digest = child.sha256(local)
        path = self.store(local, "/bench/blocks", blocksize=mib // 8 * MIB)
        os.unlink(local)
        return path, digest, mib

    @cache
    def datanode(self) -> str:
        """The URL of one, by a redirect."""
        where = self.direct("/bench/large", 0, 1)
        return "/".join(where.split("/")[:3])

    def direct(self, path: str, offset: int, length: int, server: str | None = None) -> str:
        """The URL at a DataNode to which an OPEN is redirected."""
        url = self.scene.url(path, "OPEN", server, offset=offset, length=length)
        line = ["curl", "-sf", "-o", "/dev/null", "-w", "%{redirect_url}", url]
        return subprocess.run(line, check=True, capture_output=True, text=True).stdout

    def many(self, folder: str, contents, count: int) -> list[str]:
        """count files with contents(number); their names."""
        names = [f"f{number:05}" for number in range(count)]
        for first in range(0, count, BATCH):
            batch = names[first : first + BATCH]
            for number, name in enumerate(batch, first):
                with open(self.scene.scratch(name), "wb") as out:
                    out.write(contents(number))
            self.send(folder, batch)
        return names

    def send(self, folder: str, names: list[str]) -> None:
        commands = []
        for job in range(2):
            config = self.scene.scratch(f"send.{job}")
            with open(config, "w") as out:
                for name in names[job::2]:
                    url = self.scene.url(f"{folder}/{name}", "CREATE", overwrite="true")
                    out.write(f'upload-file = "{self.scene.scratch(name)}"\nurl = "{url}"\n')
            if names[job::2]:
                commands.append([*curl.OPTIONS, "-K", config])
        child.together(commands)
        for name in names:
            os.unlink(self.scene.scratch(name))

    @cache
    def template(self) -> bytes:
        return os.urandom(MIDDLE)

    def middle_content(self, number: int) -> bytes:
        """Of the file with this number in /bench/middle: no two are the same."""
        return number.to_bytes(8, "big") + self.template()[8:]

    @cache
    def middle(self) -> list[str]:
        """Names of the files in /bench/middle, each of 2 MiB."""
        return self.many("/bench/middle", self.middle_content, self.scene.files)

    @cache
    def parts(self) -> tuple[list[str], str, int]:
        """Sixteen files in /bench/parts that make the large one: their names, its sha256, MiB of each."""
        mib = max(1, self.scene.size_mib // 16)
        with open(self.scene.local(), "rb") as source:
            names = self.many("/bench/parts", lambda number: source.read(mib * MIB), 16)
            source.seek(0)
            digest = hashlib.sha256(source.read(16 * mib * MIB)).hexdigest()
        return names, digest, mib

    @cache
    def small(self, folder: str, count: int) -> tuple[list[str], str]:
        """Names of so many small files in it, and the sha256 of all, one behind the other."""
        data = os.urandom(SMALL * count)
        names = self.many(folder, lambda n: data[n * SMALL : (n + 1) * SMALL], count)
        return names, hashlib.sha256(data).hexdigest()

    def ask(self, method: str, path: str, op: str, **params) -> bytes:
        request = urllib.request.Request(self.scene.url(path, op, **params), method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()

    def empty(self, paths: list[str]) -> None:
        """Files without bytes, by Hadoop's own shell where the server is ours: WebHDFS would take minutes."""
        if self.scene.stack:
            for first in range(0, len(paths), 1000):
                self.scene.stack.dfs("-touchz", *paths[first : first + 1000])
            return
        for path in paths:
            self.store(os.devnull, path)

    @cache
    def tree(self) -> tuple[int, int]:
        """/bench/tree: ten groups of folders of empty files; folders a group, files a folder."""
        files = 100 if self.scene.entries >= 2000 else 10
        folders = max(2, self.scene.entries // files // 10)
        for group in range(10):
            for number in range(folders):
                self.ask("PUT", f"/bench/tree/g{group}/d{number:03}", "MKDIRS")
        self.empty(
            [f"/bench/tree/g{g}/d{d:03}/f{f:03}" for g in range(10) for d in range(folders) for f in range(files)]
        )
        return folders, files

    @cache
    def wide(self) -> int:
        """How many empty files are in /bench/wide."""
        count = max(1200, self.scene.entries)  # more than a page
        self.ask("PUT", "/bench/wide", "MKDIRS")
        self.empty([f"/bench/wide/file-{number:06}" for number in range(count)])
        return count
