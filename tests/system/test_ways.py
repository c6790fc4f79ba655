"""The ways to a server that are not the plain one: certificates of our own, tokens, redirects that lead astray."""

import errno
import json
import os
import re
import ssl
import urllib.request
from contextlib import ExitStack

import pytest
from knoxtest import run, until
from knoxtest.mount import mounted
from knoxtest.relays import Relay
from knoxtest.secrets import certificate, login_file, secret_file

from test_mount import complaint, serving

pytestmark = [pytest.mark.direct("each test has a way of its own")]
SIZE = 300_000


@pytest.fixture
def refused(binary, tmp_path):
    """refused(endpoint, **options): the one line of a mount that fails."""
    target = tmp_path / "mnt"
    target.mkdir()

    def call(endpoint, **options):
        words = ",".join(f"{k}={v}" for k, v in options.items())
        return complaint(run(binary, *(["-o", words] if words else []), endpoint, target, rc=1, timeout=60))

    yield call
    assert mounted(target) is None


def address(url: str) -> str:
    return url.partition("://")[2]


def test_client_certificates(mounts, refused, hdfs, stack, tmp_path):
    """A server that lets in who has a certificate; it ends the TLS in front of the NameNode."""
    server, client = (certificate(tmp_path, name, "localhost") for name in ("server", "client"))
    other = certificate(tmp_path, "other", "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(client)
    hdfs.mkdir("a")
    with Relay(address(stack.namenode), context) as relay:
        url, known = f"https://localhost:{relay.port}", {"cacert": str(server)}
        for more in ({}, {"cert": str(other)}):
            line = refused(url, **known, **more)
            assert re.search("certificate|TLS|closed|broke", line), line
        assert relay.heads == [], "nobody was let in"
        mount = mounts(hdfs.url_path, server=url, cert=str(client), **known)
        assert os.listdir(mount.path) == ["a"]
        os.rename(mount / "a", mount / "b")
    assert hdfs.names() == ["b"]


def test_a_delegation_token_in_a_file(mounts, hdfs, stack, tmp_path):
    """It is shown instead of a name, with every request to the NameNode, and nowhere else.

    A NameNode without Kerberos does not look at it, and takes who shows one for dr.who.
    """
    hdfs.write("f", b"x" * SIZE)
    url = f"{stack.namenode}/webhdfs/v1/?op=GETDELEGATIONTOKEN&user.name=alice&renewer=alice"
    with urllib.request.urlopen(url, timeout=20) as answer:
        token = json.load(answer)["Token"]["urlString"]
    file = secret_file(tmp_path / "token", token)
    with Relay(address(stack.namenode)) as relay:
        server = f"http://localhost:{relay.port}"
        mount = mounts("/", server=server, delegation_file=str(file), user=None, loglevel="trace")
        assert "tests" in os.listdir(mount.path)
        os.stat(mount / "tests")
        assert dict(line.split("\t") for line in (mount / ".cluster/mount/auth").read_text().splitlines())["kind"] == "delegation"
        asked = [head for head in relay.heads if b"/webhdfs/v1" in head]
        assert asked and all(f"delegation={token}".encode() in head and b"user.name" not in head for head in asked)
        assert token not in mount.log_file.read_text() and token not in (mount / ".cluster/mount/log").read_text()


ROOT = {"type": "DIRECTORY", "length": 0, "permission": "755"}
FILE = {"type": "FILE", "length": SIZE, "permission": "644"}
COMMON = {"pathSuffix": "", "modificationTime": 5, "accessTime": 5, "owner": "a", "group": "b", "fileId": 7, "blockSize": 1 << 20, "replication": 1}


ALONE = {"oozie": "none", "yarn": "none", "jobhistory": "none", "timeout": 5}


def leading(seen: list[bytes], where):
    """A NameNode of a folder of files; where(line): the URL that the bytes of a file are at, or the answer with them."""

    def answer(connection):
        pending = b""
        while b"\r\n\r\n" not in pending:
            piece = connection.recv(65536)
            if not piece:
                return
            pending += piece
        line = pending.split(b"\r\n")[0]
        seen.append(pending)
        if b"op=OPEN" in line:
            found = where(line)
            head, body = ("200 OK", found) if isinstance(found, bytes) else (f"307 Go\r\nLocation: {found}", b"")
        else:
            status = FILE if re.search(rb"/f\d?\?", line) else ROOT
            head, body = "200 OK\r\nSet-Cookie: hadoop.auth=canary; Path=/", json.dumps({"FileStatus": COMMON | status}).encode()
        head += f"\r\nContent-Length: {len(body)}\r\nConnection: close"
        connection.sendall(f"HTTP/1.1 {head}\r\n\r\n".encode() + body)
        connection.close()

    return answer


@pytest.mark.parametrize("tls", [False, True])
def test_a_redirect_to_an_evil_host(mounts, tmp_path, tls):
    """Nothing of the login goes there; from https to http nothing goes at all."""
    told = []

    def evil(connection):
        told.append(connection.recv(65536))
        connection.close()

    seen = []
    login = {"auth_file": str(login_file(tmp_path, "alice"))} | ALONE
    with ExitStack() as ends:
        there = ends.enter_context(serving(evil))
        answer = leading(seen, lambda line: f"http://{there}/webhdfs/v1/f?op=OPEN&offset=0")
        server = f"http://{ends.enter_context(serving(answer))}"
        if tls:
            pem = certificate(tmp_path, "server", "localhost")
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pem)
            relay = ends.enter_context(Relay(address(server), context))
            server, login["cacert"] = f"https://localhost:{relay.port}", str(pem)
        mount = mounts("/", server=server, **login)
        with pytest.raises(OSError):
            (mount / "f").read_bytes()
        assert all(b"Authorization: Basic" in head for head in seen)
        assert bool(told) == (not tls)
        for text in told:
            assert b"uthorization" not in text and b"ookie" not in text and b"alice" not in text
        run("fusermount3", "-u", mount.path, timeout=20)
        until(lambda: mounted(mount.path) is None)


