"""The virtual files: what ordinary programs see in /.cluster, and that no server is asked for it."""

import errno
import mmap
import os
import re
import threading
from pathlib import Path

import pytest
from knoxtest import refused, run, sh, until
from knoxtest.limits import ROOT
from knoxtest.tree import LISTED, TREE, grow_log, mount, proxied, stats, tell, tree, visible  # noqa: F401

IN_TIME_S = 10
CONSTANT = ["README", "version", "endpoint", "user", "config", "ctl"]


# What is there.


def test_ls(mount, tree):
    assert run("ls", "-a", mount.path).stdout.split() == [b".", b"..", b".cluster"]
    assert run("ls", mount.path).stdout == b""
    assert set(os.listdir(mount / ".cluster")) == {"README", "hdfs", "health", "mount"}
    assert set(os.listdir(tree)) == LISTED
    for line in run("ls", "-la", tree).stdout.decode().splitlines()[1:]:
        mode, _, _, _, size, *_, name = line.split()
        if name in CONSTANT:
            assert int(size) == len((tree / name).read_bytes()) > 0, line
            assert mode == ("-rw-r--r--" if name == "ctl" else "-r--r--r--")


def test_find_and_stat(mount, tree):
    found = run("find", mount / ".cluster", "-type", "f").stdout.decode().splitlines()
    assert f"{tree}/config" in found and f"{mount.path}/.cluster/README" in found
    asked = run("stat", "-c", "%F %u %a %s", tree / "ctl", tree / "log").stdout.decode().splitlines()
    assert asked[0].startswith(f"regular file {os.getuid()} 644 ") and " 400 " in asked[1]
    assert run("stat", "-c", "%i", tree).stdout == run("stat", "-c", "%i", tree).stdout


def test_every_readme_names_what_is_there(mount):
    for folder, below, files in os.walk(mount / ".cluster"):
        text = open(os.path.join(folder, "README")).read()
        for name in [*below, *files]:
            if not name.isdigit():
                assert re.search(rf"^{re.escape(name)}/? ", text, re.MULTILINE), (folder, name)


def test_documented(mount):
    """docs/TREES.md has every file, every verb and every number."""
    said = set(re.findall(r"`([^`]+)`", (ROOT / "docs/TREES.md").read_text()))
    tree = mount / TREE
    verbs = [line.split("  ")[0] for line in (tree / "ctl").read_text().splitlines()]
    numbers = [name for name in stats(tree) if name != "requests"]
    missing = ({*os.listdir(tree), *verbs, *numbers} - {"README"}) - said
    assert missing == set()


def test_what_it_says(mount, tree, hdfs, via):
    version = run(mount.process.args[0], "--version").stdout.decode()
    assert version == f"knoxfs {(tree / 'version').read_text()}"
    assert (tree / "endpoint").read_text() == f"{mount.endpoint}\n"
    assert (tree / "user").read_text() == "alice\n"
    assert re.fullmatch(r"\d+\n", (tree / "uptime").read_text())
    config = (tree / "config").read_text().splitlines()
    assert "user\talice\toption" in config and "attr_timeout\t1\tdefault" in config
    assert "loglevel\tdebug\toption" in config
    (mount / "f").write_bytes(b"x")
    (mount / "f").write_bytes(b"y")
    obeyed = "no" if via == "httpfs" else "yes"
    assert f"rename-options\t{obeyed}" in (tree / "features").read_text().splitlines()
    assert (tree / "backend").read_text().strip() == {"direct": "webhdfs", "tls": "webhdfs", "jwt": "knox"}.get(via, via)


