"""Oozie tells of the jobs that were submitted through the mount, and the end of a job removes a name in the kernel, too."""

import ctypes
import errno
import os
import select
import socket
import struct
from urllib.parse import urlsplit

import pytest
from knoxtest import MountError, Running, until
from knoxtest.jobs import FS, JOB_S, SHELL, ended, job_of, post, put_application, services, status
from knoxtest.tree import reason, refused, stats

pytestmark = [pytest.mark.slow, pytest.mark.limit(400)]

IN_DELETE_SELF, IN_NONBLOCK = 0x400, os.O_NONBLOCK
CALL = "oozie.wf.workflow.notification.url"


@pytest.fixture(scope="module")
def told(cluster, lasting, jobs):
    """With a listener; `jobs` has made alice's home readable."""
    return lasting("/", hidevirtual=None, callback="http://localhost:0", **services(cluster))


def submit(mount, name: str, text: str) -> str:
    (mount / ".oozie/submit" / f"{name}.xml").write_text(text)
    return (mount / ".oozie/submit" / f"{name}.xml.id").read_text().strip()


def notices(mount) -> int:
    return stats(mount / ".cluster/mount")["oozie-notices"]


def address(mount, job: str):
    """Where Oozie is told to call, as everybody can read it."""
    lines = (job_of(mount, job) / "properties").read_text().splitlines()
    return urlsplit(next(line.split("=", 1)[1] for line in lines if line.startswith(CALL)).replace("\\:", ":"))


class Watch:
    """inotify(7) of one path."""

    def __init__(self, path, mask: int):
        libc = ctypes.CDLL(None, use_errno=True)
        self.file = libc.inotify_init1(IN_NONBLOCK)
        assert self.file >= 0 and libc.inotify_add_watch(self.file, os.fsencode(path), mask) >= 0

    def fires(self, seconds: float) -> bool:
        return bool(select.select([self.file], [], [], seconds)[0])

    def mask(self) -> int:
        return struct.unpack_from("iIII", os.read(self.file, 4096))[1]

    def close(self) -> None:
        os.close(self.file)


def test_oozie_calls_and_who_waits_is_woken(told, cluster):
    job = submit(told, "woken", SHELL.format(name="woken", exec="sleep", argument="300"))
    there = job_of(told, job)
    until(lambda: (there / "actions/sh").exists() and status(told, job) == "RUNNING", JOB_S)
    before = notices(told)
    events = os.open(told / ".oozie/events", os.O_RDONLY | os.O_NONBLOCK)
    cat = Running("cat", there / "wait")
    try:
        until(lambda: f"/.oozie/jobs/{job}/wait" in (told / ".cluster/mount/open").read_text(), what="cat waits")
        (there / "ctl").write_text("kill\n")
        assert cat.result(JOB_S).stdout == b"KILLED\n"
        until(lambda: notices(told) > before, JOB_S, "Oozie has called")
        said = b""

        def heard() -> bool:
            nonlocal said
            if select.select([events], [], [], 1)[0]:
                said += os.read(events, 65536)
            return any(line.split(b"\t")[1::2] == [job.encode(), b"KILLED"] for line in said.splitlines())

        until(heard, JOB_S, "the event")
    finally:
        os.close(events)
        cat.kill()


def test_the_end_of_a_job_is_an_event_of_inotify(told, cluster):
    """Also for a job of which nobody tells, and by the other name that it has."""
    mine = submit(told, "mine", SHELL.format(name="mine", exec="sleep", argument="300"))
    text = SHELL.format(name="others", exec="sleep", argument="300")
    others = post(cluster, put_application(told, "others", text))
    folders = [job_of(told, mine), job_of(told, others), told / ".oozie/jobs/all" / mine]
    for folder in folders:
        until(lambda: (folder / "status").read_text() == "RUNNING\n" and (folder / ".running").exists(), JOB_S)
    watches = [Watch(folder / ".running", IN_DELETE_SELF) for folder in folders]
    try:
        assert not any(watch.fires(0) for watch in watches)
        for folder in folders[:2]:
            (folder / "ctl").write_text("kill\n")
        for watch, folder in zip(watches, folders):
            assert watch.fires(JOB_S), folder
            assert watch.mask() & IN_DELETE_SELF
            until(lambda: not (folder / ".running").exists(), what="the name is gone")
            assert ".running" not in os.listdir(folder)
    finally:
        for watch in watches:
            watch.close()


