"""A coordinator's definition is read again, and alerts of its service level are set."""

import errno
import json
import os
import urllib.parse
import urllib.request

import pytest
from knoxtest import until
from knoxtest.jobs import FS, JOB_S, job_of, post, put_application, status
from knoxtest.tree import refused

pytestmark = [pytest.mark.slow, pytest.mark.limit(400)]

# Its runs are made, and wait for what never comes.
WAITING = """\
<coordinator-app name="{name}" frequency="${{coord:days(1)}}" start="2026-03-01T00:00Z" end="2026-03-04T00:00Z" timezone="UTC"
    xmlns="uri:oozie:coordinator:0.4" xmlns:sla="uri:oozie:sla:0.2">
  <controls><concurrency>{concurrency}</concurrency></controls>
  <datasets><dataset name="d" frequency="${{coord:days(1)}}" initial-instance="2009-01-01T00:00Z" timezone="UTC">
    <uri-template>${{nameNode}}/user/alice/never</uri-template><done-flag></done-flag>
  </dataset></datasets>
  <input-events><data-in name="in" dataset="d"><instance>${{coord:current(0)}}</instance></data-in></input-events>
  <action><workflow><app-path>${{nameNode}}/user/alice/{application}</app-path></workflow>{level}</action>
</coordinator-app>
"""
LEVEL = """<sla:info><sla:nominal-time>${coord:nominalTime()}</sla:nominal-time>
  <sla:should-end>${30 * MINUTES}</sla:should-end><sla:max-duration>${60 * MINUTES}</sla:max-duration></sla:info>"""


def definition(name: str, concurrency: int = 1, level: str = "", application: str = "each-update") -> str:
    return WAITING.format(name=name, concurrency=concurrency, level=level, application=application)


@pytest.fixture(scope="module")
def waiting(jobs, cluster):
    """waiting(name, ...): a coordinator with three runs that wait, killed at the end."""
    put_application(jobs, "each-update", FS.format(name="each-update"))
    made = []

    def make(name: str, **more) -> str:
        made.append(post(cluster, put_application(jobs, name, definition(name, **more), "coordinator.xml"), "coord"))
        there = job_of(jobs, made[-1])
        until(lambda: (there / "grid").read_text().count("WAITING") == 3, JOB_S, "its runs are made")
        return made[-1]

    yield make
    for job in made:
        if status(jobs, job) not in ("KILLED", "SUCCEEDED", "DONEWITHERROR", "FAILED"):
            (job_of(jobs, job) / "ctl").write_text("kill\n")


def test_a_definition_is_read_again(jobs, waiting):
    job = waiting("updated")
    there = job_of(jobs, job)
    before = (there / "properties").read_text()
    (jobs / "user/alice/updated/coordinator.xml").write_text(definition("updated", concurrency=4))
    (there / "ctl").write_text("update -n\n")
    told = (there / "preview").read_text()
    assert "-    <concurrency>1</concurrency>" in told and "+    <concurrency>4</concurrency>" in told
    assert (there / "concurrency").read_text() == "1\n"
    (there / "ctl").write_text("update\n")
    assert (there / "concurrency").read_text() == "4\n"
    assert (there / "properties").read_text() == before
    (there / "ctl").write_text("update word=moon & stars;other=1\n")
    after = set((there / "properties").read_text().splitlines())
    assert after - set(before.splitlines()) == {"word=moon & stars", "other=1"} and set(before.splitlines()) <= after


def test_what_cannot_be_updated(jobs, waiting):
    job = waiting("fixed")
    there = job_of(jobs, job)
    refused(errno.EINVAL, (there / "ctl").write_text, "update word\n")
    text = definition("fixed")
    file = jobs / "user/alice/fixed/coordinator.xml"
    file.write_text(text.replace("2026-03-04T", "2026-03-05T"))
    for verb in ("update -n\n", "update\n"):
        refused(errno.EINVAL, (there / "ctl").write_text, verb)
        assert "E1023" in (there / "error").read_text()
    file.write_text(text[:-20])
    refused(errno.EINVAL, (there / "ctl").write_text, "update\n")
    assert (there / "end").read_text() == "2026-03-04T00:00:00Z\n"
    file.write_text(text)
    (there / "ctl").write_text("kill\n")
    refused(errno.EBUSY, (there / "ctl").write_text, "update\n")


