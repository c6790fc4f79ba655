"""Virtual files: the verbs, what cannot be changed, where they are, and the streams."""

import errno
import os
import re
import select
import signal
import stat
import subprocess
import threading

import pytest
from knoxtest import Running, refused, run, sh, until
from knoxtest.programs import ENVIRONMENT
from knoxtest.tree import (  # noqa: F401
    LISTED,
    TREE,
    grow_log,
    mount,
    proxied,
    reason,
    tell,
    tree,
    visible,
)

IN_TIME_S = 10

# ctl.


def test_ctl(mount, tree):
    verbs = [line.split()[0] for line in (tree / "ctl").read_text().splitlines()]
    assert {"loglevel", "sync", "reconnect"} <= set(verbs)
    sh('echo loglevel info > "$1"; printf "loglevel warning" >> "$1"; echo sync | tee "$1"', tree / "ctl")
    assert "loglevel\twarning\tctl" in (tree / "config").read_text().splitlines()
    with open(tree / "ctl", "r+", buffering=1) as file:
        file.write("loglevel debug\n")
    assert "loglevel\tdebug\toption" in (tree / "config").read_text().splitlines()


def test_ctl_refused(mount, tree):
    done = sh('echo bogus > "$1"', tree / "ctl", rc=1)
    assert b"Invalid argument" in done.stderr
    refused(errno.EOPNOTSUPP, os.setxattr, tree / "ctl", "system.a", b"b")  # as editors try
    assert "there is no verb bogus; possible now: loglevel, " in reason(tree / "ctl")
    assert "there is no verb bogus" in (tree / "errors").read_text()
    refused(errno.EINVAL, tell, tree, "loglevel loud")
    refused(errno.EINVAL, tell, tree, "\n")
    refused(errno.EMSGSIZE, tell, tree, "loglevel " + "x" * 5000)
    refused(errno.EINVAL, tell, tree, "sync\nsync\n")


def test_sync(mount, tree, hdfs):
    with open(mount / "f", "wb", buffering=0) as file:
        file.write(b"written")
        assert hdfs.status("f") is None
        tell(tree, "sync")
        assert hdfs.read("f") == b"written"


def test_readonly(mount, tree, hdfs):
    """Nothing can be changed, and what was written before is not lost."""
    (mount / "d").mkdir()
    (mount / "f").write_bytes(b"old")
    with open(mount / "open", "wb", buffering=0) as file:
        file.write(b"before")
        tell(tree, "readonly on")
        refused(errno.EROFS, file.write, b"after")
    assert hdfs.read("open") == b"before"
    f, new = mount / "f", mount / "new"
    for change in (
        (open, f, "wb"), (open, f, "r+b"), (open, f, "ab"), (open, new, "wb"), (os.mkdir, new), (os.rmdir, mount / "d"),
        (os.unlink, f), (os.rename, f, new), (os.truncate, f, 0), (os.chmod, f, 0o600), (os.utime, f), (os.chown, f, 0, 0),
        (os.setxattr, f, "user.a", b"b"), (os.removexattr, f, "user.a"),
    ):  # fmt: skip
        refused(errno.EROFS, *change)
    results = [line.split("\t")[-1] for line in (tree / "audit").read_text().splitlines()]
    assert results.count("EROFS") == 14 and "readonly on" in reason(f)
    assert not os.access(f, os.W_OK) and os.access(f, os.R_OK)
    assert f.read_bytes() == b"old" and sorted(hdfs.entries()) == ["d", "f", "open"]
    assert "ro\tyes\tctl" in (tree / "config").read_text().splitlines()
    refused(errno.EINVAL, tell, tree, "readonly perhaps")
    tell(tree, "sync")
    tell(tree, "readonly off")
    f.write_bytes(b"new")
    assert hdfs.read("f") == b"new" and "ro\tno\tdefault" in (tree / "config").read_text().splitlines()


def test_flush(mounts, hdfs):
    """What others have changed is seen, though attributes and names last; the folder that a shell is in stays one."""
    lasting = dict.fromkeys(("attr_timeout", "entry_timeout", "negative_timeout"), 600)
    mount = visible(mounts, hdfs, **lasting)
    hdfs.write("d/f", b"old")
    hdfs.write("d/g", b"old")
    f, g, new = (mount / "d" / name for name in ("f", "g", "new"))
    assert f.read_bytes() == g.read_bytes() == b"old"
    refused(errno.ENOENT, os.stat, new)
    for name in ("f", "g", "new"):
        hdfs.write(f"d/{name}", b"longer")
    tell(mount / TREE, "flush d/f")
    assert f.read_bytes() == b"longer" and os.stat(f).st_size == 6
    assert os.stat(g).st_size == 3
    refused(errno.ENOENT, os.stat, new)
    tell(mount / TREE, "flush /d/new")
    assert new.read_bytes() == b"longer" and os.stat(g).st_size == 3
    with open(mount / "w", "wb", buffering=0) as file:
        file.write(b"written")
        assert hdfs.status("w") is None
        script = 'echo flush > "$1/ctl" && pwd -P && ls && cat g'
        done = sh(script, mount / TREE, cwd=mount / "d").stdout
        assert done == f"{os.path.realpath(mount.path)}/d\nf\ng\nnew\nlonger".encode()
        assert hdfs.read("w") == b"written"
    refused(errno.EINVAL, tell, mount / TREE, "flush ../x")


