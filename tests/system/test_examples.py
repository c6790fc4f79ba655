"""The examples of docs/TREES.md, which is also knoxfs-trees(7), are run as they stand."""

import re

import pytest
from knoxtest import until
from knoxtest.document import APPLICATION, CONTAINER, Session, WORKFLOW, pattern, transcripts
from knoxtest.jobs import (  # noqa: F401
    FS, JOB_S, SHELL, cluster, job_of, jobs, lasting, sleeper
)  # fmt: skip
from knoxtest.limits import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.limit(400)]

STEP_S = 60
ENDLESS = re.compile("^tail -f.*")  # its first line will do


def names() -> list:
    return [pytest.param(one, id=f"line-{one[0].line}") for one in transcripts(ROOT / "docs/TREES.md")]


@pytest.fixture
def home(jobs, tmp_path):
    """What the examples find in the folder in which they are typed."""
    (tmp_path / "hdfs").symlink_to(jobs.path)
    for text in ("once", "and once more"):
        (jobs / "user/alice/known").write_text(text)  # what a server does tells what it is
    (tmp_path / "nightly.xml").write_text(SHELL.format(name="nightly", exec="sleep", argument="300"))
    (tmp_path / "wrong.xml").write_text(FS.format(name="wrong").replace("<ok to", "<okk to"))
    yield tmp_path
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
    for one in examples:
        command = in_place(one.command, jobs, job) if job else one.command
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
