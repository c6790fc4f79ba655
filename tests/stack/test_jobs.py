"""YARN, job history and Oozie are real: a shell action runs in a container, and its output is there."""

import json
import os
import time
import urllib.error
import urllib.request

import pytest
from knoxstack import Stack, hdfs_put, jars, train

LIMIT_S = 300

SHELL = """\
<workflow-app name="hello" xmlns="uri:oozie:workflow:1.0">
  <start to="sh"/>
  <action name="sh">
    <shell xmlns="uri:oozie:shell-action:1.0">
      <resource-manager>${resourceManager}</resource-manager><name-node>${nameNode}</name-node>
      <exec>echo</exec><argument>word=there</argument><capture-output/>
    </shell>
    <ok to="end"/><error to="fail"/>
  </action>
  <kill name="fail"><message>failed</message></kill>
  <end name="end"/>
</workflow-app>
"""


@pytest.fixture(scope="module", autouse=True)
def downloads():
    jars.ensure()
    jars.ensure(jars.OOZIE)
    train.ensure()


@pytest.fixture(scope="module")
def stack(downloads):
    with Stack.up(oozie=True, owner=os.getpid(), ephemeral=True) as stack:
        yield stack


def ask(url: str, body: str | None = None) -> dict:
    request = urllib.request.Request(url, body.encode() if body else None)
    request.add_header("Content-Type", "application/xml;charset=UTF-8")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def submit(stack: Stack, user: str, path: str) -> str:
    values = {
        "user.name": user,
        "nameNode": stack.rpc,
        "resourceManager": stack.plan.address("rm", "rpc"),
        "oozie.wf.application.path": stack.rpc + path,
    }
    lines = [f"<property><name>{k}</name><value>{v}</value></property>" for k, v in values.items()]
    text = f"<configuration>{''.join(lines)}</configuration>"
    return ask(f"{stack.services['oozie']}/v2/jobs?action=start", text)["id"]


def ended(stack: Stack, job: str) -> dict:
    while True:
        info = ask(f"{stack.services['oozie']}/v2/job/{job}?show=info")
        if info["status"] not in ("PREP", "RUNNING"):
            return info
        time.sleep(0.2)


def test_a_shell_action_succeeds(stack):
    hdfs_put.mkdir(stack.plan, "/user/alice/hello", "alice", "755")
    hdfs_put.put(stack.plan, "/user/alice/hello/workflow.xml", SHELL.encode())
    info = ended(stack, submit(stack, "alice", "/user/alice/hello"))
    action = next(action for action in info["actions"] if action["name"] == "sh")
    assert (info["status"], action["status"]) == ("SUCCEEDED", "OK"), info
    assert "word=there" in action["data"]
    app = ask(f"{stack.services['yarn']}/ws/v1/cluster/apps/{action['externalId']}")["app"]
    assert (app["user"], app["finalStatus"]) == ("alice", "SUCCEEDED")


def test_oozie_says_what_is_wrong(stack):
    hdfs_put.mkdir(stack.plan, "/user/alice/bad", "alice", "755")
    hdfs_put.put(stack.plan, "/user/alice/bad/workflow.xml", SHELL.replace("</ok>", "").encode()[:-20])
    with pytest.raises(urllib.error.HTTPError) as refused:
        submit(stack, "alice", "/user/alice/bad")
    assert refused.value.headers["oozie-error-code"] == "E0701"


def test_each_daemon_answers_and_ends(stack):
    services = stack.services
    assert ask(f"{services['yarn']}/ws/v1/cluster/info")["clusterInfo"]["state"] == "STARTED"
    assert ask(f"{services['nodemanager']}/ws/v1/node/info")["nodeInfo"]["nodeHealthy"]
    assert ask(f"{services['jobhistory']}/ws/v1/history/info")["historyInfo"]["hadoopVersion"]
    assert ask(f"{services['oozie']}/v2/admin/build-version")["buildVersion"] == jars.version(jars.OOZIE)
    stack.restart("oozie")
    assert ask(f"{services['oozie']}/v2/jobs")["total"] == 1  # the refused one is none