def test_stats_are_those_of_the_wire(proxied, hdfs, proxy):
    tree = proxied / TREE
    before = stats(tree)
    (proxied / "f").write_bytes(b"x" * 100_000)
    assert (proxied / "f").read_bytes() == b"x" * 100_000
    after = stats(tree)
    grown = {k: after[k] - before[k] for k in before if k != "requests"}
    assert grown["written-bytes"] == grown["wire-sent-bytes"] == grown["read-bytes"] == 100_000
    assert grown["wire-read-bytes"] >= 100_000
    assert (grown["uploads"], grown["uploads-failed"]) == (1, 0)
    counted: dict[str, int] = {}
    for asked in proxy.stats()["requests"].values():
        for op, number in asked.items():
            counted[op] = counted.get(op, 0) + number
    ours = {op: n - before["requests"].get(op, 0) for op, n in after["requests"].items()}
    assert {op: n for op, n in ours.items() if n} == counted
    lines = dict(line.split("\t") for line in (tree / "stats").read_text().splitlines())
    assert int(lines["requests-CREATE"]) == after["requests"]["CREATE"]
    metrics = (tree / "metrics").read_text()
    assert f'knoxfs_requests_total{{op="CREATE"}} {after["requests"]["CREATE"]}\n' in metrics
    for line in metrics.splitlines():
        assert re.fullmatch(r"# (HELP|TYPE) knoxfs_\w+ .+|knoxfs_\w+(\{op=\"\w+\"(,le=\"[^\"]+\")?\})? [\d.e-]+", line)


def test_how_long_answers_took(proxied, hdfs, proxy):
    """As often as the proxy has counted, and a histogram as Prometheus wants it."""
    (proxied / "f").write_bytes(b"x")
    for number in range(20):
        refused(errno.ENOENT, os.stat, proxied / f"none-{number}")
    tree = proxied / TREE
    rows = {row[0]: row[1:] for row in (line.split("\t") for line in (tree / "latency").read_text().splitlines())}
    asked = proxy.stats()["requests"]["namenode"]["GETFILESTATUS"]
    counted, *times = rows["GETFILESTATUS"]
    assert 20 <= asked <= int(counted) and len(times) == 4  # those of the mounting are not in the proxy's
    assert all(re.fullmatch(r">?\d+", time) for time in times) and int(rows["CREATE"][0]) == 1
    metrics = (tree / "metrics").read_text()
    found = re.findall(r'^knoxfs_answer_seconds_bucket\{op="GETFILESTATUS",le="(.+)"\} (\d+)$', metrics, re.MULTILINE)
    bounds, counts = [float(bound) for bound, _ in found], [int(count) for _, count in found]
    assert bounds == sorted(bounds) and bounds[0] == 0.001 and bounds[-1] == float("inf")
    assert counts == sorted(counts) and counts[-1] == int(counted)
    assert f'knoxfs_answer_seconds_count{{op="GETFILESTATUS"}} {counted}\n' in metrics
    (total,) = re.findall(r'^knoxfs_answer_seconds_sum\{op="GETFILESTATUS"\} (.+)$', metrics, re.MULTILINE)
    assert 0 < float(total) and abs(int(times[0]) - float(total) * 1000 / int(counted)) < 1.001


