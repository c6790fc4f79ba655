"""What else is behind a gateway, and a gateway that has trouble: Oozie and YARN with the mount's login, a NameNode that is silent
for longer than the gateway waits, nodes of it that go away, readers that pause."""

import errno
import os
import random
import re
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from knoxstack import Stack
from knoxtest import Mounts, Running, until
from knoxtest.containers import end_app, master_of, script_app, stuck_job, yarn_logs
from knoxtest.jobs import JOB_S, SHELL, ended, job_of, post, put_application
from knoxtest.relays import Relay
from knoxtest.secrets import knows_token, knox_token, secret_file
from knoxtest.tree import TREE, reason, refused, stats, tell

from conftest import knox_login, make_folder, mounts_key

MIB = 1 << 20
LONG = bool(os.environ.get("KNOXFS_LONG"))  # by hand: a pause of two minutes, a copy of one
READ_IDLE_S = 9  # what was fetched and nobody reads is let go of a second later
pytestmark = [pytest.mark.slow, pytest.mark.direct("it has servers of its own"), pytest.mark.limit(400)]


@pytest.fixture(scope="module")
def gateway():
    """All that a gateway may have behind it; it waits 4 s for an answer, not 20."""
    setting = ["knox:gateway.httpclient.socketTimeout=4s"]
    with Stack.up(knox=True, oozie=True, settings=setting, owner=os.getpid(), ephemeral=True) as stack:
        stack.dfs("-mkdir", "/tests")
        yield stack


@pytest.fixture
def hdfs(gateway, request):
    return make_folder(gateway, request.node.name)


@pytest.fixture
def mounts(binary, gateway, request):
    made = Mounts(binary, f"{gateway.knox}/basic", knox_login(gateway))
    known = request.config.stash[mounts_key]
    known.append(made)
    yield made
    known.remove(made)
    made.close()


def services(mount) -> dict[str, str]:
    rows = [line.split("\t") for line in (mount / ".cluster/mount/services").read_text().splitlines()]
    return {name: found for name, _, found, _ in rows}


def kept(mount) -> list[str]:
    return [name for name in os.listdir(mount / TREE / "pending") if name.isdigit()]


def test_oozie_and_yarn(mounts, gateway, hdfs):
    """With the login of the mount, and its session: LDAP is asked no more often."""
    before = gateway.binds
    mount = mounts(hdfs.url_path, hidevirtual=None)
    until(lambda: services(mount) == {"oozie": "yes", "yarn": "yes", "jobhistory": "yes"}, 60, "all are found")
    assert (mount / ".oozie/status").read_text() == "NORMAL\n"
    assert (mount / ".oozie/version").read_text() == "5.2.1\n"
    assert (mount / ".oozie/endpoint").read_text() == f"{gateway.knox}/basic/oozie\n"
    assert gateway.binds <= before + 4, "one a service that was asked before the first session was there"


def test_a_job_and_its_logs(mounts, gateway):
    """As far as what its container wrote, which the gateway's own ways do not list: it is read out of HDFS."""
    mount = mounts("/", hidevirtual=None)
    until(lambda: set(services(mount).values()) == {"yes"}, 60, "all are found")
    os.chmod(mount / "user/alice", 0o755)  # Oozie, another user, reads the application in it
    text = SHELL.replace("<capture-output/>", "").format(name="knox", exec="echo", argument="through the gateway")
    job = post(gateway, put_application(mount, "knox", text))
    assert ended(mount, job) == "SUCCEEDED"
    action = job_of(mount, job) / "actions/sh"
    app = (action / "app").resolve()
    assert app.name == (action / "external-id").read_text().strip()
    assert ((app / "user").read_text(), (app / "state").read_text()) == ("alice\n", "FINISHED\n")
    until(lambda: (app / "log-status").read_text() == "SUCCEEDED\n", JOB_S, "collected logs")
    container = f"container_{app.name.removeprefix('application_')}_01_000001"
    assert set(os.listdir(app / "logs")) == {"README", container}
    assert {"stdout", "stderr", "syslog"} <= set(os.listdir(action / "logs" / container))
    stdout = action / "logs" / container / "stdout"
    assert b"Stdoutput through the gateway\n" in stdout.read_bytes()
    assert stdout.read_bytes() == yarn_logs(gateway, app.name, container, "stdout")
    names = [name for name in os.listdir(mount / ".cluster/nodes") if name != "README"]
    assert len(names) == 1
    until(lambda: names[0] not in os.listdir(mount / ".cluster/nodes"), 20, "the gateway names it anew")
    assert (mount / ".cluster/nodes" / names[0] / "state").read_text() == "RUNNING\n"
    assert app.name in os.listdir(mount / ".cluster/apps/finished")
    assert job in os.listdir(mount / ".oozie/jobs/mine")