def alerts(cluster, job: str) -> dict[str, tuple]:
    """What Oozie has of each run: whether it alerts, and how long it may take in minutes."""
    query = urllib.parse.urlencode({"filter": f"parent_id={job}", "user.name": "alice"})
    with urllib.request.urlopen(f"{cluster.services['oozie']}/v2/sla?{query}", timeout=60) as answer:
        all_of_them = json.load(answer)["slaSummaryList"]
    return {one["id"].partition("@")[2]: (one["slaAlertStatus"], one["expectedDuration"] // 60000) for one in all_of_them}


def test_alerts_of_a_service_level(jobs, cluster, waiting):
    job = waiting("level", level=LEVEL)
    there = job_of(jobs, job)
    until(lambda: len(alerts(cluster, job)) == 3, JOB_S, "Oozie has its records")
    (there / "ctl").write_text("sla-enable\n")  # Oozie has them disabled for times long ago
    assert {state for state, _ in alerts(cluster, job).values()} == {"Enabled"}
    (there / "ctl").write_text("sla-disable 2-3\n")
    assert {run: state for run, (state, _) in alerts(cluster, job).items()} == {"1": "Enabled", "2": "Disabled", "3": "Disabled"}
    (there / "ctl").write_text("sla-enable 2026-03-03T00:00Z::2026-03-04T00:00Z\n")
    assert alerts(cluster, job)["3"][0] == "Enabled" and alerts(cluster, job)["2"][0] == "Disabled"
    (there / "ctl").write_text("sla-disable\n")
    assert {state for state, _ in alerts(cluster, job).values()} == {"Disabled"}
    (there / "ctl").write_text("sla-change sla-max-duration=${90 * MINUTES} 1\n")
    assert {run: minutes for run, (_, minutes) in alerts(cluster, job).items()} == {"1": 90, "2": 60, "3": 60}
    (there / "ctl").write_text("sla-change sla-max-duration=70;sla-should-start=${2 * HOURS};sla-nominal-time=2026-04-01T00:00Z 2\n")
    assert alerts(cluster, job)["2"][1] == 70
    refused(errno.EBUSY, (there / "ctl").write_text, "sla-change sla-max-duration=-5 2-3\n")  # Oozie says 200
    assert "sla-max-duration=-5" in (there / "error").read_text() and "does not show it" in (there / "error").read_text()
    (there / "ctl").write_text("kill 1\n")  # the records say so later
    (there / "ctl").write_text("sla-change sla-max-duration=${1.5 * HOURS}\n")
    assert {run: minutes for run, (_, minutes) in alerts(cluster, job).items()} == {"1": 90, "2": 90, "3": 90}
    refused(errno.EBUSY, (there / "ctl").write_text, "sla-change sla-max-duration=80 1\n")  # it has ended
    assert alerts(cluster, job)["1"][1] == 90


def test_alerts_that_cannot_be_set(jobs, waiting, done):
    there = job_of(jobs, waiting("levelled", level=LEVEL))
    for words in ("sla-disable all", "sla-disable 1-", "sla-change", "sla-change colour=red", "sla-change sla-max-duration=", "sla-change x 1"):
        refused(errno.EINVAL, (there / "ctl").write_text, words + "\n")
    refused(errno.ENOENT, (there / "ctl").write_text, "sla-disable 99\n")
    refused(errno.EINVAL, (there / "ctl").write_text, "sla-change sla-max-duration=moon\n")
    none = job_of(jobs, waiting("no-level"))
    for words in ("sla-enable", "sla-disable", "sla-disable 1", "sla-change sla-max-duration=${90 * MINUTES}"):
        refused(errno.EBUSY, (none / "ctl").write_text, words + "\n")
        assert "no service level" in (none / "error").read_text()
    refused(errno.EINVAL, (job_of(jobs, done) / "ctl").write_text, "sla-enable\n")


BUNDLE = """\
<bundle-app name="{name}" xmlns="uri:oozie:bundle:0.2">
  <coordinator name="one"><app-path>${{nameNode}}{one}</app-path></coordinator>
  <coordinator name="two"><app-path>${{nameNode}}{two}</app-path></coordinator>
</bundle-app>
"""


@pytest.fixture
def bundle(jobs, cluster):
    """bundle(name, level): one of two coordinators, whose runs wait.  Its id, and theirs."""
    put_application(jobs, "each-update", FS.format(name="each-update"))
    made = []

    def make(name: str, level: str) -> tuple[str, str, str]:
        paths = {each: put_application(jobs, f"{name}-{each}", definition(each, level=level), "coordinator.xml") for each in ("one", "two")}
        made.append(post(cluster, put_application(jobs, name, BUNDLE.format(name=name, **paths), "bundle.xml"), "bundle"))
        there = job_of(jobs, made[-1]) / "coordinators"
        for each in ("one", "two"):
            until(lambda: (there / each).exists() and (there / each / "grid").read_text().count("WAITING") == 3, JOB_S, "runs are made")
        return made[-1], *((os.path.basename(os.readlink(there / each))) for each in ("one", "two"))

    yield make
    for job in made:
        (job_of(jobs, job) / "ctl").write_text("kill\n")


def test_alerts_of_a_bundle(jobs, cluster, bundle):
    job, one, two = bundle("level-pair", LEVEL)
    ctl = job_of(jobs, job) / "ctl"
    until(lambda: len(alerts(cluster, one)) == len(alerts(cluster, two)) == 3, JOB_S, "Oozie has its records")

    def states(coordinator: str) -> set[str]:
        return {state for state, _ in alerts(cluster, coordinator).values()}

    ctl.write_text("sla-enable\n")
    assert states(one) == states(two) == {"Enabled"}
    ctl.write_text("sla-disable one\n")
    assert (states(one), states(two)) == ({"Disabled"}, {"Enabled"})
    ctl.write_text("sla-enable one,two\n")
    assert states(one) == states(two) == {"Enabled"}
    ctl.write_text("sla-change sla-max-duration=${90 * MINUTES} two\n")
    until(lambda: {minutes for _, minutes in alerts(cluster, two).values()} == {90}, JOB_S)
    assert {minutes for _, minutes in alerts(cluster, one).values()} == {60}
    ctl.write_text("sla-disable\n")
    assert states(one) == states(two) == {"Disabled"}
    for words in ("sla-change", "sla-change colour=red", "sla-change sla-max-duration=", "sla-change sla-max-duration=moon one"):
        refused(errno.EINVAL, ctl.write_text, words + "\n")
    with pytest.raises(OSError):
        ctl.write_text("sla-disable three\n")
    none, *_ = bundle("no-level-pair", "")
    for words in ("sla-enable", "sla-disable one"):
        refused(errno.EBUSY, (job_of(jobs, none) / "ctl").write_text, words + "\n")
