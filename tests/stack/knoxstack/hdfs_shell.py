"""Hadoop's own command line tools, as fresh JVMs or in one that stays."""

import os
import struct
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from . import process
from .errors import StackError

TOOLS = {
    "dfs": "org.apache.hadoop.fs.FsShell",
    "dfsadmin": "org.apache.hadoop.hdfs.tools.DFSAdmin",
    "logs": "org.apache.hadoop.yarn.client.cli.LogsCLI",
    "pi": "org.apache.hadoop.examples.QuasiMonteCarlo",
    "fsck": "org.apache.hadoop.hdfs.tools.DFSck",
    "haadmin": "org.apache.hadoop.hdfs.tools.DFSHAAdmin",
    "ec": "org.apache.hadoop.hdfs.tools.ECAdmin",
    "storagepolicies": "org.apache.hadoop.hdfs.tools.StoragePolicyAdmin",
    "cacheadmin": "org.apache.hadoop.hdfs.tools.CacheAdmin",
    "debug": "org.apache.hadoop.hdfs.tools.DebugAdmin",
    "getconf": "org.apache.hadoop.hdfs.tools.GetConf",
    "groups": "org.apache.hadoop.hdfs.tools.GetGroups",
    "lsSnapshottableDir": "org.apache.hadoop.hdfs.tools.snapshot.LsSnapshottableDir",
    "snapshotDiff": "org.apache.hadoop.hdfs.tools.snapshot.SnapshotDiff",
}


@dataclass(frozen=True)
class Result:
    rc: int
    out: bytes
    err: bytes

    def __iter__(self):
        return iter((self.rc, self.out, self.err))


class HdfsShell:
    """A JVM that runs the tools one after another; started at the first call, ends with us.

    COMMAND is the Java command line without the main class.  Threads: calls wait for each other.
    """

    def __init__(self, command: list[str], log: Path, folder: Path, env: dict[str, str]):
        self.command = command + ["ShellServer"]
        self.log = log
        self.folder = folder
        self.env = env
        self.child: subprocess.Popen | None = None
        self.lock = threading.Lock()

    def run(
        self, *args, user: str | None = None, stdin: bytes = b"", tool: str = "dfs"
    ) -> Result:
        """Like `hdfs TOOL ARGS`; arguments may be str, bytes or paths."""
        parts = [TOOLS[tool].encode(), (user or "").encode(), stdin, *map(os.fsencode, args)]
        message = struct.pack(">i", len(parts))
        message += b"".join(struct.pack(">i", len(part)) + part for part in parts)
        with self.lock:
            child = self.started()
            try:
                child.stdin.write(message)
                child.stdin.flush()
                rc = self.number()
                return Result(rc, self.bytes(), self.bytes())
            except (OSError, struct.error) as error:
                self.end()
                raise StackError(f"the shell's JVM died, see {self.log}") from error

    def started(self) -> subprocess.Popen:
        if self.child is None or self.child.poll() is not None:
            with open(self.log, "ab") as log:
                self.child = subprocess.Popen(
                    self.command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    cwd=self.folder,
                    env=self.env,
                    start_new_session=True,
                )
        return self.child

    def number(self) -> int:
        return struct.unpack(">i", self.child.stdout.read(4))[0]

    def bytes(self) -> bytes:
        length = self.number()
        data = self.child.stdout.read(length)
        if len(data) != length:
            raise OSError("short reply")
        return data

    def close(self) -> None:
        with self.lock:
            self.end()

    def end(self) -> None:
        """End of input makes the JVM return; it is killed if it does not."""
        child, self.child = self.child, None
        if child is None:
            return
        child.stdin.close()
        try:
            child.wait(process.GRACE_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        child.stdout.close()
