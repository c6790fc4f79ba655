"""/.oozie on the real Oozie: what is read is what the server says, and verbs tell the truth."""

import errno
import json
import os
import re
import subprocess
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

import pytest
from faultproxy import Proxy
from knoxtest import run
from knoxtest.jobs import FS, ended, job_of, post, put_application, services, status
from knoxtest.limits import ROOT
from knoxtest.tree import reason, refused

pytestmark = [pytest.mark.slow, pytest.mark.limit(400)]

QUICK = """\
<workflow-app name="quick" xmlns="uri:oozie:workflow:1.0">
  <start to="which"/>
  <decision name="which"><switch><case to="end">${1 eq 1}</case><default to="end"/></switch></decision>
  <end name="end"/>
</workflow-app>
"""

UNKNOWN = "0000000-260101000000000-oozie-root-W"


def test_the_server(jobs, cluster):
    assert (jobs / ".oozie/version").read_text() == "5.2.1\n"
    assert (jobs / ".oozie/status").read_text() == "NORMAL\n"
    assert (jobs / ".oozie/endpoint").read_text() == cluster.services["oozie"] + "\n"
    assert ".oozie" in os.listdir(jobs.path)
    told = [line.split("\t") for line in (jobs / ".cluster/mount/services").read_text().splitlines()]
    assert [(name, found) for name, _, found, _ in told] == [
        ("oozie", "yes"), ("yarn", "yes"), ("jobhistory", "yes")
    ]  # fmt: skip


def test_the_servers_mode_and_clock(jobs):
    assert (jobs / ".oozie/mode").read_text() == "NORMAL\n"

    def clock() -> datetime:
        return datetime.fromisoformat((jobs / ".oozie/time").read_text().strip())

    before = datetime.now(timezone.utc) - timedelta(seconds=2)  # the server tells whole seconds
    assert before <= clock() <= datetime.now(timezone.utc)


def test_a_job_is_a_directory(jobs, done):
    job = job_of(jobs, done)
    assert (job / "id").read_text() == done + "\n"
    assert (job / "name").read_text() == "fs\n"
    assert (job / "user").read_text() == "alice\n"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n", (job / "ended").read_text())
    assert "word=moon & stars" in (job / "properties").read_text().splitlines()
    assert (job / "definition.xml").read_text() == FS.format(name="fs")
    assert json.loads((job / "info.json").read_text())["id"] == done
    assert "ActionStartXCommand" in (job / "log").read_text()
    assert "OPERATION [start]" in (job / "auditlog").read_text()
    assert set(os.listdir(job / "log.d")) == {"README", "recent-1h", "ERROR", "WARN"}
    assert "ActionStartXCommand" in (job / "log.d/recent-1h").read_text()
    assert " INFO " not in (job / "log.d/ERROR").read_text()
    assert (job / "graph.dot").read_text().startswith("digraph")
    assert (job / "graph.svg").read_text().find("<svg") >= 0
    assert (job / "graph.png").read_bytes().startswith(b"\x89PNG")
    assert set(os.listdir(job / "actions")) == {"README", ":start:", "make", "end"}
    assert (job / "actions/make/status").read_text() == "OK\n"
    assert (job / "actions/make/type").read_text() == "fs\n"
    assert not (job / ".running").exists()


def test_programs_read_all_of_it(jobs, done, tmp_path):
    """Also each file's size is true once it is open."""
    job = job_of(jobs, done)
    run("tar", "cf", tmp_path / "job.tar", "-C", job, ".")
    run("cp", "-r", job, tmp_path / "copy")
    for folder, _, files in os.walk(job):
        for name in files:
            there = os.path.join(folder, name)
            with open(there, "rb") as file:
                assert os.fstat(file.fileno()).st_size == len(file.read()), there
    copied = (tmp_path / "copy" / "definition.xml").read_text()
    assert copied == FS.format(name="fs")
    assert b"SUCCEEDED" in run("grep", "-r", "SUCCEEDED", job / "info").stdout


