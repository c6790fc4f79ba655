"""A long history in the real Oozie's database, as long as a test wants it."""

import contextlib
import shutil
import signal
import subprocess

from . import jars, java, oozie
from .errors import StackError
from .stack import Stack

LIMIT_S = 180
SOURCE = jars.HERE / "java-oozie" / "ManyJobs.java"


@contextlib.contextmanager
def many_jobs(stack: Stack, count: int):
    """COUNT more workflows, named many, older than the newest that has succeeded; the server is started anew before and after."""
    database = oozie.database(stack.plan, "oozie")
    kept = database.with_name("db.kept")
    stack.kill("oozie", signal.SIGTERM)
    try:
        shutil.copytree(database, kept)
        insert(stack, count)
        stack.start("oozie")
        yield
        stack.kill("oozie", signal.SIGTERM)
    finally:
        if kept.exists():
            shutil.rmtree(database)
            kept.rename(database)
        if "oozie" not in stack.pids:
            stack.start("oozie")


def insert(stack: Stack, count: int) -> None:
    derby = next((jars.folder(jars.OOZIE) / "jars").glob("derby-*.jar"))
    command = [java.tool("java"), "-Xmx256m", "-XX:+UseSerialGC", "-cp", str(derby), str(SOURCE)]
    command += [str(oozie.database(stack.plan, "oozie")), str(count)]
    done = subprocess.run(
        command, capture_output=True, text=True, env=java.environment(), cwd=stack.dir, timeout=LIMIT_S
    )
    if done.returncode != 0:
        raise StackError(f"no history for Oozie:\n{done.stderr[-3000:]}")
