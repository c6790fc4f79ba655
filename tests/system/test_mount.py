"""The command line, and what is said when there is nothing to mount."""

import contextlib
import ctypes
import http.server
import os
import signal
import socket
import threading
from pathlib import Path

import pytest
from knoxtest import run, sh, until
from knoxtest.mount import detach, mounted, reports, rss, sanitizer_environment

MIB = 1 << 20


@pytest.fixture
def target(tmp_path):
    path = tmp_path / "mnt"
    path.mkdir()
    yield path
    assert mounted(path) is None
    assert reports(tmp_path) == ""


@pytest.fixture
def knoxfs(binary, target):
    """knoxfs(*arguments, rc=0): the command as a user calls it."""

    def call(*arguments, rc=0, timeout=30):
        return run(
            binary, *arguments, rc=rc, timeout=timeout, env=sanitizer_environment(target.parent)
        )

    yield call
    detach(target)


def complaint(done) -> str:
    """One clear line on stderr, nothing else."""
    assert done.stdout == b""
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 1 and lines[0].startswith("knoxfs: "), lines
    return lines[0]


@contextlib.contextmanager
def serving(answer):
    """A TCP server on a free port that hands each connection to ANSWER; yields host:port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connections = []

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    connections.append(listener.accept()[0])
                    answer(connections[-1])

        threading.Thread(target=accept, daemon=True).start()
        yield f"localhost:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        for connection in connections:
            connection.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


# Words.


def test_help(knoxfs):
    text = knoxfs("--help").stdout.decode()
    options = ("attr_timeout", "entry_timeout", "loglevel", "allow_other", "uid", "gid", "  ro ")
    flags = ("-f, --foreground", "-d, --debug", "-h, --help", "-V, --version")
    for word in ("ENDPOINT MOUNTPOINT", "http://", "webhdfs://", *options, *flags):
        assert word in text, word
    assert max(map(len, text.splitlines())) <= 110
    assert knoxfs("-h").stdout.decode() == text


def test_version(knoxfs):
    name, number = knoxfs("--version").stdout.decode().split()
    assert name == "knoxfs" and number[0].isdigit() and number == knoxfs("-V").stdout.decode().split()[1]


@pytest.mark.parametrize(
    "arguments, words",
    [
        ([], "endpoint is missing"),
        (["http://localhost:1"], "mount point is missing"),
        (["http://localhost:1", "MNT", "more"], "more: one argument too many"),
        (["-x", "http://localhost:1", "MNT"], "-x: there is no such option"),
        (["-o", "nonsense", "http://localhost:1", "MNT"], "nonsense: there is no such option"),
        (["-o", "attr_timeout", "http://localhost:1", "MNT"], "attr_timeout=S"),
        (["-o", "attr_timeout=soon", "http://localhost:1", "MNT"], "attr_timeout=soon"),
        (["-o", "attr_timeout=-1", "http://localhost:1", "MNT"], "from 0 to"),
        (["-o", "uid=root", "http://localhost:1", "MNT"], "whole number"),
        (["-o", "uid=4294967295", "http://localhost:1", "MNT"], "from 0 to"),
        (["-o", "loglevel=loud", "http://localhost:1", "MNT"], "error, warning, info"),
        (["-o", "blocksize=12Q", "http://localhost:1", "MNT"], "blocksize=12Q"),
        (["-o", "ro=maybe", "http://localhost:1", "MNT"], "yes or no"),
        (["-o"], "-o needs a value"),
    ],
    ids=lambda value: value.split(":")[0] if isinstance(value, str) else "",
)
def test_usage(knoxfs, target, arguments, words):
    done = knoxfs(*[str(target) if word == "MNT" else word for word in arguments], rc=2)
    assert words in complaint(done)


@pytest.mark.parametrize(
    "endpoint",
    [
        "localhost:9870",
        "ftp://localhost",
        "http://",
        "http://a b/",
        "http://u:secret@localhost/",
        "http://localhost:99999/",
        "http://localhost/a%zz",
        "http://localhost/?op=OPEN",
        "http://localhost:1/a:b",
    ],
)
def test_no_endpoint(knoxfs, target, endpoint):
    words = complaint(knoxfs(endpoint, target, rc=1))
    assert "secret" not in words


# Nothing there.


def test_wrong_host(knoxfs, target):
    words = complaint(knoxfs("-o", "timeout=5", "http://no-such-host.invalid:9870", target, rc=1))
    assert "no such host" in words and "no-such-host.invalid" in words


def test_wrong_port(knoxfs, target):
    port = free_port()
    words = complaint(knoxfs(f"http://localhost:{port}", target, rc=1))
    assert "cannot connect" in words and f"localhost:{port}" in words


def test_not_webhdfs(knoxfs, target):
    """An ordinary web server."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    server.RequestHandlerClass.log_message = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    words = complaint(knoxfs(f"http://localhost:{server.server_port}", target, rc=1))
    server.shutdown()
    server.server_close()
    assert "does not speak WebHDFS" in words


