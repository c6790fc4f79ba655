"""How jobs of the real Oozie are shown: as its own program prints them, with their times and owners, as graphs, and when they are not there."""

import email.utils
import errno
import json
import os
import stat
import xml.etree.ElementTree
from urllib.parse import urlsplit

import pytest
from faultproxy import Proxy
from knoxtest import refused, until
from knoxtest.jobs import FS, JOB_S, ended, job_of, oozie_program, post, put_application, services

pytestmark = [pytest.mark.slow, pytest.mark.limit(400)]

UNKNOWN = "0000000-260101000000000-oozie-root-W"

# What one of them makes the other waits for, and it never comes.
COORDINATOR = """\
<coordinator-app name="{name}" frequency="${{coord:days(1)}}" start="2026-03-01T00:00Z" end="2026-03-03T00:00Z" timezone="UTC"
    xmlns="uri:oozie:coordinator:0.4">
  <datasets>
    <dataset name="raw" frequency="${{coord:days(1)}}" initial-instance="2026-01-01T00:00Z" timezone="UTC">
      <uri-template>${{nameNode}}/user/alice/shown</uri-template><done-flag/>
    </dataset>
    <dataset name="clean" frequency="${{coord:days(1)}}" initial-instance="2026-01-01T00:00Z" timezone="UTC">
      <uri-template>${{nameNode}}/user/alice/never</uri-template><done-flag/>
    </dataset>
  </datasets>
  <input-events><data-in name="in" dataset="{dataset}"><instance>${{coord:current(0)}}</instance></data-in></input-events>
  {output}
  <action><workflow><app-path>${{nameNode}}/user/alice/shown</app-path></workflow></action>
</coordinator-app>
"""
OUTPUT = """<output-events><data-out name="out" dataset="clean"><instance>${coord:current(0)}</instance></data-out></output-events>"""
BUNDLE = """\
<bundle-app name="shown-pair" xmlns="uri:oozie:bundle:0.2">
  <coordinator name="load"><app-path>${{nameNode}}{load}</app-path></coordinator>
  <coordinator name="count"><app-path>${{nameNode}}{count}</app-path></coordinator>
</bundle-app>
"""


@pytest.fixture(scope="module")
def pair(jobs, cluster):
    """A bundle and its two coordinators: one has ended, the other's runs wait."""
    put_application(jobs, "shown", FS.format(name="shown"))
    text = {"load": COORDINATOR.format(name="load", dataset="raw", output=OUTPUT), "count": COORDINATOR.format(name="count", dataset="clean", output="")}
    paths = {name: put_application(jobs, f"shown-{name}", text[name], "coordinator.xml") for name in text}
    bundle = post(cluster, put_application(jobs, "shown-pair", BUNDLE.format(**paths), "bundle.xml"), "bundle")
    there = job_of(jobs, bundle) / "coordinators"
    until(lambda: {"load", "count"} <= set(os.listdir(there)), JOB_S, "its coordinators")
    load, count = (os.path.basename(os.readlink(there / name)) for name in ("load", "count"))
    assert ended(jobs, load) == "SUCCEEDED"
    until(lambda: (job_of(jobs, count) / "grid").read_text().count("WAITING") == 2, JOB_S, "its runs are made")
    return bundle, load, count


def test_info_is_what_the_oozie_program_prints(jobs, cluster, done, pair):
    bundle, load, count = pair
    for job in (done, load, bundle):
        said = until(lambda: steady(jobs, cluster, job), JOB_S, f"{job} does not change meanwhile")
        assert said.startswith(f"Job ID : {job}\n")
        assert (job_of(jobs, job) / "info").read_text() == said
    assert "WAITING" in (job_of(jobs, count) / "info").read_text()
    for name in ("status", "Nominal Time", "2026-03-02 00:00 GMT"):
        assert name.lower() in (job_of(jobs, load) / "info").read_text().lower()


def steady(jobs, cluster, job: str) -> str | None:
    """What the program prints, where the file says the same before and after."""
    before = (job_of(jobs, job) / "info").read_text()
    said = oozie_program(cluster, "job", "-info", job, "-len", "1000")
    return said if (job_of(jobs, job) / "info").read_text() == before else None


def seconds(text: str) -> float:
    return email.utils.parsedate_to_datetime(text).timestamp()


