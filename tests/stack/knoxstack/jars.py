"""Jars of one product, brought by Maven into the cache."""

import hashlib
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from . import cache
from .errors import StackError

HERE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Product:
    name: str
    pom: Path  # which jars, and the only place that names their version
    sources: Path  # our own Java classes, compiled against them
    unpacked: str = ""  # what is needed as files: the beginning of a jar's name and a folder in it


HADOOP = Product("hadoop", HERE / "pom.xml", HERE / "java")
OOZIE = Product("oozie", HERE / "oozie-pom.xml", HERE / "java")
KNOX = Product("knox", HERE / "knox-pom.xml", HERE / "java-knox", "gateway-service-definitions/services")


def version(product: Product = HADOOP) -> str:
    return re.search(rf"<{product.name}\.version>([^<]+)<", product.pom.read_text()).group(1)


def folder(product: Product = HADOOP) -> Path:
    """For the jars and what is made from them; another list of artifacts has another folder."""
    digest = hashlib.sha256(product.pom.read_bytes()).hexdigest()
    return cache.root() / f"{product.name}-{version(product)}-{digest[:8]}"


def ensure(product: Product = HADOOP) -> None:
    """Downloads the jars (Hadoop: about 93 MiB, Knox: 106 MiB, Oozie: 100 MiB) when the marker is not there."""
    jars = folder(product) / "jars"
    marker = jars / ".complete"
    if marker.exists():
        return
    with cache.locked(jars):
        if not marker.exists():
            shutil.rmtree(jars, ignore_errors=True)  # the part of an interrupted download
            download(product, jars)
            unpack(product, jars)
            marker.touch()


def download(product: Product, jars: Path) -> None:
    if not shutil.which("mvn"):
        raise StackError("no mvn: Maven (Debian: maven) is needed once, to fetch the jars")
    print(f"stack: fetching {product.name} {version(product)} into {jars}", file=sys.stderr)
    # A copy of the pom: Maven writes beside the pom it is given, and the repository stays clean.
    work = jars.with_name("maven")
    work.mkdir(exist_ok=True)
    shutil.copy(product.pom, work / "pom.xml")
    command = ["mvn", "-B", "-q", "-gs", str(HERE / "maven-settings.xml")]
    command += ["-f", str(work / "pom.xml"), "dependency:copy-dependencies"]
    command += ["-DincludeScope=runtime", f"-DoutputDirectory={jars}"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise StackError(f"mvn failed:\n{(done.stdout + done.stderr)[-4000:]}")
    shutil.rmtree(work, ignore_errors=True)


def unpack(product: Product, jars: Path) -> None:
    """Into the folder beside the jars that has the same name as inside."""
    jar, _, inside = product.unpacked.partition("/")
    if not jar:
        return
    (found,) = jars.glob(f"{jar}-*.jar")
    with zipfile.ZipFile(found) as archive:
        members = [name for name in archive.namelist() if name.startswith(f"{inside}/")]
        archive.extractall(jars.parent, members)


def class_path(product: Product = HADOOP) -> str:
    """The jars one by one, in a fixed order.

    Not "DIR/*": its order is the folder's, and the class data archive is valid for one order only.
    """
    return ":".join(str(jar) for jar in sorted((folder(product) / "jars").glob("*.jar")))
