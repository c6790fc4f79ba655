"""HDFS that wants tickets: mounted with one of kinit, with a keytab, and by a delegation token that somebody has got."""

import contextlib
import json
import os
import re
import signal
import struct
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from faultproxy import Proxy
from knoxstack import Stack, kerberos
from knoxtest import Mounts, run, sh, until
from knoxtest.mount import mounted
from knoxtest.secrets import secret_file
from knoxtest.waiting import work_until

from conftest import mounts_key
from test_knoxctl import DENIED, check_failed, check_ok, doctor, program  # noqa: F401 (fixtures)
from test_login import check_nowhere
from test_mount import complaint

pytestmark = [pytest.mark.slow, pytest.mark.direct("it has servers of its own"), pytest.mark.limit(240)]
MIB = 1 << 20
NO_TICKET = "there is no Kerberos ticket"
# Sessions and tokens that end while a test looks on; a token dies for good before the second renewal has helped.
BRIEF = ["core:hadoop.http.authentication.token.validity=6"]
BRIEF += ["hdfs:dfs.namenode.delegation.token.renew-interval=4000", "hdfs:dfs.namenode.delegation.token.max-lifetime=10000"]


@pytest.fixture(scope="module")
def secure():
    with Stack.up(kerberos=True, httpfs=True, owner=os.getpid(), ephemeral=True) as stack:
        yield stack


@pytest.fixture
def proxy(secure):
    with Proxy(secure.namenode, datanodes=secure.datanodes) as proxy:
        yield proxy


def named(url: str) -> str:
    """As its principal is called."""
    return url.replace("127.0.0.1", "localhost")


@pytest.fixture
def cache(tmp_path) -> Path:
    """Of nobody's tickets yet."""
    return tmp_path / "tickets"


@pytest.fixture
def env(secure, cache) -> dict[str, str]:
    return kerberos.environment(secure.plan) | {"KRB5CCNAME": f"FILE:{cache}"}


@contextlib.contextmanager
def mounting(request, made: Mounts):
    known = request.config.stash[mounts_key]
    known.append(made)
    yield made
    known.remove(made)
    made.close()


@pytest.fixture
def mounts(binary, secure, env, request):
    with mounting(request, Mounts(binary, secure.namenode, env=env)) as made:
        yield made


@pytest.fixture
def alice(secure, cache) -> Path:
    """A ticket of hers in the cache."""
    kerberos.ticket(secure.plan, "alice", cache)
    return cache


def asker(stack, tickets: Path):
    """ask(query, method): what WebHDFS answers to alice's ticket."""
    kerberos.ticket(stack.plan, "alice", tickets)
    env = os.environ | kerberos.environment(stack.plan) | {"KRB5CCNAME": f"FILE:{tickets}"}

    def call(query: str, method: str = "GET") -> bytes:
        url = f"{stack.namenode}/webhdfs/v1/{query}"
        line = ["curl", "-sf", "-m", "20", "--noproxy", "*", "-X", method, "--negotiate", "-u", ":", url]
        return subprocess.run(line, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=True).stdout

    return call


@pytest.fixture
def ask(secure, tmp_path):
    return asker(secure, tmp_path / "own-tickets")


def token_of(ask) -> str:
    return json.loads(ask("?op=GETDELEGATIONTOKEN&renewer=alice"))["Token"]["urlString"]


@pytest.fixture
def token(ask) -> str:
    return token_of(ask)


def facts(mount) -> dict[str, str]:
    return dict(line.split("\t") for line in (mount / ".cluster/mount/auth").read_text().splitlines())


def ordinary(mount, secure, owner: str) -> None:
    """Ordinary programs do what they do, and all is the owner's."""
    data = os.urandom(5 * MIB + 3)
    (mount / "big").write_bytes(data)
    assert (mount / "big").read_bytes() == data == secure.dfs("-cat", f"/user/{owner}/big").out
    sh(
        """
        echo one > f; echo two >> f; test "$(cat f)" = "$(printf 'one\\ntwo')"; mkdir -p a/b; mv f a/b/g; cp a/b/g h
        echo new > h; test "$(cat h)" = new; chmod 600 h; touch -d @1000000000 h; test "$(stat -c '%a %Y' h)" = "600 1000000000"
        tar c a | tar x -C a/b; diff -r a/b/g a/b/a/b/g; rm -r a; ls -la; df .
        """,
        cwd=mount.path,
        timeout=120,
    )
    assert secure.dfs("-stat", "%u", f"/user/{owner}/h").out == f"{owner}\n".encode()


def home(secure, user: str) -> str:
    secure.dfs("-mkdir", "-p", f"/user/{user}")
    secure.dfs("-chown", user, f"/user/{user}")
    return f"/user/{user}"