def test_figures_of_reading(proxied, hdfs, proxy):
    """Beside what the proxy has counted: bytes, requests, streams, hits, memory; in all three forms the same."""
    size = 24 << 20
    hdfs.write("f", bytes(size))
    tree = proxied / TREE
    before = stats(tree)
    proxy.reset()
    with open(proxied / "f", "rb", buffering=0) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)  # reads of the kernel are those of the program
        assert os.pread(file.fileno(), 1 << 20, 0) == bytes(1 << 20)
        during = stats(tree)
        seen = proxy.stats()
        assert during["read-streams"] == 1 == seen["open"]["datanode"]
        (window,) = [line.split("\t")[3] for line in (tree / "open").read_text().splitlines() if "/f\t" in line]
        assert 128 << 10 <= int(window) <= 4 << 20
        assert 1 << 20 <= during["memory-bytes"] <= during["memory-limit-bytes"] == 256 << 20
        assert during["read-bytes"] - before["read-bytes"] == 1 << 20
        for number in range(5):
            assert os.pread(file.fileno(), 4096, (8 + 3 * number) << 20) == bytes(4096)
    after = until(
        lambda: (now := stats(tree))["read-streams"] == now["blocks"] == 0 and now, what="the streams are closed"
    )
    assert after["memory-bytes"] == 0
    assert after["read-bytes"] - before["read-bytes"] == (1 << 20) + 5 * 4096
    assert 6 <= after["reads"] - before["reads"] <= 16 and after["read-hits"] - before["read-hits"] <= 10
    seen = proxy.stats()
    ranges = sum(after[name] - before[name] for name in ("opens-direct", "opens-redirected"))
    assert ranges == seen["requests"]["datanode"]["OPEN"]
    asked = sum(role.get("OPEN", 0) for role in seen["requests"].values())
    assert after["requests"]["OPEN"] - before["requests"].get("OPEN", 0) == asked
    wire = after["wire-read-bytes"] - before["wire-read-bytes"]
    assert after["read-bytes"] - before["read-bytes"] <= wire <= sum(seen["bytes_down"].values())
    assert after["amplification-percent"] == after["wire-read-bytes"] * 100 // after["read-bytes"]
    lines = dict(line.split("\t") for line in (tree / "stats").read_text().splitlines())
    metrics = (tree / "metrics").read_text()
    for name, value in after.items():
        if name in ("requests", "uptime-seconds", "open", "inodes", "tree-nodes"):
            continue
        assert int(lines[name]) == value, name
        assert re.search(rf"^knoxfs_{name.replace('-', '_')}(_total)? {value}$", metrics, re.MULTILINE), name


def test_what_is_open(mount, tree):
    (mount / "f").write_bytes(b"x")
    with open(mount / "f", "rb"), open(mount / "f", "ab"), open(mount / "new file", "wb"):
        lines = (tree / "open").read_text().splitlines()
        found = [line.split("\t") for line in lines if "/f" in line or "/new" in line]
        assert {how for _, how, _, _ in found} == {"r", "wa", "w"}
        assert {int(pid) for pid, _, _, _ in found} == {os.getpid()}
        assert {window for _, _, _, window in found} == {"0"}  # nothing was read
    assert not any("new file" in line for line in (tree / "open").read_text().splitlines())


def test_errors(mount, tree, hdfs, via):
    status = "500" if via == "httpfs" else "403"
    hdfs.mkdir("shut")
    hdfs.ask("PUT", "SETPERMISSION", "shut", user="root", permission="0")
    refused(errno.EACCES, os.listdir, mount / "shut")
    refused(errno.ENOENT, os.stat, mount / "nothing")
    text = (tree / "errors").read_text()
    (row,) = [line.split("\t") for line in text.splitlines() if "/shut: " in line]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", row[0])
    assert row[1:5] == [str(os.getuid()), str(os.getpid()), Path("/proc/self/comm").read_text().strip(), status] and "denied" in row[5]
    assert "nothing" not in text


# Ordinary programs.


def test_programs(tree, tmp_path):
    text = (tree / "config").read_bytes()
    assert run("cat", tree / "config").stdout == text
    assert sh('cat < "$1"', tree / "config").stdout == text
    assert int(run("wc", "-c", tree / "config").stdout.split()[0]) == len(text)
    assert int(sh('wc -c < "$1"', tree / "config").stdout) == len(text)
    assert run("tail", "-n", "2", tree / "config").stdout.splitlines() == text.splitlines()[-2:]
    assert run("tail", "-c", "7", tree / "config").stdout == text[-7:]
    assert run("head", "-c", "5", tree / "config").stdout == text[:5]
    assert run("dd", f"if={tree}/config", "bs=3", "skip=2", "count=4").stdout == text[6:18]
    assert b"config:attr_timeout" in run("grep", "-r", "^attr_timeout", ".", cwd=tree).stdout
    run("cp", tree / "config", tmp_path / "copy")
    run("rsync", "-a", tree / "config", tmp_path / "synced") if os.path.exists("/usr/bin/rsync") else None
    run("tar", "cf", tmp_path / "all.tar", "-C", tree, *CONSTANT)
    run("tar", "xf", tmp_path / "all.tar", "-C", tmp_path)
    for copy in {"copy", "synced", "config"} & set(os.listdir(tmp_path)):
        assert (tmp_path / copy).read_bytes() == text
    run("cmp", tree / "config", tmp_path / "copy")
    assert run("sha256sum", tree / "README").stdout[:64] == sh('cat "$1" | sha256sum', tree / "README").stdout[:64]


