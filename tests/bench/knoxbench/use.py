#!/usr/bin/env python3
"""Programs that read, measure themselves and say in JSON what they took: use.py VERB ARGUMENT..."""

import hashlib
import json
import os
import random
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor


def said(begin: float, pieces, **more) -> dict:
    """pieces: what was read, in an order that does not depend on time."""
    wall = time.monotonic() - begin
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return {"wall_s": wall, "sha256": digest.hexdigest(), **more}


def offsets(size: int, count: int, length: int, seed: int) -> list[int]:
    """Different ones, so that no page is read twice."""
    return [number * length for number in random.Random(seed).sample(range(size // length), count)]


def at_random(path: str, jobs: int, count: int, length: int, seed: int) -> dict:
    """jobs threads, each with a descriptor of its own, read count pieces together."""
    places = offsets(os.path.getsize(path), count, length, seed)

    def job(number: int) -> list[bytes]:
        fd = os.open(path, os.O_RDONLY)
        try:
            return [os.pread(fd, length, at) for at in places[number::jobs]]
        finally:
            os.close(fd)

    begin = time.monotonic()
    with ThreadPoolExecutor(jobs) as pool:
        parts = list(pool.map(job, range(jobs)))
    return said(begin, [piece for part in parts for piece in part])


def first_byte(listed: str) -> dict:
    """Opens each file of the list and reads a byte."""
    paths = open(listed).read().splitlines()
    pieces = []
    begin = time.monotonic()
    for path in paths:
        fd = os.open(path, os.O_RDONLY)
        pieces.append(os.read(fd, 1))
        os.close(fd)
    return said(begin, pieces)


def handles(listed: str, threads: int, rounds: int, length: int) -> dict:
    """All files of the list are open at once, and each is read on by a piece, round by round."""
    paths = open(listed).read().splitlines()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    begin = time.monotonic()
    files = [os.open(path, os.O_RDONLY) for path in paths]
    pieces = []
    with ThreadPoolExecutor(threads) as pool:
        for number in range(rounds):
            pieces += pool.map(lambda fd, at=number * length: os.pread(fd, length, at), files)
    return said(begin, pieces)


def listed(folder: str, first: int) -> dict:
    """The names of a folder in the order they come; first: stop after the first entry."""
    begin = time.monotonic()
    with os.scandir(folder) as entries:
        names = [next(entries).name] if first else [entry.name for entry in entries]
    return said(begin, (name.encode() + b"\n" for name in sorted(names)), entries=len(names))


def query(path: str, column: str) -> dict:
    """An average by DuckDB."""
    import duckdb

    begin = time.monotonic()
    database = duckdb.connect()
    value = database.execute(f"select avg({column}) from read_parquet('{path}')").fetchone()[0]
    return said(begin, [f"{value:.9g}".encode()])


def hdfscli(url: str, path: str) -> dict:
    """A file by the client hdfs of PyPI."""
    import hdfs

    client = hdfs.InsecureClient(url, user="root")
    begin, amount = time.monotonic(), 0
    with client.read(path, chunk_size=1 << 20) as chunks:
        for chunk in chunks:
            amount += len(chunk)
    return said(begin, [], amount=amount)


VERBS = {one.__name__: one for one in (at_random, first_byte, handles, listed, query, hdfscli)}


def main() -> None:
    verb, *words = sys.argv[1:]
    print(json.dumps(VERBS[verb](*(int(word) if word.isdigit() else word for word in words))))


if __name__ == "__main__":
    main()
