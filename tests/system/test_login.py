"""Through a real Knox: passwords, tokens, certificates, and where the secrets are not."""

import base64
import contextlib
import http.server
import json
import os
import re
import shutil
import ssl
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from knoxtest import programs, run, sh
from knoxtest.mount import detach, mounted
from knoxtest.secrets import certificate, knox_token, login_file, pin, secret_file

from conftest import knox_login, make_folder
from test_mount import complaint, serving

MIB = 1 << 20
pytestmark = [pytest.mark.slow, pytest.mark.limit(300)]  # the gateway takes a while to start


@pytest.fixture
def hdfs(gateway, request):
    folder = make_folder(gateway, request.node.name)
    yield folder
    assert folder.hidden() == []


@pytest.fixture
def basic(mounts, hdfs, gateway):
    """basic(user=...): the test's folder by way of Knox, with a password."""

    def make(user="alice", **options):
        login = knox_login(gateway)(user, hdfs_folder)
        return mounts(hdfs.url_path, server=f"{gateway.knox}/basic", user=user, **login, **options)

    hdfs_folder = Path(os.environ.get("TMPDIR", "/tmp")) / f"knoxfs-login-{os.getpid()}"
    hdfs_folder.mkdir(exist_ok=True)
    yield make
    shutil.rmtree(hdfs_folder, ignore_errors=True)


@pytest.fixture
def command(binary, tmp_path):
    """command(endpoint, **options): a mount that must fail; its one line."""
    target = tmp_path / "mnt"
    target.mkdir()

    def call(endpoint, rc=1, **options):
        words = ",".join(f"{k}={v}" if v is not True else k for k, v in options.items())
        line = [binary, *(["-o", words] if words else []), endpoint, target]
        return complaint(run(*line, rc=rc, timeout=60))

    yield call
    assert mounted(target) is None


def facts(mount) -> dict[str, str]:
    text = (mount / ".cluster/mount/auth").read_text()
    return dict(line.split("\t") for line in text.splitlines())


# Passwords.


def test_ordinary_programs(basic, hdfs, tmp_path):
    mount = basic()
    (tmp_path / "f").write_bytes(os.urandom(5 * MIB + 3))
    run("cp", tmp_path / "f", mount / "big")
    assert hdfs.read("big") == (tmp_path / "f").read_bytes() == (mount / "big").read_bytes()
    sh(
        """
        rm big; echo one > f; echo two >> f; test "$(cat f)" = "$(printf 'one\\ntwo')"
        mkdir -p a/b; mv f a/b/g; cp a/b/g h; echo new > h; test "$(cat h)" = new
        chmod 600 h; touch -d @1000000000 h; test "$(stat -c '%a %Y' h)" = "600 1000000000"
        tar c a | tar x -C a/b; diff -r a/b/g a/b/a/b/g; rm -r a; ls -la; df .
        setfattr -n user.a -v 1 h; test "$(getfattr --only-values -n user.a h)" = 1
        test "$(cat .cluster/mount/backend)" = knox
        """,
        cwd=mount.path,
        timeout=120,
    )
    assert hdfs.names() == ["h"] and hdfs.cat("h") == b"new\n"
    assert hdfs.status("h")["owner"] == "alice"


def test_ldap_is_asked_once_a_session(basic, gateway, hdfs):
    before = gateway.binds
    mount = basic()
    assert gateway.binds == before + 1

    def work(number):
        (mount / f"f{number}").write_bytes(b"x" * number)
        return (mount / f"f{number}").read_bytes() == b"x" * number

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(24)))
    assert len(os.listdir(mount.path)) == 24
    assert gateway.binds == before + 1


def test_the_user_is_the_login_s(basic, hdfs, gateway):
    mount = basic()
    assert facts(mount)["user"] == "alice" and facts(mount)["kind"] == "basic"
    bob = basic(user="bob")
    with pytest.raises(PermissionError):
        (bob / "new").write_bytes(b"x")
    hdfs.write("f", b"x")
    assert (bob / "f").read_bytes() == b"x"


@pytest.mark.parametrize("name", ["two words", "100% +&;#?=", "é 日本", "e\u0301", "%2F", "a\nb", "'\"<>|\\^`{}"])
def test_names(basic, hdfs, name):
    mount = basic()
    (mount / name).write_bytes(b"x")
    assert list(hdfs.entries()) == [name] == os.listdir(mount.path)
    assert (mount / name).read_bytes() == b"x"
    os.rename(mount / name, mount / "plain")
    os.rename(mount / "plain", mount / name)
    (mount / name).unlink()
    assert hdfs.names() == []


