"""A gateway that wants tickets, and one that gives tokens for them; HDFS behind it wants tickets, too, of which it has one of its own."""

import os

import pytest
from knoxstack import Stack, kerberos
from knoxtest import run
from knoxtest.mount import mounted
from knoxtest.waiting import work_until

from test_kerberos import MIB, NO_TICKET, alice, cache, env, facts, home, mounts, ordinary, shown_tickets  # noqa: F401 (fixtures)
from test_login import check_nowhere
from test_mount import complaint

pytestmark = [pytest.mark.slow, pytest.mark.direct("it has servers of its own"), pytest.mark.limit(240)]


@pytest.fixture(scope="module")
def secure():
    with Stack.up(kerberos=True, knox=True, owner=os.getpid(), ephemeral=True) as stack:
        yield stack


def test_knox(mounts, secure):  # noqa: F811
    """A gateway that wants tickets is shown one, and then its session; it has its own ticket for HDFS, and acts for us."""
    before, keytab = shown_tickets(secure, "bob"), kerberos.keytab(secure.plan, "bob")
    login = {"keytab": str(keytab), "cacert": str(secure.cacert), "user": None}
    mount = mounts(home(secure, "bob"), server=f"{secure.knox}/tickets", loglevel="trace", **login)
    ordinary(mount, secure, "bob")
    found = facts(mount)
    assert found["kind"] == "negotiate" and found["user"] == "bob" and found["token"] == "none"
    assert (mount / ".cluster/mount/backend").read_text() == "knox\n"
    assert shown_tickets(secure, "bob") == before + 1
    check_nowhere(mount, b"&t=kerberos&e=", b"Negotiate Y")


def test_knox_with_the_ticket_of_kinit(mounts, secure, alice):  # noqa: F811
    mount = mounts(home(secure, "alice"), server=f"{secure.knox}/tickets", cacert=str(secure.cacert), user=None)
    (mount / "f").write_bytes(b"x" * MIB)
    assert secure.dfs("-cat", "/user/alice/f").out == b"x" * MIB and facts(mount)["principal"] == f"alice@{kerberos.REALM}"


def tokens_at(secure, topology: str) -> dict[str, str | None]:
    """The options of whoever has his tokens from there."""
    url = f"{secure.knox}/{topology}/knoxtoken/api/v1/token"
    return {"server": f"{secure.knox}/jwt", "token_url": url, "cacert": str(secure.cacert), "user": None}


def test_tokens_of_knox_for_a_ticket(mounts, secure):  # noqa: F811
    """They live for 5 s: renewed by the session that the ticket has brought, while files are written and read."""
    before, keytab = shown_tickets(secure, "bob"), kerberos.keytab(secure.plan, "bob")
    mount = mounts(home(secure, "bob"), keytab=str(keytab), loglevel="trace", **tokens_at(secure, "ticket-brief"))
    ordinary(mount, secure, "bob")
    work_until(mount, lambda: int(facts(mount)["renewals"]) >= 3, 60, "three renewals")
    found = facts(mount)
    assert found["kind"] == "bearer" and found["user"] == "bob" and found["source"] == str(keytab)
    assert shown_tickets(secure, "bob") == before + 1
    check_nowhere(mount, b"&t=kerberos&e=", b"Negotiate Y", b"Bearer e", keytab.read_bytes()[-32:])


def test_tokens_of_knox_for_the_ticket_of_kinit(mounts, secure, alice):  # noqa: F811
    """Whoever has neither password nor keytab shows his ticket."""
    mount = mounts(home(secure, "alice"), **tokens_at(secure, "ticket-tokens"))
    (mount / "f").write_bytes(b"x" * MIB)
    assert secure.dfs("-stat", "%u", "/user/alice/f").out == b"alice\n"
    assert facts(mount)["source"] == "the ticket cache" and (mount / ".cluster/mount/user").read_text() == "alice\n"


def test_no_tickets_for_knox(secure, binary, env, tmp_path):  # noqa: F811
    """One line each, of a gateway and of one that gives tokens."""
    target = tmp_path / "mnt"
    target.mkdir()

    def line(server: str, **options) -> str:
        words = ",".join(f"{key}={value}" for key, value in options.items() if value)
        said = complaint(run(binary, "-o", words, server, target, rc=1, timeout=60, env=env))
        assert mounted(target) is None
        return said

    options = tokens_at(secure, "ticket-tokens")
    server = options.pop("server")
    assert NO_TICKET in line(f"{secure.knox}/tickets", cacert=secure.cacert)
    said = line(server, **options)
    assert NO_TICKET in said and "no token from" in said and options["token_url"] in said
    keytab = kerberos.keytab(secure.plan, "bob")
    assert "-o user=carol, but the token for the Kerberos ticket is bob's" in line(server, **options | {"user": "carol", "keytab": keytab})
