"""The stack does what its README says."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from knoxstack import Stack, StackError, jars, ports, process, tls, train

COMMAND = str(Path(__file__).resolve().parent / "stack")
SIZE = 300_000


def run(*args, **more) -> subprocess.CompletedProcess:
    line = [sys.executable, COMMAND, *map(str, args)]
    return subprocess.run(line, capture_output=True, timeout=60, **more)


def read(stack: Stack, path: str, user: str = "root") -> bytes:
    url = f"{stack.namenode}/webhdfs/v1{path}?op=OPEN&user.name={user}"
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.read()


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Started at the same moment: one with two DataNodes, the other with HttpFS."""
    jars.ensure()
    train.ensure()
    base = tmp_path_factory.mktemp("stacks")
    setting = ["hdfs:dfs.replication=2"]
    with ThreadPoolExecutor() as pool:
        one = pool.submit(Stack.up, base / "one", datanodes=2, settings=setting, owner=os.getpid())
        two = pool.submit(Stack.up, base / "two", httpfs=True, owner=os.getpid())
        stacks = one.result(), two.result()
    yield stacks
    for stack in stacks:
        stack.down()


@pytest.fixture
def one(pair) -> Stack:
    return pair[0]


def test_side_by_side(pair):
    one, two = pair
    one.dfs("-put", "-", "/tmp/which", stdin=b"one")
    two.dfs("-put", "-", "/tmp/which", stdin=b"two")
    assert read(one, "/tmp/which") == b"one"
    assert read(two, "/tmp/which") == b"two"
    assert len(one.datanodes) == 2 and one.httpfs is None
    url = f"{two.httpfs}/webhdfs/v1/tmp/which?op=OPEN&user.name=alice"
    assert urllib.request.urlopen(url, timeout=20).read() == b"two"


def test_state_file(pair):
    state = json.loads((pair[1].dir / "stack.json").read_text())
    assert state["dir"] == str(pair[1].dir)
    assert set(state["pids"]) == {"nn", "dn1", "httpfs", "watchdog"}
    for key in ("namenode", "httpfs"):
        assert state[key].startswith("http://localhost:")
    assert state["rpc"].startswith("hdfs://localhost:")
    low, high = ports.ephemeral_range()
    used = [port for daemon in state["plan"]["ports"].values() for port in daemon.values()]
    assert len(set(used)) == len(used)
    assert not [port for port in used if low <= port <= high]


def test_all_on_loopback(pair):
    """No daemon is reachable from another machine."""
    listening = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, timeout=20)
    pids = [pid for stack in pair for pid in stack.pids.values()]
    ours = [f"pid={pid}," for pid in pids]
    lines = [line for line in listening.stdout.splitlines() if any(pid in line for pid in ours)]
    assert len(lines) >= 5 * len(pair)
    assert not [line for line in lines if "127.0.0.1" not in line.split()[3]]


def test_replication_setting(one):
    one.dfs("-put", "-", "/tmp/twice", stdin=b"x" * SIZE)
    assert one.dfs("-stat", "%r", "/tmp/twice").out == b"2\n"
    assert b"Live_repl=2" in one.tool("fsck", "/tmp/twice", "-files", "-blocks").out


def test_users(one):
    listing = one.dfs("-ls", "/user").out.decode().splitlines()[1:]
    homes = {line.split()[-1]: line.split()[:3] for line in listing}
    for user in ("alice", "bob", "carol"):
        assert homes[f"/user/{user}"][0] == "drwxr-x---" and homes[f"/user/{user}"][2] == user
    one.dfs("-touchz", "/user/alice/mine", user="alice")
    denied = one.dfs("-ls", "/user/alice", user="bob", check=False)
    assert denied.rc == 1 and b"Permission denied" in denied.err
    assert one.dfs("-ls", "/user/alice", user="alice").rc == 0


NAMES = ["a b", "q'u\"o", "50%25", "é ß 漢", "line\nbreak", "tab\t;#&="]


@pytest.mark.parametrize("name", NAMES)
def test_shell_names(one, name):
    path = f"/user/alice/{name}"
    one.dfs("-put", "-", path, user="alice", stdin=name.encode())
    assert one.dfs("-cat", path, user="alice").out == name.encode()
    one.dfs("-rm", "-skipTrash", path, user="alice")


