"""/.oozie/submit on the real Oozie: cp is the submission, and its exit status the result."""

import errno
import os
import subprocess

import pytest
from faultproxy import Proxy
from knoxtest import run
from knoxtest.jobs import FS, SHELL, ended, put_application, services
from knoxtest.tree import refused

pytestmark = [pytest.mark.slow, pytest.mark.limit(400)]


@pytest.fixture
def submit(jobs):
    folder = jobs / ".oozie/submit"
    yield folder
    for name in os.listdir(folder):
        if name != "README" and not name.endswith((".id", ".ids", ".error", ".job")):
            os.unlink(folder / name)


def told(submit, name: str) -> set[str]:
    return {n.removeprefix(name + ".") for n in os.listdir(submit) if n.startswith(name + ".")}


def audit(jobs) -> list[list[str]]:
    """Program, change, path, second path, result of each line."""
    return [line.split("\t")[3:] for line in (jobs / ".cluster/mount/audit").read_text().splitlines()]


def count(jobs, name: str) -> int:
    """Asked with a filter that nobody has asked before, so no listing is shared."""
    count.asked += 1
    return len(os.listdir(jobs / f".oozie/jobs/q/name={name};name=x{count.asked}")) - 1


count.asked = 0


def test_cp_with_no_configuration_at_all(jobs, cluster, submit, tmp_path):
    (tmp_path / "hello.xml").write_text(SHELL.format(name="hello", exec="echo", argument="word=there"))
    run("cp", tmp_path / "hello.xml", submit)
    assert told(submit, "hello.xml") == {"id", "ids", "job"}
    job = (submit / "hello.xml.id").read_text().strip()
    assert ended(jobs, job) == "SUCCEEDED"
    assert os.getxattr(submit / "hello.xml", "user.oozie.id").decode() == job
    for name in ("error", "colour"):
        refused(errno.ENODATA, os.getxattr, submit / "hello.xml", f"user.oozie.{name}")
    refused(errno.ENODATA, os.getxattr, submit / "README", "user.oozie.id")
    assert audit(jobs)[-1] == ["cp", "submit", "/.oozie/submit/hello.xml", job, "ok"]
    assert (submit / "hello.xml.job/actions/sh/data").read_text().endswith("word=there\n\n") or "word=there" in (
        submit / "hello.xml.job/actions/sh/data"
    ).read_text()
    values = (submit / "defaults.properties").read_text().splitlines()
    assert f"nameNode={cluster.rpc}" in values and "user.name=alice" in values
    assert (submit / "hello.xml").read_text() == (tmp_path / "hello.xml").read_text()


def test_a_bad_one_fails_with_the_reason(jobs, submit, tmp_path):
    good = FS.format(name="bad")
    before = set(os.listdir(jobs / "user/alice/.knoxfs/apps"))
    for name, text, words in [
        ("schema", good.replace("<ok to", "<okk to"), "code:\tE0701"),
        ("node", good.replace('to="make"', 'to="nowhere"'), "code:\tE07"),
        ("cut", good[:-20], "not well-formed XML"),
        ("params", good.replace("it failed", "${one} ${two}"), "missing: one two"),
        ("other", "<configuration/>", "neither a workflow-app"),
    ]:
        (tmp_path / f"{name}.xml").write_text(text)
        done = subprocess.run(["cp", tmp_path / f"{name}.xml", submit], capture_output=True)
        assert (done.returncode, b"Invalid argument" in done.stderr) == (1, True), name
        assert told(submit, f"{name}.xml") == {"error"}, name
        assert audit(jobs)[-1] == ["cp", "submit", f"/.oozie/submit/{name}.xml", "", "EINVAL"], name
        assert words in (submit / f"{name}.xml.error").read_text(), name
        assert os.getxattr(submit / f"{name}.xml", "user.oozie.error").decode() == (submit / f"{name}.xml.error").read_text().rstrip()
        refused(errno.ENODATA, os.getxattr, submit / f"{name}.xml", "user.oozie.id")
    assert set(os.listdir(jobs / "user/alice/.knoxfs/apps")) == before  # what was refused is gone


