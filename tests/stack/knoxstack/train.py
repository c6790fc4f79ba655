"""Makes the class data archive: runs a stack that notes its classes, then dumps these."""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

from . import archive, cache, conf, folder, hdfs_shell, jars, java, launch, probe, watchdog
from .conf import Plan
from .errors import StackError


def ensure() -> None:
    """Once for each version of the jars and JVM; a failure costs time at later starts, no more."""
    if archive.path().exists() or archive.failed().exists():
        return
    with cache.locked(archive.path()):
        if archive.path().exists() or archive.failed().exists():
            return
        print("stack: preparing quick starts (once, about 40 s)", file=sys.stderr)
        try:
            make()
        except (StackError, OSError, subprocess.SubprocessError) as error:
            archive.failed().write_text(f"{error}\n")
            print(f"stack: no quick starts, see {archive.failed()}", file=sys.stderr)


def make() -> None:
    path = folder.make(None)
    folder.write(path, {"ephemeral": True})  # for the watchdog
    try:
        watchdog.start(path, os.getpid())
        dump(note_classes(path))
    finally:
        launch.tear_down(path)
        launch.tear_down(path, ["watchdog"])
        folder.remove(path)


def note_classes(path: Path) -> Path:
    """The classes that the daemons and the shell load, in a file."""
    notes = path / "classes"
    notes.mkdir()
    plan = Plan(path, httpfs=True, java=[f"-XX:DumpLoadedClassList={notes}/{{name}}"])
    launch.bring_up_somewhere(plan)
    use(plan)
    launch.tear_down(path)
    names = set()
    for note in notes.iterdir():
        names.update(note.read_text().splitlines())
    merged = path / "all"
    merged.write_text("".join(f"{name}\n" for name in sorted(names)))
    return merged


def use(plan: Plan) -> None:
    """Loads what a first write and read would."""
    me = conf.superuser()
    for name in ("nn", "httpfs"):
        url = f"{plan.url(name)}/webhdfs/v1/tmp/{name}?user.name={me}"
        put(f"{url}&op=CREATE&noredirect=true", b"x" * 100_000)
        probe.ask(f"{url}&op=OPEN")
        probe.ask(f"{url}&op=LISTSTATUS")
    shell = hdfs_shell.HdfsShell(
        launch.command(plan, "client"),
        launch.log_of(plan, "shell"),
        plan.folder,
        java.environment() | {"HADOOP_CONF_DIR": str(plan.conf("client"))},
    )
    shell.run("-put", "-", "/tmp/shell", stdin=b"x")
    shell.run("-cat", "/tmp/shell")
    shell.run("-ls", "-R", "/")
    shell.run("-safemode", "get", tool="dfsadmin")
    shell.close()


def put(url: str, data: bytes) -> None:
    """CREATE in two steps; best effort, this is only a rehearsal."""
    answer = probe.ask(url, "PUT")
    if not answer:
        return
    request = urllib.request.Request(json.loads(answer)["Location"], data, method="PUT")
    request.add_header("Content-Type", "application/octet-stream")
    try:
        probe.opener.open(request, timeout=30).close()
    except OSError:
        pass


def dump(names: Path) -> None:
    part = archive.path().with_suffix(".part")
    command = [java.tool("java"), "-Xshare:dump", f"-XX:SharedClassListFile={names}"]
    command += [f"-XX:SharedArchiveFile={part}", "-XX:+UseSerialGC"]
    command += ["-cp", jars.class_path()]
    done = subprocess.run(command, capture_output=True, text=True, env=java.environment())
    if done.returncode != 0 or not part.exists():
        raise StackError(f"the dump failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    part.replace(archive.path())
