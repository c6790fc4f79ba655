"""Passwords that are in no file of the user: typed on a terminal, or given by systemd; and what a crash leaves of them."""

import base64
import fcntl
import os
import pty
import resource
import signal
import struct
import subprocess
import termios
from pathlib import Path

import pytest
from knoxtest import MountError, programs, until
from knoxtest.mount import detach, mounted
from knoxtest.secrets import secret_file

from test_login import check_nowhere, facts, folder_server  # noqa: F401

pytestmark = [pytest.mark.direct("each test has a server of its own")]
ALONE = {"user": None, "oozie": "none", "yarn": "none", "jobhistory": "none"}
SECRET = "canary-secret"
SHOWN = "Basic " + base64.b64encode(f"alice:{SECRET}".encode()).decode()
NOBODY = 65534


def address(server) -> str:
    return f"http://127.0.0.1:{server.server_port}"


# A terminal.


class Terminal:
    """A program whose terminal is ours."""

    def __init__(self, *line):
        self.master, slave = pty.openpty()

        def begin():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        line = [str(word) for word in line]
        self.process = subprocess.Popen(line, stdin=slave, stdout=slave, stderr=slave, env=programs.ENVIRONMENT, preexec_fn=begin)
        self.slave, self.seen = slave, b""
        os.set_blocking(self.master, False)

    def has(self, words: bytes) -> bool:
        try:
            self.seen += os.read(self.master, 4096)
        except BlockingIOError:
            pass
        return words in self.seen

    def echoes(self) -> bool:
        return bool(termios.tcgetattr(self.master)[3] & termios.ECHO)

    def type(self, words: bytes) -> None:
        os.write(self.master, words)

    def end(self) -> int:
        status = self.process.wait(30)
        self.has(b"")
        return status

    def close(self) -> None:
        self.process.kill()
        self.process.wait(30)
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def terminal():
    made = []

    def make(*line):
        made.append(Terminal(*line))
        return made[-1]

    yield make
    for one in made:
        one.close()


OPTIONS = "ask_password,oozie=none,yarn=none,jobhistory=none"


def test_a_password_that_is_typed(binary, terminal, folder_server, tmp_path):  # noqa: F811
    """Without its echo, before the mount goes into the background; whose it is is asked for as well."""
    target = tmp_path / "mnt"
    target.mkdir()
    asked = terminal(binary, "-o", f"{OPTIONS},stage_dir={tmp_path},logfile={tmp_path}/log", address(folder_server), target)
    try:
        until(lambda: asked.has(b"user: "))
        assert asked.echoes()
        asked.type(b"alice\n")
        until(lambda: asked.has(b"password: ") and not asked.echoes())
        assert folder_server.told == []
        asked.type(f"{SECRET}\n".encode())
        assert asked.end() == 0 and asked.echoes()
        assert mounted(target) and os.listdir(target) == [".cluster"]
        assert {shown for _, shown in folder_server.told} == {SHOWN}
        assert SECRET.encode() not in asked.seen
        auth = (target / ".cluster/mount/auth").read_text()
        assert "user\talice" in auth and "the terminal" in auth and SECRET not in auth + (tmp_path / "log").read_text()
    finally:
        detach(target)


@pytest.mark.parametrize("way", ["interrupt", "terminate", "nothing"])
def test_a_password_that_is_not_typed(binary, terminal, folder_server, tmp_path, way):  # noqa: F811
    """Nothing is mounted, nobody is asked, and the terminal has its echo again."""
    target = tmp_path / "mnt"
    target.mkdir()
    asked = terminal(binary, "-o", f"{OPTIONS},user=alice", address(folder_server), target)
    until(lambda: asked.has(b"password: ") and not asked.echoes())
    if way == "terminate":
        asked.process.terminate()
    else:
        asked.type(b"\x03" if way == "interrupt" else b"\x04")
    status = asked.end()
    assert status == {"interrupt": -signal.SIGINT, "terminate": -signal.SIGTERM, "nothing": 1}[way], asked.seen
    assert asked.echoes() and mounted(target) is None and folder_server.told == []
    assert way != "nothing" or b"nothing was typed" in asked.seen