def shown_tickets(secure, user: str = "alice") -> int:
    """How often somebody has got one for the web server: with a keytab, one each time."""
    return len(re.findall(rf"TGS_REQ .* ISSUE: .* {user}@\S+ for HTTP/localhost@", secure.log("kdc").read_text()))


def shift_clock(cache: Path, seconds: int) -> None:
    """The Kerberos libraries keep in a ticket cache (MIT's file format, version 4) by how much the KDC's clock is ahead, and
    go by that: as if this machine's clock had been set since."""
    data = cache.read_bytes()
    assert data[:2] == b"\x05\x04"
    fields = struct.pack(">HHii", 1, 8, seconds, 0)
    tickets = data[4 + int.from_bytes(data[2:4], "big") :]
    cache.write_bytes(data[:2] + len(fields).to_bytes(2, "big") + fields + tickets)


def requests(proxy) -> list[dict]:
    return [row for row in proxy.stats()["recent"] if row["role"] == "namenode"]


def test_the_ticket_of_kinit(mounts, secure, proxy, alice):
    """Shown when the server wants it, once; then its session and its delegation token, which ends with the mount."""
    before = shown_tickets(secure)
    mount = mounts(home(secure, "alice"), server=named(proxy.namenode), user=None, loglevel="trace")
    ordinary(mount, secure, "alice")
    found = facts(mount)
    assert found["kind"] == "negotiate" and found["token"] == "delegation" and found["source"] == "the ticket cache"
    assert found["user"] == "alice" and found["principal"] == f"alice@{kerberos.REALM}"
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", found[row]) for row in ("expires", "ticket"))
    assert (mount / ".cluster/mount/user").read_text().strip() == "alice"
    assert shown_tickets(secure) == before + 1
    seen = requests(proxy)
    assert len(seen) < 1000  # all of them are still known
    assert [row["op"] for row in seen if row["status"] == 401] == ["GETFILESTATUS"]
    for op in ("GETHOMEDIRECTORY", "GETDELEGATIONTOKEN", "RENEWDELEGATIONTOKEN"):
        assert proxy.count("namenode", op) == 1
    shown = {match[1] for row in seen if (match := re.search(r"[?&]delegation=([^& ]+)", row["line"]))}
    assert len(shown) == 1
    token = shown.pop()
    check_nowhere(mount, token.encode(), b"&t=kerberos&e=", b"Negotiate Y")
    url = f"{secure.namenode}/webhdfs/v1/?op=GETHOMEDIRECTORY&delegation={token}"
    answer = ["curl", "-s", "-m", "20", "--noproxy", "*", "-o", "/dev/null", "-w", "%{http_code}", url]
    assert run(*answer).stdout == b"200"
    mount.close()
    assert run(*answer).stdout == b"403"


def test_a_session_without_a_token(mounts, secure, proxy, alice):
    """A server that gives no delegation tokens is asked with the session alone: the KDC is not asked again."""
    refused = json.dumps({"RemoteException": {"exception": "UnsupportedOperationException", "message": "no tokens here"}})
    proxy.rules({"op": "GETDELEGATIONTOKEN", "status": 400, "body": refused})
    before = shown_tickets(secure)
    mount = mounts(home(secure, "alice"), server=named(proxy.namenode), user=None)
    ordinary(mount, secure, "alice")
    assert facts(mount)["token"] == "none"
    assert proxy.count("namenode", "GETHOMEDIRECTORY") == 1 and shown_tickets(secure) == before + 1


def test_a_keytab(mounts, secure, cache):
    """Its first principal; nothing is left of its ticket, and its key is nowhere."""
    keytab = kerberos.keytab(secure.plan, "bob")
    mount = mounts(home(secure, "bob"), keytab=str(keytab), user=None, loglevel="trace", hidevirtual=None)
    ordinary(mount, secure, "bob")
    found = facts(mount)
    assert found["principal"] == f"bob@{kerberos.REALM}" and found["source"] == str(keytab)
    assert not cache.exists()
    check_nowhere(mount, keytab.read_bytes()[-32:])


def test_httpfs(mounts, secure, alice):
    """The same by way of an HttpFS, which gives delegation tokens of its own."""
    before = shown_tickets(secure)
    mount = mounts(home(secure, "alice"), server=secure.httpfs, user=None)
    ordinary(mount, secure, "alice")
    found = facts(mount)
    assert found["kind"] == "negotiate" and found["user"] == "alice" and found["token"] == "delegation"
    assert shown_tickets(secure) == before + 1


