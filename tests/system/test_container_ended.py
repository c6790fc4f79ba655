"""Logs of containers that have ended while their application goes on, and logs that YARN collects while they are written."""

import os
import random

import pytest
from knoxtest import Running, until
from knoxtest.containers import end_app, master_of, script_app, stuck_job, yarn_logs, yarn_logs_of_rounds
from knoxtest.jobs import JOB_S, services

pytestmark = [pytest.mark.slow, pytest.mark.limit(400)]

ROUNDS = 3
LINES = 2000
# Each round is there at once, and the next one begins when YARN has taken it: a program that goes on writing loses lines to YARN.
SCRIPT = f"""
for round in $(seq {ROUNDS}); do
  seq -f "round $round line %.0f" {LINES} > part
  mv part $LOGS/rolled.log
  while [ -e $LOGS/rolled.log ]; do sleep 0.1; done
done
echo the end > part
mv part $LOGS/rolled.log
sleep 300
"""
WRITTEN = "".join(f"round {r} line {n}\n" for r in range(1, ROUNDS + 1) for n in range(1, LINES + 1)) + "the end\n"


def collected(app) -> None:
    until(lambda: (app / "log-status").read_text() == "SUCCEEDED\n", JOB_S, "collected logs")


def test_containers_that_have_ended(jobs, lasting, cluster):
    """A job names its containers, also to a mount that has not seen them run; the same files when they were collected."""
    with stuck_job(cluster) as (name, maps):
        app = jobs / ".cluster/apps" / name
        late = lasting("/", hidevirtual=None, **services(cluster)) / ".cluster/apps" / name / "logs"
        assert (app / "state").read_text() == "RUNNING\n"
        assert maps.isdisjoint(os.listdir(app / "containers"))
        for logs in (app / "logs", late):
            assert maps | {master_of(name)} <= set(os.listdir(logs))
        live = {container: (late / container / "syslog").read_bytes() for container in maps}
        for container, text in live.items():
            assert text.count(b"\n") > 10 and (late / container / "syslog").stat().st_size == len(text)
            with open(app / "logs" / container / "syslog", "rb", buffering=0) as file:
                file.seek(1000)
                assert file.read(500) == text[1000:1500]
        (app / "ctl").write_text("kill\n")
    collected(app)
    for container, text in live.items():
        assert (app / "logs" / container / "syslog").read_bytes() == text
        assert text == yarn_logs(cluster, name, container, "syslog")


def test_a_log_that_is_collected_while_it_is_written(jobs, cluster):
    """Each round removes what it has taken; a reader sees all of it once, from the first line to what YARN shows at the end."""
    expected = WRITTEN.encode()
    context = {"log-aggregation-context": {"rolled-log-include-pattern": "rolled"}}
    name = script_app(cluster, SCRIPT, **context)
    app = jobs / ".cluster/apps" / name
    log = app / "logs" / master_of(name) / "rolled.log"
    try:
        until(lambda: log.exists() and log.stat().st_size, JOB_S, "the first round")
        tail = Running("tail", "-c", "+1", "-f", log)
        try:
            os.set_blocking(tail.process.stdout.fileno(), False)
            followed = b""

            def all_of_it() -> bool:
                nonlocal followed
                followed += tail.process.stdout.read() or b""
                assert expected.startswith(followed), followed[-100:]
                return followed == expected

            until(all_of_it, JOB_S, "all rounds")
            assert (app / "log-status").read_text() == "RUNNING\n"
            assert log.read_bytes() == expected and log.stat().st_size == len(expected)
            with open(log, "rb", buffering=0) as file:
                for offset in random.Random(7).sample(range(len(expected)), 20):
                    assert os.pread(file.fileno(), 3000, offset) == expected[offset : offset + 3000], offset
            (app / "ctl").write_text("kill\n")
            collected(app)
            assert all_of_it() and not tail.ended()
        finally:
            tail.kill()
            tail.result()
    finally:
        end_app(cluster, name)
    assert log.read_bytes() == expected == yarn_logs_of_rounds(cluster, name, master_of(name), "rolled.log")