def test_record(mounts, hdfs, tmp_path):
    """Exchanges, in a file that is ours alone; no login, and no byte of a file."""
    file = tmp_path / "exchanges"
    mount = visible(mounts, hdfs)
    tree = mount / TREE
    refused(errno.EINVAL, tell, tree, "record exchanges")
    refused(errno.EINVAL, tell, tree, f"record {mount.path}/exchanges")
    tell(tree, f"record {file}")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (mount / "f").write_bytes(b"the bytes of a file")
    assert (mount / "f").read_bytes() == b"the bytes of a file"
    refused(errno.ENOENT, os.stat, mount / "none")
    tell(tree, "record off")
    text = file.read_text()
    refused(errno.ENOENT, os.stat, mount / "none either")
    assert file.read_text() == text
    blocks = text.split("\n\n")
    (block,) = [block for block in blocks if "/none?op=GETFILESTATUS" in block]
    assert "\n< HTTP/1.1 404\n" in block and '"exception":"FileNotFoundException"' in block
    # A gateway encrypts the query that its redirect leads to.
    assert any("> PUT /" in block and re.search(r"\?.*op=CREATE|\?_=\*\*\*", block) and "\n< HTTP/1.1 201\n" in block for block in blocks)
    assert "bytes of a body are left out" in text and "the bytes of a file" not in text
    assert "Authorization" not in text and not re.search(r"Set-Cookie: (?!\*\*\*$)", text, re.MULTILINE)
    refused(errno.ENOENT, os.stat, mount / "exchanges")


def test_harmless(mount, tree):
    """What programs do to a file that they write to."""
    ctl = tree / "ctl"
    os.chmod(ctl, 0o600)
    os.utime(ctl)
    os.truncate(ctl, 0)
    os.close(os.open(ctl, os.O_WRONLY | os.O_TRUNC | os.O_APPEND | os.O_CREAT))
    assert stat.S_IMODE(os.stat(ctl).st_mode) == 0o644 and os.stat(ctl).st_size > 0


def test_other_users(mounts, hdfs):
    """Nobody but who mounted writes to ctl, or reads what tells of others."""
    if os.getuid() != 0:
        pytest.skip("needs another user to be")
    mount = visible(mounts, hdfs, allow_other=True)
    os.chmod(mount.folder, 0o755)
    script = "echo sync > {0}/ctl; cat {0}/log; cat {0}/version; test -w {0}/ctl || echo no".format(mount / TREE)
    done = subprocess.run(
        ["bash", "-c", script], user=65534, group=65534, capture_output=True, timeout=IN_TIME_S, env=ENVIRONMENT
    )
    assert done.stderr.count(b"Permission denied") == 2, done
    assert done.stdout.decode() == (mount / TREE / "version").read_text() + "no\n"


# What cannot be changed.


def test_nothing_else_can_be_changed(proxied, proxy):
    tree = proxied / TREE
    config, new = tree / "config", tree / "new"
    refused(errno.EACCES, open, config, "wb")
    refused(errno.EPERM, open, new, "wb")
    refused(errno.EPERM, os.mkdir, new)
    refused(errno.EPERM, os.symlink, "x", new)
    refused(errno.EPERM, os.link, config, new)
    refused(errno.EPERM, os.mkfifo, new)
    refused(errno.EPERM, os.unlink, config)
    refused(errno.EPERM, os.rmdir, tree)
    refused(errno.EPERM, os.rename, config, new)
    refused(errno.EPERM, os.chmod, config, 0o600)
    refused(errno.EPERM, os.chown, tree / "ctl", 1, 1)
    refused(errno.EPERM, os.truncate, config, 0)
    refused(errno.EPERM, os.setxattr, config, "user.a", b"b")
    refused(errno.EPERM, os.removexattr, config, "user.a")
    refused(errno.ENODATA, os.getxattr, tree / "version", "user.a")
    assert os.listxattr(config) == []
    refused(errno.ENOENT, os.stat, new)
    assert "made and named by knoxfs only" in reason(tree)
    assert proxy.stats()["requests"] == {}