def test_what_containers_write_while_they_run(mounts, gateway):
    """`tail -f` as without a gateway, also over the end; where the topology does not lead to NodeManagers, the reason."""
    mount = mounts("/", hidevirtual=None)
    until(lambda: set(services(mount).values()) == {"yes"}, 60, "all are found")
    name = script_app(gateway, "for i in $(seq 200); do echo tick $i; sleep 0.5; done")
    app, container = mount / ".cluster/apps" / name, master_of(name)
    stdout = app / "logs" / container / "stdout"
    try:
        until(lambda: stdout.exists() and stdout.read_bytes(), JOB_S, "the first line")
        tail = Running("tail", "-c", "+1", "-f", stdout)
        try:
            os.set_blocking(tail.process.stdout.fileno(), False)
            followed = b""

            def has(line: bytes) -> bool:
                nonlocal followed
                followed += tail.process.stdout.read() or b""
                return line in followed

            until(lambda: has(b"tick 8\n"), JOB_S, "a line while it runs")
            assert app.joinpath("log-status").read_text() != "SUCCEEDED\n"
            other = mounts("/", hidevirtual=None, server=f"{gateway.knox}/anonymous", cacert=str(gateway.cacert))
            until(lambda: services(other)["yarn"] == "yes", 60, "YARN is found")
            blind = other / ".cluster/apps" / name / "logs" / container
            refused(errno.ENODATA, os.listdir, blind)
            assert "YARNUIV2" in reason(blind)
            (app / "ctl").write_text("kill\n")
            until(lambda: (app / "log-status").read_text() == "SUCCEEDED\n", JOB_S, "collected logs")
            whole = yarn_logs(gateway, name, container, "stdout")
            until(lambda: has(b"") and followed == whole, JOB_S, "all bytes, none twice")
            assert stdout.read_bytes() == whole
        finally:
            tail.kill()
            tail.result()
    finally:
        end_app(gateway, name)


def test_containers_that_have_ended(mounts, gateway):
    """While their application runs: their names come from its master, their logs from NodeManagers."""
    mount = mounts("/", hidevirtual=None)
    until(lambda: set(services(mount).values()) == {"yes"}, 60, "all are found")
    with stuck_job(gateway) as (name, maps):
        logs = mount / ".cluster/apps" / name / "logs"
        assert maps | {master_of(name)} <= set(os.listdir(logs))
        for container in maps:
            text = (logs / container / "syslog").read_bytes()
            assert text.count(b"\n") > 10 and (logs / container / "syslog").stat().st_size == len(text)


def test_what_the_namenode_says(mounts, gateway):
    """By Knox's service HDFSUI."""
    mount = mounts("/", hidevirtual=None)
    there = mount / ".cluster/hdfs"
    assert (there / "state").read_text() == "active\n"
    assert (there / "live").read_text() == "1\n"


def test_a_silent_namenode(mounts, gateway, hdfs):
    """The gateway says 500 while the removal goes on: it is looked at, and not done for a second time.

    What the look finds depends on which of the two the NameNode takes first; it never says that there was nothing to remove.
    """
    mount = mounts(hdfs.url_path, attr_timeout=60)
    (mount / "a").write_bytes(b"x")
    os.stat(mount / "a")
    with ThreadPoolExecutor(1) as pool:
        gateway.kill("nn", signal.SIGSTOP)
        try:
            removing = pool.submit(os.unlink, mount / "a")
            until(lambda: "the gateway cannot reach its server" in mount.log(), 60, "the gateway gives up")
        finally:
            gateway.kill("nn", signal.SIGCONT)
        try:
            removing.result(60)
        except OSError as failure:
            assert failure.errno == errno.EIO
    until(lambda: hdfs.names() == [], 20, "it is removed")
    (mount / "b").write_bytes(b"x")
    assert hdfs.cat("b") == b"x"


