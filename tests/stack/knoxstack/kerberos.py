"""A KDC of the stack's own, and what HDFS needs to be asked for tickets.

MIT's krb5kdc (Debian: krb5-kdc krb5-admin-server krb5-user) on a loopback port, its files in the stack's folder: the machine's
own /etc/krb5.conf is neither read nor written.  Principals: nn, dn, knox and HTTP of localhost, the superuser, alice, bob
and carol, each with a keytab.
"""

import os
import secrets
import shutil
import socket
import subprocess
from pathlib import Path

from . import conf, process
from .conf import HOST, Plan, Sites
from .errors import StackError

REALM = "KNOXFS.TEST"
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
SERVICES = {"nn": f"nn/{HOST}", "dn": f"dn/{HOST}", "HTTP": f"HTTP/{HOST}", "knox": f"knox/{HOST}"}

CLIENT = """\
[libdefaults]
 default_realm = {realm}
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 rdns = false
 udp_preference_limit = 1
 forwardable = true
[realms]
 {realm} = {{
  kdc = 127.0.0.1:{port}
 }}
[domain_realm]
 localhost = {realm}
"""

SERVER = """\
[kdcdefaults]
 kdc_listen = 127.0.0.1:{port}
 kdc_tcp_listen = 127.0.0.1:{port}
[realms]
 {realm} = {{
  database_name = {folder}/principal
  key_stash_file = {folder}/stash
  acl_file = {folder}/acl
  max_life = 24h 0m 0s
  max_renewable_life = 7d 0h 0m 0s
  supported_enctypes = aes256-cts-hmac-sha1-96:normal
 }}
[logging]
 kdc = STDERR
"""


def folder(plan: Plan) -> Path:
    return plan.data("kdc")


def keytab(plan: Plan, name: str) -> Path:
    return folder(plan) / f"{name}.keytab"


def environment(plan: Plan) -> dict[str, str]:
    """For the KDC's programs and for clients; the ticket of the superuser is in the cache."""
    there = folder(plan)
    return {
        "KRB5_CONFIG": str(there / "krb5.conf"),
        "KRB5_KDC_PROFILE": str(there / "kdc.conf"),
        "KRB5CCNAME": f"FILE:{there}/tickets",
    }


def run(plan: Plan, *line: str) -> None:
    env = os.environ | environment(plan) | {"PATH": PATH}
    done = subprocess.run(line, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise StackError(f"{line[0]} failed:\n{(done.stdout + done.stderr)[-2000:]}")


def ticket(plan: Plan, user: str, cache: Path) -> None:
    """A ticket for USER in a cache of its own."""
    run(plan, "kinit", "-c", f"FILE:{cache}", "-kt", str(keytab(plan, user)), f"{user}@{REALM}")


def start(plan: Plan, name: str, log: Path) -> int:
    there, port = folder(plan), plan.port(name, "kdc")
    there.mkdir(parents=True, exist_ok=True)
    (there / "krb5.conf").write_text(CLIENT.format(realm=REALM, port=port))
    (there / "kdc.conf").write_text(SERVER.format(realm=REALM, port=port, folder=there))
    if not (there / ".complete").exists():
        make(plan, there)
    program = shutil.which("krb5kdc", path=PATH)
    if not program:
        raise StackError("no krb5kdc: install krb5-kdc, krb5-admin-server and krb5-user")
    # The mark by which it is found is its name.
    line = [process.mark(plan.folder, name), "-n", "-r", REALM]
    return process.spawn(line, log, plan.folder, os.environ | environment(plan), program)


def make(plan: Plan, there: Path) -> None:
    (there / "acl").touch()
    run(plan, "kdb5_util", "create", "-r", REALM, "-s", "-P", secrets.token_hex())
    rows = SERVICES | {user: user for user in (conf.superuser(), *conf.USERS)}
    for name, principal in rows.items():
        run(plan, "kadmin.local", "-r", REALM, "addprinc", "-randkey", principal)
        run(plan, "kadmin.local", "-r", REALM, "ktadd", "-k", str(keytab(plan, name)), principal)
    (there / "http-secret").write_text(secrets.token_hex())
    (there / ".complete").touch()


def ask(plan: Plan, url: str) -> bytes | None:
    """The body of a 2xx answer to the superuser's ticket, None for anything else."""
    line = ["curl", "-sf", "-m", "10", "--noproxy", "*", "--negotiate", "-u", ":", url]
    done = subprocess.run(line, env=os.environ | environment(plan), stdin=subprocess.DEVNULL, capture_output=True)
    return done.stdout if done.returncode == 0 else None


def ready(plan: Plan, name: str) -> bool:
    try:
        socket.create_connection(("127.0.0.1", plan.port(name, "kdc")), 1).close()
    except OSError:
        return False
    return True


def settings(plan: Plan) -> Sites:
    """Measured with Hadoop 3.4.2: without the http.authentication ones the RPCs are secure and WebHDFS is not."""
    web = {"principal": f"HTTP/{HOST}@{REALM}", "keytab": str(keytab(plan, "HTTP"))}
    core = {
        "hadoop.security.authentication": "kerberos",
        "hadoop.security.authorization": "true",
        "hadoop.security.auth_to_local": f"RULE:[2:$1@$0]([nd]n@{REALM})s/.*/{conf.superuser()}/ DEFAULT",
        "hadoop.rpc.protection": "authentication",
        "hadoop.proxyuser.knox.hosts": "*",
        "hadoop.proxyuser.knox.groups": "*",
        "hadoop.http.authentication.type": "kerberos",
        "hadoop.http.authentication.signature.secret.file": str(folder(plan) / "http-secret"),
    }
    core |= {f"hadoop.http.authentication.kerberos.{key}": value for key, value in web.items()}
    hdfs = {
        "dfs.namenode.kerberos.principal": f"nn/{HOST}@{REALM}",
        "dfs.namenode.keytab.file": str(keytab(plan, "nn")),
        "dfs.namenode.kerberos.internal.spnego.principal": web["principal"],
        "dfs.datanode.kerberos.principal": f"dn/{HOST}@{REALM}",
        "dfs.datanode.keytab.file": str(keytab(plan, "dn")),
        "dfs.block.access.token.enable": "true",
        "ignore.secure.ports.for.testing": "true",
        "dfs.http.policy": "HTTP_ONLY",
    }
    hdfs |= {f"dfs.web.authentication.kerberos.{key}": value for key, value in web.items()}
    httpfs = {
        "httpfs.authentication.type": "kerberos",
        "httpfs.authentication.signature.secret.file": str(folder(plan) / "http-secret"),
        "httpfs.hadoop.authentication.type": "kerberos",
        "httpfs.hadoop.authentication.kerberos.principal": f"nn/{HOST}@{REALM}",  # whom auth_to_local makes the superuser
        "httpfs.hadoop.authentication.kerberos.keytab": str(keytab(plan, "nn")),
    }
    httpfs |= {f"httpfs.authentication.kerberos.{key}": value for key, value in web.items()}
    return {"core-site.xml": core, "hdfs-site.xml": hdfs, "httpfs-site.xml": httpfs}