def test_shell_local_files_and_bytes(one, tmp_path):
    local = tmp_path / "lokal-é"  # FsShell wants a blank in a local name as %20
    local.write_bytes(bytes(range(256)) * 1000)
    one.dfs("-put", local, "/tmp/bytes")
    assert one.dfs("-cat", "/tmp/bytes").out == local.read_bytes()
    one.dfs("-get", "/tmp/bytes", f"{local}2")
    assert Path(f"{local}2").read_bytes() == local.read_bytes()


def test_shell_is_quick(one):
    one.dfs("-ls", "/")
    begin = time.monotonic()
    for _ in range(10):
        one.dfs("-ls", "/")
    assert time.monotonic() - begin < 5  # a fresh JVM each would be 10 to 30


def test_admin(one):
    one.dfs("-mkdir", "-p", "/tmp/snap")
    one.admin("-allowSnapshot", "/tmp/snap")
    one.dfs("-createSnapshot", "/tmp/snap", "first")
    assert b"first" in one.dfs("-ls", "/tmp/snap/.snapshot").out
    one.admin("-safemode", "enter")
    try:
        refused = one.dfs("-mkdir", "/tmp/no", check=False)
        assert refused.rc == 1 and b"safe mode" in refused.err
    finally:
        one.admin("-safemode", "leave")
    with pytest.raises(StackError, match="exit code"):
        one.admin("-setSpaceQuota", "1m", "/nonesuch")


def test_plain_command(one):
    env = {**os.environ, "HADOOP_USER_NAME": "carol"}
    assert run("hdfs", "--dir", one.dir, "dfs", "-touchz", "/tmp/of carol", env=env).returncode == 0
    assert one.dfs("-stat", "%u", "/tmp/of carol").out == b"carol\n"


def test_kill_and_start_datanode(one):
    one.dfs("-put", "-", "/tmp/kept", stdin=b"k" * SIZE)
    before = one.pids["dn2"]
    assert run("kill", "--dir", one.dir, "dn2").returncode == 0
    assert "dn2" not in one.pids
    assert one.dfs("-cat", "/tmp/kept").out == b"k" * SIZE  # the other replica
    done = run("start", "--dir", one.dir, "dn2")
    assert done.returncode == 0, done.stderr
    assert one.pids["dn2"] != before
    one.kill("dn1")
    assert one.dfs("-cat", "/tmp/kept").out == b"k" * SIZE
    one.start("dn1")
    assert read(one, "/tmp/kept") == b"k" * SIZE


def test_stop_and_continue(one):
    pid = one.pids["dn1"]
    one.kill("dn1", signal.SIGSTOP)
    assert process.is_stopped(pid)
    one.kill("dn1", signal.SIGCONT)
    assert until(lambda: not process.is_stopped(pid))
    one.dfs("-put", "-", "/tmp/goes on", stdin=b"x")


def test_restart_namenode(one):
    one.dfs("-put", "-", "/tmp/before", stdin=b"before")
    one.restart("nn")
    assert one.dfs("-cat", "/tmp/before").out == b"before"

    def readable() -> bool:
        """A DataNode keeps connections to the NameNode and fails once on each dead one."""
        try:
            return read(one, "/tmp/before") == b"before"
        except urllib.error.HTTPError as error:
            return b"EOFException" not in error.read()

    assert until(readable)


def test_no_descriptor_of_the_caller(pair):
    """What run() captures would not end otherwise; and no JVM holds a pipe but its own."""
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    one = pair[0]
    one.kill("dn2")
    assert run("start", "--dir", one.dir, "dn2", pass_fds=[writer]).returncode == 0
    os.close(writer)
    os.set_blocking(reader, False)
    assert os.read(reader, 1) == b""  # end of file: nobody else has the other end
    os.close(reader)


def test_usage_errors(tmp_path):
    (tmp_path / "mine").write_text("precious")
    assert b"holds no stack" in run("up", "--dir", tmp_path).stderr
    assert b"no stack in" in run("down", "--dir", tmp_path).stderr
    assert b"may have only" in run("up", "--dir", tmp_path / "a b").stderr
    assert b"KEY=VALUE" in run("up", "--dir", tmp_path / "new", "--set", "nonsense").stderr
    assert (tmp_path / "mine").read_text() == "precious"


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Path:
    """A folder whose stack has been up and is down."""
    folder = tmp_path_factory.mktemp("kept")
    stack = Stack.up(folder, owner=os.getpid())
    stack.dfs("-put", "-", "/tmp/data", stdin=b"data")
    stack.down()
    return folder