def call(where, path: str, verb: str = "GET", more: str = "") -> bytes:
    with socket.create_connection((where.hostname, where.port), timeout=60) as to:
        to.sendall(f"{verb} {path} HTTP/1.1\r\nHost: x\r\n{more}\r\n".encode())
        answer = b""
        while piece := to.recv(4096):
            answer += piece
        return answer


def test_nobody_else_is_listened_to(told):
    job = submit(told, "called", FS.format(name="called"))
    assert ended(told, job) == "SUCCEEDED"
    where = address(told, job)
    folder = where.path.rpartition("/")[0]
    assert len(folder) == 1 + 32
    before = notices(told)
    assert call(where, f"{folder}/{job}").startswith(b"HTTP/1.1 200 ")
    until(lambda: notices(told) > before, what="a call by its path is taken")
    before = notices(told)
    for path in ("/", f"/{job}", f"{folder[:-1]}x/{job}", f"{folder}/", f"{folder}/garbage", f"{folder}//{job}"):
        assert call(where, path).startswith(b"HTTP/1.1 404 "), path
    assert call(where, f"{folder}/{job}", "POST").startswith(b"HTTP/1.1 400 ")
    assert call(where, f"{folder}/{job}", more="A: " + "x" * 3000 + "\r\n").startswith(b"HTTP/1.1 200 ")
    idle = [socket.create_connection((where.hostname, where.port)) for _ in range(24)]
    try:
        with pytest.raises((ConnectionError, AssertionError)):
            assert call(where, f"{folder}/{job}", more="A: " + "x" * 9000 + "\r\n").startswith(b"HTTP/1.1 200 ")
        assert call(where, f"{folder}/{job}").startswith(b"HTTP/1.1 200 ")  # when the idle ones are ended
    finally:
        for one in idle:
            one.close()
    until(lambda: notices(told) == before + 2, what="two of these were calls")


def test_an_address_that_is_not_ours(lasting, cluster):
    for url, words in [("http://192.0.2.1:0", "assign"), ("https://localhost:0", "expected"), ("http://localhost:0/x", "expected")]:
        with pytest.raises(MountError) as failed:
            lasting("/", hidevirtual=None, callback=url, **services(cluster))
        assert "callback=" in str(failed.value) and words in str(failed.value)


def test_how_often_jobs_are_asked_about_is_told(lasting, cluster, jobs, sleeper):
    """With an hour between two questions the end is seen when that is taken back."""
    mount = lasting("/", hidevirtual=None, **services(cluster))
    ctl = mount / ".oozie/ctl"
    for words in ("poll 0", "poll 3601", "poll x", "poll -1", "poll 1.5"):
        refused(errno.EINVAL, ctl.write_text, words + "\n")
    assert "1 to 3600 seconds" in reason(ctl)
    ctl.write_text("poll 3600\n")
    cat = Running("cat", job_of(mount, sleeper) / "wait")
    try:
        until(lambda: f"{sleeper}/wait" in (mount / ".cluster/mount/open").read_text(), what="cat waits")
        (job_of(jobs, sleeper) / "ctl").write_text("kill\n")
        other = post(cluster, put_application(jobs, "meanwhile", FS.format(name="meanwhile")))
        assert ended(jobs, other) == "SUCCEEDED"
        assert not cat.ended()
        ctl.write_text("poll\n")
        assert cat.result(JOB_S).stdout == b"KILLED\n"
    finally:
        cat.kill()


def test_calls_are_switched_off_and_on(lasting, cluster, jobs):
    mount = lasting("/", hidevirtual=None, callback="http://localhost:0", **services(cluster))
    ctl = mount / ".oozie/ctl"

    def is_told(name: str) -> bool:
        (mount / ".oozie/submit" / f"{name}.xml").write_text(FS.format(name=name))
        job = (mount / ".oozie/submit" / f"{name}.xml.id").read_text().strip()
        assert ended(mount, job) == "SUCCEEDED"
        return "oozie.wf.workflow.notification.url" in (job_of(mount, job) / "properties").read_text()

    assert is_told("told-one")
    ctl.write_text("callback off\n")
    assert not is_told("told-none")
    ctl.write_text("callback on\n")
    assert is_told("told-two")
    refused(errno.EINVAL, ctl.write_text, "callback maybe\n")
    refused(errno.EINVAL, ctl.write_text, "callback\n")
    refused(errno.EBUSY, (jobs / ".oozie/ctl").write_text, "callback on\n")
    assert "-o callback=URL" in reason(jobs / ".oozie/ctl")
