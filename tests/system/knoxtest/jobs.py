"""A cluster with the real Oozie, and jobs on it as a user's files."""

import json
import os
import shutil
import urllib.request

import pytest
from knoxstack import Stack

from .mount import Mounts
from .waiting import until

JOB_S = 90  # a container takes 9 s on a quiet machine

FS = """\
<workflow-app name="{name}" xmlns="uri:oozie:workflow:1.0">
  <start to="make"/>
  <action name="make">
    <fs><mkdir path="${{nameNode}}/tmp/{name}"/></fs>
    <ok to="end"/><error to="fail"/>
  </action>
  <kill name="fail"><message>it failed</message></kill>
  <end name="end"/>
</workflow-app>
"""

SHELL = """\
<workflow-app name="{name}" xmlns="uri:oozie:workflow:1.0">
  <start to="sh"/>
  <action name="sh">
    <shell xmlns="uri:oozie:shell-action:1.0">
      <resource-manager>${{resourceManager}}</resource-manager><name-node>${{nameNode}}</name-node>
      <exec>{exec}</exec><argument>{argument}</argument><capture-output/>
    </shell>
    <ok to="end"/><error to="fail"/>
  </action>
  <kill name="fail"><message>it failed</message></kill>
  <end name="end"/>
</workflow-app>
"""


@pytest.fixture(scope="module")
def cluster():
    """HDFS, YARN, job history and Oozie."""
    with Stack.up(oozie=True, owner=os.getpid(), ephemeral=True) as stack:
        yield stack


def services(stack: Stack) -> dict[str, str]:
    urls = stack.services
    return {name: urls[name] for name in ("oozie", "yarn", "jobhistory")}


@pytest.fixture(scope="module")
def lasting(binary, cluster):
    made = Mounts(binary, cluster.namenode)
    yield made
    made.close()


@pytest.fixture(scope="module")
def jobs(lasting, cluster):
    """The whole cluster, mounted by alice, with its services."""
    mount = lasting("/", hidevirtual=None, **services(cluster))
    os.chmod(mount / "user/alice", 0o755)  # Oozie, another user, reads the applications in it
    return mount


def job_of(mount, job: str):
    kind = {"W": "jobs", "C": "coordinators", "B": "bundles"}[job[-1]]
    return mount / ".oozie" / kind / job


def status(mount, job: str) -> str:
    return (job_of(mount, job) / "status").read_text().strip()


def ended(mount, job: str) -> str:
    over = ("SUCCEEDED", "KILLED", "FAILED", "DONEWITHERROR")
    until(lambda: status(mount, job) in over, JOB_S, f"the end of {job}")
    return status(mount, job)


def put_application(mount, name: str, text: str, file: str = "workflow.xml") -> str:
    """In alice's home.  Its path in HDFS."""
    folder = mount / "user/alice" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / file).write_text(text)
    return f"/user/alice/{name}"


def post(cluster, path: str, kind: str = "wf", **more) -> str:
    """A job that another client has submitted for alice."""
    values = {
        "user.name": "alice",
        "nameNode": cluster.rpc,
        "resourceManager": cluster.plan.address("rm", "rpc"),
        f"oozie.{kind}.application.path": cluster.rpc + path,
        **more,
    }
    lines = [f"<property><name>{k}</name><value>{v}</value></property>" for k, v in values.items()]
    body = f"<configuration>{''.join(lines)}</configuration>".encode()
    request = urllib.request.Request(f"{cluster.services['oozie']}/v2/jobs?action=start", body)
    request.add_header("Content-Type", "application/xml;charset=UTF-8")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["id"]


@pytest.fixture(scope="module")
def done(jobs, cluster) -> str:
    """A workflow that has succeeded."""
    job = post(cluster, put_application(jobs, "fs", FS.format(name="fs")), word="moon &amp; stars")
    assert ended(jobs, job) == "SUCCEEDED"
    return job


@pytest.fixture
def sleeper(jobs, cluster) -> str:
    """One whose container sleeps."""
    text = SHELL.format(name="sleeper", exec="sleep", argument="300")
    job = post(cluster, put_application(jobs, "sleeper", text))
    app = job_of(jobs, job) / "actions/sh/external-id"
    until(lambda: app.exists() and app.read_text() != "\n", 60, "the sleeper has its container")
    yield job
    if status(jobs, job) in ("RUNNING", "SUSPENDED", "PREP"):
        (job_of(jobs, job) / "ctl").write_text("kill\n")
