"""Passwords in files, and certificates that are wrong in one way each."""

import subprocess
from pathlib import Path

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