def test_a_namenode_that_is_silent_while_much_is_done(mounts, gateway, hdfs):
    """The same of a rename, a new folder and the end of a file: done, or an error, and then the old state is whole."""
    old, new = os.urandom(MIB), os.urandom(3 * MIB)
    hdfs.write("from", b"x")
    hdfs.write("file", old)
    mount = mounts(hdfs.url_path, attr_timeout=60, entry_timeout=60, negative_timeout=60)
    for name in ("from", "to", "folder", "file"):
        os.path.exists(mount / name)
    file = os.open(mount / "file", os.O_WRONLY | os.O_TRUNC)
    os.write(file, new)
    works = [(os.rename, mount / "from", mount / "to"), (os.mkdir, mount / "folder"), (os.close, file)]
    with ThreadPoolExecutor(len(works)) as pool:
        gateway.kill("nn", signal.SIGSTOP)
        try:
            going = [pool.submit(*work) for work in works]
            until(lambda: mount.log().count("the gateway cannot reach its server") >= 2, 60, "the gateway gives up")
        finally:
            gateway.kill("nn", signal.SIGCONT)
        renamed, made, closed = [one.exception(90) for one in going]
    for failure in (renamed, made, closed):
        assert failure is None or failure.errno in (errno.EIO, errno.ETIMEDOUT), failure
    until(lambda: hdfs.hidden() == [], 60, "no rest is left")
    names = hdfs.names()
    assert ("to" in names) != ("from" in names) and (renamed or "to" in names)
    assert made or "folder" in names
    assert hdfs.read("file") in (old, new) and (closed or hdfs.read("file") == new)
    (mount / "later").write_bytes(new)
    assert hdfs.read("later") == new


def test_a_node_of_the_gateway_goes(mounts, gateway, hdfs, tmp_path):
    """Two ways to the same gateway stand for two of its nodes; the one that was used is closed."""
    host = gateway.knox.partition("://")[2].partition("/")[0]
    with Relay(host) as one, Relay(host) as two:
        server = f"https://localhost:{one.port},localhost:{two.port}/gateway/basic"
        mount = mounts(hdfs.url_path, server=server, hidevirtual=None, **knox_login(gateway)("alice", tmp_path))
        data = os.urandom(3 * MIB)
        (mount / "f").write_bytes(data)
        until(lambda: services(mount)["oozie"] == "yes", 60, "Oozie is found")
        assert not two.heads
        one.close()
        assert (mount / "f").read_bytes() == data
        (mount / "g").write_bytes(data)
        assert (mount / ".oozie/status").read_text() == "NORMAL\n"
        assert two.heads
        live = [line for line in (mount / ".cluster/mount/servers").read_text().splitlines() if "\tlive\t" in line]
        assert live[0].startswith(f"https://localhost:{two.port}\t")
    assert hdfs.read("g") == data


def test_a_reader_that_pauses(mounts, gateway, hdfs):
    """For longer than the driver keeps an idle stream: not a byte is missing, or comes twice."""
    data = os.urandom(24 * MIB)
    hdfs.write("f", data)
    mount = mounts(hdfs.url_path)
    with open(mount / "f", "rb", buffering=0) as file:
        got = file.read(MIB)
        threading.Event().wait(120 if LONG else 12)  # the reader's own pace
        while piece := file.read(MIB):
            got += piece
    assert got == data


