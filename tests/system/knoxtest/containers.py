"""Containers of jobs, and what they have written."""

import os
import subprocess
import sys
from pathlib import Path

from knoxstack import jars

from .jobs import JOB_S, SHELL, job_of, post, put_application
from .limits import ROOT
from .waiting import until

WRITER = ROOT / "tests/fixtures/logs/WriteLogs.java"


def shell_job(jobs, cluster, name: str, script: str) -> str:
    text = SHELL.replace("<capture-output/>", "").format(name=name, exec="bash", argument=f"-c</argument><argument>{script}")
    return post(cluster, put_application(jobs, name, text))


def container_of(jobs, job: str):
    """The launcher's folder of logs, under the action, when it runs."""
    logs = job_of(jobs, job) / "actions/sh/logs"

    def found():
        names = [name for name in os.listdir(logs) if name != "README"] if logs.exists() else []
        return logs / names[0] if names and (logs / names[0] / "stdout").exists() else None

    return until(found, JOB_S, "a container's logs")


def said(text: str) -> list[str]:
    """What the script wrote, without the times: the launcher puts a word in front of each line."""
    lines = [line.removeprefix("Stdoutput ") for line in text.splitlines() if line.startswith("Stdoutput tick")]
    return [line.partition(" at ")[0] for line in lines]


def yarn_logs(cluster, app: str, container: str, file: str) -> bytes:
    """What `yarn logs` shows, without what it adds."""
    line = [sys.executable, ROOT / "tests/stack/stack", "hdfs", "--dir", cluster.plan.folder, "logs"]
    line += ["-applicationId", app, "-containerId", container, "-log_files", file]
    env = os.environ | {"HADOOP_USER_NAME": "alice"}
    out = subprocess.run(line, capture_output=True, env=env, timeout=120).stdout
    head, contents = out.split(b"LogContents:\n", 1)
    length = next(line for line in head.splitlines() if line.startswith(b"LogLength:"))
    return contents[: int(length.split(b":")[1])]


def write_logs(*files: tuple[str, str, Path, Path]) -> None:
    """(format, compression, the logs' folder, the file) of each: as a NodeManager collects them."""
    words = [str(word) for file in files for word in (*file, 1)]
    line = ["java", "-XX:TieredStopAtLevel=1", "-cp", f"{jars.folder()}/jars/*", str(WRITER), *words]
    subprocess.run(line, check=True, capture_output=True, timeout=180)
