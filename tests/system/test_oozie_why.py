"""`why`: what a person would look for when a job has failed, in one file."""

import pytest
from knoxtest import until
from knoxtest.jobs import FS, JOB_S, SHELL, ended, job_of, post, put_application

pytestmark = [pytest.mark.slow, pytest.mark.limit(400)]

PARENT = """\
<workflow-app name="above" xmlns="uri:oozie:workflow:1.0">
  <start to="below"/>
  <action name="below">
    <sub-workflow><app-path>${{nameNode}}{path}</app-path><propagate-configuration/></sub-workflow>
    <ok to="end"/><error to="fail"/>
  </action>
  <kill name="fail"><message>it failed</message></kill>
  <end name="end"/>
</workflow-app>
"""

MANY = "for n in $(seq 1 200); do echo line $n >&2; done; exit 3"


def rows(text: str) -> dict[str, str]:
    return dict(line.split("\t", 1) for line in text.splitlines() if ":\t" in line)


def test_a_program_that_failed(jobs, cluster):
    """And of a sub-workflow what is below it."""
    text = SHELL.format(name="below", exec="bash", argument="-c").replace(
        "<argument>-c</argument>", f"<argument>-c</argument><argument>{MANY.replace('&', '&amp;').replace('>', '&gt;')}</argument>"
    )
    path = put_application(jobs, "below", text)
    job = post(cluster, put_application(jobs, "above", PARENT.format(path=path)))
    assert ended(jobs, job) == "KILLED"
    below = (job_of(jobs, job) / "actions/below/external-id").read_text().strip()
    app = (job_of(jobs, below) / "actions/sh/external-id").read_text().strip()
    until(lambda: "its end:" in (job_of(jobs, job) / "why").read_text(), JOB_S, "the log is there")
    first, second, yarn, log = (job_of(jobs, job) / "why").read_text().split("\n\n")
    assert first.splitlines()[:2] == [f"job:\t{job} KILLED", "action:\tbelow"]
    assert rows(second)["job:"] == f"{below} KILLED" and rows(second)["action:"] == "sh" and rows(second)["application:"] == app
    assert "exit code [1]" in rows(second)["message:"]
    assert rows(yarn)["app:"] == f"{app} FINISHED FAILED" and "exit code [1]" in rows(yarn)["diagnostics:"]
    head, *lines = log.splitlines()
    assert head.startswith(f"{app}/container_") and head.endswith("_000001/stderr, its end:")
    assert lines == [f"line {n}" for n in range(151, 201)]
    assert (job_of(jobs, below) / "why").read_text() == "\n\n".join((second, yarn, log))


def test_an_action_without_an_application(jobs, cluster, done):
    assert (job_of(jobs, done) / "why").read_text() == f"job:\t{done} SUCCEEDED\n"
    text = FS.format(name="no-right").replace("/tmp/no-right", "/no-right")
    job = post(cluster, put_application(jobs, "no-right", text))
    assert ended(jobs, job) == "KILLED"
    told = rows((job_of(jobs, job) / "why").read_text())
    assert told["action:"] == "make" and told["type:"] == "fs" and "denied" in told["message:"] and "app:" not in told
