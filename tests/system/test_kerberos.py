"""HDFS that wants tickets: mounted by a delegation token that somebody with a ticket has got."""

import json
import os
import subprocess

import pytest
from knoxstack import Stack, kerberos
from knoxtest import Mounts, run, sh
from knoxtest.mount import mounted
from knoxtest.secrets import secret_file

from conftest import mounts_key
from test_mount import complaint

pytestmark = [pytest.mark.slow, pytest.mark.direct, pytest.mark.limit(240)]
MIB = 1 << 20


@pytest.fixture(scope="module")
def secure():
    with Stack.up(kerberos=True, owner=os.getpid(), ephemeral=True) as stack:
        yield stack


@pytest.fixture
def mounts(binary, secure, request):
    made = Mounts(binary, secure.namenode)
    known = request.config.stash[mounts_key]
    known.append(made)
    yield made
    known.remove(made)
    made.close()


@pytest.fixture
def ask(secure, tmp_path):
    """ask(query, method): what WebHDFS answers to alice's ticket."""
    cache = tmp_path / "tickets"
    kerberos.ticket(secure.plan, "alice", cache)
    env = os.environ | kerberos.environment(secure.plan) | {"KRB5CCNAME": f"FILE:{cache}"}

    def call(query: str, method: str = "GET") -> bytes:
        url = f"{secure.namenode}/webhdfs/v1/{query}"
        line = ["curl", "-sf", "-m", "20", "--noproxy", "*", "-X", method, "--negotiate", "-u", ":", url]
        return subprocess.run(line, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=True).stdout

    return call


@pytest.fixture
def token(ask) -> str:
    return json.loads(ask("?op=GETDELEGATIONTOKEN&renewer=alice"))["Token"]["urlString"]


def test_a_delegation_token(mounts, secure, token, ask, tmp_path):
    """Ordinary programs, whom the token is of; and a token that was cancelled is refused."""
    file = secret_file(tmp_path / "token", token)
    mount = mounts("/user/alice", delegation_file=str(file), user=None, loglevel="trace")
    data = os.urandom(5 * MIB + 3)
    (mount / "big").write_bytes(data)
    assert (mount / "big").read_bytes() == data == secure.dfs("-cat", "/user/alice/big").out
    sh(
        """
        echo one > f; echo two >> f; test "$(cat f)" = "$(printf 'one\\ntwo')"; mkdir -p a/b; mv f a/b/g; cp a/b/g h
        echo new > h; test "$(cat h)" = new; chmod 600 h; touch -d @1000000000 h; test "$(stat -c '%a %Y' h)" = "600 1000000000"
        tar c a | tar x -C a/b; diff -r a/b/g a/b/a/b/g; rm -r a; ls -la; df .
        """,
        cwd=mount.path,
        timeout=120,
    )
    assert secure.dfs("-stat", "%u", "/user/alice/h").out == b"alice\n"
    assert token not in mount.log_file.read_text()
    ask(f"?op=CANCELDELEGATIONTOKEN&token={token}", "PUT")
    with pytest.raises(PermissionError):
        os.stat(mount / "none")


def test_without_a_login(secure, binary, tmp_path):
    target = tmp_path / "mnt"
    target.mkdir()
    line = complaint(run(binary, secure.namenode, target, rc=1, timeout=60))
    assert "a Kerberos ticket" in line and "delegation_file" in line
    wrong = secret_file(tmp_path / "token", "garbage")
    complaint(run(binary, "-o", f"delegation_file={wrong}", secure.namenode, target, rc=1, timeout=60))
    assert mounted(target) is None
