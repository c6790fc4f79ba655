"""A mount to measure: the driver's process, its CPU seconds and its memory."""

import os
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
KNOXFS = os.environ.get("KNOXFS_BIN", str(ROOT / "build/release/src/fs/knoxfs"))
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Mount:
    """A fresh mount (so that no cache is warm) in the foreground of a child process."""

    def __init__(self, endpoint: str, *options: str):
        self.path = tempfile.mkdtemp(prefix="knoxfs-bench-")
        words = ["-o", ",".join(options)] if options else []
        self.driver = subprocess.Popen([KNOXFS, "-f", *words, endpoint, self.path])
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + 30
        while not os.path.ismount(self.path):
            if self.driver.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{KNOXFS} has not mounted {self.path}")
            time.sleep(0.01)

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.driver.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    def rss_mib(self, which: str = "VmHWM") -> float:
        for line in Path(f"/proc/{self.driver.pid}/status").read_text().splitlines():
            if line.startswith(which + ":"):
                return int(line.split()[1]) / 1024
        raise RuntimeError(f"no {which}")

    def __enter__(self) -> "Mount":
        return self

    def __exit__(self, *failure) -> None:
        subprocess.run(["fusermount3", "-u", self.path], check=False)
        try:
            self.driver.wait(90)
        except subprocess.TimeoutExpired:
            self.driver.kill()
            raise
        finally:
            os.rmdir(self.path)
