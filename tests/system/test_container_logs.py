"""Logs of containers: the same file while the container runs, at its end, and when it is collected."""

import errno
import os
import re
import time
import urllib.error
import urllib.request

import pytest
from knoxtest import Running, run, until
from knoxtest.containers import container_of, said, shell_job, yarn_logs
from knoxtest.jobs import JOB_S, ended, status
from knoxtest.tree import refused

pytestmark = [pytest.mark.slow, pytest.mark.limit(400)]

TICKS = 12
TICK = re.compile(rb"tick (\d+) at [\d.]+\n")


def read_directly(jobs, container: str) -> bytes:
    """A container's stdout as its NodeManager gives it at this moment; nothing when it does not."""
    node = next(name for name in os.listdir(jobs / ".cluster/nodes") if name != "README")
    address = (jobs / ".cluster/nodes" / node / "http-address").read_text().strip()
    try:
        with urllib.request.urlopen(f"http://{address}/ws/v1/node/containerlogs/{container}/stdout?user.name=alice", timeout=60) as answer:
            return answer.read()
    except urllib.error.HTTPError:
        return b""


def test_tail_follows_a_container_to_its_end(jobs, cluster):
    script = f"for i in $(seq {TICKS}); do echo tick $i at $(date +%s.%N); sleep 1; done"
    job = shell_job(jobs, cluster, "ticker", script)
    folder = container_of(jobs, job)
    stdout = folder / "stdout"
    until(lambda: said(stdout.read_text()), JOB_S, "the first line")
    tail = Running("tail", "-c", "+1", "-f", stdout)
    try:
        os.set_blocking(tail.process.stdout.fileno(), False)
        followed, given, late = b"", {}, []

        def all_of_it(last: str) -> bool:
            nonlocal followed
            more = tail.process.stdout.read() or b""
            followed += more
            late.extend(time.monotonic() - given.get(tick, time.monotonic()) for tick in TICK.findall(followed)[len(late) :])
            return last in said(followed.decode())

        def beside_the_server(last: str) -> bool:
            """However slow the machine is: a line is late by the time since the server has given it to who asked directly."""
            for tick in TICK.findall(read_directly(jobs, folder.name)):
                given.setdefault(tick, time.monotonic())
            return all_of_it(last)

        until(lambda: beside_the_server("tick 3"), JOB_S, "a line while it runs")
        assert status(jobs, job) == "RUNNING"
        until(lambda: beside_the_server(f"tick {TICKS}"), JOB_S, "the last line")
        assert given and min(late) < 3, "not a single line came within 3 s"
        assert ended(jobs, job) == "SUCCEEDED"
        app = folder.parent.resolve().parent
        until(lambda: (app / "log-status").read_text() == "SUCCEEDED\n", JOB_S, "collected logs")
        whole = until(lambda: all_of_it(f"tick {TICKS}") and stdout.read_bytes(), JOB_S)
        until(lambda: all_of_it(f"tick {TICKS}") and followed == whole, JOB_S, "all bytes, none twice")
        assert not tail.ended()
    finally:
        tail.kill()
        tail.result()
    assert said(whole.decode()) == [f"tick {i}" for i in range(1, TICKS + 1)]
    assert whole == yarn_logs(cluster, app.name, folder.name, "stdout")
    for name in os.listdir(folder):
        there = folder / name
        assert there.stat().st_size == len(there.read_bytes()), name
    assert (folder / "prelaunch.out").read_bytes() == yarn_logs(cluster, app.name, folder.name, "prelaunch.out")
    refused(errno.ENOENT, os.stat, folder / "nothing")
    refused(errno.ENOENT, os.stat, folder.parent / "container_1_0001_01_000001")
    refused(errno.EACCES, open, stdout, "ab")
    copied = run("tar", "cf", "-", "-C", folder, ".").stdout
    assert whole in copied


def test_any_range_of_a_long_log(jobs, cluster):
    """Also its head costs little, and what is read of it is what stands there."""
    script = "seq -f 'tick %.0f' 200000"
    job = shell_job(jobs, cluster, "long", script)
    folder = container_of(jobs, job)
    assert ended(jobs, job) == "SUCCEEDED"
    app = folder.parent.resolve().parent
    until(lambda: (app / "log-status").read_text() == "SUCCEEDED\n", JOB_S, "collected logs")
    stdout = folder / "stdout"
    whole = stdout.read_bytes()
    assert said(whole.decode()) == [f"tick {i}" for i in range(1, 200001)]
    assert len(whole) > 4 * 1024 * 1024 and stdout.stat().st_size == len(whole)
    assert run("head", "-c", 1000, stdout).stdout == whole[:1000]
    assert run("tail", "-c", 1000, stdout).stdout == whole[-1000:]
    with open(stdout, "rb", buffering=0) as file:
        for offset in (0, 1, 70000, len(whole) // 2, len(whole) - 10, len(whole), len(whole) + 10):
            file.seek(offset)
            assert file.read(5000) == whole[offset : offset + 5000], offset
