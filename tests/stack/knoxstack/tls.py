"""Certificates for localhost and 127.0.0.1, and what HDFS must be told to speak TLS beside plain HTTP."""

import os
import shutil
import subprocess
from pathlib import Path

from . import cache, jars, java
from .conf import HOST, Plan, Sites
from .errors import StackError

SECRET = "changeit"


def run(line: list[str]) -> None:
    done = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=java.environment())
    if done.returncode != 0:
        raise StackError(f"{os.path.basename(line[0])} failed:\n{(done.stdout + done.stderr)[-3000:]}")


def make(store: Path, certificate: Path, alias: str, secret: str) -> None:
    """A key store, and the certificate in it, which is signed by itself."""
    told = ["-alias", alias, "-keystore", str(store), "-storepass", secret]
    keytool = java.tool("keytool")
    line = [keytool, "-genkeypair", *told, "-keypass", secret, "-storetype", "JKS", "-keyalg", "RSA"]
    line += ["-keysize", "2048", "-validity", "3650", "-dname", f"CN={HOST}"]
    run([*line, "-ext", f"SAN=dns:{HOST},ip:127.0.0.1"])
    run([keytool, "-exportcert", "-rfc", *told, "-file", str(certificate)])


def made_once() -> Path:
    """hdfs.jks and hdfs.pem, for all stacks."""
    target = jars.folder() / "tls-1"
    marker = target / ".complete"
    with cache.locked(target):
        if not marker.exists():
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir(parents=True)
            make(target / "hdfs.jks", target / "hdfs.pem", "hdfs", SECRET)
            marker.touch()
    return target


def certificate() -> Path:
    return made_once() / "hdfs.pem"


def settings(plan: Plan) -> Sites:
    """A NameNode answers in the scheme that it was asked in: who comes by https is sent on to https."""
    return {"hdfs-site.xml": {"dfs.http.policy": "HTTP_AND_HTTPS"}}


def store_of(plan: Plan, name: str) -> Path:
    """The key store of one daemon, whose content a test may replace before it starts the daemon again."""
    return plan.folder / "tls" / f"{name}.jks"


def identity(plan: Plan, name: str) -> Sites:
    """What a NameNode or DataNode must know to be a server with TLS."""
    if not plan.tls:
        return {}
    store = store_of(plan, name)
    if not store.exists():
        store.parent.mkdir(exist_ok=True)
        shutil.copy(made_once() / "hdfs.jks", store)
    own = {"ssl.server.keystore.location": str(store), "ssl.server.keystore.type": "jks"}
    own |= {"ssl.server.keystore.password": SECRET, "ssl.server.keystore.keypassword": SECRET}
    return {"ssl-server.xml": own}
