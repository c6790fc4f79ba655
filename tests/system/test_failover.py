"""A pair of NameNodes, of which one is active: reading and writing go on while they change places."""

import errno
import os
import random
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest
from knoxstack import Stack, process
from knoxtest import Hdfs, Mounts, programs, run, sh, until

from conftest import mounts_key
from test_knoxctl import check_failed, doctor, program  # noqa: F401
from test_mount import complaint

MIB = 1 << 20
POSIX = Path(__file__).resolve().parent.parent / "posix"
pytestmark = [pytest.mark.slow, pytest.mark.direct("it has servers of its own"), pytest.mark.limit(150)]


@pytest.fixture(scope="module")
def lasting_pair():
    with Stack.up(ha=True, datanodes=2, owner=os.getpid(), ephemeral=True) as stack:
        stack.dfs("-mkdir", "-p", "/tests")
        stack.dfs("-chmod", "777", "/tests")
        yield stack


@pytest.fixture
def pair(lasting_pair):
    """Both run, and the first one is active."""
    yield lasting_pair
    for name in ("nn", "nn2"):
        if name in lasting_pair.pids and process.is_stopped(lasting_pair.pids[name]):
            lasting_pair.kill(name)
        if name not in lasting_pair.pids:
            lasting_pair.start(name)
    lasting_pair.activate("nn")


@pytest.fixture
def hdfs(pair, request):
    folder = Hdfs(pair, f"/tests/{request.node.name.replace('_', '-')}")
    folder.mkdir("")
    return folder


@pytest.fixture
def mounts(binary, pair, hdfs, request):
    """mounts(path): by way of both."""
    made = Mounts(binary, ",".join(pair.namenodes))
    known = request.config.stash[mounts_key]
    known.append(made)
    yield made
    known.remove(made)
    made.close()


def servers(mount) -> dict[str, list[str]]:
    text = (mount / ".cluster/mount/servers").read_text()
    return {row[0]: row[1:] for row in (line.split("\t") for line in text.splitlines())}


def live(mount) -> str:
    (name,) = [name for name, row in servers(mount).items() if row[0] == "live"]
    return name


def test_the_standby_is_named_first(mounts, hdfs, pair):
    mount = mounts(hdfs.url_path, server=",".join(reversed(pair.namenodes)))
    data = os.urandom(3 * MIB)
    (mount / "big").write_bytes(data)
    sh("echo one > f; echo two >> f; mv f g; mkdir -p a/b; cp g a/b; rm g; chmod 600 a/b/g", cwd=mount.path)
    assert hdfs.cat("big") == data == (mount / "big").read_bytes()
    assert hdfs.names() == ["a", "a/b", "a/b/g", "big"] and hdfs.cat("a/b/g") == b"one\ntwo\n"
    assert live(mount) == pair.namenode
    assert "standby" in servers(mount)[pair.namenodes[1]][1]
    events = (mount / ".cluster/mount/events").read_text()
    assert f"\tserver\t{pair.namenode} answers instead of {pair.namenodes[1]}" in events
    assert "inode-paths\tyes" in (mount / ".cluster/mount/features").read_text()
    given = (mount / ".cluster/mount/endpoint").read_text()
    assert given.startswith(",".join(reversed(pair.namenodes)))


def test_doctor(doctor, program, hdfs, pair):  # noqa: F811
    """A standby is as it should be, unless it is the only one that is asked, or both are."""
    both = ",".join(pair.namenodes) + hdfs.url_path
    said = run(program, "doctor", both, timeout=60).stdout.decode()
    active, standby = said.split(f"\n{pair.namenodes[1]}")
    assert "FAIL" not in said and "ok    write" in active and "-     service   WebHDFS, the standby of a pair" in standby
    check_failed(doctor(pair.namenodes[1], "--timeout", "5", rc=1), "service", "StandbyException", "name both")
    pair.tool("haadmin", "-transitionToStandby", "nn")
    said = run(program, "doctor", "--no-write", both, timeout=60, rc=1).stdout.decode()
    assert "FAIL  none of them is active" in said and said.count("FAIL") == 1 and "-getAllServiceState" in said


