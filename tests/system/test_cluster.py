"""/.cluster on the real YARN: what is read is what the server says, and verbs tell the truth."""

import errno
import json
import os
import re
import urllib.request

import pytest
from knoxtest import Running, run, until
from knoxtest.jobs import JOB_S, job_of
from knoxtest.limits import ROOT
from knoxtest.tree import reason, refused

pytestmark = [pytest.mark.slow, pytest.mark.limit(400)]

UNKNOWN = "application_1_0001"


def ask(cluster, what: str) -> dict:
    with urllib.request.urlopen(f"{cluster.services['yarn']}/ws/v1/cluster/{what}", timeout=60) as answer:
        return json.load(answer)


def app_of(mount, job: str):
    return mount / ".cluster/apps" / (job_of(mount, job) / "actions/sh/external-id").read_text().strip()


def test_the_cluster(jobs, cluster):
    there, info = jobs / ".cluster", ask(cluster, "info")["clusterInfo"]
    assert (there / "id").read_text() == f"{info['id']}\n"
    assert (there / "state").read_text() == "STARTED\n"
    assert (there / "version").read_text() == info["hadoopVersion"] + "\n"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n", (there / "started").read_text())
    assert json.loads((there / "info.json").read_text()) == info
    assert f"state\t{info['state']}" in (there / "info").read_text().splitlines()


def test_metrics(jobs, cluster):
    there, counted = jobs / ".cluster", ask(cluster, "metrics")["clusterMetrics"]
    assert (there / "metrics/totalMB").read_text() == f"{counted['totalMB']}\n"
    numbers = {name for name, value in counted.items() if not isinstance(value, dict)}
    assert set(os.listdir(there / "metrics")) == numbers | {"README"}
    refused(errno.ENOENT, os.stat, there / "metrics/nothing")
    sample = re.compile(r'[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")?\})? -?[\d.e+-]+')
    for name in ("metrics.prom", "health", "cost"):
        lines = (there / name).read_text().splitlines()
        assert all(sample.fullmatch(line) or line.startswith("# TYPE ") for line in lines), lines
    assert f"yarn_total_mb {counted['totalMB']}" in (there / "metrics.prom").read_text().splitlines()
    well = (there / "health").read_text()
    assert [f'service="{name}"}} 1' in well for name in ("hdfs", "oozie", "yarn", "jobhistory")] == [True] * 4


def test_cost(jobs, cluster, done, sleeper):
    """What is said of each user and queue is the sum of their applications."""
    until(lambda: int((app_of(jobs, sleeper) / "vcore-seconds").read_text()) > 0, JOB_S, "it has used something")
    before = ask(cluster, "apps")["apps"]["app"]
    text = (jobs / ".cluster/cost").read_text()
    after = ask(cluster, "apps")["apps"]["app"]

    def cost(name: str) -> int:
        return int(re.search(rf'^yarn_cost_{name}{{user="alice",queue="root.default"}} (\d+)$', text, re.MULTILINE).group(1))

    for name, member in (("memory_mb_seconds", "memorySeconds"), ("vcore_seconds", "vcoreSeconds")):
        sums = [sum(app[member] for app in apps if (app["user"], app["queue"]) == ("alice", "root.default")) for apps in (before, after)]
        assert 0 < sums[0] <= cost(name) <= sums[1]
    assert cost("applications") == sum(app["queue"] == "root.default" for app in after)


def test_queues_and_nodes(jobs, cluster):
    there = jobs / ".cluster"
    assert set(os.listdir(there / "queues")) == {"README", "root", "root.default", "root.second"}
    assert (there / "queues/root.default/state").read_text() == "RUNNING\n"
    assert (there / "queues/root.default/capacity").read_text() == "95\n"
    table = [line.split("\t") for line in (there / "scheduler").read_text().splitlines()]
    assert [row[0] for row in table] == ["queue", "root", "root.default", "root.second"]
    node = ask(cluster, "nodes")["nodes"]["node"][0]
    assert os.listdir(there / "nodes") == ["README", node["id"]]
    assert (there / "nodes" / node["id"] / "state").read_text() == "RUNNING\n"
    assert (there / "nodes" / node["id"] / "version").read_text() == node["version"] + "\n"
    refused(errno.ENOENT, os.stat, there / "queues/root.nothing")
    refused(errno.ENOENT, os.stat, there / "nodes/nothing:1")


def test_an_application(jobs, cluster, sleeper):
    app = app_of(jobs, sleeper)
    until(lambda: (app / "state").read_text() == "RUNNING\n", JOB_S, "it runs")
    assert (app / "user").read_text() == "alice\n"
    assert (app / "queue").read_text() == "root.default\n"
    assert json.loads((app / "info.json").read_text())["id"] == app.name
    until(lambda: int((app / "memory-seconds").read_text()) >= int((app / "vcore-seconds").read_text()) > 0, JOB_S, "it has used something")
    attempt = app / "attempts/1"
    assert (attempt / "state").read_text() == "RUNNING\n"
    container = (attempt / "container").read_text().strip()
    assert (app / "containers" / container / "state").read_text() == "RUNNING\n"
    for view in ("running", "mine", "by-user/alice", "by-queue/default", "q/states=RUNNING;user=alice", "all"):
        assert app.name in os.listdir(app.parent / view), view
        assert (app.parent / view / app.name / "state").read_text() == "RUNNING\n", view
    assert app.name not in os.listdir(app.parent / "failed")
    active = jobs / ".cluster/queues/root.default/users/alice/apps-active"
    until(lambda: active.read_text() == "1\n", JOB_S, "it is alone")
    assert {"by-user", "by-queue", "q", "all"}.isdisjoint(os.listdir(app.parent))
    refused(errno.EINVAL, os.listdir, app.parent / "q/nothing=1")
    assert "nothing=1" in reason(app.parent / "q/nothing=1")