def test_rpc_port(knoxfs, target, stack):
    """What people take from core-site.xml: the NameNode's other port."""
    words = complaint(knoxfs(stack.rpc.replace("hdfs:", "http:"), target, rc=1))
    assert "does not speak WebHDFS" in words or "not HTTP" in words


def test_silent_server(knoxfs, target):
    with serving(lambda connection: None) as server:
        words = complaint(knoxfs("-o", "timeout=2", f"http://{server}", target, rc=1, timeout=20))
    assert "in time" in words and server in words


def test_server_that_hangs_up(knoxfs, target):
    with serving(lambda connection: connection.close()) as server:
        words = complaint(knoxfs("-o", "timeout=3", f"http://{server}", target, rc=1, timeout=20))
    assert f"cannot mount http://{server}" in words


def test_server_that_babbles(knoxfs, target):
    with serving(lambda connection: connection.sendall(b"220 mail ESMTP\r\n" * 100)) as server:
        words = complaint(knoxfs("-o", "timeout=3", f"http://{server}", target, rc=1, timeout=20))
    assert server in words


def test_no_such_path(knoxfs, target, stack):
    words = complaint(knoxfs(f"{stack.namenode}/none/such", target, rc=1))
    assert "there is no /none/such" in words and stack.namenode in words


def test_path_is_a_file(knoxfs, target, hdfs):
    hdfs.put("f", b"x")
    words = complaint(knoxfs(f"{hdfs.stack.namenode}{hdfs.url_path}/f", target, rc=1))
    assert f"{hdfs.root}/f" in words and "not a directory" in words


def test_permission_denied(knoxfs, target, stack):
    stack.dfs("-mkdir", "-p", "/user/alice/private", user="alice")
    endpoint = f"{stack.namenode}/user/alice/private"
    words = complaint(knoxfs("-o", "user=bob", endpoint, target, rc=1))
    assert "Permission denied" in words and "bob" in words and "/user/alice" in words


def test_mount_point(knoxfs, target, stack, tmp_path):
    words = complaint(knoxfs(stack.namenode, tmp_path / "none", rc=1))
    assert "none" in words and "No such file" in words
    (tmp_path / "file").touch()
    assert "not a directory" in complaint(knoxfs(stack.namenode, tmp_path / "file", rc=1))


def test_stale_mount(knoxfs, mounts, stack):
    """After a crash: said what to do, and that works."""
    mount = mounts("/")
    mount.killed = True
    mount.process.kill()
    mount.process.wait(20)
    words = complaint(knoxfs(stack.namenode, mount.path, rc=1))
    assert f"fusermount3 -u {mount.path}" in words
    run("fusermount3", "-u", mount.path)
    knoxfs(stack.namenode, mount.path)
    assert "user" in os.listdir(mount.path)
    run("fusermount3", "-u", mount.path)


