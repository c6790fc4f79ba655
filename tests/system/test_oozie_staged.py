"""Folders of /.oozie/submit on the real Oozie: applications of several files, looked at, tried and handed in."""

import errno
import os
import shutil
import subprocess
import xml.etree.ElementTree

import pytest
from faultproxy import Proxy
from knoxtest import run
from knoxtest.jobs import FS, ended, put_application, services, status
from knoxtest.tree import refused

pytestmark = [pytest.mark.slow, pytest.mark.limit(400)]

MADE = {"README", "params", "check", "ctl"}
GRAPHS = {"graph.txt", "graph.dot", "graph.svg"}


@pytest.fixture
def submit(jobs):
    return jobs / ".oozie/submit"


@pytest.fixture
def staged(submit):
    """A folder that works."""
    folder = submit / "night"
    folder.mkdir()
    (folder / "workflow.xml").write_text(FS.format(name="staged").replace("it failed", "${word} ${wf:id()}"))
    (folder / "job.properties").write_text("word=moon & stars\n")
    yield folder
    if folder.exists():
        shutil.rmtree(folder)


def tell(folder, verb: str) -> None:
    """As echo does; the reason of a failure is the OSError's."""
    ctl = os.open(folder / "ctl", os.O_WRONLY)
    try:
        os.write(ctl, verb.encode())
    finally:
        os.close(ctl)


def apps(jobs) -> set[str]:
    folder = jobs / "user/alice/.knoxfs/apps"
    return set(os.listdir(folder)) if folder.exists() else set()


def named(jobs, name: str) -> list[str]:
    named.asked += 1
    found = os.listdir(jobs / f".oozie/jobs/q/name={name};name=x{named.asked}")
    return [n for n in found if n != "README"]


named.asked = 0


def test_a_folder_runs_once_with_all_that_is_in_it(jobs, submit, staged, tmp_path):
    (staged / "lib").mkdir()
    (staged / "lib/deep").mkdir()
    (staged / "lib/deep/a.txt").write_text("deep")
    (staged / ".hidden").write_text("no")
    (staged / "workflow.xml~").write_text("no")
    assert set(os.listdir(staged)) == MADE | GRAPHS | {"workflow.xml", "job.properties", "lib", ".hidden", "workflow.xml~"}
    before = apps(jobs)
    tell(staged, "start\n")
    job = (staged / "id").read_text().strip()
    assert (submit / "night.id").read_text() == (staged / "id").read_text() == (staged / "ids").read_text()
    assert not (staged / "error").exists() and ended(jobs, job) == "SUCCEEDED"
    assert (staged / "job/name").read_text() == (submit / "night.job/name").read_text() == "staged\n"
    (made,) = apps(jobs) - before
    folder = jobs / "user/alice/.knoxfs/apps" / made
    assert sorted(os.listdir(folder)) == ["lib", "workflow.xml"] and (folder / "lib/deep/a.txt").read_text() == "deep"
    assert "word=moon & stars" in (staged / "job/properties").read_text().splitlines()
    assert named(jobs, "staged") == [job]


def test_params_say_where_each_value_is_from(jobs, cluster, submit, staged):
    text = (staged / "workflow.xml").read_text().replace("<start", "<parameters><property><name>given</name><value>1"
                                                         "</value></property></parameters><start").replace("${word}", "${word} ${given} ${none}")  # fmt: skip
    (staged / "workflow.xml").write_text(text)
    lines = [line.split("\t") for line in (staged / "params").read_text().splitlines()]
    assert sorted(lines) == [
        ["given", "1", "parameters"],
        ["nameNode", cluster.rpc, "defaults.properties"],
        ["none", "MISSING", "-"],
        ["wf:id()", "-", "run time"],
        ["word", "moon & stars", "job.properties"],
    ]
    before = apps(jobs)
    refused(errno.EINVAL, tell, staged, "start")
    assert "missing: none; write them into /.oozie/submit/night/job.properties" in (staged / "error").read_text()
    assert not (staged / "id").exists() and apps(jobs) == before  # nothing was sent
    assert (submit / "night.error").read_text() == (staged / "error").read_text()
    assert "E0738: these values are missing: none" in (staged / "check").read_text()
    with open(staged / "job.properties", "a") as file:
        file.write("none=some\n")
    tell(staged, "start")
    assert not (staged / "error").exists() and ended(jobs, (staged / "id").read_text().strip()) == "SUCCEEDED"


def fork(a: str, b: str, rest: str = "") -> str:
    acts = "".join(f'<action name="{n}"><fs/><ok to="{t}"/><error to="fail"/></action>\n' for n, t in (("a", a), ("b", b)))
    return (
        '<workflow-app name="bad" xmlns="uri:oozie:workflow:1.0">\n<start to="f"/>\n'
        f'<fork name="f"><path start="a"/><path start="b"/></fork>\n{acts}{rest}'
        '<kill name="fail"><message>m</message></kill><end name="end"/></workflow-app>'
    )