def test_views(jobs, done):
    there = jobs / ".oozie/jobs"
    day = (job_of(jobs, done) / "created").read_text()[:10]
    named = ("mine/succeeded", "by-user/alice", "by-name/fs", f"by-day/{day}", "q/status=SUCCEEDED;user=alice")
    for view in ("recent", "succeeded", "mine", *named):
        assert done in os.listdir(there / view), view
        assert (there / view / done / "status").read_text() == "SUCCEEDED\n", view
    assert set(os.listdir(there / "mine/failed")) == {"README"} == set(os.listdir(there / "mine/running"))
    assert "running" not in os.listdir(there / "mine") and "running" in (there / "mine/README").read_text()
    refused(errno.ENOENT, os.stat, there / "mine/dancing")
    assert done not in os.listdir(there / "killed") and done not in os.listdir(there / "by-user/bob")
    assert {"by-user", "by-name", "by-day", "q"}.isdisjoint(os.listdir(there))
    assert done not in os.listdir(there / "by-day/2001-01-01")
    assert not (there / "suspended/MORE").exists()
    refused(errno.EINVAL, os.listdir, there / "q/nothing=1")
    assert "E0420" in reason(there / "q/nothing=1")


def test_sharelib(jobs, cluster):
    there = jobs / ".oozie/sharelib"
    assert "oozie" in os.listdir(there)
    files = [name for name in os.listdir(there / "oozie") if name != "README"]
    assert files and all(name.endswith(".jar") for name in files)
    path = (there / "oozie" / files[0]).read_text().strip()
    assert path.startswith(cluster.rpc) and (jobs / path.removeprefix(cluster.rpc + "/")).is_file()
    refused(errno.ENOENT, os.stat, there / "nothing")


def test_a_storm_of_readers_is_a_request_a_job(jobs, cluster, done, lasting):
    """find(1) over all files of many jobs, and many at once."""
    put_application(jobs, "quick", QUICK)
    made = [post(cluster, "/user/alice/quick") for _ in range(12)]
    assert all(ended(jobs, job) == "SUCCEEDED" for job in made)
    url = urlsplit(cluster.services["oozie"])
    with Proxy(f"{url.scheme}://{url.netloc}") as proxy:
        mount = lasting("/", hidevirtual=None, **(services(cluster) | {"oozie": proxy.namenode + url.path}))
        folder = mount / ".oozie/jobs/by-name/quick"
        assert set(made) <= set(os.listdir(folder))
        there = [name for name in os.listdir(folder) if name != "README"]
        proxy.reset()
        files = " ".join(f"'{folder}'/*/{name}" for name in ("status", "name", "user", "started", "info.json", "why"))
        found = run("bash", "-c", f"printf '%s\\0' {files} | xargs -0 -n 1 -P 16 cat; find -L '{folder}' -maxdepth 2 -type f")
        assert found.stdout.count(b"SUCCEEDED\n") >= len(made)
        assert proxy.count("namenode") <= len(there) + 5, proxy.stats()["requests"]


def test_what_is_not_there(jobs, done):
    there = jobs / ".oozie"
    for name in (UNKNOWN, "garbage", UNKNOWN + "@x", done[:-1] + "C"):
        refused(errno.ENOENT, os.stat, there / "jobs" / name)
    for day in ("yesterday", "2026-02-30", "2026-2-3", "2026-02-03T"):
        refused(errno.ENOENT, os.stat, there / "jobs/by-day" / day)
    assert os.listdir(there / "jobs/by-day/2001-01-01") == ["README"]
    refused(errno.EINVAL, os.listdir, there / "jobs/q/colour=red")
    refused(errno.ENOENT, os.stat, job_of(jobs, done) / "actions/nothing")
    refused(errno.EPERM, os.mkdir, there / "jobs/x")
    refused(errno.EPERM, os.rmdir, job_of(jobs, done))


def test_a_verb_on_an_ended_job_is_busy(jobs, done):
    job = job_of(jobs, done)
    for verb in ("kill", "suspend", "resume", "start"):
        refused(errno.EBUSY, (job / "ctl").write_text, verb + "\n")
        assert "not possible" in (job / "error").read_text()
    refused(errno.EINVAL, (job / "ctl").write_text, "dance\n")
    assert "there is no verb dance; possible now: rerun" in (job / "error").read_text()
    refused(errno.EINVAL, (job / "ctl").write_text, "rerun some\n")
    assert (job / "ctl").read_text().split()[0] == "rerun"
    told = subprocess.run(["bash", "-c", f"echo kill > '{job}/ctl'"], capture_output=True)
    assert told.returncode == 1 and b"Device or resource busy" in told.stderr


