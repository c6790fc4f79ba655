"""Proxies: of every kind, given or in the environment, with a login, and such as lead nowhere."""

import base64
import os
import ssl
from contextlib import contextmanager

import pytest
from knoxtest import programs
from knoxtest.relays import HttpProxy, SocksProxy
from knoxtest.secrets import certificate, secret_file

from conftest import knox_login, make_folder
from test_knoxctl import DENIED, UNREACHABLE, check_failed, doctor, free_port, program  # noqa: F401
from test_login import check_nowhere
from test_ways import address, refused  # noqa: F401

pytestmark = [pytest.mark.direct("each test has a way of its own")]
SIZE = 300_000
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
LOGIN = "me:canary-secret"


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """environment(name=value): of all programs; without it there is no word of proxies in it."""
    for name in VARIABLES:
        for word in (name, name.upper()):
            monkeypatch.delitem(programs.ENVIRONMENT, word, raising=False)
    return lambda **values: [monkeypatch.setitem(programs.ENVIRONMENT, *item) for item in values.items()]


@contextmanager
def proxy_of(kind: str, folder):
    """(a proxy of that kind, the options that lead there)"""
    if kind == "https":
        pem = certificate(folder, "proxy", "localhost")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        with HttpProxy(context) as proxy:
            yield proxy, {"proxy": f"https://localhost:{proxy.port}", "cacert": str(pem)}
        return
    with (HttpProxy if kind == "http" else SocksProxy)() as proxy:
        yield proxy, {"proxy": f"{kind}://127.0.0.1:{proxy.port}"}


@pytest.mark.parametrize("kind", ["http", "https", "socks5h"])
def test_proxies(mounts, hdfs, stack, kind, tmp_path):
    """Both servers are reached by the proxy, and only by it."""
    with proxy_of(kind, tmp_path) as (proxy, options):
        mount = mounts(hdfs.url_path, **options)
        data = os.urandom(SIZE)
        (mount / "f").write_bytes(data)
        assert (mount / "f").read_bytes() == data == hdfs.read("f")
        places = {address(stack.namenode).encode(), *(address(url).encode() for url in stack.datanodes)}
        assert all(any(place in head for head in proxy.heads) for place in places)
        assert mount.peers() <= {proxy.port}


def test_the_environment(mounts, hdfs, environment):
    """As of curl: a proxy for each scheme, and who is asked without one; -o proxy counts more."""
    with HttpProxy() as proxy, HttpProxy() as other:
        environment(http_proxy=f"http://127.0.0.1:{proxy.port}", https_proxy=f"http://127.0.0.1:{other.port}")
        mount = mounts(hdfs.url_path)
        (mount / "f").write_bytes(b"x")
        assert mount.peers() <= {proxy.port} and proxy.heads and not other.heads
        seen = len(proxy.heads)
        given = mounts(hdfs.url_path, proxy=f"http://127.0.0.1:{other.port}")
        assert (given / "f").read_bytes() == b"x" and other.heads and len(proxy.heads) == seen
        environment(no_proxy="elsewhere.example,localhost")
        without = mounts(hdfs.url_path)
        assert (without / "f").read_bytes() == b"x" and len(proxy.heads) == seen


def test_no_proxy(mounts, hdfs):
    with HttpProxy() as proxy:
        mount = mounts(hdfs.url_path, proxy=f"http://127.0.0.1:{proxy.port}", no_proxy="localhost")
        (mount / "f").write_bytes(b"x")
        assert hdfs.cat("f") == b"x" and proxy.heads == []


@pytest.mark.slow
@pytest.mark.limit(300)
@pytest.mark.parametrize("kind", ["http", "https", "socks5h"])
def test_a_gateway_behind_a_proxy(mounts, gateway, tmp_path, kind):
    """The proxy sees where it leads, and nothing of what is said."""
    hdfs = make_folder(gateway, f"proxy-{kind}")
    with proxy_of(kind, tmp_path) as (proxy, options):
        login = knox_login(gateway)("alice", tmp_path)
        both = tmp_path / "both.pem"
        both.write_text("".join(open(file).read() for file in {login["cacert"], options.get("cacert", login["cacert"])}))
        mount = mounts(hdfs.url_path, server=f"{gateway.knox}/basic", **login | options | {"cacert": str(both)})
        data = os.urandom(SIZE)
        (mount / "f").write_bytes(data)
        assert (mount / "f").read_bytes() == data == hdfs.read("f")
        assert mount.peers() <= {proxy.port} and proxy.heads
        place = address(gateway.knox).partition("/")[0].encode()
        assert all(head.startswith(place if kind == "socks5h" else b"CONNECT " + place) for head in proxy.heads)
        assert not any(b"webhdfs" in head or b"uthorization" in head for head in proxy.heads)


def test_a_list_of_servers_behind_a_proxy(mounts, hdfs, stack):
    """The proxy says 502 of one that is down: the next one is asked."""
    with HttpProxy() as proxy:
        server = f"http://localhost:{free_port()},{address(stack.namenode)}"
        mount = mounts(hdfs.url_path, server=server, proxy=f"http://127.0.0.1:{proxy.port}")
        (mount / "f").write_bytes(b"x" * SIZE)
        assert (mount / "f").read_bytes() == b"x" * SIZE == hdfs.read("f")
        assert f"{stack.namenode}\tlive" in (mount / ".cluster/mount/servers").read_text()


