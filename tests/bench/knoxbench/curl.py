"""Raw curl: the rival on the same protocol. One process for many requests, so that no program is started for each."""

import hashlib

from . import child

OPTIONS = ["curl", "-sfL", "--fail-early"]


def config(path: str, wanted: list[tuple[str, str]]) -> str:
    """wanted: (URL, local file) each."""
    with open(path, "w") as out:
        for url, local in wanted:
            out.write(f'url = "{url}"\noutput = "{local}"\n')
    return path


def get(scene, wanted: list[tuple[str, str]], jobs: int = 1) -> child.Cost:
    """Requests by as many processes, each one after the other over kept connections where the server keeps them."""
    commands = []
    for number in range(min(jobs, len(wanted))):
        path = config(scene.scratch(f"curl.{number}"), wanted[number::jobs])
        commands.append([*OPTIONS, "-K", path])
    return child.together(commands)


def discard(urls: list[str]) -> list[tuple[str, str]]:
    return [(url, "/dev/null") for url in urls]


def sha256(scene, urls: list[str], jobs: int = 1) -> str:
    """Of all answers, one behind the other."""
    wanted = [(url, scene.scratch(f"got.{number}")) for number, url in enumerate(urls)]
    get(scene, wanted, jobs)
    digest = hashlib.sha256()
    for _, local in wanted:
        with open(local, "rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
        scene.remove(local)
    return digest.hexdigest()