def test_values(jobs, submit):
    text = FS.format(name="valued").replace("it failed", "${one} ${two}")
    text = text.replace("<start", "<parameters><property><name>two</name><value>2</value></property></parameters><start")
    submit.joinpath("v.xml.part").write_text(text)
    learned = (submit / "defaults.properties").read_text()
    (submit / "defaults.properties").write_text(learned + "one=a & b\n")
    os.rename(submit / "v.xml.part", submit / "v.xml")
    job = (submit / "v.xml.id").read_text().strip()
    assert [row[1:] for row in audit(jobs)[-2:]] == [
        ["rename", "/.oozie/submit/v.xml.part", "/.oozie/submit/v.xml", "ok"],
        ["submit", "/.oozie/submit/v.xml", job, "ok"],
    ]
    assert "one=a & b" in (submit / "v.xml.job/properties").read_text().splitlines()
    assert ended(jobs, (submit / "v.xml.id").read_text().strip()) == "SUCCEEDED"
    os.unlink(submit / "defaults.properties")
    assert (submit / "defaults.properties").read_text() == learned
    refused(errno.EINVAL, os.rename, submit / "v.xml", submit / "w.xml")


def test_each_close_of_something_new_is_one_job(jobs, submit, tmp_path):
    (tmp_path / "again.xml").write_text(FS.format(name="again"))
    for number in (1, 2):
        run("cp", tmp_path / "again.xml", submit)
        assert len((submit / "again.xml.ids").read_text().splitlines()) == number
    descriptor = os.open(submit / "again.xml", os.O_RDWR)
    os.close(os.dup(descriptor))
    os.close(descriptor)  # nothing was written
    assert len((submit / "again.xml.ids").read_text().splitlines()) == 2
    descriptor = os.open(submit / "again.xml", os.O_WRONLY | os.O_TRUNC)
    other = os.dup(descriptor)
    os.write(descriptor, FS.format(name="again")[:50].encode())
    os.close(other)  # not complete yet, and somebody goes on
    assert len((submit / "again.xml.ids").read_text().splitlines()) == 2
    os.write(descriptor, FS.format(name="again")[50:].encode())
    os.close(descriptor)
    assert len((submit / "again.xml.ids").read_text().splitlines()) == 3


def test_an_editor(jobs, submit):
    (submit / "edit.xml").write_text(FS.format(name="edited"))
    run("vim", "-Nes", "-u", "NONE", "-c", "set backupcopy=no", "-c", "%s/it failed/once more/", "-c", "wq", submit / "edit.xml")
    assert "once more" in (submit / "edit.xml.job/definition.xml").read_text()
    assert len((submit / "edit.xml.ids").read_text().splitlines()) == 2
    run("bash", "-c", f"sed 's/once/never/' '{submit}/edit.xml' > '{submit}/sh.xml'")
    assert "never more" in (submit / "sh.xml.job/definition.xml").read_text()


WAYS = {
    "vim": 'vim -Nes -u NONE -c "set backupcopy=no" -c "%s/before/after/" -c wq "$1"',
    "vim in place": 'vim -Nes -u NONE -c "set backupcopy=yes" -c "%s/before/after/" -c wq "$1"',
    "vim with all its files": 'vim -Nes -u NONE -c "set backup swapfile undofile" -c "%s/before/after/" -c wq "$1"',
    "vim, saved twice": 'vim -Nes -u NONE -c "%s/before/after/" -c w -c w -c q "$1"',
    "sed": 'sed -i s/before/after/ "$1"',
    "a new file and a rename": 'sed s/before/after/ "$1" > "$1.tmp"; mv "$1.tmp" "$1"',
    "a copy of a copy": 'sed s/before/after/ "$1" > "$2/wf.xml"; cp "$2/wf.xml" "$1"',
    "rsync": 'sed s/before/after/ "$1" > "$2/wf.xml"; rsync "$2/wf.xml" "$1"',
}


@pytest.mark.parametrize("way", WAYS)
def test_a_save_is_one_job(jobs, submit, tmp_path, way):
    """Not none, and not two, whatever an editor does to save; one that saves twice means it."""
    name = "".join(c if c.isalpha() else "-" for c in way)
    (submit / f"{name}.xml").write_text(FS.format(name=f"before-{name}"))
    run("bash", "-ec", WAYS[way], way, submit / f"{name}.xml", tmp_path)
    saves = 2 if "twice" in way else 1
    ids = (submit / f"{name}.xml.ids").read_text().split()
    assert len(ids) == 1 + saves
    assert all(ended(jobs, job) == "SUCCEEDED" for job in ids)
    assert count(jobs, f"before-{name}") == 1 and count(jobs, f"after-{name}") == saves
    assert f"after-{name}" in (submit / f"{name}.xml").read_text()


