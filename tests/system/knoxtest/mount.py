"""A mount with its driver as our child, so that its exit status and what a sanitizer wrote are seen."""

import contextlib
import os
import re
import signal
import subprocess
import tempfile
from pathlib import Path

from . import programs
from .waiting import until

READY_S = 40  # a sanitizer on a busy machine
END_S = 20
# A request that libfuse 3.14 keeps for ever: the INTERRUPT of a program that was killed, when it is read after what it was
# to interrupt has been answered, and nothing is asked afterwards (the next request would take it off its list).
LATE_INTERRUPT = re.compile(
    r"=+\n==\d+==ERROR: LeakSanitizer: detected memory leaks\n\n"
    r"Direct leak of 128 byte\(s\) in 1 object\(s\) allocated from:\n"
    r" +#0 .* in (__interceptor_)?calloc .*\n +#1 .*libfuse3\.so\.3\+0x\w+\)\n\n"
    r"SUMMARY: AddressSanitizer: 128 byte\(s\) leaked in 1 allocation\(s\)\.\s*"
)
SANITIZER_STATUS = 99
LOG_END = 6000  # bytes of a log that are shown


class MountError(AssertionError):
    """It could not be mounted, or the driver did not end as it should."""


def mounted(path: Path) -> dict[str, str] | None:
    """The kernel's view: {"type", "source", "options", "super"}; None: nothing is mounted there."""
    found = None
    for line in Path("/proc/self/mountinfo").read_text(errors="surrogateescape").splitlines():
        left, _, right = line.partition(" - ")
        fields, rest = left.split(" "), right.split(" ")
        where = fields[4].encode("latin-1", "surrogateescape").decode("unicode_escape")
        if where == str(path):
            found = {"type": rest[0], "source": rest[1], "options": fields[5], "super": rest[2]}
    return found