def test_a_job_has_its_times_and_its_owner(jobs, lasting, cluster, done, pair):
    alice = os.stat(jobs / "user/alice").st_uid
    bob = lasting("/", hidevirtual=None, user="bob", **services(cluster))
    mine = os.stat(jobs.path / ".oozie").st_uid
    told = json.loads((job_of(jobs, done) / "info.json").read_text())
    for mount, folder, ctl in ((jobs, 0o755, 0o644), (bob, 0o555, 0o444)):
        for there in (job_of(mount, done), mount / ".oozie/jobs/all" / done):
            seen = os.stat(there)
            assert (seen.st_mtime, seen.st_ctime) == (seconds(told["lastModTime"]), seconds(told["createdTime"]))
            assert (seen.st_uid, stat.S_IMODE(seen.st_mode)) == (alice, folder)
            assert stat.S_IMODE(os.stat(there / "ctl").st_mode) == ctl
            assert os.stat(there / "ctl").st_uid == os.stat(there / "status").st_uid == mine
    for view in ("recent", "succeeded", "mine", "by-user/alice", "q/status=SUCCEEDED"):
        seen = os.lstat(jobs / ".oozie/jobs" / view / done)
        assert stat.S_ISLNK(seen.st_mode) and seen.st_uid == alice, view
        assert (seen.st_mtime, seen.st_ctime) == (seconds(told["lastModTime"]), seconds(told["createdTime"])), view
    for job in pair:
        told, seen = json.loads((job_of(jobs, job) / "info.json").read_text()), os.stat(job_of(jobs, job))
        assert (seen.st_ctime, seen.st_uid, stat.S_IMODE(seen.st_mode)) == (seconds(told["createdTime"]), alice, 0o755)


def test_a_listing_with_all_attributes_is_one_request(cluster, lasting, done, pair):
    """What it says is good for 5 s: on a machine that needs longer another listing shows it."""
    url = urlsplit(cluster.services["oozie"])
    with Proxy(f"{url.scheme}://{url.netloc}") as proxy:
        mount = lasting("/", hidevirtual=None, **(services(cluster) | {"oozie": proxy.namenode + url.path}))
        assert (mount / ".oozie/status").read_text() == "NORMAL\n"

        def is_listed(folder: str, job: str) -> bool:
            (mount / ".oozie/ctl").write_text("refresh\n")
            proxy.reset()
            with os.scandir(mount / ".oozie" / folder) as entries:
                seen = {entry.name: entry.stat(follow_symlinks=False).st_mtime for entry in entries}
            assert job in seen and os.stat(mount / ".oozie" / folder).st_mtime >= seen[job] > 0
            return proxy.count("namenode") == 1

        for folder, job in (("coordinators", pair[1]), ("bundles", pair[0]), ("jobs/succeeded", done)):
            until(lambda: is_listed(folder, job), JOB_S, f"{folder}: {proxy.stats()['recent']}")


def test_a_job_that_is_not_known_may_have_been_purged(jobs):
    for job in (UNKNOWN, UNKNOWN[:-1] + "C", UNKNOWN[:-1] + "B", "garbage"):
        refused(errno.ENOENT, os.stat, jobs / ".oozie/jobs" / job if job == "garbage" else job_of(jobs, job))
    said = (jobs / ".oozie/errors").read_text()
    for kind, end in (("jobs", "W"), ("coordinators", "C"), ("bundles", "B")):
        (line,) = [one for one in said.splitlines() if f"/.oozie/{kind}/{UNKNOWN[:-1]}{end}:" in one]
        assert "E0604" in line and "(purged?)" in line
    assert "garbage" not in said


def test_graphs_of_coordinators_and_bundles(jobs, pair):
    bundle, load, count = pair
    lines = [line.split("\t") for line in (job_of(jobs, load) / "graph.txt").read_text().splitlines()]
    assert lines == [["raw", "dataset", "-", "load"], ["load", "coordinator", "SUCCEEDED", "shown"],
                     ["shown", "workflow", "SUCCEEDED", "clean"], ["clean", "dataset", "-", ""]]  # fmt: skip
    lines = [line.split("\t") for line in (job_of(jobs, bundle) / "graph.txt").read_text().splitlines()]
    assert ["shown-pair", "bundle", "RUNNING"] == lines[0][:3] and set(lines[0][3].split()) == {"load", "count"}
    assert ["load", "coordinator", "SUCCEEDED"] in [line[:3] for line in lines]
    assert ["clean", "dataset", "-", "count"] in lines and ["count", "coordinator", "RUNNING"] in [line[:3] for line in lines]
    for job in pair:
        assert (job_of(jobs, job) / "graph.dot").read_text().startswith("digraph")
        root = xml.etree.ElementTree.fromstring((job_of(jobs, job) / "graph.svg").read_bytes())
        assert root.tag.endswith("svg")