# In the background.


@pytest.fixture
def adopting():
    """Processes whose parent ends become ours, so that their exit status can be seen."""
    pr_set_child_subreaper = 36
    libc = ctypes.CDLL(None)
    libc.prctl(pr_set_child_subreaper, 1)
    yield
    libc.prctl(pr_set_child_subreaper, 0)


def driver_of(path: Path) -> int:
    """The pid of the driver in the background that serves PATH."""
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = line.read_bytes().split(b"\0")
            if os.fsencode(path) in words and b"knoxfs" in words[0]:
                return int(line.parent.name)
    raise AssertionError(f"no driver of {path}")


def end_of(pid: int) -> int:
    """The exit status."""
    ended = until(lambda: [end for end in [os.waitpid(pid, os.WNOHANG)] if end[0]], 20)
    return os.waitstatus_to_exitcode(ended[0][1])


def test_background(knoxfs, target, hdfs, adopting, tmp_path, sanitized):
    """The call returns when the mount works, with nothing of the caller's held; then it serves."""
    hdfs.put("f", b"x")
    endpoint = f"{hdfs.stack.namenode}{hdfs.url_path}"
    done = knoxfs("-o", f"logfile={tmp_path}/log,loglevel=info,hidevirtual", endpoint, target)
    assert (done.stdout, done.stderr) == (b"", b"")
    assert mounted(target)["type"] == "fuse.knoxfs" and os.listdir(target) == ["f"]
    pid = driver_of(target)
    held = {os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir()}
    assert not [name for name in held if name.startswith("pipe:")]
    assert os.readlink(f"/proc/{pid}/cwd") == "/"
    assert os.getsid(pid) != os.getsid(0)
    assert sanitized or rss(pid) < 15 * MIB
    run("fusermount3", "-u", target)
    assert end_of(pid) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_ended_by_a_signal(mounts, hdfs, number):
    """Unmounted, and what was written is brought home first."""
    mount = mounts(hdfs.url_path)
    with open(mount / "f", "wb", buffering=0) as file:
        file.write(b"half")
        os.kill(mount.pid, number)
        until(lambda: not mount.is_running(), what="the driver ends")
        with contextlib.suppress(OSError):
            file.close()
    assert mount.process.returncode == 0 and mounted(mount.path) is None
    mount.killed = True
    assert hdfs.cat("f") == b"half"


# Forms and options.


FORMS = [
    "http://{at}{path}",
    "http://{at}{path}/",
    "webhdfs://{at}{path}",
    "http://{at}/webhdfs/v1{path}",
    "HTTP://{at}/{path}//",
]


@pytest.mark.parametrize("form", FORMS)
def test_endpoint_forms(mounts, hdfs, form):
    hdfs.put("f", b"here")
    at = hdfs.stack.namenode.removeprefix("http://")
    mount = mounts("", server=form.format(at=at, path=hdfs.url_path))
    assert os.listdir(mount.path) == ["f"] and (mount / "f").read_bytes() == b"here"


def test_read_only(mounts, hdfs):
    hdfs.put("f", b"x")
    mount = mounts(hdfs.url_path, ro=True)
    assert "ro" in mounted(mount.path)["options"].split(",")
    changes = ["touch f", "touch g", "echo x >> f", "mkdir d", "rm f", "mv f g", "chmod 600 f"]
    for script in (*changes, "setfattr -n user.a -v b f"):
        assert b"Read-only file system" in sh(script, cwd=mount.path, rc=1).stderr, script
    assert (mount / "f").read_bytes() == b"x" and hdfs.names() == ["f"]


