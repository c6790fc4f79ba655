"""The virtual files that grow by lines: who has changed what, what has happened, what has failed."""

import errno
import os
import re
import stat

import pytest
from knoxtest import MountError, Running, refused, run, sh, until
from knoxtest.tree import TREE, mount, tell, tree, visible  # noqa: F401

# Who has changed what.


def audit(tree) -> list[list[str]]:
    """Change, path, second path and result of each line; the rest of it is looked at here."""
    rows = [line.split("\t") for line in (tree / "audit").read_text().splitlines()]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", row[0]) and len(row) == 8 for row in rows)
    assert {row[1] for row in rows} <= {str(os.getuid())}
    return [row[3:] for row in rows]


def test_audit(mount, tree, hdfs):
    run("mkdir", mount / "a b")
    sh('printf x > "$1"', mount / "a b/f")
    run("mv", mount / "a b/f", mount / "a b/g\n")
    run("chmod", "600", mount / "a b/g\n")
    run("rmdir", mount / "a b", rc=1)
    run("rm", mount / "a b/g\n")
    run("rm", mount / "nothing", rc=1)
    here = hdfs.path("a b")
    rows = audit(tree)
    assert [row for row in rows if row[1] in ("mkdir", "create", "rename", "chmod", "rmdir", "unlink")] == [
        ["mkdir", "mkdir", here, "", "ok"],
        ["bash", "create", f"{here}/f", "", "ok"],
        ["mv", "rename", f"{here}/f", f"{here}/g\\n", "ok"],
        ["chmod", "chmod", f"{here}/g\\n", "", "ok"],
        ["rmdir", "rmdir", here, "", "ENOTEMPTY"],
        ["rm", "unlink", f"{here}/g\\n", "", "ok"],
    ]


def test_verbs_are_in_the_audit(mount, tree):
    tell(tree, "loglevel debug")
    refused(errno.EINVAL, tell, tree, "bogus\tthing\n")
    sh('echo sync > "$1"', tree / "ctl")
    assert [row[1:] for row in audit(tree) if row[1] == "ctl"] == [
        ["ctl", f"/{TREE}/ctl", "loglevel debug", "ok"],
        ["ctl", f"/{TREE}/ctl", "bogus\\tthing", "EINVAL"],
        ["ctl", f"/{TREE}/ctl", "sync", "ok"],
    ]


def test_audit_in_a_file(mounts, hdfs, tmp_path):
    """All that the virtual file has, also after the file was moved away; only for who mounted."""
    file, old = tmp_path / "audit", tmp_path / "old"
    mount = visible(mounts, hdfs, audit=str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (mount / "a").mkdir()
    first = (mount / TREE / "audit").read_text()
    assert file.read_text() == first and "\tmkdir\t" in first
    os.rename(file, old)
    (mount / "a").rmdir()
    assert old.read_text() == first and first + file.read_text() == (mount / TREE / "audit").read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_audit_that_is_not_ours_alone(mounts, hdfs, tmp_path):
    os.symlink(tmp_path / "elsewhere", tmp_path / "link")
    for path in (tmp_path / "link", tmp_path, tmp_path / "no/where"):
        with pytest.raises(MountError, match="-o audit"):
            visible(mounts, hdfs, audit=str(path))
    assert not (tmp_path / "elsewhere").exists()


def test_changes_are_told_as_they_come(mount, tree):
    with Running("head", "-n", "2", tree / "audit.follow") as follower:
        until(lambda: "audit.follow" in (tree / "open").read_text(), what="it is open")
        (mount / "a").mkdir()
        (mount / "a").rmdir()
        lines = follower.result().stdout.decode().splitlines()
    assert [line.split("\t")[4] for line in lines] == ["mkdir", "rmdir"]


# What has happened.


def events(tree) -> list[list[str]]:
    """What and words of each line; the time is looked at here."""
    rows = [line.split("\t") for line in (tree / "events").read_text().splitlines()]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", row[0]) and len(row) == 3 for row in rows)
    return [row[1:] for row in rows]


def test_events(mounts, hdfs, proxy):
    mount = visible(mounts, hdfs, server=proxy.namenode, timeout=4, connect_timeout=2, loglevel="error")
    tree = mount / TREE
    until(lambda: ["mount", f"{mount.endpoint} is mounted"] in events(tree), what="it is mounted")
    with Running("head", "-n", "4", tree / "events.follow") as follower:
        until(lambda: "events.follow" in (tree / "open").read_text(), what="it is open")
        (mount / "a b").write_bytes(b"x" * 100)
        tell(tree, "readonly on")
        tell(tree, "readonly off")
        proxy.listen(False)
        proxy.drop()
        with pytest.raises(OSError):
            os.stat(mount / "other")
        lines = [line.split("\t")[1:] for line in follower.result().stdout.decode().splitlines()]
    assert lines[0] == ["upload", f"{hdfs.path('a b')}: 100 bytes"]
    assert [what for what, _ in lines] == ["upload", "readonly", "readonly", "server"]
    assert lines[3][1].startswith(f"{proxy.namenode} does not answer: ")
    proxy.listen(True)
    again = ["server", f"{proxy.namenode} answers again"]
    until(lambda: not os.path.exists(mount / "other") and events(tree)[-1] == again, what="it answers again")


def test_errors_are_told_as_they_come(mount, tree, hdfs):
    with Running("head", "-n", "1", tree / "errors.follow") as follower:
        until(lambda: "errors.follow" in (tree / "open").read_text(), what="it is open")
        refused(errno.ENOENT, os.stat, mount / "nothing")
        refused(errno.EINVAL, tell, tree, "bogus")
        line = follower.result().stdout.decode()
    assert "there is no verb bogus" in line and line in (tree / "errors").read_text()