def test_refused(command, gateway, tmp_path):
    endpoint, known = f"{gateway.knox}/basic", {"cacert": gateway.cacert}
    before = gateway.binds
    wrong = login_file(tmp_path, "alice", "wrong")
    assert "refuses the password of alice from" in command(endpoint, auth_file=wrong, **known)
    assert gateway.binds == before + 1, "a wrong password is shown once"
    assert "auth_file=FILE" in command(endpoint, **known)
    assert "the name of a topology" in command(f"{gateway.knox}/none", auth_file=wrong, **known)
    wrong.chmod(0o644)
    assert "chmod 600" in command(endpoint, auth_file=wrong, **known)
    right = login_file(tmp_path, "bob")
    assert "bob's" in command(endpoint, auth_file=right, user="alice", **known)
    assert "one login is enough" in command(endpoint, auth_file=right, token_file=right, **known)
    link = tmp_path / "link"
    link.symlink_to(right)
    assert "symbolic link" in command(endpoint, auth_file=link, **known)


def test_where_a_password_may_be_from(mounts, gateway, hdfs, tmp_path):
    server, known = f"{gateway.knox}/basic", {"cacert": str(gateway.cacert)}
    netrc = secret_file(tmp_path / "netrc", "machine localhost login alice password alice-password\n")
    for option in ({"netrc": str(netrc)}, {"auth_command": "echo alice:alice-password"}):
        mount = mounts(hdfs.url_path, server=server, **option, **known)
        assert facts(mount)["user"] == "alice"
        assert "alice-password" not in (mount / ".cluster/mount/config").read_text()


def test_a_new_password_is_taken(mounts, gateway, hdfs, tmp_path):
    """The file changes while it is mounted."""
    file = login_file(tmp_path, "alice")
    known = {"cacert": str(gateway.cacert), "auth_file": str(file)}
    mount = mounts(hdfs.url_path, server=f"{gateway.knox}/basic", **known)
    login_file(tmp_path, "alice", "wrong")
    with pytest.raises(PermissionError):  # the session of the first one is not used any more
        os.stat(mount / "none")
    login_file(tmp_path, "alice")
    (mount / "f").write_bytes(b"x")
    assert hdfs.read("f") == b"x"


# Tokens.