def test_owner_options(mounts, hdfs):
    hdfs.put("f", b"x")
    mount = mounts(hdfs.url_path, uid=1234, gid=5678)
    assert run("stat", "-c", "%u:%g", "f", cwd=mount.path).stdout == b"1234:5678\n"
    plain = mounts(hdfs.url_path)
    uid = os.stat(plain / "f").st_uid
    assert uid >= 1 << 20 and uid == os.stat(mounts(hdfs.url_path) / "f").st_uid


@pytest.mark.direct("the login says who it is", ways=("knox", "jwt"))
def test_user_option(mounts, hdfs):
    (mounts(hdfs.url_path, user="alice") / "hers").write_text("x")
    (mounts(hdfs.url_path, user=None) / "ours").write_text("x")
    listing = hdfs.listing()
    assert listing["hers"][2] == "alice" and listing["ours"][2] == "root"


def test_other_local_users(mounts, hdfs):
    hdfs.put("f", b"x")
    os.chmod("/tmp", 0o1777)
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    for options, rc in (({}, 1), ({"allow_other": True}, 0)):
        mount = mounts(hdfs.url_path, **options)
        mount.folder.chmod(0o755)
        done = run(*nobody, "cat", mount / "f", rc=rc)
        assert (b"Permission denied" in done.stderr) == bool(rc)
    hdfs.sh("-chmod", "600", hdfs.path("f"))
    strict = mounts(hdfs.url_path, allow_other=True, default_permissions=True)
    strict.folder.chmod(0o755)
    assert b"Permission denied" in run(*nobody, "cat", strict / "f", rc=1).stderr


def test_names_of_mount(mounts, hdfs):
    row = mounted(mounts(hdfs.url_path, fsname="my,cluster", nosuid=True, nodev=True, noexec=True).path)
    assert row["source"] == "my,cluster" and row["type"] == "fuse.knoxfs"
    assert {"nosuid", "nodev", "noexec"} <= set(row["options"].split(","))


def test_words_of_fstab(knoxfs, target, hdfs):
    """As mount(8) calls its helpers: operands first, then -o with everything."""
    endpoint = f"{hdfs.stack.namenode}{hdfs.url_path}"
    words = "rw,_netdev,nofail,noauto,x-systemd.automount,defaults,relatime,user=alice"
    knoxfs(endpoint, target, "-o", words)
    (target / "f").write_text("x")
    run("fusermount3", "-u", target)
    assert hdfs.names() == ["f"]


def test_logs(mounts, hdfs):
    mount = mounts(hdfs.url_path, loglevel="trace")
    sh("cat none || true; ls", cwd=mount.path)
    log = mount.log_file.read_text()
    assert "op=LISTSTATUS_BATCH" in log and "/none?op=GETFILESTATUS" in log
    quiet = mounts(hdfs.url_path, loglevel="warning")
    sh("cat none || true; ls", cwd=quiet.path)
    assert quiet.log_file.read_text() == ""
    stderr = mounts(hdfs.url_path, logfile=None, loglevel="trace")
    os.listdir(stderr.path)
    assert "op=LISTSTATUS_BATCH" in (stderr.folder / "stderr").read_text()


@pytest.mark.direct("it redirects to itself, and to no DataNode")
def test_datanode_map(mounts, hdfs, knoxfs, stack, target):
    """A DataNode that is called by a name that is good only elsewhere is asked where the option says."""
    hdfs.write("f", b"x" * 1000)
    mount = mounts(hdfs.url_path, datanode_map="elsewhere=nowhere;localhost=127.0.0.1", loglevel="trace")
    assert (mount / "f").read_bytes() == b"x" * 1000
    assert "GET http://127.0.0.1:" in mount.log_file.read_text()
    (mount / "g").write_bytes(b"y" * 500_000)
    assert hdfs.read("g") == b"y" * 500_000
    wrong = knoxfs("-o", "datanode_map=a", stack.namenode, target, rc=1)
    assert complaint(wrong) == (
        'knoxfs: -o datanode_map: "a" is no FROM=TO: HOST[:PORT] (or *) and HOST[:PORT] are expected'
    )
