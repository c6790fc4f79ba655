"""The Java to run, its options, and our own Java classes."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from . import cache, jars
from .errors import StackError
from .jars import HADOOP, Product

# Java 17 closes its own packages to reflection; Guice, cglib and protobuf's helpers in Hadoop 3.4
# look into these.
OPENED = ("lang", "util", "io", "net", "nio", "lang.reflect", "text", "util.concurrent")


def tool(name: str) -> str:
    """The path of java or javac: JAVA_HOME first, as Hadoop's own scripts do."""
    home = os.environ.get("JAVA_HOME")
    if home and os.access(f"{home}/bin/{name}", os.X_OK):
        return f"{home}/bin/{name}"
    found = shutil.which(name)
    if not found:
        raise StackError(f"no {name}: set JAVA_HOME or install a JDK 17")
    return found


def home() -> str:
    """JAVA_HOME for children that want one."""
    return os.path.dirname(os.path.dirname(os.path.realpath(tool("java"))))


def compiler(tier: int) -> list[str]:
    return [f"-XX:TieredStopAtLevel={tier}", f"-XX:ReservedCodeCacheSize={64 if tier <= 1 else 160}m"]


def options(heap: str = "256m", tier: int = 1) -> list[str]:
    """A small JVM that starts quickly.

    Tier 1 is the first compiler only: least CPU at start, about a third of the speed later on.
    Of what has TLS it is an eighth: that compiler knows nothing of the processor's AES.
    Tier 4 is what a server runs; its code cache gets more room.
    """
    opens = [f"--add-opens=java.base/java.{name}=ALL-UNNAMED" for name in OPENED]
    opens.append("--add-opens=java.base/sun.nio.ch=ALL-UNNAMED")
    return [
        f"-Xmx{heap}",
        "-XX:+UseSerialGC",
        *compiler(tier),
        "-Xss512k",
        "-Djava.net.preferIPv4Stack=true",
        "-Djava.awt.headless=true",
        # File names reach Java through these two; the second also needs LC_ALL (see environment).
        "-Dfile.encoding=UTF-8",
        "-Dsun.jnu.encoding=UTF-8",
        # The JVM's own warnings would go to stdout, where the shell's replies are.
        "-Xlog:disable",
        "-Xlog:all=warning:stderr",
        *opens,
    ]


def environment() -> dict[str, str]:
    """The caller's environment without what would change Hadoop's behaviour behind our back."""
    dropped = ("HADOOP_", "HDFS_", "YARN_", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH")
    env = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
    return env | {"JAVA_HOME": home(), "LC_ALL": "C.UTF-8"}


def classes(product: Product = HADOOP) -> Path:
    """Our own classes, compiled once for each content of the sources."""
    sources = sorted(product.sources.glob("*.java"))
    digest = hashlib.sha256()
    for source in sources:
        digest.update(source.read_bytes())
    target = jars.folder(product) / f"classes-{digest.hexdigest()[:16]}"
    marker = target / ".complete"
    if marker.exists():
        return target
    with cache.locked(target):
        if not marker.exists():
            compile_into(target, sources, product)
            marker.touch()
    return target


def compile_into(target: Path, sources: list[Path], product: Product) -> None:
    target.mkdir(exist_ok=True)
    command = [tool("javac"), "-nowarn", "-proc:none", "-encoding", "UTF-8"]
    command += ["-cp", jars.class_path(product), "-d", str(target), *map(str, sources)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise StackError(f"javac failed:\n{done.stderr}")