def until(condition, seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("when", ["ready", "starting"])
def test_owner_dies(tmp_path, when):
    """Also by SIGKILL, also while `up` is still at work: no process is left, nor the folder."""
    folder = tmp_path / "owned"
    owner = subprocess.Popen(["sleep", "60"])
    line = [sys.executable, COMMAND, "up", "--dir", folder, "--ephemeral", "--owner", owner.pid]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    up = subprocess.Popen(list(map(str, line)), **quiet)
    if when == "ready":
        assert up.wait(60) == 0
        assert {"nn", "dn1", "watchdog"} == set(process.find(folder))
    else:
        assert until(lambda: "dn1" in process.find(folder))
    owner.kill()
    owner.wait()
    up.wait(60)
    assert until(lambda: not process.find(folder) and not folder.exists())


@pytest.mark.parametrize("taken", [False, True], ids=["free", "taken"])
def test_up_again(kept, taken):
    """The data persists; the ports too, unless somebody else has one by now."""
    before = Stack.open(kept).namenode
    port = int(before.rpartition(":")[2])
    with socket.socket() as thief:
        if taken:
            thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            thief.bind(("127.0.0.1", port))
            thief.listen()
        free = ports.is_free
        # Taken only after the choice, so that the NameNode dies of it and others are chosen.
        ports.is_free = lambda wanted: wanted == port or free(wanted)
        try:
            stack = Stack.up(kept, owner=os.getpid())
        finally:
            ports.is_free = free
        assert (stack.namenode != before) == taken
        assert read(stack, "/tmp/data") == b"data"
        stack.down()
    assert not process.find(kept) and kept.exists()


def test_ports_are_not_given_twice(tmp_path):
    """Eight takers at once."""
    owners = [tmp_path / str(number) for number in range(8)]
    for owner in owners:
        owner.mkdir()
    with ThreadPoolExecutor(8) as pool:
        taken = [port for got in pool.map(lambda o: ports.take(20, o), owners) for port in got]
    assert len(set(taken)) == 160
    for owner in owners:
        ports.give_back(owner)


def test_a_strange_pid_is_left_alone(tmp_path):
    stranger = subprocess.Popen(["sleep", "60"])
    assert not process.send(stranger.pid, tmp_path, signal.SIGKILL)
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def ask(url: str, cacert, authorization: str | None = None):
    """(status, body) of a request that trusts this certificate only."""
    request = urllib.request.Request(url)
    if authorization:
        request.add_header("Authorization", authorization)
    context = ssl.create_default_context(cafile=str(cacert))
    try:
        with urllib.request.urlopen(request, timeout=30, context=context) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def test_hdfs_with_tls():
    """Who asks by https is sent on to https, who asks by http is not; one certificate vouches for all."""
    with Stack.up(tls=True, owner=os.getpid(), ephemeral=True) as stack:
        stack.dfs("-put", "-", "/tmp/f", stdin=b"content")
        what = "/webhdfs/v1/tmp/f?op=OPEN&user.name=alice"
        for base, scheme in ((stack.secure, "https"), (stack.namenode, "http")):
            status, body = ask(f"{base}{what}&noredirect=true", tls.certificate())
            assert status == 200 and json.loads(body)["Location"].startswith(f"{scheme}://")
            assert ask(base + what, tls.certificate()) == (200, b"content")


@pytest.mark.limit(300)
def test_gateway():
    """Knox asks LDAP, hands out tokens, takes them, and listens on loopback only."""
    with Stack.up(knox=True, owner=os.getpid(), ephemeral=True) as stack:
        home = "webhdfs/v1/?op=GETHOMEDIRECTORY"
        before = stack.binds
        url = f"{stack.knox}/basic/{home}"
        assert ask(url, stack.cacert)[0] == 401
        assert ask(url, stack.cacert, basic("alice", "wrong"))[0] == 401
        status, body = ask(url, stack.cacert, basic("alice", "alice-password"))
        assert status == 200 and json.loads(body) == {"Path": "/user/alice"}
        assert stack.binds == before + 2
        url = f"{stack.knox}/tokens/knoxtoken/api/v1/token"
        status, body = ask(url, stack.cacert, basic("bob", "bob-password"))
        token = json.loads(body)["access_token"]
        status, body = ask(f"{stack.knox}/jwt/{home}", stack.cacert, f"Bearer {token}")
        assert status == 200 and json.loads(body) == {"Path": "/user/bob"}
        assert ask(f"{stack.knox}/jwt/{home}", stack.cacert, f"Bearer {token}x")[0] == 401
        test_all_on_loopback([stack])