def test_a_list_in_hadoop_s_configuration(mounts, hdfs, pair, monkeypatch):
    monkeypatch.setitem(programs.ENVIRONMENT, "HADOOP_CONF_DIR", str(pair.plan.conf("client")))
    mount = mounts(hdfs.url_path, server="pair:")
    (mount / "f").write_bytes(b"x")
    assert hdfs.cat("f") == b"x" and len(servers(mount)) == 2


def test_the_first_is_refused(mounts, hdfs, pair):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        server = f"http://localhost:{nobody.getsockname()[1]},no-such-host.invalid:1,{pair.namenode.removeprefix('http://')}"
        mount = mounts(hdfs.url_path, server=server)
        (mount / "f").write_bytes(b"x")
    assert hdfs.cat("f") == b"x" and live(mount) == pair.namenode


def test_both_are_down(mounts, hdfs, pair, binary, tmp_path):
    """A clear error, and not after minutes; then all goes on."""
    mount = mounts(hdfs.url_path)
    (mount / "f").write_bytes(b"x")
    pair.kill("nn")
    pair.kill("nn2")
    with pytest.raises(OSError) as failure:
        os.stat(mount / "other")
    assert failure.value.errno == errno.EHOSTDOWN
    target = tmp_path / "mnt"
    target.mkdir()
    line = complaint(run(binary, ",".join(pair.namenodes) + "/", target, rc=1, timeout=60))
    assert "none of the 2 servers" in line and "cannot connect" in line
    pair.start("nn")
    pair.start("nn2")
    pair.activate("nn2")
    until(lambda: (mount / "f").read_bytes() == b"x", 60, "it goes on")
    assert live(mount) == pair.namenodes[1]


def test_the_active_one_is_killed(mounts, hdfs, pair):
    """While files are read and written: no error, and no byte is wrong."""
    mount = mounts(hdfs.url_path, timeout=12)
    data = os.urandom(8 * MIB)
    (mount / "read").write_bytes(data)
    end, rounds, written = threading.Event(), [0], {}

    def read():
        with open(mount / "read", "rb", buffering=0) as file:
            while not end.is_set():
                at = random.randrange(len(data))
                assert os.pread(file.fileno(), 50_000, at) == data[at : at + 50_000]
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
                rounds[0] += 1

    def write():
        number = 0
        while not end.is_set():
            number += 1
            written[f"f{number}"] = os.urandom(random.randrange(200_000))
            (mount / "part").write_bytes(written[f"f{number}"])
            os.rename(mount / "part", mount / f"f{number}")

    def stream():
        with open(mount / "stream", "wb", buffering=0) as file:
            while not end.is_set():
                file.write(data[:100_000])
                streamed.append(100_000)
                end.wait(0.02)

    streamed = []
    with ThreadPoolExecutor(3) as pool:
        running = [pool.submit(work) for work in (read, write, stream)]
        try:
            until(lambda: len(written) > 5 and rounds[0] > 5, 60)
            pair.kill("nn")
            pair.activate("nn2")
            before = len(written), rounds[0]
            until(lambda: len(written) > before[0] + 5 and rounds[0] > before[1] + 5, 90, "they go on")
        finally:
            end.set()
        for one in running:
            one.result(60)
    assert live(mount) == pair.namenodes[1]
    assert hdfs.cat("read") == data
    assert hdfs.cat("stream") == b"".join(data[:length] for length in streamed)
    for name in random.sample(sorted(written), 6):
        assert hdfs.cat(name) == written[name]
    assert sorted(hdfs.names()) == sorted([*written, "read", "stream"])


