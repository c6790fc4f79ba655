"""Mounts that refuse changes: nothing of it reaches Oozie, and the audit has who tried."""

import errno
import os

import pytest
from faultproxy import Proxy
from knoxtest import sh
from knoxtest.jobs import FS, job_of, services, status
from knoxtest.tree import reason, refused

pytestmark = [pytest.mark.slow, pytest.mark.limit(400)]


@pytest.fixture(scope="module")
def watched(cluster):
    """A proxy in front of Oozie."""
    with Proxy(cluster.services["oozie"].removesuffix("/oozie")) as proxy:
        yield proxy


def changes(proxy) -> list[str]:
    """What was sent to Oozie that could have changed something."""
    return [entry["line"] for entry in proxy.stats()["recent"] if not entry["line"].startswith("GET ")]


@pytest.fixture(scope="module")
def mounted(lasting, cluster, watched):
    def make(**options):
        urls = services(cluster) | {"oozie": watched.namenode + "/oozie"}
        mount = lasting("/", hidevirtual=None, **urls, **options)
        assert (mount / ".oozie/status").read_text() == "NORMAL\n"
        watched.reset()
        return mount

    return make


def attempts(mount, job: str) -> list[tuple]:
    """What may be tried below /.oozie: how it is named in the audit, its paths, and the try itself."""
    submit, ctl = mount / ".oozie/submit", job_of(mount, job) / "ctl"
    here, there = "/.oozie/submit", f"/.oozie/jobs/{job}/ctl"
    return [
        ("create", f"{here}/new.xml", "", (submit / "new.xml").write_text, FS.format(name="new")),
        ("write", f"{here}/old.xml", "", (submit / "old.xml").write_text, FS.format(name="new")),
        ("write", f"{here}/defaults.properties", "", (submit / "defaults.properties").write_text, "a=b\n"),
        ("truncate", f"{here}/old.xml", "", os.truncate, submit / "old.xml", 0),
        ("mkdir", f"{here}/folder", "", os.mkdir, submit / "folder"),
        ("rmdir", f"{here}/staged", "", os.rmdir, submit / "staged"),
        ("unlink", f"{here}/old.xml", "", os.unlink, submit / "old.xml"),
        ("rename", f"{here}/part", f"{here}/part.xml", os.rename, submit / "part", submit / "part.xml"),
        ("ctl", f"{here}/staged/ctl", "", (submit / "staged/ctl").write_text, "start\n"),
        ("create", f"{here}/staged/x", "", (submit / "staged/x").write_text, "x"),
        ("ctl", there, "", ctl.write_text, "kill\n"),
        ("ctl", "/.oozie/ctl", "", (mount / ".oozie/ctl").write_text, "poll 5\n"),
    ]  # fmt: skip


def test_readonly_on(mounted, watched, done):
    mount = mounted()
    submit, ctl = mount / ".oozie/submit", mount / ".cluster/mount/ctl"
    (submit / "old.xml").write_text(FS.format(name="old"))
    (submit / "part").write_text(FS.format(name="part"))
    os.mkdir(submit / "staged")
    (submit / "staged/workflow.xml").write_text(FS.format(name="staged"))
    open_one = os.open(job_of(mount, done) / "ctl", os.O_WRONLY)
    ctl.write_text("readonly on\n")
    watched.reset()
    tries = attempts(mount, done)
    for what, path, to, change, *words in tries:
        refused(errno.EROFS, change, *words)
    refused(errno.EROFS, os.write, open_one, b"rerun all\n")  # opened before
    os.close(open_one)
    assert changes(watched) == []
    lines = [line.split("\t") for line in (mount / ".cluster/mount/audit").read_text().splitlines()]
    assert [tuple(line[4:]) for line in lines[-len(tries) - 1 : -1]] == [(what, path, to, "EROFS") for what, path, to, *_ in tries]
    assert lines[-1][4:] == ["ctl", f"/.oozie/jobs/{done}/ctl", "rerun all", "EROFS"]
    assert {line[2] for line in lines[-len(tries) :]} == {str(os.getpid())}
    for where in (submit / "old.xml", submit, job_of(mount, done) / "ctl"):
        assert "readonly off" in reason(where)  # what to do
    assert "/.oozie/submit/part: changes are refused" in (mount / ".oozie/errors").read_text()
    ctl.write_text("readonly off\n")
    assert set(os.listdir(submit)) >= {"old.xml", "part", "staged"} and "new.xml" not in os.listdir(submit)
    assert (submit / "old.xml").read_text() == FS.format(name="old") and os.listdir(submit / "staged")
    assert len((submit / "old.xml.ids").read_text().split()) == 1
    os.rename(submit / "part", submit / "part.xml")
    assert status(mount, (submit / "part.xml.id").read_text().strip()) and changes(watched)[0].startswith("POST ")


def test_a_mount_that_is_read_only(mounted, watched, done):
    """The kernel refuses: nothing of it reaches knoxfs."""
    mount = mounted(ro=True)
    submit = mount / ".oozie/submit"
    assert status(mount, done) == "SUCCEEDED"
    for change, *words in (
        ((submit / "new.xml").write_text, "x"), (os.mkdir, submit / "folder"), ((submit / "defaults.properties").write_text, "a=b\n"),
        ((job_of(mount, done) / "ctl").write_text, "rerun all\n"), ((mount / ".cluster/mount/ctl").write_text, "sync\n"),
    ):  # fmt: skip
        refused(errno.EROFS, change, *words)
    said = sh('echo "rerun all" > "$1"', job_of(mount, done) / "ctl", rc=1).stderr
    assert b"Read-only file system" in said
    assert changes(watched) == [] and (mount / ".cluster/mount/audit").read_text() == ""
    assert (job_of(mount, done) / "run").read_text() == "0\n"