# A proxy that wants to know who asks.


def check_profile(mounts, hdfs, stack, environment, tmp_path, url: str):
    """The mount of a profile with this proxy."""
    config = secret_file(tmp_path / "knoxfs.conf", f"[prod]\nendpoint = {stack.namenode}\nproxy = {url}\n")
    environment(KNOXFS_CONFIG=str(config))
    return mounts(hdfs.url_path, server="prod:", loglevel="trace")


def test_a_login_at_the_proxy(mounts, hdfs, stack, environment, tmp_path):
    """It is in a profile that nobody else can read, or in the environment; not on a command line, and seen nowhere."""
    encoded = base64.b64encode(LOGIN.encode())
    with HttpProxy(login=LOGIN) as proxy:
        place = f"127.0.0.1:{proxy.port}"
        url = f"http://{LOGIN}@{place}"
        mount = check_profile(mounts, hdfs, stack, environment, tmp_path, url)
        data = os.urandom(SIZE)
        (mount / "f").write_bytes(data)
        assert (mount / "f").read_bytes() == data == hdfs.read("f")
        assert mount.peers() <= {proxy.port}
        assert f"proxy\thttp://***@{place}\t" in (mount / ".cluster/mount/config").read_text()
        check_nowhere(mount, b"canary-secret", encoded)
        environment(http_proxy=url)
        assert (mounts(hdfs.url_path) / "f").read_bytes() == data
        assert all(b"Basic " + encoded in head for head in proxy.heads)


def test_a_login_where_others_can_read_it(binary, hdfs, stack, environment, tmp_path):
    target = tmp_path / "mnt"
    target.mkdir()
    with HttpProxy(login=LOGIN) as proxy:
        url = f"http://{LOGIN}@127.0.0.1:{proxy.port}"
        done = programs.run(binary, "-o", f"proxy={url}", stack.namenode, target, rc=2)
        assert b"everybody on this machine reads command lines" in done.stderr and b"canary" not in done.stderr
        config = tmp_path / "knoxfs.conf"
        config.write_text(f"[prod]\nendpoint = {stack.namenode}\nproxy = {url}\n")
        config.chmod(0o644)
        done = programs.run(binary, "-o", f"config={config}", "prod:", target, rc=2)
        assert b"knoxfs.conf:3: proxy: it has a login, and others may read this file" in done.stderr
        assert b"canary" not in done.stderr and proxy.heads == []


def test_a_login_that_the_proxy_refuses(refused, doctor, stack, environment):  # noqa: F811
    """It is shown once, and what to do is said."""
    with HttpProxy(login=LOGIN) as proxy:
        for wrong in ("", "me:wrong@"):
            environment(http_proxy=f"http://{wrong}127.0.0.1:{proxy.port}", https_proxy=f"http://{wrong}127.0.0.1:{proxy.port}")
            for endpoint, step in ((stack.namenode, "login"), ("https://gateway.example:8443/gateway/t", "connect")):
                proxy.heads.clear()
                assert "the proxy wants a login, or another one" in refused(endpoint)
                assert len(proxy.heads) == 1
                check_failed(doctor(endpoint, rc=DENIED), step, "the proxy wants a login", "proxy = http://USER:PASSWORD@HOST:PORT")


# Proxies that lead nowhere.


def test_a_proxy_that_is_gone(refused, doctor, stack):  # noqa: F811
    gone = f"http://127.0.0.1:{free_port()}"
    assert "cannot connect" in refused(stack.namenode, proxy=gone)
    check_failed(doctor(stack.namenode, "--proxy", gone, rc=UNREACHABLE), "connect", "cannot connect", "is the proxy right")
    nowhere = "http://nowhere.invalid:3128"
    assert "no such proxy host" in refused(stack.namenode, proxy=nowhere)
    check_failed(doctor(stack.namenode, "--proxy", nowhere, rc=UNREACHABLE), "name", "no such proxy host", "is the proxy's name right")


def test_a_proxy_that_does_not_lead_there(refused, doctor):  # noqa: F811
    """Many lead to port 443 only."""
    endpoint = "https://gateway.example:8443/gateway/t"
    with HttpProxy(closed=True) as proxy:
        way = f"http://127.0.0.1:{proxy.port}"
        assert "the proxy does not go there: " in refused(endpoint, proxy=way)
        check_failed(doctor(endpoint, "--proxy", way, rc=UNREACHABLE), "connect", "the proxy does not go there", "port 443 only")
        assert all(head.startswith(b"CONNECT gateway.example:8443 ") for head in proxy.heads)
        silent = f"http://localhost:{free_port()}"
        check_failed(doctor(silent, "--proxy", way, rc=1), "service", "502", "the proxy's answer")


def test_a_proxy_s_certificate(refused, doctor, stack, tmp_path):  # noqa: F811
    """Of an https:// proxy; nothing is said to one that is not trusted."""
    with proxy_of("https", tmp_path) as (proxy, options):
        words = "the proxy's certificate is self-signed"
        assert words in refused(stack.namenode, proxy=options["proxy"])
        result = doctor(stack.namenode, "--proxy", options["proxy"], rc=UNREACHABLE)
        check_failed(result, "connect", words, "if this is the right proxy")
        assert proxy.heads == []
