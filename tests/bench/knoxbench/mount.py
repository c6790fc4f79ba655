"""A mount to measure: the driver's process, its CPU seconds, its memory, and what it says of itself."""

import json
import os
import subprocess
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
KNOXFS = os.environ.get("KNOXFS_BIN", str(ROOT / "build/release/src/fs/knoxfs"))
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
READY_S = 60


class Mounted:
    """A fresh mount (so that no cache is warm) in the foreground of a child process.

    line: its command, whose "{path}" is where it shall mount."""

    def __init__(self, line: list[str], **popen):
        self.path = tempfile.mkdtemp(prefix="knoxfs-bench-")
        self.name = os.path.basename(line[0])
        line = [word.replace("{path}", self.path) for word in line]
        begin = time.monotonic()
        self.driver = subprocess.Popen(line, **popen)
        try:
            self._wait()
        except BaseException:
            self.driver.kill()
            self.driver.wait()
            os.rmdir(self.path)
            raise
        self.ready_s = time.monotonic() - begin

    def _wait(self) -> None:
        end = time.monotonic() + READY_S
        while not os.path.ismount(self.path):
            if self.driver.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{self.name} has not mounted {self.path}")
            time.sleep(0.002)

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.driver.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    def rss_mib(self, which: str = "VmHWM") -> float:
        for line in Path(f"/proc/{self.driver.pid}/status").read_text().splitlines():
            if line.startswith(which + ":"):
                return int(line.split()[1]) / 1024
        raise RuntimeError(f"no {which}")

    def stats(self) -> dict:
        """A driver's own numbers; none are known of this one."""
        return {}

    def budget_mib(self) -> float:
        """What it says it uses of its budget."""
        return 0

    def __enter__(self) -> "Mounted":
        return self

    def __exit__(self, *failure) -> None:
        subprocess.run(["fusermount3", "-u", self.path], check=False)
        try:
            self.driver.wait(90)
        except subprocess.TimeoutExpired:
            self.driver.kill()
            self.driver.wait()
            subprocess.run(["fusermount3", "-uz", self.path], check=False, capture_output=True)
            raise
        finally:
            os.rmdir(self.path)


class Watcher:
    """Looks at a mount's memory again and again while something is done with it."""

    EACH_S = 0.1

    def __init__(self, mount: Mounted):
        self.mount = mount
        self.budget_mib = self.beyond_mib = 0.0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while not self.ended.wait(self.EACH_S):
            used = self.mount.budget_mib()
            self.budget_mib = max(self.budget_mib, used)
            self.beyond_mib = max(self.beyond_mib, self.mount.rss_mib("VmRSS") - used)

    def __enter__(self) -> "Watcher":
        self.thread.start()
        return self

    def __exit__(self, *failure) -> None:
        self.ended.set()
        self.thread.join()


class Mount(Mounted):
    """knoxfs."""

    def __init__(self, endpoint: str, *options: str):
        words = ["-o", ",".join(options)] if options else []
        super().__init__([KNOXFS, "-f", *words, endpoint, "{path}"])

    def stats(self) -> dict:
        """As /.cluster/mount/stats.json has them: a request to nobody."""
        return json.loads(Path(f"{self.path}/.cluster/mount/stats.json").read_text())

    def budget_mib(self) -> float:
        return self.stats().get("memory-bytes", 0) / (1 << 20)
