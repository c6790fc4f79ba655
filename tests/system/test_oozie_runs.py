"""What is done with runs of a coordinator, and waiting for jobs."""

import errno
import os
import select
import signal

import pytest
from knoxtest import Running, until
from knoxtest.jobs import FS, JOB_S, ended, job_of, post, put_application, services, status
from knoxtest.tree import refused

pytestmark = [pytest.mark.slow, pytest.mark.limit(400)]

COORDINATOR = """\
<coordinator-app name="{name}" frequency="${{coord:days(1)}}" start="{start}" end="{end}"
    timezone="UTC" xmlns="uri:oozie:coordinator:0.4">
  <controls><concurrency>1</concurrency></controls>
  <action><workflow><app-path>${{nameNode}}/user/alice/each-day</app-path></workflow></action>
</coordinator-app>
"""


def coordinator(jobs, cluster, name: str, start: str, end: str) -> str:
    put_application(jobs, "each-day", FS.format(name="each-day"))
    text = COORDINATOR.format(name=name, start=start, end=end)
    return post(cluster, put_application(jobs, name, text, "coordinator.xml"), "coord")


@pytest.fixture(scope="module")
def days(jobs, cluster) -> str:
    """A coordinator whose two runs have succeeded."""
    job = coordinator(jobs, cluster, "two-days", "2026-03-01T00:00Z", "2026-03-03T00:00Z")
    assert ended(jobs, job) == "SUCCEEDED"
    return job


@pytest.fixture
def future(jobs, cluster) -> str:
    """One that has not begun."""
    job = coordinator(jobs, cluster, "future", "2099-03-01T00:00Z", "2099-03-03T00:00Z")
    yield job
    if status(jobs, job) in ("RUNNING", "SUSPENDED", "PREP"):
        (job_of(jobs, job) / "ctl").write_text("kill\n")


def again(run, before: str, tell) -> None:
    """Rerun by TELL: another workflow, which succeeds."""
    tell()

    def succeeded() -> bool:
        return (run / "status").read_text() == "SUCCEEDED\n" and os.readlink(run / "run") != before

    until(succeeded, JOB_S, "the second run")


def test_runs_are_run_again(jobs, days):
    there = job_of(jobs, days)
    one, two = there / "actions/1", there / "actions/2"
    before = os.readlink(two / "run")
    again(one, os.readlink(one / "run"), lambda: (there / "ctl").write_text("rerun 1 refresh\n"))
    assert os.readlink(two / "run") == before
    again(two, before, lambda: (two / "ctl").write_text("rerun nocleanup\n"))
    again(one, os.readlink(one / "run"),
          lambda: (there / "ctl").write_text("rerun 2026-03-01T00:00Z::2026-03-01T00:00Z\n"))  # fmt: skip


def test_what_is_no_run_is_refused(jobs, days):
    there = job_of(jobs, days)
    until(lambda: status(jobs, days) == "SUCCEEDED", JOB_S)
    refused(errno.EBUSY, (there / "ctl").write_text, "rerun 99\n")
    assert "E1018" in (there / "error").read_text()
    for words in ("rerun", "rerun x", "rerun 1-", "rerun 1 backwards", "kill 1 refresh", "rerun 1::", "change nothing=1", "change x"):
        refused(errno.EINVAL, (there / "ctl").write_text, words + "\n")
    assert "neither endtime=" in (there / "error").read_text()  # it was not asked for
    refused(errno.EBUSY, (there / "ctl").write_text, "ignore 1\n")
    assert "E1024" in (there / "error").read_text()
    refused(errno.EINVAL, (there / "actions/1/ctl").write_text, "rerun backwards\n")
    assert status(jobs, days) == "SUCCEEDED"


def test_a_range_that_is_none_kills_nothing(jobs, future):
    there = job_of(jobs, future)
    refused(errno.EINVAL, (there / "ctl").write_text, "kill all\n")
    with pytest.raises(OSError):
        (there / "ctl").write_text("kill 1\n")
    assert status(jobs, future) in ("RUNNING", "PREP")


def test_a_coordinator_is_changed(jobs, future):
    there = job_of(jobs, future)
    (there / "ctl").write_text("change endtime=2099-03-09T00:00Z;concurrency=3\n")
    assert (there / "end").read_text() == "2099-03-09T00:00:00Z\n"
    assert (there / "concurrency").read_text() == "3\n"
    refused(errno.EBUSY, (there / "ctl").write_text, "ignore\n")
    assert "ignore is not possible" in (there / "error").read_text()
    (there / "ctl").write_text("kill\n")
    assert status(jobs, future) == "KILLED"
    refused(errno.EINVAL, (there / "ctl").write_text, "ignore -n\n")
    assert "say which runs" in (there / "error").read_text() and status(jobs, future) == "KILLED"

    def is_ignored() -> bool:
        """Oozie refuses it as long as the end of the job is pending."""
        try:
            (there / "ctl").write_text("ignore\n")
        except OSError as caught:
            assert caught.errno == errno.EBUSY and "pending" in (there / "error").read_text()
        return status(jobs, future) == "IGNORED"

    until(is_ignored, 2 * JOB_S, "it is ignored")
    assert status(jobs, future) == (there / "wait").read_text().strip() == "IGNORED"
    refused(errno.EBUSY, (there / "ctl").write_text, "ignore\n")
    (there / "ctl").write_text("change status=RUNNING\n")
    assert status(jobs, future) == "RUNNING"
    (there / "ctl").write_text("kill\n")