def test_kill_and_rerun(jobs, sleeper):
    job = job_of(jobs, sleeper)
    assert (job / ".running").exists()
    (job / "ctl").write_text("suspend\n")
    assert status(jobs, sleeper) == "SUSPENDED"
    (job / "ctl").write_text("resume\n")
    assert status(jobs, sleeper) == "RUNNING"
    (job / "ctl").write_text("kill\n")
    assert status(jobs, sleeper) == "KILLED"
    assert "sh" in (job / "why").read_text()
    (job / "ctl").write_text("rerun all\n")
    assert (job / "run").read_text() == "1\n"
    (job / "ctl").write_text("kill\n")
    assert status(jobs, sleeper) == "KILLED"


def test_another_users_job_is_not_ours(cluster, lasting, sleeper):
    bob = lasting("/", hidevirtual=None, user="bob", **services(cluster))
    assert status(bob, sleeper) == "RUNNING"
    refused(errno.EACCES, (job_of(bob, sleeper) / "ctl").write_text, "kill\n")
    assert "E0508" in (job_of(bob, sleeper) / "error").read_text()
    assert status(bob, sleeper) == "RUNNING"


COORDINATOR = """\
<coordinator-app name="days" frequency="${coord:days(1)}" start="2026-03-01T00:00Z" end="2026-03-04T00:00Z"
    timezone="UTC" xmlns="uri:oozie:coordinator:0.4">
  <controls><concurrency>1</concurrency></controls>
  <action><workflow><app-path>${nameNode}/user/alice/daily</app-path></workflow></action>
</coordinator-app>
"""


def test_a_coordinator(jobs, cluster):
    put_application(jobs, "daily", FS.format(name="daily"))
    path = put_application(jobs, "days", COORDINATOR, "coordinator.xml")
    coordinator = post(cluster, path, "coord")
    assert ended(jobs, coordinator) == "SUCCEEDED"
    there = job_of(jobs, coordinator)
    assert (there / "name").read_text() == "days\n"
    lines = [line.split("\t") for line in (there / "grid").read_text().splitlines()]
    assert sorted((number, when, what) for number, when, what, _ in lines) == [
        (str(day), f"2026-03-0{day}T00:00:00Z", "SUCCEEDED") for day in (1, 2, 3)
    ]
    assert (there / "actions/2/nominal").read_text() == "2026-03-02T00:00:00Z\n"
    assert (there / "actions/2/run/name").read_text() == "daily\n"
    assert coordinator in os.listdir(jobs / ".oozie/coordinators")
    refused(errno.EBUSY, (there / "ctl").write_text, "kill\n")


def test_every_file_is_documented(jobs, done):
    said = set(re.findall(r"`([^`]+)`", (ROOT / "docs/TREES.md").read_text()))
    missing = set()
    for folder in (jobs / ".oozie", jobs / ".oozie/jobs", job_of(jobs, done), job_of(jobs, done) / "actions/make"):
        missing |= {name for name in os.listdir(folder) if name not in said and name != "README"}
    assert missing == set()


@pytest.mark.limit(60)
def test_without_oozie_there_is_nothing(mounts, hdfs):
    """The test's own HDFS has none beside it."""
    mount = mounts(hdfs.url_path, hidevirtual=None, oozie="none")
    assert ".oozie" not in os.listdir(mount.path)
    refused(errno.ENOENT, os.stat, mount / ".oozie")
    assert "oozie\tnone\tno\t\n" in (mount / ".cluster/mount/services").read_text()
    away = mounts(hdfs.url_path, hidevirtual=None, oozie="http://localhost:9")
    assert ".oozie" in os.listdir(away.path)  # it was asked for
    refused(errno.EHOSTDOWN, (away / ".oozie/status").read_text)
    assert "localhost:9" in reason(away / ".oozie/status")