def test_a_new_file_of_an_editor_is_one_job(jobs, submit, tmp_path):
    (tmp_path / "wf.xml").write_text(FS.format(name="typed"))
    run("vim", "-Nes", "-u", "NONE", "-c", f"read {tmp_path}/wf.xml", "-c", "wq", submit / "typed.xml")
    assert len((submit / "typed.xml.ids").read_text().split()) == 1 and count(jobs, "typed") == 1


def test_properties_and_coordinators(jobs, cluster, submit):
    path = put_application(jobs, "given", FS.format(name="given"))
    (submit / "given.properties").write_text(f"oozie.wf.application.path={cluster.rpc}{path}\n")
    assert ended(jobs, (submit / "given.properties.id").read_text().strip()) == "SUCCEEDED"
    refused(errno.EINVAL, (submit / "none.properties").write_text, "a=b\n")
    refused(errno.ENOENT, (submit / "away.properties").write_text, f"oozie.wf.application.path={cluster.rpc}/nothing\n")
    text = """\
<coordinator-app name="one-day" frequency="${coord:days(1)}" start="2026-03-01T00:00Z" end="2026-03-02T00:00Z"
    timezone="UTC" xmlns="uri:oozie:coordinator:0.4">
  <action><workflow><app-path>${nameNode}/user/alice/given</app-path></workflow></action>
</coordinator-app>
"""
    (submit / "day.xml").write_text(text)
    job = (submit / "day.xml.id").read_text().strip()
    assert job.endswith("-C") and ended(jobs, job) == "SUCCEEDED"
    assert (submit / "day.xml.job/name").read_text() == "one-day\n"


def test_other_names_are_only_kept(submit):
    for name in ("note", ".hidden.xml", "wf.xml~", "4913"):
        (submit / name).write_text("whatever")
        assert (submit / name).read_text() == "whatever" and told(submit, name) == set()
    os.rename(submit / "note", submit / "other")
    assert "note" not in os.listdir(submit) and (submit / "other").read_text() == "whatever"
    with open(submit / "other", "r+b") as file:
        file.truncate(4)
        file.seek(6)
        file.write(b"!")
    assert (submit / "other").read_bytes() == b"what\0\0!"
    os.unlink(submit / "other")
    refused(errno.ENOENT, os.stat, submit / "other")
    refused(errno.EPERM, os.mkdir, submit / "x.xml.id")
    refused(errno.EPERM, (submit / "x.xml.id").write_text, "1")
    refused(errno.EFBIG, os.truncate, submit / "4913", 1 << 30)


def test_a_lost_answer_is_one_job(lasting, cluster, tmp_path):
    """The proxy swallows the answer to the submission; the job is found by its mark."""
    with Proxy(cluster.services["oozie"].removesuffix("/oozie")) as proxy:
        urls = services(cluster) | {"oozie": proxy.namenode + "/oozie"}
        mount = lasting("/", hidevirtual=None, **urls)
        assert (mount / ".oozie/status").read_text() == "NORMAL\n"
        proxy.rules({"method": "POST", "path": "^/oozie/v2/jobs", "drop_reply": "fin", "times": 1})
        (tmp_path / "lost.xml").write_text(FS.format(name="lost"))
        run("cp", tmp_path / "lost.xml", mount / ".oozie/submit/")
        job = (mount / ".oozie/submit/lost.xml.id").read_text().strip()
        assert ended(mount, job) == "SUCCEEDED"
        assert [n for n in os.listdir(mount / ".oozie/jobs/by-name/lost") if n != "README"] == [job]
        proxy.rules({"method": "POST", "path": "^/oozie/v2/jobs", "drop_reply": "fin", "times": 1})
        run("vim", "-Nes", "-u", "NONE", "-c", "%s/lost/retyped/g", "-c", "wq", mount / ".oozie/submit/lost.xml")
        assert proxy.stats()["rules"][0]["fired"] == 1
        edited = (mount / ".oozie/submit/lost.xml.id").read_text().strip()
        assert edited != job and ended(mount, edited) == "SUCCEEDED"
        assert [n for n in os.listdir(mount / ".oozie/jobs/by-name/retyped") if n != "README"] == [edited]