def test_what_would_run_again_is_shown_and_nothing_is_done(jobs, days, done):
    there = job_of(jobs, days)
    until(lambda: status(jobs, days) == "SUCCEEDED", JOB_S)
    grid = (there / "grid").read_text()
    assert not (there / "actions/2/preview").exists()
    (there / "ctl").write_text("rerun 1-2 -n\n")
    both = "1\t2026-03-01T00:00Z\tSUCCEEDED\trerun\n2\t2026-03-02T00:00Z\tSUCCEEDED\trerun\n"
    assert (there / "preview").read_text() == both
    (there / "ctl").write_text("rerun -n 2026-03-02T00:00Z::2026-03-09T00:00Z\n")
    assert (there / "preview").read_text() == both.splitlines(True)[1]
    (there / "ctl").write_text("rerun 1,99 -n\n")
    assert "1 more: not made yet" in (there / "preview").read_text()
    refused(errno.EBUSY, (there / "ctl").write_text, "rerun 99 -n\n")  # as Oozie refuses it without
    refused(errno.EBUSY, (there / "ctl").write_text, "ignore 1 -n\n")
    assert (there / "preview").read_text() == "1\t2026-03-01T00:00Z\tSUCCEEDED\tnot possible: it has not failed\n"
    refused(errno.EBUSY, (there / "ctl").write_text, "kill 1 -n\n")
    refused(errno.EINVAL, (there / "ctl").write_text, "kill -n\n")
    (there / "actions/2/ctl").write_text("rerun -n\n")
    assert (there / "actions/2/preview").read_text() == both.splitlines(True)[1]
    assert (there / "grid").read_text() == grid and status(jobs, days) == "SUCCEEDED"
    (job_of(jobs, done) / "ctl").write_text("rerun failed -n\n")
    assert (job_of(jobs, done) / "preview").read_text() == "make\tfs\tOK\tskipped\n"
    (job_of(jobs, done) / "ctl").write_text("rerun -n all\n")
    assert (job_of(jobs, done) / "preview").read_text() == "make\tfs\tOK\tagain\n"
    refused(errno.EINVAL, (job_of(jobs, done) / "ctl").write_text, "rerun skip=fail -n\n")
    assert (job_of(jobs, done) / "run").read_text() == "0\n"


def test_what_would_change_is_shown(jobs, future):
    there = job_of(jobs, future)
    (there / "ctl").write_text("change endtime=2099-03-09T00:00Z;concurrency=3 -n\n")
    assert (there / "preview").read_text() == (
        "endtime\t2099-03-03T00:00Z\t2099-03-09T00:00Z\nruns\t2\t8\nconcurrency\t1\t3\n"
    )
    assert (there / "end").read_text() == "2099-03-03T00:00:00Z\n"
    refused(errno.EINVAL, (there / "ctl").write_text, "change nothing=1 -n\n")


def test_wait_returns_at_the_end(jobs, done, sleeper):
    assert (job_of(jobs, done) / "wait").read_text() == "SUCCEEDED\n"
    there = job_of(jobs, sleeper)
    cat = Running("cat", there / "wait")
    interrupted = Running("cat", there / "wait")
    file = os.open(there / "wait", os.O_RDONLY)
    app = there / "actions/sh/app"
    waits = Running("cat", app / "wait")
    try:
        poll = select.poll()
        poll.register(file, select.POLLIN)
        assert poll.poll(0) == [] and not cat.ended()
        assert "wait" not in os.listdir(there)
        interrupted.signal(signal.SIGINT)
        assert interrupted.result().returncode == -signal.SIGINT
        (there / "ctl").write_text("kill\n")
        assert cat.result(JOB_S).stdout == b"KILLED\n"
        assert waits.result(JOB_S).stdout == b"KILLED\n"
        assert poll.poll(JOB_S * 1000) == [(file, select.POLLIN)]
        assert os.read(file, 100) == b"KILLED\n" and os.read(file, 100) == b""
    finally:
        os.close(file)
        for program in (cat, interrupted, waits):
            program.kill()


def test_events_tell_of_changes(jobs, cluster):
    events = os.open(jobs / ".oozie/events", os.O_RDONLY | os.O_NONBLOCK)
    try:
        until(lambda: not select.select([events], [], [], 0)[0], what="nothing yet")
        job = post(cluster, put_application(jobs, "told", FS.format(name="told")))
        said = b""

        def told() -> bool:
            nonlocal said
            if select.select([events], [], [], 1)[0]:
                said += os.read(events, 65536)
            return any(line.split(b"\t")[1::2] == [job.encode(), b"SUCCEEDED"] for line in said.splitlines())

        until(told, JOB_S, "the job's end")
    finally:
        os.close(events)