def test_no_terminal(binary, tmp_path):
    target = tmp_path / "mnt"
    target.mkdir()
    done = programs.run(binary, "-o", OPTIONS, "http://localhost:1", target, rc=None)
    assert done.returncode and b"there is no terminal to ask on" in done.stderr


# systemd.


def let_in(file: Path, *users: int) -> None:
    """By an ACL, as systemd does for the user of a service; the bits of the group are its mask then."""
    everybody = (1 << 32) - 1
    rows = [(0x01, 4, everybody), *((0x02, 4, user) for user in users), (0x04, 0, everybody), (0x10, 4, everybody), (0x20, 0, everybody)]
    os.setxattr(file, "system.posix_acl_access", struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *row) for row in rows))
    assert file.stat().st_mode & 0o777 == 0o440


@pytest.mark.parametrize("given", ["mode", "list"])
def test_a_credential_of_systemd(mounts, folder_server, tmp_path, monkeypatch, given):  # noqa: F811
    """LoadCredential=hdfs:FILE: closed to others by its mode, or by a list that has the service's user alone."""
    file = secret_file(tmp_path / "hdfs", f"alice:{SECRET}\n")
    file.chmod(0o400)
    if given == "list":
        let_in(file, os.geteuid())
    monkeypatch.setitem(programs.ENVIRONMENT, "CREDENTIALS_DIRECTORY", str(tmp_path))
    mount = mounts("/", server=address(folder_server), credential="hdfs", loglevel="trace", **ALONE)
    assert os.listdir(mount.path) == []
    assert {shown for _, shown in folder_server.told} == {SHOWN}
    assert facts(mount)["user"] == "alice"
    check_nowhere(mount, SECRET.encode(), SHOWN.encode())


def test_a_credential_for_others(mounts, folder_server, tmp_path, monkeypatch):  # noqa: F811
    file = secret_file(tmp_path / "hdfs", f"alice:{SECRET}\n")
    let_in(file, os.geteuid(), NOBODY)
    monkeypatch.setitem(programs.ENVIRONMENT, "CREDENTIALS_DIRECTORY", str(tmp_path))
    with pytest.raises(MountError, match="others may read or write"):
        mounts("/", server=address(folder_server), credential="hdfs", **ALONE)
    assert folder_server.told == []


# A crash.


def cores(folder: Path) -> list[Path]:
    return [file for file in folder.iterdir() if file.name.startswith("core")]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder where programs that crash leave their memory."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    folder = tmp_path / "crashes"
    folder.mkdir()
    monkeypatch.chdir(folder)
    other = subprocess.Popen(["sleep", "60"])
    until(lambda: Path(f"/proc/{other.pid}/comm").read_text() == "sleep\n")
    other.send_signal(signal.SIGABRT)
    other.wait(30)
    left = cores(folder)
    for core in left:
        core.unlink()
    if not left:
        resource.setrlimit(resource.RLIMIT_CORE, before)
        pytest.skip("no program leaves its memory here")
    yield folder
    resource.setrlimit(resource.RLIMIT_CORE, before)


def test_a_crash_leaves_no_memory(mounts, folder_server, tmp_path, place):  # noqa: F811
    login = secret_file(tmp_path / "login", f"alice:{SECRET}\n")
    mount = mounts("/", server=address(folder_server), auth_file=str(login), **ALONE)
    assert os.listdir(mount.path) == []
    os.kill(mount.pid, signal.SIGABRT)  # as abort() does; of others a sanitizer would make an exit of its own
    mount.killed = True
    assert mount.process.wait(30) == -signal.SIGABRT
    assert cores(place) == []
