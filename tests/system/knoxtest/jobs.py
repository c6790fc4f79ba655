"""Jobs of the real Oozie, as a user's files. The cluster itself is a fixture of conftest.py."""

import json
import shutil
import subprocess
import urllib.request

from knoxstack import Stack, jars, java

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


def services(stack: Stack) -> dict[str, str]:
    urls = stack.services
    return {name: urls[name] for name in ("oozie", "yarn", "jobhistory")}


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


def oozie_program(cluster, *words: str) -> str:
    """What Oozie's own program prints: oozie WORDS."""
    libraries = f"{jars.folder(jars.OOZIE)}/jars/*"
    line = [java.tool("java"), "-XX:TieredStopAtLevel=1", "-Doozie.auth.token.cache=false", "-cp", libraries]
    line += ["org.apache.oozie.cli.OozieCLI", *words, "-oozie", cluster.services["oozie"]]
    done = subprocess.run(line, capture_output=True, text=True, env=java.environment() | {"USER": "alice"}, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
