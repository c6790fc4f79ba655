"""Containers of jobs, and what they have written."""

import base64
import contextlib
import json
import os
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from knoxstack import jars, process

from .jobs import JOB_S, SHELL, job_of, post, put_application
from .limits import ROOT
from .programs import Running
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


def shown_logs(cluster, app: str, container: str, file: str) -> bytes:
    line = [sys.executable, ROOT / "tests/stack/stack", "hdfs", "--dir", cluster.plan.folder, "logs"]
    line += ["-applicationId", app, "-containerId", container, "-log_files", file]
    env = os.environ | {"HADOOP_USER_NAME": "alice"}
    return subprocess.run(line, capture_output=True, env=env, timeout=120).stdout


def yarn_logs(cluster, app: str, container: str, file: str) -> bytes:
    """What `yarn logs` shows, without what it adds."""
    head, contents = shown_logs(cluster, app, container, file).split(b"LogContents:\n", 1)
    length = next(line for line in head.splitlines() if line.startswith(b"LogLength:"))
    return contents[: int(length.split(b":")[1])]


def write_logs(*files: tuple[str, str, Path, Path]) -> None:
    """(format, compression, the logs' folder, the file) of each: as a NodeManager collects them."""
    words = [str(word) for file in files for word in (*file, 1)]
    line = ["java", "-XX:TieredStopAtLevel=1", "-cp", f"{jars.folder()}/jars/*", str(WRITER), *words]
    subprocess.run(line, check=True, capture_output=True, timeout=180)


def yarn_logs_of_rounds(cluster, app: str, container: str, file: str) -> bytes:
    """As yarn_logs, of a log that was collected in several rounds: one after the other."""
    rest, whole = shown_logs(cluster, app, container, file), b""
    while b"LogContents:\n" in rest:
        head, rest = rest.split(b"LogContents:\n", 1)
        length = [line for line in head.splitlines() if line.startswith(b"LogLength:")][-1]
        size = int(length.split(b":")[1])
        whole, rest = whole + rest[:size], rest[size:]
    return whole


def ask_yarn(cluster, method: str, path: str, body: dict | None = None) -> dict:
    """As alice."""
    data = None if body is None else json.dumps(body).encode()
    url = f"{cluster.services['yarn']}{path}?user.name=alice"
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read() or b"{}")


def script_app(cluster, script: str, **more) -> str:
    """An application of alice's that runs a shell script, and nothing else; $LOGS is the folder of its logs.  Its id."""
    app = ask_yarn(cluster, "POST", "/ws/v1/cluster/apps/new-application", {})["application-id"]
    text = base64.b64encode(script.encode()).decode()
    mark = process.mark(cluster.plan.folder, "container")  # its stack finds and stops it
    command = f"echo {text} | base64 -d | LOGS=<LOG_DIR> bash -s -- {mark} 1>><LOG_DIR>/stdout 2>><LOG_DIR>/stderr"
    described = {"application-id": app, "application-name": "script", "application-type": "SCRIPT", "queue": "default"}
    described |= {"am-container-spec": {"commands": {"command": command}}, "max-app-attempts": 1}
    described |= {"resource": {"memory": 128, "vCores": 1}, "unmanaged-AM": False}
    ask_yarn(cluster, "POST", "/ws/v1/cluster/apps", described | more)
    return app


def master_of(app: str) -> str:
    return f"container_{app.removeprefix('application_')}_01_000001"


def end_app(cluster, app: str) -> None:
    with contextlib.suppress(urllib.error.HTTPError):
        ask_yarn(cluster, "PUT", f"/ws/v1/cluster/apps/{app}/state", {"state": "KILLED"})


def live_apps(cluster) -> list[str]:
    states = ("NEW", "NEW_SAVING", "SUBMITTED", "ACCEPTED", "RUNNING")
    apps = ask_yarn(cluster, "GET", "/ws/v1/cluster/apps").get("apps") or {}
    return [app["id"] for app in apps.get("app", []) if app["state"] in states]


def end_all(cluster) -> None:
    """Kill every job and application of alice's, and wait until their containers are gone."""
    for kind in ("bundle", "coordinator", "wf"):
        for state in ("PREP", "RUNNING", "SUSPENDED"):
            query = {"jobtype": kind, "action": "kill", "filter": f"status={state}", "offset": 1, "len": 1000, "user.name": "alice"}
            url = f"{cluster.services['oozie']}/v2/jobs?{urllib.parse.urlencode(query)}"
            with urllib.request.urlopen(urllib.request.Request(url, method="PUT"), timeout=60) as answer:
                answer.read()
    for app in live_apps(cluster):
        end_app(cluster, app)
    until(lambda: not live_apps(cluster), JOB_S, "no application runs")


@contextlib.contextmanager
def stuck_job(cluster):
    """A MapReduce job of alice's whose maps have ended, and whose reduce never gets a container: it is larger than what is left.

    Its application, and the maps' containers.
    """
    line = [sys.executable, ROOT / "tests/stack/stack", "hdfs", "--dir", cluster.plan.folder, "pi"]
    settings = {"mapreduce.reduce.memory.mb": 3072, "yarn.app.mapreduce.am.staging-dir": "/user"}
    settings |= {"mapreduce.jobhistory.intermediate-done-dir": "/user/alice/.history"}  # the usual folders are the superuser's
    line += [word for name, value in settings.items() for word in ("-D", f"{name}={value}")] + [2, 10]
    client = Running(*line, env={"HADOOP_USER_NAME": "alice"})
    found: list[str] = []

    def running() -> list[str]:
        apps = ask_yarn(cluster, "GET", "/ws/v1/cluster/apps").get("apps") or {}
        return [a["id"] for a in apps.get("app", []) if a["state"] == "RUNNING" and a["applicationType"] == "MAPREDUCE"]

    def maps_of(app: str) -> set[str]:
        tasks = f"/proxy/{app}/ws/v1/mapreduce/jobs/{app.replace('application', 'job')}/tasks"
        done = [t["id"] for t in ask_yarn(cluster, "GET", tasks)["tasks"]["task"] if t["state"] == "SUCCEEDED"]
        attempts = [ask_yarn(cluster, "GET", f"{tasks}/{task}/attempts")["taskAttempts"]["taskAttempt"] for task in done]
        return {attempt["assignedContainerId"] for of_one in attempts for attempt in of_one}

    def maps_are_done() -> set[str] | None:
        found[:] = running()
        with contextlib.suppress(urllib.error.HTTPError):
            maps = maps_of(found[0]) if found else set()
            return maps if len(maps) == 2 else None

    try:
        yield until(maps_are_done, 2 * JOB_S, "the maps have ended") and found[0], maps_of(found[0])
    finally:
        client.kill()
        client.result()
        for app in found:
            end_app(cluster, app)
