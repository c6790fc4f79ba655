"""The examples of docs/TREES.md, which is also knoxfs-trees(7), are run as they stand."""

import re

import pytest
from knoxtest import until
from knoxtest.document import APPLICATION, CONTAINER, COORDINATOR, Session, WORKFLOW, pattern, transcripts
from knoxtest.jobs import FS, JOB_S, SHELL, ended, job_of, post, put_application
from knoxtest.limits import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.limit(400)]

STEP_S = 60
ENDLESS = re.compile("^tail -f.*")  # its first line will do


def names() -> list:
    return [pytest.param(one, id=f"line-{one[0].line}") for one in transcripts(ROOT / "docs/TREES.md")]


STAGED = """\
<workflow-app name="nightly" xmlns="uri:oozie:workflow:1.0">
  <start to="load"/>
  <action name="load">
    <fs>
      <mkdir path="${nameNode}/tmp/${day}"/>
    </fs>
    <ok to="ende"/><error to="fail"/>
  </action>
  <kill name="fail"><message>${wf:id()} failed</message></kill>
  <end name="end"/>
</workflow-app>
"""
DAYS = """\
<coordinator-app name="two" frequency="${coord:days(1)}" start="2026-03-01T00:00Z" end="2026-03-03T00:00Z"
    timezone="UTC" xmlns="uri:oozie:coordinator:0.4">
  <action><workflow><app-path>${nameNode}/user/alice/each</app-path></workflow></action>
</coordinator-app>
"""


@pytest.fixture
def days(jobs, cluster) -> str:
    """A coordinator whose two runs have ended."""
    put_application(jobs, "each", FS.format(name="each"))
    job = post(cluster, put_application(jobs, "two", DAYS, "coordinator.xml"), "coord")
    assert ended(jobs, job) == "SUCCEEDED"
    return job


@pytest.fixture
def home(jobs, tmp_path):
    """What the examples find in the folder in which they are typed."""
    (tmp_path / "hdfs").symlink_to(jobs.path)
    for text in ("once", "and once more"):
        (jobs / "user/alice/known").write_text(text)  # what a server does tells what it is
    (tmp_path / "nightly.xml").write_text(SHELL.format(name="nightly", exec="sleep", argument="300"))
    (tmp_path / "wrong.xml").write_text(FS.format(name="wrong").replace("<ok to", "<okk to"))
    (tmp_path / "workflow.xml").write_text(STAGED)
    (tmp_path / "job.properties").write_text("day=2026-03-01\n")
    (tmp_path / "lib").mkdir()
    yield tmp_path
    if (jobs / ".oozie/submit/nightly").is_dir():
        (jobs / ".oozie/submit/nightly/ctl").write_text("discard\n")
        assert not (jobs / ".oozie/submit/nightly").exists()
    for name in ("nightly.xml", "wrong.xml"):
        kept = jobs / ".oozie/submit" / name
        if (jobs / f".oozie/submit/{name}.id").exists():
            (jobs / f".oozie/submit/{name}.job/ctl").write_text("kill\n")
        if kept.exists():
            kept.unlink()
    (jobs / ".cluster/mount/ctl").write_text("loglevel debug\n")


def in_place(example: str, jobs, job: str) -> str:
    """With the running job, its application and its container instead of those of the document."""
    app = job_of(jobs, job) / "actions/sh/app"
    if re.search(CONTAINER, example):
        until(lambda: any((app / "logs").glob("container_*/stdout")), JOB_S, "its container writes")
        master = next((app / "logs").glob("container_*")).name
        example = re.sub(CONTAINER, master, example)
    elif re.search(APPLICATION, example):
        until(lambda: (app / "state").read_text() == "RUNNING\n", JOB_S, "it runs")
    example = re.sub(APPLICATION, (app / "id").read_text().strip(), example)
    return re.sub(WORKFLOW, job, example)


@pytest.mark.parametrize("examples", names())
def test_an_example(jobs, home, examples, request):
    """One that is about a job gets a running one, whatever its id is in the document."""
    session = Session(home, "alice")
    typed = "\n".join(one.command for one in examples)
    job = request.getfixturevalue("sleeper") if re.search(f"{WORKFLOW}|{APPLICATION}", typed) else None
    coordinator = request.getfixturevalue("days") if re.search(COORDINATOR, typed) else ""
    for one in examples:
        command = in_place(one.command, jobs, job) if job else re.sub(COORDINATOR, coordinator, one.command)
        code, said = session.type(ENDLESS.sub(r"\g<0> | head -1", command), STEP_S, strict=False)
        where = f"docs/TREES.md:{one.line}: {command}"
        if one.output is not None:
            assert re.fullmatch(pattern(one.output, numbers=True), said), f"{where}: shown\n{one.output}printed\n{said}"
        else:
            assert code == 0, f"{where}: exit status {code}\n{said}"
        assert said or not ENDLESS.match(command), where


def test_there_are_examples_of_each_tree():
    typed = "\n".join(one.command for some in transcripts(ROOT / "docs/TREES.md") for one in some)
    for what in ("/.cluster/mount/", "/.cluster/apps/", "/.cluster/queues/", "/logs/", "/.oozie/jobs/", "/.oozie/submit/"):
        assert what in typed, what