@pytest.mark.limit(300)
def test_the_active_one_hangs(mounts, hdfs, pair):
    """It is stopped, not gone: whoever waits for it gets on at the other one, or has a clear error soon; nothing is wrong.

    Names are this driver's matter. Bytes come by DataNodes, whose own clients ask the silent one for as long as it stands
    (Hadoop's default; ipc.client.rpc-timeout.ms would end that): so they may fail until somebody kills it, as fencing does.
    """
    # The other one is asked first, so it has answered before (which takes a fresh JVM its time).
    server, patience = ",".join(reversed(pair.namenodes)), {"timeout": 20, "data_timeout": 10}
    mount = mounts(hdfs.url_path, server=server, attr_timeout=0, entry_timeout=0, **patience)
    data = os.urandom(3 * MIB)
    (mount / "f").write_bytes(data)
    pair.kill("nn", signal.SIGSTOP)
    pair.activate("nn2")
    sh("stat f; mkdir d; mv f d/g; touch d/g; chmod 600 d/g; ls -l d; rmdir d || test -f d/g", cwd=mount.path, timeout=60)
    assert live(mount) == pair.namenodes[1]
    for work in (lambda: (mount / "d/g").read_bytes() == data, lambda: (mount / "new").write_bytes(data) == len(data)):
        try:
            assert work()
        except OSError as failure:
            assert failure.errno in (errno.ETIMEDOUT, errno.EHOSTDOWN, errno.EIO), failure
    pair.kill("nn")
    until(lambda: run("cmp", mount / "d/g", "-", stdin=data, rc=None).returncode == 0, 60, "it is read")
    until(lambda: run("dd", f"of={mount.path}/new", "bs=1M", stdin=data, rc=None).returncode == 0, 60, "it is written")
    # Hadoop's own client would have waited for the silent one.  A hidden file that the DataNode makes only now, for the
    # writer that was told of a failure, goes when the driver looks for it again.
    until(lambda: hdfs.names() == ["d", "d/g", "new"], 60, "there is nothing else")
    assert hdfs.cat("new") == data == hdfs.cat("d/g")


@pytest.mark.limit(300)
def test_fsx_while_places_are_changed(mounts, hdfs, pair, tmp_path):
    """No byte is other than fsx remembers, though the active one changes every two seconds."""
    tool = Path(run(POSIX / "tools", timeout=1200).stdout.decode().strip()) / "fsx"
    mount, end = mounts(hdfs.url_path), threading.Event()
    line = [tool, "-q", "-f", POSIX / "fsx/failover.toml", "-N", 300, "-P", tmp_path]
    changes, enough = 0, threading.Event()

    def work():
        for seed in count(5):  # a quick machine runs it again, from another seed on a file of its own
            run(*line, "-S", seed, mount / f"f{seed}", timeout=120)
            if enough.is_set():
                return

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(work)
        while not running.done():
            pair.activate("nn2" if changes % 2 == 0 else "nn")
            changes += 1
            if changes > 5:
                enough.set()
            end.wait(2)  # the pace of the test
        running.result()
    assert changes > 5
    for name in hdfs.names():
        assert hdfs.cat(name) == (mount / name).read_bytes()


def test_places_are_changed_every_two_seconds(mounts, hdfs, pair):
    """A model of some files that are written anywhere, appended to, renamed and removed, against the mount."""
    mount = mounts(hdfs.url_path)
    chance, model, end = random.Random(6), {}, threading.Event()
    steps = [0]

    def step():
        name, other = chance.choice("abcdef"), chance.choice("ghijkl")
        what = chance.choice(("write", "write", "edit", "append", "rename", "remove", "read"))
        if what == "write" or name not in model:
            model[name] = chance.randbytes(chance.randrange(120_000))
            (mount / name).write_bytes(model[name])
        elif what == "edit":
            at, piece = chance.randrange(len(model[name]) + 1), chance.randbytes(3000)
            with open(mount / name, "r+b", buffering=0) as file:
                os.pwrite(file.fileno(), piece, at)
            model[name] = model[name][:at] + piece + model[name][at + 3000 :]
        elif what == "append":
            with open(mount / name, "ab") as file:
                file.write(b"tail")
            model[name] += b"tail"
        elif what == "rename":
            os.rename(mount / name, mount / other)
            model[other] = model.pop(name)
        elif what == "remove":
            os.unlink(mount / name)
            del model[name]
        elif what == "read":
            assert (mount / name).read_bytes() == model[name]
        steps[0] += 1

    def work():
        while not end.is_set():
            step()

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        try:
            for number in range(8):
                before = steps[0]
                pair.activate("nn2" if number % 2 == 0 else "nn")
                end.wait(2)  # the pace of the test
                until(lambda: steps[0] > before or working.done(), 60, "a step")
        finally:
            end.set()
        working.result(60)
    assert steps[0] >= 8
    assert sorted(os.listdir(mount.path)) == sorted(model) == sorted(hdfs.names())
    for name, data in model.items():
        assert (mount / name).read_bytes() == data == hdfs.cat(name)
