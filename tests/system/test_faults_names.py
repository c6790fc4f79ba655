"""Names and attributes while replies are lost and servers refuse for now: resolved by looking."""

import os

import pytest
from knoxtest import run, sh

QUICK = {"timeout": 4, "data_timeout": 6, "connect_timeout": 2}
LOST = {"drop_reply": "rst"}
LATER = {"status": 503}
NEVER_CAME = {"reset": True}


@pytest.fixture
def mount(mounts, hdfs, proxy):
    """A tree, a mount through the proxy that knows what the server obeys, counts at 0."""
    hdfs.mkdir("d/inside")
    hdfs.mkdir("empty")
    hdfs.write("f", b"f")
    hdfs.write("g", b"g")
    mount = mounts(hdfs.url_path, server=proxy.namenode, **QUICK)
    sh("mv empty e; mv e empty", cwd=mount.path)
    proxy.reset()
    return mount


# Command, operation, and what is there afterwards.
CHANGES = [
    ("mkdir new", "MKDIRS", {"d", "d/inside", "empty", "f", "g", "new"}),
    ("rmdir empty", "DELETE", {"d", "d/inside", "f", "g"}),
    ("rm f", "DELETE", {"d", "d/inside", "empty", "g"}),
    ("rm -r d", "DELETE", {"empty", "f", "g"}),
    ("mv f h", "RENAME", {"d", "d/inside", "empty", "g", "h"}),
    ("mv f g", "RENAME", {"d", "d/inside", "empty", "g"}),
    ("mv f d", "RENAME", {"d", "d/f", "d/inside", "empty", "g"}),
    ("mv d e", "RENAME", {"e", "e/inside", "empty", "f", "g"}),
    ("mv -T d empty", "RENAME", {"empty", "empty/inside", "f", "g"}),
    ("mv -n f h", "RENAME", {"d", "d/inside", "empty", "g", "h"}),
]


@pytest.mark.parametrize("fault", [LOST, LATER], ids=["reply lost", "503"])
@pytest.mark.parametrize("script, op, after", CHANGES, ids=lambda v: v if isinstance(v, str) else "")
def test_done_once(mount, hdfs, proxy, script, op, after, fault):
    """The server has done it and its reply is lost, or it says: later."""
    proxy.rules({"op": op, "times": 1, **fault})
    sh(script, cwd=mount.path)
    assert proxy.stats()["rules"][0]["fired"] == 1
    proxy.rules()
    assert set(hdfs.names()) == after
    if script == "mv f g":
        assert hdfs.read("g") == b"f"


@pytest.mark.parametrize("script, op, after", CHANGES, ids=lambda v: v if isinstance(v, str) else "")
def test_request_that_never_came(mount, hdfs, proxy, script, op, after):
    """Done, or said to have failed and not done; nothing in between."""
    before = set(hdfs.names())
    proxy.rules({"op": op, "times": 1, **NEVER_CAME})
    done = run("bash", "-c", script, cwd=mount.path, rc=None)
    proxy.rules()
    assert set(hdfs.names()) == (after if done.returncode == 0 else before)
    if done.returncode:
        assert b"Input/output error" in done.stderr
    sh(f"ls -R; test {done.returncode} = 0 || {script}", cwd=mount.path)
    assert set(hdfs.names()) == after


@pytest.mark.parametrize("how", ["fin", "rst"])
def test_idle_connection_closed(mount, hdfs, proxy, how):
    """As by a NameNode that was started anew: the next request does not fail of it."""
    for script in ("rm f", "mv g f", "rmdir empty", "mkdir new", "chmod 600 f", "ls -R d", "cp f g"):
        assert proxy.drop("namenode", how) <= 3
        sh(script, cwd=mount.path)
    assert set(hdfs.names()) == {"d", "d/inside", "f", "g", "new"}


ATTRIBUTES = [
    ("chmod 600 f", "SETPERMISSION", "stat -c %a f", b"600\n"),
    ("touch -d @1000000000 f", "SETTIMES", "stat -c %Y f", b"1000000000\n"),
    ("truncate -s 0 f", "TRUNCATE", "stat -c %s f", b"0\n"),
    ("setfattr -n user.a -v 1 f", "SETXATTR", "getfattr --only-values -n user.a f", b"1"),
]


@pytest.mark.parametrize("fault", [LOST, LATER], ids=["reply lost", "503"])
@pytest.mark.parametrize("script, op, look, shown", ATTRIBUTES, ids=[row[1] for row in ATTRIBUTES])
def test_attributes(mount, proxy, script, op, look, shown, fault):
    proxy.rules({"op": op, "times": 1, **fault})
    sh(script, cwd=mount.path)
    assert proxy.stats()["rules"][0]["fired"] == 1
    assert sh(look, cwd=mount.path).stdout == shown


CUT = {"cut_response_after": 20}
FAULTS = [LOST, LATER, NEVER_CAME, CUT, CUT | {"how": "rst"}]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
@pytest.mark.parametrize("op", ["GETFILESTATUS", "LISTSTATUS_BATCH"])
def test_looking_is_repeated(mounts, hdfs, proxy, op, fault):
    """Who only looks does not notice three failures in a row."""
    for number in range(3):
        hdfs.mkdir(f"d/n{number}")
    mount = mounts(hdfs.url_path, server=proxy.namenode, **QUICK)
    proxy.rules({"op": op, "times": 3, **fault})
    assert run("ls", "-l", mount / "d").stdout.count(b" n") == 3
    assert proxy.stats()["rules"][0]["fired"] == 3


def test_listing_cut_between_pages(mounts, hdfs, proxy):
    """The second page fails for good: an error, not a shorter folder."""
    hdfs.mkdirs(f"n{number:04}" for number in range(1100))
    mount = mounts(hdfs.url_path, server=proxy.namenode, **QUICK)
    proxy.rules({"op": "LISTSTATUS_BATCH", "after": 1, "reset": True})
    done = run("ls", mount.path, rc=None)
    assert done.returncode != 0 and b"Input/output error" in done.stderr
    with pytest.raises(OSError):
        os.listdir(mount.path)
    proxy.rules()
    assert len(os.listdir(mount.path)) == 1100


NONSENSE = [
    {"status": 200, "body": ""},
    {"status": 200, "body": "<html>welcome</html>"},
    {"status": 200, "body": '{"FileStatus":'},
    {"status": 200, "body": '{"FileStatus":{"type":"FILE","length":-5}}'},
    {"status": 200, "body": "[" * 100_000},
    {"status": 302, "headers": {"Location": "http://elsewhere.invalid/"}},
    {"status": 307},
    {"status": 404, "body": "no such page"},
    {"status": 401},
    {"status": 500, "body": '{"RemoteException":{"exception":"X","message":"Y"}}'},
]


@pytest.mark.parametrize("fault", NONSENSE, ids=lambda fault: str(fault)[:60])
def test_nonsense(mounts, hdfs, proxy, fault):
    """An answer that is none is an error, never taken for "no such file", and nothing breaks."""
    hdfs.write("f", b"x")
    mount = mounts(hdfs.url_path, server=proxy.namenode, **QUICK)
    proxy.rules({"op": "GETFILESTATUS", "path": "/f$", **fault})
    failed = run("stat", mount / "f", rc=1).stderr
    assert b"cannot stat" in failed and b"No such file" not in failed
    proxy.rules()
    assert run("cat", mount / "f").stdout == b"x"
