"""Logs that were collected, read out of HDFS: no job history server, any format, any place of a long log."""

import hashlib
import os
import random

import pytest
from knoxtest import run, until
from knoxtest.containers import container_of, shell_job, write_logs, yarn_logs
from knoxtest.jobs import JOB_S, ended, services
from knoxtest.tree import stats

pytestmark = [pytest.mark.slow, pytest.mark.limit(400)]

MIB = 1024 * 1024
LONG = 96 * MIB


@pytest.fixture(scope="module")
def collected(jobs, cluster) -> tuple[str, str, str]:
    """An application that has ended, its container, and the file of its logs in HDFS."""
    job = shell_job(jobs, cluster, "collected", "seq 1000")
    folder = container_of(jobs, job)
    assert ended(jobs, job) == "SUCCEEDED"
    app = folder.parent.resolve().parent
    until(lambda: (app / "log-status").read_text() == "SUCCEEDED\n", JOB_S, "collected logs")
    _, listed, _ = cluster.dfs("-ls", "-R", "/tmp/logs/alice")
    file = next(line.split()[-1] for line in listed.decode().splitlines() if app.name in line and line.startswith("-"))
    return app.name, folder.name, file


def mounted(lasting, cluster, app: str):
    """As it is to one who begins now, and has no job history server."""
    mount = lasting("/", hidevirtual=None, **services(cluster) | {"jobhistory": "none"})
    return mount / ".cluster", mount / ".cluster/apps" / app / "logs"


def test_what_yarn_logs_shows(lasting, cluster, collected):
    app, container, _ = collected
    _, logs = mounted(lasting, cluster, app)
    assert set(os.listdir(logs)) == {"README", container}
    names = set(os.listdir(logs / container)) - {"README"}
    assert {"stdout", "stderr", "syslog", "prelaunch.out"} <= names
    for name in names:
        text = (logs / container / name).read_bytes()
        assert (logs / container / name).stat().st_size == len(text)
        if name in ("stdout", "prelaunch.out"):
            assert text == yarn_logs(cluster, app, container, name), name
    assert b"Stdoutput 1000\n" in (logs / container / "stdout").read_bytes()
    assert not (logs / container / "nothing").exists()
    assert not (logs / container.replace("_000001", "_000009")).exists()


def local_logs(folder, app: str, containers: dict[str, bytes]):
    for container, text in containers.items():
        (folder / app / container).mkdir(parents=True)
        for name, data in {"prelaunch.err": b"", "stdout": text, "syslog": b"the end\n"}.items():
            (folder / app / container / name).write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def written(collected, tmp_path_factory):
    """The same application's logs, as other NodeManagers would have collected them."""
    app, container, _ = collected
    folder = tmp_path_factory.mktemp("collected")
    line = b"%09d of a long log\n"
    long = b"".join(line % i for i in range(LONG // len(line % 0)))
    short = b"".join(b"line %d\n" % random.Random(i).getrandbits(60) for i in range(300_000))
    second = container.replace("_000001", "_000002")
    logs = {
        "long": local_logs(folder / "long", app, {container: long, second: long[: 2 * MIB]}),
        "short": local_logs(folder / "short", app, {container: short, second: b"few\n"}),
    }
    files = {
        ("tfile", "none"): "long",
        ("tfile", "gz"): "short",
        ("ifile", "none"): "long",
        ("ifile", "gz"): "short",
    }
    made = {}
    for kind, packing in files:
        made[kind, packing] = folder / f"{kind}-{packing}/localhost_8041"
        made[kind, packing].parent.mkdir()
    write_logs(*((*key, logs[files[key]], made[key]) for key in files))
    return {key: (made[key], long if files[key] == "long" else short, second) for key in files}


@pytest.mark.parametrize("packing", ["none", "gz"])
@pytest.mark.parametrize("kind", ["tfile", "ifile"])
def test_any_format(lasting, cluster, collected, written, kind, packing):
    app, container, file = collected
    made, text, second = written[kind, packing]
    there = file.rsplit("/", 1)[0]
    cluster.dfs("-rm", "-r", "-f", "-skipTrash", there, there.replace("tfile", "ifile"))
    target = there.replace("tfile", kind)
    cluster.dfs("-mkdir", "-p", target, user="alice")
    cluster.dfs("-put", str(made), f"{target}/localhost_8041", user="alice")
    cluster_tree, logs = mounted(lasting, cluster, app)
    wire = lambda: stats(cluster_tree / "mount")["wire-read-bytes"]  # noqa: E731
    before = wire()
    stdout = logs / container / "stdout"
    assert run("head", "-c", 1000, stdout).stdout == text[:1000]
    assert wire() - before < MIB
    assert stdout.stat().st_size == len(text)
    assert run("tail", "-c", 1000, stdout).stdout == text[-1000:]
    with open(stdout, "rb", buffering=0) as log:
        for offset in (len(text) // 2, 70_000, len(text) - 10, len(text), 1):
            log.seek(offset)
            assert log.read(5000) == text[offset : offset + 5000], offset
    if packing == "none":
        assert wire() - before < 8 * MIB
        assert (logs / container / "syslog").read_bytes() == b"the end\n"
        assert wire() - before < 8 * MIB
    assert hashlib.file_digest(open(stdout, "rb"), "md5").digest() == hashlib.md5(text).digest()
    assert set(os.listdir(logs)) == {"README", container, second}
    assert set(os.listdir(logs / second)) == {"README", "prelaunch.err", "stdout", "syslog"}
    assert (logs / second / "syslog").read_bytes() == b"the end\n"
    assert (logs / second / "prelaunch.err").read_bytes() == b""
