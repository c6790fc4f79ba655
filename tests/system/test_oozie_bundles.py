"""Bundles of the real Oozie: what they are, their coordinators by name, and their verbs."""

import errno
import json
import os
import select

import pytest
from knoxtest import until
from knoxtest.jobs import FS, JOB_S, ended, job_of, post, put_application, services, status
from knoxtest.tree import refused

pytestmark = [pytest.mark.slow, pytest.mark.limit(400)]

COORDINATOR = """\
<coordinator-app name="{name}" frequency="${{coord:days(1)}}" start="{start}" end="{end}"
    timezone="UTC" xmlns="uri:oozie:coordinator:0.4">
  <action><workflow><app-path>${{nameNode}}/user/alice/in-bundle</app-path></workflow></action>
</coordinator-app>
"""

BUNDLE = """\
<bundle-app name="{name}" xmlns="uri:oozie:bundle:0.2">
  <coordinator name="one"><app-path>${{nameNode}}{one}</app-path></coordinator>
  <coordinator name="two"><app-path>${{nameNode}}{two}</app-path></coordinator>
</bundle-app>
"""


def bundle(jobs, cluster, name: str, start: str, end: str) -> str:
    put_application(jobs, "in-bundle", FS.format(name="in-bundle"))
    paths = {
        each: put_application(
            jobs, f"{name}-{each}", COORDINATOR.format(name=each, start=start, end=end), "coordinator.xml"
        )
        for each in ("one", "two")
    }
    return post(cluster, put_application(jobs, name, BUNDLE.format(name=name, **paths), "bundle.xml"), "bundle")


def test_a_bundle(jobs, cluster):
    job = bundle(jobs, cluster, "pair", "2026-03-01T00:00Z", "2026-03-03T00:00Z")
    there = job_of(jobs, job)
    assert ended(jobs, job) == "SUCCEEDED"
    assert (there / "name").read_text() == "pair\n" and (there / "user").read_text() == "alice\n"
    assert (there / "created").read_text().endswith("Z\n")
    assert (there / "definition.xml").read_text().startswith("<bundle-app")
    assert json.loads((there / "info.json").read_text())["bundleJobId"] == job
    assert (there / "wait").read_text() == "SUCCEEDED\n"
    assert set(os.listdir(there / "coordinators")) == {"README", "one", "two"}
    assert (there / "coordinators/two/name").read_text() == "two\n"
    assert (there / "coordinators/two/actions/1/run/name").read_text() == "in-bundle\n"
    refused(errno.ENOENT, os.stat, there / "coordinators/three")
    assert job in os.listdir(jobs / ".oozie/bundles")

    verbs = [line.split()[0] for line in (there / "ctl").read_text().splitlines()]
    assert "rerun" in verbs and "kill" not in verbs
    refused(errno.EBUSY, (there / "ctl").write_text, "kill\n")
    refused(errno.ENOENT, (there / "ctl").write_text, "rerun one,three\n")
    assert "three" in (there / "error").read_text()
    refused(errno.EINVAL, (there / "ctl").write_text, "rerun one two\n")
    refused(errno.EINVAL, (there / "ctl").write_text, "rerun 2026-03-01T00:00Z::\n")
    assert status(jobs, job) == "SUCCEEDED"

    one, two = (there / f"coordinators/{name}/actions/1/run" for name in ("one", "two"))
    before = os.readlink(one), os.readlink(two)
    (there / "ctl").write_text("rerun one 2026-03-01T00:00Z::2026-03-01T00:00Z refresh\n")
    until(lambda: os.readlink(one) != before[0], JOB_S, "the run of one coordinator is another one")
    assert os.readlink(two) == before[1]
    assert ended(jobs, job) == "SUCCEEDED"


def test_events_tell_of_bundles_and_coordinators(jobs, cluster):
    events = os.open(jobs / ".oozie/events", os.O_RDONLY | os.O_NONBLOCK)
    said = b""

    def told() -> list[list[str]]:
        """Job, state before and now of each line."""
        nonlocal said
        if select.select([events], [], [], 1)[0]:
            said += os.read(events, 65536)
        return [line.split("\t")[1:] for line in said.decode().splitlines()]

    try:
        old = bundle(jobs, cluster, "old-events", "2026-03-01T00:00Z", "2026-03-02T00:00Z")
        until(lambda: ended(jobs, old) and [line for line in told() if line[0] == old], JOB_S, "the stream has begun")
        job = bundle(jobs, cluster, "events", "2099-03-01T00:00Z", "2099-03-03T00:00Z")
        there = job_of(jobs, job) / "coordinators"
        until(lambda: len(os.listdir(there)) == 3, JOB_S, "it has its coordinators")
        members = [os.path.basename(os.readlink(there / name)) for name in ("one", "two")]
        until(lambda: {job, *members} <= {line[0] for line in told()}, JOB_S, "they are told")
        assert {line[1] for line in told() if line[0] in (job, *members)} >= {"-"}
        (job_of(jobs, job) / "ctl").write_text("kill\n")
        until(lambda: {line[0] for line in told() if line[2] == "KILLED"} >= {job, *members}, JOB_S, "their ends are told")
    finally:
        os.close(events)


def test_the_verbs_of_a_bundle_that_runs(jobs, cluster):
    job = bundle(jobs, cluster, "future-pair", "2099-03-01T00:00Z", "2099-03-03T00:00Z")
    there = job_of(jobs, job)
    until(lambda: status(jobs, job) == "RUNNING" and len(os.listdir(there / "coordinators")) == 3, JOB_S)
    refused(errno.EBUSY, (there / "ctl").write_text, "rerun\n")
    (there / "ctl").write_text("change pausetime=2099-03-02T00:00Z\n")
    assert (there / "pause-time").read_text() == "2099-03-02T00:00:00Z\n"
    (there / "ctl").write_text("suspend\n")
    assert status(jobs, job) == "SUSPENDED"
    (there / "ctl").write_text("resume\n")
    assert status(jobs, job) in ("RUNNING", "PREP")
    (there / "ctl").write_text("kill\n")
    assert status(jobs, job) == "KILLED"


def test_the_server_has_verbs_and_servers(jobs, cluster):
    assert cluster.services["oozie"] in (jobs / ".oozie/servers").read_text()
    (jobs / ".oozie/ctl").write_text("refresh\n")
    refused(errno.EINVAL, (jobs / ".oozie/ctl").write_text, "dance\n")