def test_clocks_that_differ(mounts, secure, binary, env, alice, tmp_path, doctor):  # noqa: F811
    """One line that names them, whoever finds it out; a mount that has its session goes on."""
    target = tmp_path / "mnt"
    target.mkdir()
    mount = mounts(home(secure, "alice"), user=None)
    shift_clock(alice, 1200)  # there is a ticket for the server in it already: the server finds it out
    line = complaint(run(binary, secure.namenode, target, rc=1, timeout=60, env=env))
    assert "Clock skew too great" in line and "set the clocks" in line
    check_failed(doctor(secure.namenode, rc=DENIED, env=env), "login", "clock", "kinit")
    kerberos.ticket(secure.plan, "alice", alice)
    for seconds in (1200, -1200):
        shift_clock(alice, seconds)  # the KDC does
        line = complaint(run(binary, secure.namenode, target, rc=1, timeout=60, env=env))
        assert "clocks of this machine and of the KDC differ" in line
    assert mounted(target) is None
    (mount / "f").write_bytes(b"x" * MIB)
    assert (mount / "f").read_bytes() == b"x" * MIB == secure.dfs("-cat", "/user/alice/f").out


@pytest.mark.limit(400)  # its servers are its own
def test_fail_over(binary, request, cache, tmp_path):
    """A pair of NameNodes: what one has given is good at the other one, with no ticket left; so is a token of a file."""
    with Stack.up(kerberos=True, ha=True, owner=os.getpid(), ephemeral=True) as pair:
        kerberos.ticket(pair.plan, "alice", cache)
        env = kerberos.environment(pair.plan) | {"KRB5CCNAME": f"FILE:{cache}"}
        token = secret_file(tmp_path / "token", token_of(asker(pair, tmp_path / "own-tickets")))
        folder, both = home(pair, "alice"), ",".join(pair.namenodes)
        with mounting(request, Mounts(binary, both, env=env)) as made:
            mount, by_file = made(folder, user=None), made(folder, user=None, delegation_file=str(token))
            (mount / "f").write_bytes(b"one")
            assert (by_file / "f").read_bytes() == b"one" and facts(mount)["token"] == "delegation"
            cache.unlink()
            changed, data = Event(), os.urandom(MIB)

            def work(mount, name: str) -> int:
                """Writes and reads until they have changed places often enough."""
                number = 0
                while number < 3 or not changed.is_set():
                    number += 1
                    (mount / f"{name}{number % 7}").write_bytes(b"%d" % number + data)
                    assert (mount / f"{name}{number % 7}").read_bytes() == b"%d" % number + data
                return number

            with ThreadPoolExecutor(2) as pool:
                workers = [pool.submit(work, mount, "a"), pool.submit(work, by_file, "b")]
                try:
                    for active in ("nn2", "nn", "nn2"):
                        pair.activate(active)
                finally:
                    changed.set()
                for name, worker in zip("ab", workers, strict=True):
                    last = worker.result(timeout=120)
                    assert pair.dfs("-cat", f"{folder}/{name}{last % 7}").out == b"%d" % last + data
            pair.kill("nn")
            with open(mount / "f", "ab") as file:
                file.write(b"two")
            assert (by_file / "f").read_bytes() == b"onetwo" and facts(mount)["token"] == "delegation"
            mount.close()
            assert "not cancelled" not in mount.log()


def test_a_keytab_that_is_none(secure, binary, env, tmp_path):
    """One line each, that says what to do."""
    target = tmp_path / "mnt"
    target.mkdir()
    good = kerberos.keytab(secure.plan, "bob")
    open_to_all, empty = tmp_path / "open", secret_file(tmp_path / "empty", "")
    open_to_all.write_bytes(good.read_bytes())
    open_to_all.chmod(0o640)

    def line(options: str, server=secure.namenode) -> str:
        said = complaint(run(binary, "-o", options, server, target, rc=1, timeout=60, env=env))
        assert mounted(target) is None
        return said

    assert "chmod 600" in line(f"keytab={open_to_all}")
    assert "No such file" in line(f"keytab={tmp_path}/none")
    assert str(empty) in line(f"keytab={empty}")
    assert "has no key of carol" in line(f"keytab={good},principal=carol")
    assert "there is no Kerberos ticket of carol" in line("principal=carol")
    assert "-o user=carol, but the Kerberos ticket is bob's" in line(f"keytab={good},user=carol")
    assert "knows no service HTTP/127.0.0.1" in line(f"keytab={good}", secure.namenode.replace("localhost", "127.0.0.1"))