GOOD = fork("j", "j", '<join name="j" to="end"/>')
BAD = {
    "no-target": (GOOD.replace('to="end"', 'to="ende"'), "E0708"),
    "itself": (GOOD.replace('<ok to="j"', '<ok to="a"', 1), "E0706"),
    "circle": (GOOD.replace('<join name="j" to="end"', '<join name="j" to="a"'), "E0707"),
    "twice": (GOOD.replace('<action name="b"', '<action name="a"'), "E0705"),
    "no-join": (fork("end", "end"), "E0730"),
    "ends-inside": (fork("j", "end", '<join name="j" to="end"/>'), "E0737"),
    "meets": (fork("c", "c", '<action name="c"><fs/><ok to="j"/><error to="fail"/></action><join name="j" to="end"/>'), "E0743"),
    "no-error": (GOOD.replace('<error to="fail"/>', "", 1), "E0701"),
    "unknown-element": (GOOD.replace("<join", "<joyn", 1), "E0701"),
    "old-schema": (GOOD.replace("workflow:1.0", "workflow:9.0"), "E0701"),
    "cut": (GOOD[:-10], "E0701"),
}  # fmt: skip


def test_check_says_what_oozie_refuses(submit, staged):
    """Each of these is refused by Oozie, with the code that knoxfs names in front of it; the sound ones are taken by both."""
    for name, (text, code) in BAD.items():
        (staged / "workflow.xml").write_text(text)
        lines = (staged / "check").read_text().splitlines()
        mine = [line for line in lines if ": error: " in line and not line.endswith("(Oozie)")]
        assert any(f": error: {code}: " in line for line in mine), (name, lines)
        refused(errno.EINVAL, tell, staged, "dryrun")
        error = (staged / "error").read_text()
        assert error.startswith(f"code:\t{code}\n") or code == "E0701", (name, error)
        assert mine[0] in error, (name, error)  # as a hint
    for text in (GOOD, FS.format(name="good")):
        (staged / "workflow.xml").write_text(text)
        assert (staged / "check").read_text() == "workflow.xml: nothing is wrong, says knoxfs\nworkflow.xml: valid, says Oozie\n"
        tell(staged, "dryrun")
        assert (staged / "preview").read_text() == "OK\n" and not (staged / "error").exists()


def test_a_dry_run_runs_nothing(jobs, staged):
    before, there = apps(jobs), named(jobs, "staged")
    tell(staged, "dryrun")
    assert (staged / "preview").read_text() == "OK\n"
    assert apps(jobs) == before and named(jobs, "staged") == there and not (staged / "id").exists()
    tell(staged, "submit")
    job = (staged / "id").read_text().strip()
    assert status(jobs, job) == "PREP"
    tell(jobs / ".oozie/jobs" / job, "start")
    assert ended(jobs, job) == "SUCCEEDED"


COORD = """\
<coordinator-app name="days" frequency="${coord:days(1)}" start="2026-03-01T00:00Z" end="2026-03-03T00:00Z"
    timezone="UTC" xmlns="uri:oozie:coordinator:0.4">
  <action><workflow><app-path>${applicationPath}</app-path></workflow></action>
</coordinator-app>
"""


def test_a_coordinator_with_its_workflow_beside_it(jobs, staged):
    (staged / "coordinator.xml").write_text(COORD)
    (staged / "workflow.xml").write_text(FS.format(name="day"))
    assert "applicationPath\t-\tsubmission\n" in (staged / "params").read_text()
    tell(staged, "dryrun")
    assert (staged / "preview").read_text().count("action for new instance") == 1  # Oozie shows the first
    tell(staged, "start")
    job = (staged / "id").read_text().strip()
    assert job.endswith("-C") and ended(jobs, job) == "SUCCEEDED"
    assert (staged / "job/grid").read_text().count("SUCCEEDED") == 2


def test_a_lost_answer_is_one_coordinator(lasting, cluster):
    with Proxy(cluster.services["oozie"].removesuffix("/oozie")) as proxy:
        mount = lasting("/", hidevirtual=None, **services(cluster) | {"oozie": proxy.namenode + "/oozie"})
        folder = mount / ".oozie/submit/lost"
        folder.mkdir()
        (folder / "coordinator.xml").write_text(COORD.replace("days", "lost-days", 1))
        (folder / "workflow.xml").write_text(FS.format(name="lost-day"))
        assert (mount / ".oozie/status").read_text() == "NORMAL\n"
        proxy.rules({"method": "POST", "path": "^/oozie/v2/jobs", "drop_reply": "fin", "times": 1})
        tell(folder, "start")
        job = (folder / "id").read_text().strip()
        assert ended(mount, job) == "SUCCEEDED"
        names = [(mount / ".oozie/coordinators" / n / "name").read_text() for n in os.listdir(mount / ".oozie/coordinators") if n != "README"]
        assert names.count("lost-days\n") == 1