def test_between_the_two(mount, hdfs):
    """As between two file systems."""
    (mount / "f").write_bytes(b"x")
    tree = mount / TREE
    refused(errno.EXDEV, os.rename, mount / "f", tree / "f")
    refused(errno.EXDEV, os.rename, tree / "config", mount / "g")
    refused(errno.EXDEV, os.link, tree / "config", mount / "g")
    os.mkdir(mount / "d")
    refused(errno.EXDEV, os.rename, mount / "d", mount / ".cluster")
    refused(errno.EISDIR, os.rename, mount / "f", mount / ".cluster")
    refused(errno.EEXIST, os.mkdir, mount / ".cluster")
    refused(errno.EPERM, os.rmdir, mount / ".cluster")
    assert sorted(hdfs.entries()) == ["d", "f"]


def test_rm_rf(mount, hdfs):
    """Of everything there is: what is HDFS's goes, nothing of the tree does."""
    (mount / "f").write_bytes(b"x")
    sh('rm -rf "$1"/f "$1"/.cluster', mount.path, rc=1)
    assert os.listdir(mount.path) == [".cluster"] and (mount / TREE / "version").exists()


# Where it is.


def test_shadowed(mounts, hdfs):
    """A user's own /.cluster is behind the tree, in the root only; novirtual shows it."""
    hdfs.mkdir(".cluster/own")
    hdfs.mkdir("d/.cluster/own")
    mount = visible(mounts, hdfs)
    assert sorted(os.listdir(mount.path)) == [".cluster", "d"]
    assert "own" not in os.listdir(mount / ".cluster")
    assert os.listdir(mount / "d/.cluster") == ["own"]
    plain = visible(mounts, hdfs, novirtual=True)
    assert os.listdir(plain / ".cluster") == ["own"]
    (plain / ".cluster/new").write_bytes(b"x")
    assert hdfs.read(".cluster/new") == b"x"


def test_hidden(mounts, hdfs):
    mount = mounts(hdfs.url_path)
    assert os.listdir(mount.path) == []
    assert set(os.listdir(mount / TREE)) >= LISTED


def test_vroot(mounts, hdfs):
    mount = visible(mounts, hdfs, vroot="below")
    assert os.listdir(mount.path) == ["below"]
    assert set(os.listdir(mount / "below")) == {"README", ".cluster"}
    refused(errno.ENOENT, os.stat, mount / ".cluster")
    refused(errno.EINVAL, tell, mount / "below" / TREE, "bogus")
    assert reason(mount / "below" / TREE / "ctl").startswith("/below/.cluster/mount/ctl: ")


def test_long_listing(mounts, hdfs):
    """The tree's name is there once, also in a root of several pages that is read in small pieces."""
    hdfs.mkdirs(f"{number:04}-{'long' * 40}" for number in range(1500))
    mount = visible(mounts, hdfs)
    names = os.listdir(mount.path)
    assert len(names) == len(set(names)) == 1501 and ".cluster" in names


# Streams.


def test_follow(mount, tree):
    """Each line comes when it is written; the file is not listed."""
    with Running("cat", tree / "log.follow") as cat:
        until(lambda: "log.follow" in (tree / "open").read_text(), what="cat has opened it")
        grow_log(mount)
        line = os.read(cat.process.stdout.fileno(), 4096)
        assert b"grow-" in line and not cat.ended()
    assert "log.follow" not in os.listdir(tree)


def test_poll(mount, tree):
    follow = os.open(tree / "log.follow", os.O_RDONLY | os.O_NONBLOCK)
    refused(errno.EAGAIN, os.read, follow, 100)
    poll = select.poll()
    poll.register(follow, select.POLLIN)
    assert poll.poll(0) == []
    writer = threading.Thread(target=grow_log, args=[mount])
    writer.start()
    assert poll.poll(IN_TIME_S * 1000) == [(follow, select.POLLIN)]
    assert b"grow-" in os.read(follow, 4096)
    writer.join()
    assert poll.poll(0) == []
    os.close(follow)


def test_interrupt(tree):
    with Running("cat", tree / "log.follow") as cat:
        until(lambda: "log.follow" in (tree / "open").read_text(), what="cat has opened it")
        cat.signal(signal.SIGINT)
        assert cat.result(IN_TIME_S).returncode == -signal.SIGINT
    until(lambda: "log.follow" not in (tree / "open").read_text(), what="it is closed")


def test_too_many(tree):
    follows = [os.open(tree / "log.follow", os.O_RDONLY) for _ in range(16)]
    refused(errno.EBUSY, os.open, tree / "log.follow", os.O_RDONLY)
    assert (tree / "version").read_text()
    for follow in follows:
        os.close(follow)
    os.close(until(lambda: os.open(tree / "log.follow", os.O_RDONLY)))


def test_end_while_waiting(mount, tree):
    """SIGTERM to the driver while a stream is read: it ends by itself, and the reader gets an end."""
    with Running("cat", tree / "log.follow") as cat:
        until(lambda: "log.follow" in (tree / "open").read_text(), what="cat has opened it")
        mount.process.send_signal(signal.SIGTERM)
        until(lambda: not mount.is_running(), IN_TIME_S, "the driver ends")
        assert cat.result(IN_TIME_S).returncode == 1