def test_without_a_ticket(secure, binary, env, cache, tmp_path, doctor):  # noqa: F811
    """None, one that has ended, and a garbage token: one line that says what to do."""
    target = tmp_path / "mnt"
    target.mkdir()
    line = complaint(run(binary, secure.namenode, target, rc=1, timeout=60, env=env))
    assert NO_TICKET in line and "kinit" in line and "keytab" in line
    kerberos.run(secure.plan, "kinit", "-l", "2s", "-c", f"FILE:{cache}", "-kt", str(kerberos.keytab(secure.plan, "alice")), "alice")
    until(lambda: run("klist", "-s", rc=None, env=env).returncode, what="the ticket has ended")
    line = complaint(run(binary, secure.namenode, target, rc=1, timeout=60, env=env))
    assert f"the Kerberos ticket of alice@{kerberos.REALM}" in line and "has expired" in line and "kinit" in line
    check_failed(doctor(secure.namenode, rc=DENIED, env=env), "login", "has expired", "kinit")
    wrong = secret_file(tmp_path / "token", "garbage")
    complaint(run(binary, "-o", f"delegation_file={wrong}", secure.namenode, target, rc=1, timeout=60, env=env))
    assert mounted(target) is None


def test_without_a_kdc(mounts, secure, binary, env, alice, tmp_path):
    """A KDC that is gone or silent takes nothing that was got from it, and hangs nobody."""
    target = tmp_path / "mnt"
    target.mkdir()
    mount = mounts(home(secure, "alice"), user=None)
    keytab = kerberos.keytab(secure.plan, "bob")
    secure.kill("kdc", signal.SIGSTOP)
    try:
        silent = complaint(run(binary, "-o", f"keytab={keytab}", secure.namenode, target, rc=1, timeout=60, env=env))
        assert "Kerberos" in silent and "did not answer" in silent or "can be reached" in silent
        (mount / "meanwhile").write_bytes(b"x" * MIB)
        assert (mount / "meanwhile").read_bytes() == b"x" * MIB
    finally:
        secure.kill("kdc", signal.SIGCONT)
    secure.kill("kdc")
    try:
        gone = complaint(run(binary, "-o", f"keytab={keytab}", secure.namenode, target, rc=1, timeout=60, env=env))
        assert "no KDC of the realm" in gone
    finally:
        secure.start("kdc")
    assert mounted(target) is None


def test_doctor(doctor, secure, env, alice):  # noqa: F811
    """With a ticket all is well; what the doctor has got is given back."""
    found, _ = doctor(f"{secure.namenode}{home(secure, 'alice')}", env=env)
    check_ok(found, nothing=["tls"])
    said = found["login"][1]
    assert said.startswith("negotiate as alice, from the ticket cache") and "delegation token" in said and "expires" in said


def test_a_short_life(binary, request, cache):
    """Tokens are renewed while a mount is used, and replaced when that does not help; without a ticket it ends in EACCES."""
    with Stack.up(kerberos=True, settings=BRIEF, owner=os.getpid(), ephemeral=True) as brief:
        kerberos.ticket(brief.plan, "alice", cache)
        env = kerberos.environment(brief.plan) | {"KRB5CCNAME": f"FILE:{cache}"}
        with mounting(request, Mounts(binary, brief.namenode, env=env)) as made:
            mount = made(home(brief, "alice"), user=None, attr_timeout=0, entry_timeout=0)

            def replaced() -> bool:
                log = mount.log_file.read_text()
                return int(facts(mount)["renewals"]) >= 5 and "a new delegation token takes the old one's place" in log

            number = work_until(mount, replaced, 120, "renewals, and a token that took another one's place")
            cache.unlink()

            def refused() -> bool:
                try:
                    os.stat(mount / "f0")
                except PermissionError:
                    return True
                return False

            until(refused, 60, "the last token has ended")
            kerberos.ticket(brief.plan, "alice", cache)
            until(lambda: not refused(), 30, "a new ticket is taken")
            assert (mount / f"f{number % 10}").read_bytes() == b"%d" % number


def test_a_delegation_token(mounts, secure, token, ask, tmp_path):
    """Of a file: ordinary programs, whom the token is of; and a token that was cancelled is refused."""
    file = secret_file(tmp_path / "token", token)
    mount = mounts(home(secure, "alice"), delegation_file=str(file), user=None, loglevel="trace")
    ordinary(mount, secure, "alice")
    assert token not in mount.log_file.read_text()
    ask(f"?op=CANCELDELEGATIONTOKEN&token={token}", "PUT")
    with pytest.raises(PermissionError):
        os.stat(mount / "none")


def test_doctor_with_a_delegation_token(doctor, program, secure, token, tmp_path):  # noqa: F811
    """Its redirect and its DataNode, too: who asks for them shows the token, and nothing that is printed has it."""
    file, endpoint = secret_file(tmp_path / "token", token), f"{secure.namenode}{home(secure, 'alice')}"
    found, _ = doctor(endpoint, "--delegation-file", file)
    check_ok(found, ["tls"])
    assert "delegation as " in found["login"][1] and secure.datanodes[0] in found["datanode"][1]
    told = run(program, "-v", "-v", "--delegation-file", file, "doctor", endpoint, timeout=90)
    assert b"op=CREATE" in told.stderr and token.encode() not in told.stdout + told.stderr