def test_an_editor_and_copying_programs(jobs, submit, staged, tmp_path):
    run("vim", "-Nes", "-u", "NONE", "-c", "%s/word/ward/", "-c", "wq", staged / "workflow.xml")
    assert "${ward}" in (staged / "workflow.xml").read_text() and "4913" not in os.listdir(staged)
    assert not (staged / "id").exists()  # saving submits nothing
    (tmp_path / "app/lib").mkdir(parents=True)
    (tmp_path / "app/workflow.xml").write_text(GOOD)
    (tmp_path / "app/lib/one.jar").write_bytes(os.urandom(300_000))
    for command in (["cp", "-r"], ["cp", "-rp"], ["rsync", "-a", "--no-o", "--no-g"]):
        run(*command, tmp_path / "app", submit)
        assert (submit / "app/lib/one.jar").read_bytes() == (tmp_path / "app/lib/one.jar").read_bytes()
        assert (submit / "app/workflow.xml").read_text() == GOOD
        run("rm", "-r", submit / "app")
        assert not (submit / "app").exists()
    run("tar", "-C", submit, "-xf", "-", stdin=run("tar", "-C", tmp_path, "-cf", "-", "app").stdout)
    os.rename(submit / "app", submit / "other")
    tell(submit / "other", "start")
    assert ended(jobs, (submit / "other.id").read_text().strip()) == "SUCCEEDED"
    tell(submit / "other", "discard")
    assert "other" not in os.listdir(submit)
    for name in MADE | GRAPHS:
        (staged / name).read_bytes()


def test_names_and_places(submit, staged):
    refused(errno.EEXIST, os.mkdir, staged)
    refused(errno.ENOTEMPTY, os.rmdir, staged)
    refused(errno.EPERM, os.mkdir, submit / "x.id")
    refused(errno.EPERM, (staged / "id").write_text, "1")
    refused(errno.EACCES, (staged / "check").write_text, "1")
    refused(errno.EINVAL, tell, staged, "nonsense")
    refused(errno.EEXIST, os.mkdir, staged / "workflow.xml")
    refused(errno.EISDIR, os.unlink, staged)
    (submit / "empty").mkdir()
    refused(errno.EINVAL, tell, submit / "empty", "start")
    assert "put workflow.xml" in (submit / "empty/error").read_text()
    assert (submit / "empty/check").read_text().startswith("empty has no application")
    assert (submit / "empty/params").read_text() == ""
    os.rmdir(submit / "empty")
    (submit / "empty").write_text("a file now")
    assert (submit / "empty").read_text() == "a file now"
    os.unlink(submit / "empty")


def test_properties_that_name_an_application(jobs, cluster, submit):
    folder = submit / "given"
    folder.mkdir()
    path = put_application(jobs, "placed", FS.format(name="placed"))
    (folder / "job.properties").write_text(f"oozie.wf.application.path={cluster.rpc}{path}\n")
    tell(folder, "start")
    assert ended(jobs, (folder / "id").read_text().strip()) == "SUCCEEDED"
    shutil.rmtree(folder)


def test_graphs_are_drawn_with_the_states(jobs, submit, staged):
    (staged / "workflow.xml").write_text(GOOD)
    assert (staged / "graph.txt").read_text().splitlines()[0] == "start\tstart\t-\tf"
    tell(staged, "start")
    job = (staged / "id").read_text().strip()
    assert ended(jobs, job) == "SUCCEEDED"
    lines = [line.split("\t") for line in (staged / "job/graph.txt").read_text().splitlines()]
    assert [line[:3] for line in lines if line[2] != "-"] == [
        ["start", "start", "OK"], ["f", "fork", "OK"], ["a", "fs", "OK"], ["b", "fs", "OK"], ["j", "join", "OK"], ["end", "end", "OK"],
    ]  # fmt: skip
    assert ["fail", "kill", "-", ""] in lines
    picture = (staged / "job/graph.svg").read_bytes()
    root = xml.etree.ElementTree.fromstring(picture)
    assert root.tag.endswith("svg") and picture.count(b"<title>fs: OK</title>") == 2
    dot = (staged / "job/graph.dot").read_bytes()
    assert dot.startswith(b'digraph "bad" {') and dot.count(b"penwidth=2") == 6
    if shutil.which("dot"):
        assert b"<svg" in subprocess.run(["dot", "-Tsvg"], input=dot, capture_output=True, check=True, timeout=60).stdout
