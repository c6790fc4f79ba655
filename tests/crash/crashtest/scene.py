"""A mount that is killed and mounted again, a writer in it, and the account of what must be there."""

import functools
import http.client
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from knoxtest import Mount, Running, until
from knoxtest.mount import detach

from .checker import Cluster, Lost, compare, compare_blocks, compare_past, strangers
from .manifest import Account, Manifest

WRITER = Path(__file__).resolve().parent / "writer.py"
REMOUNT_S = 10
WRITER_S = 15
WHOLE_S = 30  # until a mount has finished what the one before had begun
QUIET_S = 90  # until nobody has a file open for writing
MOUNT_GONE = 3  # the writer's exit status


class Scene:
    """One folder of the cluster; closed by close()."""

    def __init__(self, binary: Path, stack, server: str, root: str, folder: Path, options: dict):
        self.binary, self.stack, self.server, self.root = binary, stack, server, root
        self.folder = folder
        self.stage, self.blobs = folder / "stage", folder / "blobs"
        self.stage.mkdir()
        self.blobs.mkdir()
        self.path = folder / "manifest"
        self.options = {"user": "alice", "stage_dir": str(self.stage), **options}
        self.cluster = Cluster(stack.namenode, root, "alice")
        self.manifest = Manifest(self.path, self.blobs)
        self.mounts: list[Mount] = []
        self.seen: dict[str, tuple] = {}  # of settled names: what changes with every change

    # The driver.

    @property
    def mount(self) -> Mount:
        return self.mounts[-1]

    def start(self) -> Mount:
        """The same endpoint, the same options, the same mount point."""
        begin = time.monotonic()
        folder = self.folder / f"mount{len(self.mounts)}"
        self.mounts.append(Mount(self.binary, self.server + self.root, folder, self.options))
        passed = time.monotonic() - begin
        assert passed < REMOUNT_S, f"mounting took {passed:.1f} s"
        return self.mount

    def died(self) -> None:
        """The driver has been killed by whoever had to; the point was really reached."""
        until(lambda: not self.mount.is_running(), what="the driver is killed")
        self.mount.killed = True
        status = self.mount.process.returncode
        assert status == -signal.SIGKILL, f"the driver ended with {status}\n{self.mount.log()}"

    def free(self) -> None:
        """After the writer's end."""
        detach(self.mount.path)

    def stop(self) -> None:
        self.mount.close()

    # The writer.

    def write(self, *ways: str, seed: object = 0, slots: str = "a") -> Running:
        line = [sys.executable, "-I", "-S", WRITER, self.mount.path, self.path, self.blobs, str(seed), slots]
        return Running(*line, *ways)

    def prepare(self, *ways: str, seed: object = 0) -> None:
        """To be done before what is tested."""
        if ways:
            with self.write(*ways, seed=seed) as writer:
                done = writer.result()
            assert done.returncode == 0, done.stderr.decode()
            self.until_whole()
            self.settle("prepared")

    # What is there.

    def account(self) -> Account:
        return Account(self.path)

    def read(self, name: str) -> bytes | None:
        """While a file is cut short by the DataNodes it cannot always be read."""

        def attempt():
            try:
                return (self.cluster.read(name),)
            except (OSError, http.client.HTTPException) as error:
                failures.append(str(error))
                return None

        failures: list[str] = []
        return until(attempt, QUIET_S, f"{name} can be read; {failures}")[0]

    def read_mounted(self, name: str) -> bytes | None:
        try:
            return (self.mount.path / name).read_bytes()
        except FileNotFoundError:
            return None

    def check_cluster(self) -> None:
        """Every name holds what it may; nobody else's name is there."""
        account, entries = self.account(), self.cluster.entries()
        assert strangers(entries, account) == []
        for slot in account.slots.values():
            if slot.touched:
                compare(slot, self.read, self.blobs, "on the cluster")
            else:
                self.check_untouched(slot, entries)

    def check_untouched(self, slot, entries: dict) -> None:
        for state in slot.allowed():
            for name, one in state:
                now = entries.get(name)
                assert (now is None) == (one is None), f"{name}: {now}, expected {one}"
                assert now is None or identity(now) == self.seen[name], f"{name}: {now}"

    def check_blocks(self, block: int) -> None:
        """Of files of several blocks, which are cut and exchanged in place, a name may hold the first blocks of what it may hold."""
        account = self.account()
        assert strangers(self.cluster.entries(), account) == []
        for slot in account.slots.values():
            compare_blocks(slot, self.read, self.blobs, block)

    def check_mounted(self) -> None:
        """The same through the mount."""
        for slot in self.account().slots.values():
            if slot.touched:
                compare(slot, self.read_mounted, self.blobs, "through the mount")

    def quiet(self) -> None:
        """What the killed driver had begun is over: DataNodes end an APPEND and a TRUNCATE by themselves."""
        slots = [slot for slot in self.account().slots.values() if slot.touched]
        for name in {name for slot in slots for state in slot.allowed() for name, _ in state}:
            until(lambda: not self.cluster.is_open(name), QUIET_S, f"nobody is writing {name}")

    def settle(self, where: str) -> None:
        """When nothing is under way any more: what is there now is what must stay."""
        self.quiet()
        account = self.account()
        for slot in account.slots.values():
            if slot.touched:
                self.manifest.settled(slot.name, compare(slot, self.read, self.blobs, where))
        self.seen = {name: identity(one) for name, one in self.cluster.entries().items()}

    def hidden(self) -> list[str]:
        return [name for name in self.cluster.entries() if ".knoxfs-" in name]

    # A life and the next one.

    def survive(self, writer: Running, again: tuple[str, ...] = (), block: int = 0) -> None:
        """The driver has been killed: nothing is lost now, nor when it is mounted again.  AGAIN: ways that must then work.
        BLOCK: bytes of one, when files have several."""
        check = functools.partial(self.check_blocks, block) if block else self.check_cluster
        check()
        self.end_life(writer)
        check()
        self.live_again(again)

    def live_again(self, again: tuple[str, ...] = ()) -> None:
        self.start()
        self.quiet()
        self.check_mounted()
        self.until_whole()
        self.settle("after mounting again")
        if again:
            self.write_again(*again)

    def end_life(self, writer: Running) -> None:
        """The writer hangs nowhere, and the mount point is free."""
        done = writer.result(WRITER_S)
        assert done.returncode in (0, MOUNT_GONE, -signal.SIGBUS), done
        self.free()
        self.manifest.killed()

    def until_whole(self) -> None:
        """The mount has finished what the one before had begun."""
        self.until_passed(self.check_cluster, "all is at its name, no rest is left")

    def until_passed(self, check: Callable[[], None], what: str) -> None:
        """CHECK finds nothing lost, and no hidden file is left."""

        def is_whole() -> bool:
            try:
                check()
            except Lost as lost:
                reasons.append(str(lost))
                return False
            return self.hidden() == []

        reasons: list[str] = []
        try:
            until(is_whole, WHOLE_S, what)
        except AssertionError as late:
            raise Lost("\n".join([*reasons[-1:], *self.hidden()])) from late

    def write_again(self, *ways: str) -> None:
        with self.write(*ways, seed="again") as writer:
            done = writer.result()
        assert done.returncode == 0, done
        self.settle("written again")
        assert self.account().failures == []

    # The same when close() is a promise of the local disk (write=back).

    def check_possible(self) -> None:
        """Nothing is half, and what fsync has acknowledged is on the cluster."""
        account = self.account()
        assert strangers(self.cluster.entries(), account) == []
        for slot in account.slots.values():
            compare_past(slot, self.read, self.blobs)

    def survive_back(self, writer: Running, wait: bool) -> None:
        """WAIT: until everything is on the cluster; else it may be killed while it still uploads."""
        self.check_possible()
        self.end_life(writer)
        self.check_possible()
        self.start()
        self.quiet()
        for slot in self.account().slots.values():
            self.manifest.settled(slot.name, compare(slot, self.read_mounted, self.blobs, "through the mount"), False)
        if wait:
            self.until_whole_back()

    def until_whole_back(self) -> None:
        def check() -> None:
            for slot in self.account().slots.values():
                compare(slot, self.read, self.blobs, "on the cluster")

        self.until_passed(check, "all is on the cluster, no rest is left")
        for slot in self.account().slots.values():
            self.manifest.settled(slot.name, self.account().contents(slot.name, self.blobs))

    # Its end.

    def close(self) -> None:
        self.cluster.close()
        self.manifest.close()
        try:
            for mount in self.mounts:
                mount.close()
        finally:
            for mount in self.mounts:
                if mount.is_running():
                    mount.process.kill()
                    mount.process.wait()
                detach(mount.path)
            subprocess.run(["rm", "-rf", "--one-file-system", str(self.folder)], timeout=20)


def identity(entry: dict) -> tuple:
    return entry["fileId"], entry["modificationTime"], entry["length"]


