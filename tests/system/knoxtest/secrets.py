"""Passwords in files, and certificates that are wrong in one way each."""

import re
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from .programs import run

STORE = "test-store"


def login_file(folder: Path, user: str, password: str | None = None) -> Path:
    """USER:PASSWORD as -o auth_file wants it; the stack's LDAP has NAME-password."""
    return secret_file(folder / f"login-{user}", f"{user}:{password or user + '-password'}\n")


def secret_file(path: Path, text: str) -> Path:
    """Made or replaced in one step, for nobody else."""
    part = path.with_name(path.name + ".part")
    part.touch(mode=0o600)
    part.write_text(text)
    return part.replace(path)


def knox_token(gateway, topology: str, user: str = "alice") -> str:
    """What Knox gives for the password."""
    line = ["curl", "-sf", "--cacert", str(gateway.cacert), "-u", f"{user}:{user}-password"]
    done = run(*line, f"{gateway.knox}/{topology}/knoxtoken/api/v1/token", timeout=60)
    return re.search(rb'"access_token":"([^"]+)"', done.stdout).group(1).decode()


def knows_token(gateway, text: str) -> bool:
    """Whether Knox still takes it; asked without a child, whose start would be a flush of all files that are open here."""
    request = urllib.request.Request(f"{gateway.knox}/jwt/webhdfs/v1/?op=GETHOMEDIRECTORY")
    request.add_header("Authorization", f"Bearer {text}")
    try:
        with urllib.request.urlopen(request, timeout=30, context=ssl.create_default_context(cafile=gateway.cacert)):
            return True
    except urllib.error.HTTPError as answer:
        assert answer.code == 401
        return False


def certificate(folder: Path, name: str, host: str, *more: str) -> Path:
    """A PEM file with a self-signed certificate for HOST and its key; MORE for keytool."""
    store, pem = folder / f"{name}.p12", folder / f"{name}.pem"
    line = ["keytool", "-genkeypair", "-alias", "a", "-keyalg", "RSA", "-keysize", "2048"]
    line += ["-dname", f"CN={host}", "-ext", f"SAN=dns:{host}", "-storetype", "PKCS12", *more]
    line += ["-keystore", str(store), "-storepass", STORE, "-keypass", STORE]
    subprocess.run(line, check=True, capture_output=True, timeout=60)
    line = ["openssl", "pkcs12", "-in", str(store), "-passin", f"pass:{STORE}", "-nodes"]
    subprocess.run([*line, "-out", str(pem)], check=True, capture_output=True, timeout=60)
    return pem


def pin(pem: Path) -> str:
    """The hash of its public key, as -o pin wants it."""
    shell = (
        f"openssl x509 -in '{pem}' -pubkey -noout | openssl pkey -pubin -outform der"
        " | openssl dgst -sha256 -binary | base64"
    )
    done = subprocess.run(["sh", "-c", shell], check=True, capture_output=True, text=True, timeout=60)
    return f"sha256//{done.stdout.strip()}"