def test_a_reader_whose_connection_is_closed_while_it_pauses(mounts, gateway, hdfs, tmp_path):
    """As something between him and the gateway may do, which takes it for idle: the rest comes by another one."""
    data = os.urandom(24 * MIB)
    hdfs.write("f", data)
    with Relay(gateway.knox.partition("://")[2].partition("/")[0]) as relay:
        server = f"https://localhost:{relay.port}/gateway/basic"
        mount = mounts(hdfs.url_path, server=server, **knox_login(gateway)("alice", tmp_path))
        with open(mount / "f", "rb", buffering=0) as file:
            got = file.read(MIB)
            relay.cut()
            connections = len(relay.heads)
            while piece := file.read(MIB):
                got += piece
        assert len(relay.heads) > connections
    assert got == data


def test_small_files_are_opened_once(mounts, gateway, hdfs):
    """An OPEN costs the gateway much (it encrypts its redirect): one a file, most of them before the program asks."""
    files = 60
    contents = [random.Random(number).randbytes(4096) for number in range(files)]
    for number, data in enumerate(contents):
        hdfs.write(f"many/f{number:02}", data)
    mount, binds, longest_s = mounts(hdfs.url_path), gateway.binds, 0
    for number, name in enumerate(os.listdir(mount / "many")):
        begin = time.monotonic()
        assert (mount / "many" / name).read_bytes() == contents[number]
        longest_s = max(longest_s, time.monotonic() - begin)
    numbers = stats(mount / TREE)
    assert numbers["ahead-used"] > files / 2
    assert gateway.binds == binds
    if longest_s < READ_IDLE_S:  # a machine that stood still for longer says nothing
        # A redirect and a body each. (The gateway's audit record exchanges names when many ask at once, of curl, too.)
        assert numbers["requests"]["OPEN"] == 2 * files
        assert numbers["ahead-used"] == numbers["ahead-files"]


def test_a_token_that_lives_for_five_seconds(mounts, gateway, hdfs, tmp_path):
    """A copy that takes three lives of it (KNOXFS_LONG: twelve), there and back."""
    url = f"{gateway.knox}/brief/knoxtoken/api/v1/token"
    mount = mounts(hdfs.url_path, server=f"{gateway.knox}/jwt", token_url=url, **knox_login(gateway)("alice", tmp_path))
    data = os.urandom(3 * MIB)
    with open(mount / "f", "wb", buffering=0) as file:
        for at in range(0, len(data), MIB // 4):
            file.write(data[at : at + MIB // 4])
            time.sleep(5 if LONG else 1.3)
    got = b""
    with open(mount / "f", "rb", buffering=0) as file:
        while piece := file.read(MIB // 2):
            got += piece
            time.sleep(1)
    assert got == data == hdfs.read("f")


def test_a_token_that_ends_and_nobody_renews(mounts, gateway, hdfs, tmp_path):
    """While files are written: EACCES at close, the old ones stay whole; what was staged is kept, and a new token brings it home."""
    old = os.urandom(2 * MIB)
    hdfs.write("inside", old)
    hdfs.write("streamed", old)
    file = secret_file(tmp_path / "token", knox_token(gateway, "tokens"))
    login = {"token_file": str(file), "cacert": str(gateway.cacert), "user": None}
    mount = mounts(hdfs.url_path, server=f"{gateway.knox}/jwt", **login)
    brief = knox_token(gateway, "brief")
    inside = os.open(mount / "inside", os.O_RDWR)
    streamed = os.open(mount / "streamed", os.O_WRONLY | os.O_TRUNC)
    os.pwrite(inside, b"changed", MIB // 2)
    os.write(streamed, os.urandom(3 * MIB))
    assert knows_token(gateway, brief)
    secret_file(file, brief)
    until(lambda: not knows_token(gateway, brief), 60, "the token has ended")
    refused(errno.EACCES, os.close, inside)
    refused(errno.EACCES, os.close, streamed)
    assert hdfs.read("inside") == old == hdfs.read("streamed")
    secret_file(file, knox_token(gateway, "tokens"))
    until(lambda: kept(mount), what="what was staged is kept")
    for name in kept(mount):
        tell(mount / TREE, f"retry {name}")
    assert hdfs.read("inside") == old[: MIB // 2] + b"changed" + old[MIB // 2 + 7 :]
    assert (mount / "inside").read_bytes() == hdfs.read("inside") and kept(mount) == []