def test_into_hdfs(mount, tree, hdfs):
    """From one side of the mount to the other."""
    run("cp", tree / "config", mount / "copy")
    assert hdfs.read("copy") == (tree / "config").read_bytes()


def test_mmap(tree):
    with open(tree / "config", "rb") as file:
        text = file.read()
        for access in ({"access": mmap.ACCESS_READ}, {"flags": mmap.MAP_PRIVATE, "prot": mmap.PROT_READ}):
            with mmap.mmap(file.fileno(), 0, **access) as mapped:
                assert mapped[:] == text


def test_odd_offsets(tree):
    with open(tree / "README", "rb", buffering=0) as file:
        text = file.read()
        for offset in (0, 1, len(text) - 1, len(text), len(text) + 1, 4095, 4096, 1 << 40):
            for length in (1, 7, 4096, 1 << 20):
                assert os.pread(file.fileno(), length, offset) == text[offset : offset + length]
        assert file.seek(-3, os.SEEK_END) == len(text) - 3 and file.read() == text[-3:]


def check_whole(descriptor: int) -> bytes:
    """What fstat said and what is read agree."""
    size = os.fstat(descriptor).st_size
    data = b"".join(iter(lambda: os.read(descriptor, 1000), b""))
    assert len(data) == size and data.endswith(b"\n") and b"\0" not in data
    return data


def test_snapshots(mount, tree):
    """Each open has its own content, of the size that fstat says, whoever else has it open."""
    opened = []
    for _ in range(6):
        grow_log(mount)
        opened.append(os.open(tree / "log", os.O_RDONLY))
    texts = [check_whole(descriptor) for descriptor in opened]
    for number in range(1, 6):
        assert texts[number].startswith(texts[number - 1]) and texts[number] != texts[number - 1]
    for descriptor, text in zip(opened, texts, strict=True):
        with mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as mapped:
            assert mapped[:] == text
        os.close(descriptor)


@pytest.mark.limit(120)
def test_many_readers(mount, tree):
    """While the text grows: every reader has a whole text, and none sees an error."""
    over = threading.Event()
    troubles = []

    def read():
        try:
            while not over.is_set():
                with open(tree / "log", "rb", buffering=0) as file:
                    data = b"".join(iter(lambda: file.read(5000), b""))
                    assert data.endswith(b"\n") and b"\0" not in data
                for name in CONSTANT:
                    (tree / name).read_bytes()
        except Exception as trouble:  # noqa: BLE001
            troubles.append(trouble)

    readers = [threading.Thread(target=read) for _ in range(8)]
    for reader in readers:
        reader.start()
    for _ in range(200):
        grow_log(mount)
    over.set()
    for reader in readers:
        reader.join()
    assert troubles == []


# What it costs, and without a server.


def test_no_request(proxied, proxy):
    run("ls", "-la", proxied / TREE)
    run("grep", "-r", "x", proxied / TREE)
    run("find", proxied / ".cluster", "-ls")
    tell(proxied / TREE, "loglevel debug")
    assert proxy.stats()["requests"] == {}


def test_dead_server(mounts, hdfs, proxy):
    mount = visible(mounts, hdfs, server=proxy.namenode, timeout=2, connect_timeout=2)
    tree = mount / TREE
    proxy.listen(False)
    proxy.drop()
    run("ls", "-la", tree, timeout=IN_TIME_S)
    assert run("cat", tree / "version", timeout=IN_TIME_S).stdout
    run("ls", mount / "x", rc=2, timeout=IN_TIME_S)
    assert b"/x" in run("cat", tree / "errors", timeout=IN_TIME_S).stdout
    tell(tree, "reconnect")
    run("stat", "-f", tree, timeout=IN_TIME_S)