def test_verbs(jobs, sleeper):
    app = app_of(jobs, sleeper)
    until(lambda: (app / "state").read_text() == "RUNNING\n", JOB_S, "it runs")
    assert [line.split()[0] for line in (app / "ctl").read_text().splitlines()] == ["kill", "move", "priority"]
    refused(errno.EINVAL, (app / "ctl").write_text, "priority high\n")
    refused(errno.EINVAL, (app / "ctl").write_text, "move nowhere\n")
    assert "no queue nowhere" in (app / "error").read_text()
    (app / "ctl").write_text("move second\n")
    assert (app / "queue").read_text() == "root.second\n"
    assert app.name in os.listdir(app.parent / "by-queue/second")
    wait = Running("cat", app / "wait")
    (app / "ctl").write_text("kill\n")
    assert (app / "state").read_text() == "KILLED\n"
    assert wait.result().stdout == b"KILLED\n"
    assert "killed by user alice" in (app / "diagnostics").read_text()
    for verb in ("kill", "priority 1"):
        refused(errno.EBUSY, (app / "ctl").write_text, verb + "\n")
        assert "it is KILLED" in (app / "error").read_text()
    assert (app / "ctl").read_text() == ""


def test_the_file_system(jobs, cluster):
    """What the NameNode says, as dfsadmin shows it."""
    there = jobs / ".cluster/hdfs"
    report = cluster.admin("-report").out.decode()
    shown = re.search(r"Configured Capacity: (\d+)", report)[1]
    assert (there / "capacity").read_text() == f"{shown}\n"
    assert (there / "live").read_text() == f"{len(cluster.datanodes)}\n"
    values = {name: int((there / name).read_text()) for name in ("used", "remaining", "files", "blocks", "missing", "dead")}
    assert values["used"] > 0 and values["remaining"] > 0 and values["files"] > values["blocks"] > 0
    assert values["missing"] == values["dead"] == 0
    assert (there / "state").read_text() == "active\n"
    beans = json.loads((there / "info.json").read_text())["beans"]
    assert {bean["name"].rpartition("=")[2] for bean in beans} >= {"FSNamesystem", "FSNamesystemState"}
    assert (there / "safemode").read_text() == "off\n"
    cluster.admin("-safemode", "enter")
    try:
        until(lambda: (there / "safemode").read_text() == "on\n", 20, "it is asked again")
    finally:
        cluster.admin("-safemode", "leave")


def test_what_is_not_there(jobs):
    apps = jobs / ".cluster/apps"
    for name in (UNKNOWN, "garbage", "application_x_1", f"{UNKNOWN}x"):
        refused(errno.ENOENT, os.stat, apps / name)
    refused(errno.EPERM, os.mkdir, apps / "x")


def test_programs_read_all_of_it(jobs, tmp_path):
    run("tar", "cf", tmp_path / "cluster.tar", "-C", jobs / ".cluster", ".")
    for folder, _, files in os.walk(jobs / ".cluster"):
        for name in files:
            if ".cluster/mount" in folder:
                continue
            with open(os.path.join(folder, name), "rb") as file:
                assert os.fstat(file.fileno()).st_size == len(file.read()), (folder, name)


def test_every_file_is_documented(jobs, sleeper):
    said = set(re.findall(r"`([^`]+)`", (ROOT / "docs/TREES.md").read_text()))
    app, there = app_of(jobs, sleeper), jobs / ".cluster"
    until(lambda: len(os.listdir(app / "containers")) > 1, JOB_S, "it runs")
    container = next(name for name in os.listdir(app / "containers") if name != "README")
    node = next(name for name in os.listdir(there / "nodes") if name != "README")
    folders = ("queues/root.default", f"nodes/{node}", "apps", f"apps/{app.name}", f"apps/{app.name}/attempts/1",
               f"apps/{app.name}/containers/{container}", "")  # fmt: skip
    missing = {name for folder in folders for name in os.listdir(there / folder)} - said - {"README", "mount"}
    assert missing == set()


@pytest.mark.limit(60)
def test_without_yarn_there_is_nothing(mounts, hdfs):
    """The test's own HDFS has none beside it."""
    mount = mounts(hdfs.url_path, hidevirtual=None, yarn="none", jobhistory="none", oozie="none")
    assert set(os.listdir(mount / ".cluster")) == {"README", "mount", "hdfs", "health"}
    refused(errno.ENOENT, os.stat, mount / ".cluster/apps")
    assert (mount / ".cluster/health").read_text().splitlines()[1:] == ['knoxfs_service_up{service="hdfs"} 1']