def test_tokens_are_got_and_renewed(mounts, gateway, hdfs, tmp_path):
    """A token lives for 5 s, the copy takes longer: no byte is lost, and there are several of them."""
    login = knox_login(gateway)("alice", tmp_path)
    url = f"{gateway.knox}/brief/knoxtoken/api/v1/token"
    mount = mounts(hdfs.url_path, server=f"{gateway.knox}/jwt", token_url=url, **login)
    data = os.urandom(4 * MIB)
    with open(mount / "slow", "wb", buffering=0) as file:
        for at in range(0, len(data), MIB // 4):
            file.write(data[at : at + MIB // 4])
            time.sleep(0.9)  # the writer's own pace: 14 s
    assert hdfs.read("slow") == data == (mount / "slow").read_bytes()
    assert facts(mount)["kind"] == "bearer" and int(facts(mount)["renewals"]) >= 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", facts(mount)["expires"])
    renewals = [line.split("\t")[2] for line in (mount / ".cluster/mount/events").read_text().splitlines() if "\tlogin\t" in line]
    assert renewals[0].startswith("the first token of alice, good until ") and len(renewals) == int(facts(mount)["renewals"]) + 1


def test_a_token_in_a_file(mounts, gateway, hdfs, tmp_path):
    file = secret_file(tmp_path / "token", knox_token(gateway, "tokens"))
    known = {"token_file": str(file), "cacert": str(gateway.cacert), "user": None}
    mount = mounts(hdfs.url_path, server=f"{gateway.knox}/jwt", **known)
    assert facts(mount)["user"] == "alice" and (mount / ".cluster/mount/user").read_text() == "alice\n"
    (mount / "f").write_bytes(b"x")
    secret_file(file, knox_token(gateway, "tokens") + "x")
    with pytest.raises(PermissionError):
        (mount / "f").read_bytes()
    secret_file(file, knox_token(gateway, "tokens"))
    assert (mount / "f").read_bytes() == b"x"


# TLS.


@contextlib.contextmanager
def tls(pem: Path, old: bool = False):
    """A server with this certificate that notes what it is told; old: it speaks nothing newer than TLS 1.1."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    if old:
        context.set_ciphers("DEFAULT@SECLEVEL=0")
        context.options |= ssl.OP_NO_TLSv1_2 | ssl.OP_NO_TLSv1_3
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    told = []

    def answer(connection):
        def talk():
            with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as inner:
                told.append(inner.recv(4096))

        threading.Thread(target=talk, daemon=True).start()

    with serving(answer) as address:
        yield f"https://{address}", told


WRONG = {
    "expired": (("-startdate", "-3d", "-validity", "1"), "localhost", True, "has expired"),
    "self-signed": ((), "localhost", False, "is self-signed"),
    "wrong-host": ((), "other.example", True, "is for another host"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_certificates(command, tmp_path, what):
    more, host, trusted, words = WRONG[what]
    pem = certificate(tmp_path, what, host, *more)
    login = {"auth_file": login_file(tmp_path, "alice")}
    with tls(pem) as (endpoint, told):
        line = command(endpoint, **login, **({"cacert": pem} if trusted else {}))
    assert words in line, line
    assert told in ([], [b""]), "not a byte was sent"


# What lets OpenSSL itself speak TLS 1.1.
LENIENT = "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nMinProtocol = None\nCipherString = DEFAULT@SECLEVEL=0\n"


@pytest.mark.filterwarnings("ignore:ssl.OP_NO")
def test_old_tls(command, tmp_path, monkeypatch):
    """TLS 1.1 is not spoken, whatever the system allows; curl is there to show that it would be let in."""
    (tmp_path / "openssl.cnf").write_text(LENIENT)
    monkeypatch.setitem(programs.ENVIRONMENT, "OPENSSL_CONF", str(tmp_path / "openssl.cnf"))
    pem = certificate(tmp_path, "old", "localhost")
    with tls(pem, old=True) as (endpoint, told):
        run("curl", "-s", "-m", "20", "--noproxy", "*", "--cacert", pem, endpoint, rc=52)  # nothing is answered
        assert told[0].startswith(b"GET /")
        told.clear()
        line = command(endpoint, auth_file=login_file(tmp_path, "alice"), cacert=pem)
    assert "knows no TLS 1.2 or newer" in line, line
    assert told in ([], [b""]), "not a byte was sent"


def test_pins(basic, command, gateway, tmp_path):
    login = knox_login(gateway)("alice", tmp_path)
    assert facts(basic(pin=pin(gateway.cacert)))["kind"] == "basic"
    other = pin(certificate(tmp_path, "other", "localhost"))
    assert "not the one of -o pin=" in command(f"{gateway.knox}/basic", pin=other, **login)


def test_wrong_ports(command, gateway, tmp_path):
    login = knox_login(gateway)("alice", tmp_path)
    plain = gateway.namenode.replace("http:", "https:")
    assert "speaks no TLS at this port" in command(plain, **login)
    assert "then it is https://" in command(gateway.knox.replace("https:", "http:") + "/basic", **login)


def test_insecure_tls_warns(binary, gateway, hdfs, tmp_path):
    target = tmp_path / "mnt"
    target.mkdir()
    login = login_file(tmp_path, "alice")
    options = f"insecure_tls,auth_file={login},stage_dir={tmp_path}"
    try:
        done = run(binary, "-o", options, f"{gateway.knox}/basic{hdfs.url_path}", target)
        assert b"warning: -o insecure_tls" in done.stderr
        (target / "f").write_bytes(b"x")
    finally:
        detach(target)
    assert hdfs.read("f") == b"x"


# Where the secrets are not.


def seen_of(mount) -> dict[str, bytes]:
    """All that others may see of a mount: the process, the mount table, logs, every virtual file."""
    places = {name: Path(f"/proc/{mount.pid}/{name}") for name in ("cmdline", "environ", "limits")}
    places |= {"mounts": Path("/proc/self/mounts"), "mountinfo": Path("/proc/self/mountinfo")}
    places |= {"log": mount.log_file, "stderr": mount.folder / "stderr"}
    for path in sorted((mount / ".cluster").rglob("*")):
        if path.is_file() and path.name != "log.follow" and path.parent.name != "hdfs":
            places[str(path)] = path
    assert len(places) > 15
    return {name: path.read_bytes() for name, path in places.items()}


def check_nowhere(mount, *needles: bytes) -> None:
    seen = seen_of(mount)
    for name, text in seen.items():
        assert not [needle for needle in needles if needle in text], name
    assert re.search(rb"Max core file size +0 +0 ", seen["limits"])


def test_no_secret_is_anywhere(basic, mounts, gateway, hdfs, tmp_path):
    """The password, its encoding and a token: searched for in all that others may see."""
    file = secret_file(tmp_path / "token", knox_token(gateway, "tokens"))
    known = {"token_file": str(file), "cacert": str(gateway.cacert), "user": None}
    jwt = mounts(hdfs.url_path, server=f"{gateway.knox}/jwt", loglevel="trace", **known)
    mount = basic(loglevel="trace", fsname=None)
    encoded = base64.b64encode(b"alice:alice-password")
    needles = [b"alice-password", encoded, file.read_bytes(), file.read_bytes().split(b".")[2], b"KNOXSESSIONID=", b"?_=A"]
    for one in (mount, jwt):
        (one / "f").write_bytes(b"x" * 300_000)
        (one / "f").read_bytes()
        with pytest.raises(OSError):
            os.rmdir(one / "f")
        check_nowhere(one, *needles)
    assert b"Authorization" not in mount.log_file.read_bytes()
    assert not subprocess.run(["getfattr", "-n", "user.hdfs.error", str(mount / "f")], capture_output=True).stdout.count(b"password")


class Folder(http.server.BaseHTTPRequestHandler):
    """WebHDFS of an empty directory, that notes what it was told and refuses everything else."""

    protocol_version = "HTTP/1.1"
    answers = {"GETFILESTATUS": "FileStatus", "LISTSTATUS_BATCH": "DirectoryListing"}
    status = {"pathSuffix": "", "type": "DIRECTORY", "length": 0, "permission": "755", "owner": "a", "group": "g"}
    status |= {"modificationTime": 1, "accessTime": 0, "blockSize": 0, "replication": 0, "fileId": 16385, "childrenNum": 0, "storagePolicy": 0}
    listing = {"partialListing": {"FileStatuses": {"FileStatus": []}}, "remainingEntries": 0}

    def answer(self):
        self.server.told.append((self.path, self.headers.get("Authorization")))
        root = self.path.startswith("/webhdfs/v1/?")
        op = re.search("op=([A-Z_]+)", self.path)
        kind = self.answers.get(op.group(1)) if root and op else None
        body = {kind: self.listing if kind == "DirectoryListing" else self.status} if kind else {}
        text = json.dumps(body or {"RemoteException": {"exception": "FileNotFoundException", "message": self.path}}).encode()
        self.send_response(200 if kind else 404)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_PUT = do_POST = do_DELETE = answer

    def log_message(self, *words):
        pass


@pytest.fixture
def folder_server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Folder) as server:
        server.daemon_threads, server.told = True, []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize("kind", ["delegation", "basic", "command"])
def test_no_secret_is_anywhere_though_the_server_repeats_it(mounts, folder_server, tmp_path, kind):
    """It is in each request, and the server's errors quote requests; children see none of it."""
    script = tmp_path / "ask"
    script.write_text(f"#!/bin/sh\n{{ env; ls -l /proc/self/fd; tr '\\0' ' ' < /proc/$PPID/cmdline; }} > {tmp_path}/child 2>&1\necho alice:canary-secret\n")
    script.chmod(0o700)
    option = {
        "delegation": {"delegation_file": str(secret_file(tmp_path / "token", "canary-secret"))},
        "basic": {"auth_file": str(login_file(tmp_path, "alice", "canary-secret"))},
        "command": {"auth_command": str(script)},
    }[kind]
    server = f"http://127.0.0.1:{folder_server.server_port}"
    mount = mounts("/", server=server, user=None, loglevel="trace", oozie="none", yarn="none", jobhistory="none", **option)
    assert os.listdir(mount.path) == []
    with pytest.raises(OSError):
        os.stat(mount / "none")
    with pytest.raises(OSError):
        os.mkdir(mount / "new")
    encoded = base64.b64encode(b"alice:canary-secret")
    shown = "".join(f"{path} {header}" for path, header in folder_server.told)
    assert "delegation=canary-secret" in shown if kind == "delegation" else encoded.decode() in shown
    check_nowhere(mount, b"canary-secret", encoded)
    if kind == "command":
        child = (tmp_path / "child").read_text()
        assert "PATH=" in child and "canary" not in child
        assert not re.search(r"socket:|\.db|/dev/fuse", child), child