def rss(pid: int, key: str = "VmRSS") -> int:
    """Bytes; VmHWM is the largest there was."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) * 1024
    raise MountError(f"process {pid} has no {key}")


def sanitizer_environment(folder: Path) -> dict[str, str]:
    """Reports go to files: a driver in the background has no stderr.  Of undefined behaviour they
    go to stderr all the same when both sanitizers are at work."""
    common = f"log_path={folder}/sanitizer:exitcode={SANITIZER_STATUS}"
    return {
        "ASAN_OPTIONS": f"{common}:detect_leaks=1:detect_stack_use_after_return=1",
        "UBSAN_OPTIONS": f"{common}:print_stacktrace=1",
        "TSAN_OPTIONS": f"{common}:second_deadlock_stack=1",
        "LSAN_OPTIONS": "report_objects=0",
    }


def reports(folder: Path) -> str:
    """What a sanitizer wrote; empty: nothing."""
    found = [file.read_text(errors="replace") for file in sorted(folder.glob("sanitizer.*"))]
    with contextlib.suppress(OSError):
        said = (folder / "stderr").read_text(errors="replace")
        found += [said] if "runtime error:" in said else []
    return "".join(found)


def detach(path: Path) -> None:
    """Whatever it takes: `fusermount3 -u`, then lazily."""
    for option in ("-u", "-uz"):
        if mounted(path) is None:
            return
        subprocess.run(["fusermount3", option, str(path)], capture_output=True, timeout=END_S)


def option_list(given: dict) -> str:
    """As -o wants it; True: a word without a value, None: not given."""
    words = [k if v is True else f"{k}={v}" for k, v in given.items() if v is not None]
    return ",".join(word.replace("\\", "\\\\").replace(",", "\\,") for word in words)


class Mount:
    """A driver in the foreground and where it is mounted."""

    def __init__(self, binary: Path, endpoint: str, folder: Path, options: dict, env: dict | None = None):
        self.endpoint = endpoint
        self.folder = folder
        self.path = folder / "mnt"
        self.path.mkdir(parents=True)
        self.log_file = folder / "log"
        self.killed = False
        given = {"logfile": str(self.log_file), "loglevel": "debug", **options}
        line = [str(binary), "-f", "-o", option_list(given), endpoint, str(self.path)]
        me = os.getpid()
        with open(folder / "stderr", "wb") as errors:
            self.process = subprocess.Popen(
                line,
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                env=programs.ENVIRONMENT | sanitizer_environment(folder) | (env or {}),
                start_new_session=True,
                preexec_fn=lambda: programs.end_with(me),
            )
        until(self.is_ready, READY_S, f"mounting {endpoint}")

    def is_ready(self) -> bool:
        if self.process.poll() is not None:
            self.killed = True
            raise MountError(f"the driver ended with {self.process.returncode}\n{self.log()}")
        return mounted(self.path) is not None

    @property
    def pid(self) -> int:
        return self.process.pid

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def log(self) -> str:
        """What the driver said, and a sanitizer."""
        text = ""
        for file in (self.folder / "stderr", self.log_file):
            with contextlib.suppress(OSError):
                text += file.read_text(errors="replace")[-LOG_END:]
        return text + reports(self.folder)

    def rss(self, key: str = "VmRSS") -> int:
        return rss(self.pid, key)

    def peers(self) -> set[int]:
        """The ports that the driver has connections to."""
        mine = set()
        for link in Path(f"/proc/{self.pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                mine.add(os.readlink(link))
        ports = set()
        for table in ("tcp", "tcp6"):
            for line in Path(f"/proc/{self.pid}/net/{table}").read_text().splitlines()[1:]:
                fields = line.split()
                established = fields[3] == "01"
                if established and f"socket:[{fields[9]}]" in mine:
                    ports.add(int(fields[2].rpartition(":")[2], 16))
        return ports

    def is_running(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        """As an end of power for the driver; the mount point is freed."""
        self.killed = True
        self.process.kill()
        self.process.wait(END_S)
        detach(self.path)

    def close(self, statuses: tuple[int, ...] = (0,)) -> None:
        """Unmount; the driver must then end by itself, with such a status and no report."""
        if self.killed:
            detach(self.path)
            return
        trouble = ""
        if mounted(self.path) is not None:
            line = ["fusermount3", "-u", str(self.path)]
            asked = subprocess.run(line, capture_output=True, timeout=END_S)
            trouble = asked.stderr.decode(errors="replace") if asked.returncode else ""
            detach(self.path)
        try:
            status = self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = f"none: it had to be killed {END_S} s after the unmount"
            self.process.wait(END_S)
        self.killed = True
        found = reports(self.folder)
        if status == SANITIZER_STATUS and LATE_INTERRUPT.fullmatch(found.strip()):
            status, found = 0, ""
        if status not in statuses or trouble or found:
            raise MountError(f"unmount: {trouble}; exit status {status}\n{self.log()}")


class Mounts:
    """All mounts of a scope (a test, a module)."""

    def __init__(self, binary: Path, base: str, login=None, env: dict | None = None):
        """login(user, folder): the options by which that user logs in at BASE, in files of FOLDER.  env: of the drivers, beside the tests' own."""
        self.binary = binary
        self.base = base
        self.login = login
        self.env = env or {}
        self.live: list[Mount] = []

    def __call__(self, path: str = "/", server: str | None = None, **options) -> Mount:
        """Mount PATH (already encoded) of SERVER; options as of -o, True: without a value, None: not
        given.  What is not the cluster's is not listed, unless said."""
        folder = Path(tempfile.mkdtemp(prefix="knoxfs-test-"))
        user = options.setdefault("user", "alice")
        if self.login and server is None:
            options = self.login(user, folder) | options
        options.setdefault("hidevirtual", True)
        options.setdefault("stage_dir", str(folder))  # what one leaves is no other's, but on purpose
        mount = Mount(self.binary, (server or self.base) + path, folder, options, self.env)
        self.live.append(mount)
        return mount

    def abandon(self) -> None:
        """The time is up: whoever waits in the kernel for an answer gets an error now."""
        for mount in self.live:
            if mount.is_running():
                mount.killed = True
                os.kill(mount.pid, signal.SIGKILL)

    def close(self) -> None:
        troubles = []
        for mount in self.live:
            try:
                mount.close()
            except (MountError, OSError, subprocess.SubprocessError) as trouble:
                troubles.append(str(trouble))
            subprocess.run(["rm", "-rf", "--one-file-system", str(mount.folder)], timeout=END_S)
        self.live.clear()
        if troubles:
            raise MountError("\n".join(troubles))
