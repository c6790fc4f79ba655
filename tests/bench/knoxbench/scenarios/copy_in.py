"""Many small files, copied in."""

import itertools
import os
import subprocess
import time

from .. import child
from ..mount import KNOXFS
from ..scene import Scene
from ..table import FILES, Result, Run, WrongContent, told

FILE_BYTES = 4096
COUNTED = 200  # files of the run whose requests are counted: the proxy is slow, and all files are alike

numbers = itertools.count()


def make(s: Scene, name: str, files: int) -> str:
    folder = s.scratch(name)
    os.makedirs(folder, exist_ok=True)
    for number in range(files):
        with open(f"{folder}/f{number:05}", "wb") as out:
            out.write(os.urandom(FILE_BYTES))
    return folder


def sums(folder: str) -> str:
    """Of all files below, by sha256sum."""
    line = 'cd "$1" && find . -type f | LC_ALL=C sort | xargs sha256sum'
    return subprocess.run(["sh", "-c", line, "sh", folder], check=True, capture_output=True, text=True).stdout


def curl_config(s: Scene, source: str, target: str) -> str:
    """One process for all files, so that no program is started for each: the hardest rival."""
    path = s.scratch("curl.config")
    with open(path, "w") as out:
        for name in sorted(os.listdir(source)):
            url = s.url(f"/{target}/{name}", "CREATE", overwrite="true")
            out.write(f'upload-file = "{source}/{name}"\nurl = "{url}"\n')
    return path


def options(s: Scene) -> list[list[str]]:
    """Each way of writing that the driver has."""
    said = subprocess.run([KNOXFS, "--help"], capture_output=True, text=True).stdout
    return [[], ["write=back"]] if "write=" in said else [[]]


def check(s: Scene, source: str, name: str, *more: str) -> None:
    with s.mount(*more) as mount:
        child.run("cp", "-r", source, f"{mount.path}/{name}")
    with s.mount() as mount:
        if sums(f"{mount.path}/{name}") != sums(source):
            raise WrongContent("the server has other bytes than were copied")


def one_way(s: Scene, source: str, few: str, *more: str) -> Result:
    check(s, source, f"in-{next(numbers)}", *more)
    stored_s = []

    def curl() -> Run:
        config = curl_config(s, source, f"curl-{next(numbers)}")
        cost = child.run("curl", "-sfL", "--fail-early", "-K", config)
        return Run(cost.wall_s, cost.cpu_s)

    def mount() -> Run:
        begin = time.monotonic()
        run = s.measured(lambda path: child.run("cp", "-r", source, f"{path}/in-{next(numbers)}"), *more)
        stored_s.append(time.monotonic() - begin)
        return run

    pairs = s.alternate(curl, mount)
    requests = s.count(lambda path: child.run("cp", "-r", few, f"{path}/in-{next(numbers)}"), *more)
    each = {name: round(n / len(os.listdir(few)), 2) for name, n in requests.items()}
    each = {name: n for name, n in each.items() if n >= 0.01}
    what = f"copy in, {s.files} files of {FILE_BYTES // 1024} KiB" + "".join(f", {one}" for one in more)
    note = "mount, cp, unmount " + ", ".join(f"{seconds:.2f}" for seconds in stored_s[1:]) + " s"
    total = f"{sum(each.values()):.2f} a file: {told(each)}"
    return Result(what, s.files, FILES, pairs, total, [note])


def measure(s: Scene) -> list[Result]:
    """small files copied in by cp -r, beside one curl that sends one after the other (CREATE in two steps)"""
    source = make(s, "many", s.files)
    few = make(s, "few", min(s.files, COUNTED))
    return [one_way(s, source, few, *more) for more in options(s)]
