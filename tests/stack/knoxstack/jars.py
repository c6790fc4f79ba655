"""Hadoop's jars, brought by Maven into the cache."""

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

from . import cache
from .errors import StackError

POM = Path(__file__).resolve().parent.parent / "pom.xml"


def version() -> str:
    """Hadoop's version, from the pom: the only place that names it."""
    return re.search(r"<hadoop\.version>([^<]+)<", POM.read_text()).group(1)


def folder() -> Path:
    """For the jars and what is made from them; another list of artifacts has another folder."""
    digest = hashlib.sha256(POM.read_bytes()).hexdigest()
    return cache.root() / f"hadoop-{version()}-{digest[:8]}"


def ensure() -> None:
    """Downloads the jars (about 93 MiB) when the marker is not there."""
    jars = folder() / "jars"
    marker = jars / ".complete"
    if marker.exists():
        return
    with cache.locked(jars):
        if not marker.exists():
            shutil.rmtree(jars, ignore_errors=True)  # the part of an interrupted download
            download(jars)
            marker.touch()


def download(jars: Path) -> None:
    if not shutil.which("mvn"):
        raise StackError("no mvn: Maven (Debian: maven) is needed once, to fetch Hadoop's jars")
    print(f"stack: fetching Hadoop {version()} into {jars}", file=sys.stderr)
    # A copy of the pom: Maven writes beside the pom it is given, and the repository stays clean.
    work = jars.with_name("maven")
    work.mkdir(exist_ok=True)
    shutil.copy(POM, work / "pom.xml")
    command = ["mvn", "-B", "-q", "-f", str(work / "pom.xml"), "dependency:copy-dependencies"]
    command += ["-DincludeScope=runtime", f"-DoutputDirectory={jars}"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise StackError(f"mvn failed:\n{(done.stdout + done.stderr)[-4000:]}")
    shutil.rmtree(work, ignore_errors=True)


def class_path() -> str:
    """The jars one by one, in a fixed order.

    Not "DIR/*": its order is the folder's, and the class data archive is valid for one order only.
    """
    return ":".join(str(jar) for jar in sorted((folder() / "jars").glob("*.jar")))