HERE = ["127.0.0.1:1", "localhost:1", "[::1]:1", "2130706433:1", "169.254.169.254"]


def test_a_redirect_to_this_machine(mounts, monkeypatch):
    """A server elsewhere says that the bytes are here: nobody here is asked, unless datanode_map says that it is so.

    A proxy is the server elsewhere, and would see who is asked.
    """
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    elsewhere, seen, data = b"GET http://namenode.example:9870/", [], os.urandom(SIZE)

    def where(line):
        number = int(re.search(rb"/f(\d)\?", line).group(1))
        return f"http://{HERE[number]}/webhdfs/v1/f?op=OPEN" if line.startswith(elsewhere) else data

    with serving(leading(seen, where)) as proxy:
        way = {"server": elsewhere.decode()[4:-1], "proxy": f"http://{proxy}"} | ALONE
        mount = mounts("/", **way)
        for number, host in enumerate(HERE):
            with pytest.raises(OSError) as caught:
                (mount / f"f{number}").read_bytes()
            assert caught.value.errno == errno.EPROTO
            name = host.removesuffix(":1")
            assert f"datanode_map={name}={name}" in (mount / ".cluster/mount/errors").read_text()
        assert seen and all(head.startswith(elsewhere) for head in seen)
        told = mounts("/", datanode_map="127.0.0.1=127.0.0.1;[::1]=dn1.example", **way)
        assert (told / "f0").read_bytes() == data == (told / "f2").read_bytes()
        assert any(head.startswith(b"GET http://127.0.0.1:1/webhdfs/v1/f0?") for head in seen)
        assert any(head.startswith(b"GET http://dn1.example:1/webhdfs/v1/f2?") for head in seen)
        with pytest.raises(OSError):
            (told / "f1").read_bytes()
        assert not any(head.startswith((b"GET http://localhost", b"GET http://169")) for head in seen)
