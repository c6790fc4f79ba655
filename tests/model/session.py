"""A mount, its model and its open files: what the steps in machine.py are made of, and every comparison."""

import contextlib
import errno
import itertools
import json
import os
import random
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from hypothesis import note
from hypothesis.stateful import RuleBasedStateMachine
from knoxtest import Hdfs, Mount, until
from tree import File, Folder, Handle, Refused, Tree, spliced

ATTR_TIMEOUT_S = 0.2  # of the mount; others' changes are seen after it
EXAMPLE_LIMIT_S = 120  # then the driver is killed, and whoever waits for it gets an error
LENGTH_MAX = 600_000
GONE = {errno.ESTALE, errno.ENOENT, errno.EIO}  # of an open file without a name: HDFS has removed its content

NAMES = ["a", "b", "d", "d/a", "d/b", "d/e", "d/e/a", "f", "f/a", "f/b", "f/e"]
PATHS = [tuple(name.split("/")) for name in NAMES]
OPEN_FLAGS = {
    "r": os.O_RDONLY,
    "c": os.O_RDONLY | os.O_CREAT,
    "w": os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
    "x": os.O_WRONLY | os.O_CREAT | os.O_EXCL,
    "a": os.O_WRONLY | os.O_CREAT | os.O_APPEND,
    "r+": os.O_RDWR,
    "w+": os.O_RDWR | os.O_CREAT | os.O_TRUNC,
    "a+": os.O_RDWR | os.O_CREAT | os.O_APPEND,
}
seeds = itertools.count(1)


class World:
    """What all examples share, and what they have done together."""

    def __init__(self, binary: Path, stack, mounts: list):
        self.binary, self.stack, self.mounts = binary, stack, mounts
        self.examples = self.steps = self.kills = 0


class Timed:
    """The registry of tests/system's time limits wants to see live mounts that it can abandon."""

    def __init__(self, mount):
        self.live = [mount]

    def abandon(self):
        for mount in self.live:
            mount.killed = True
            mount.process.kill()


class Session(RuleBasedStateMachine):
    def __init__(self, world: World):
        super().__init__()
        self.world = world
        world.examples += 1
        self.tree = Tree()
        self.handles: list[Handle] = []
        self.random = random.Random(0)
        self.settled_at = 0.0
        self.late = False
        self.hdfs = Hdfs(world.stack, f"/tests/model-{os.getpid()}-{next(seeds)}")
        self.hdfs.ask("PUT", "MKDIRS", user="root")
        self.hdfs.ask("PUT", "SETOWNER", user="root", owner="alice", group="users")
        self.mount_it()
        self.watch = threading.Timer(EXAMPLE_LIMIT_S, self.too_late)
        self.watch.daemon = True
        self.watch.start()

    def mount_it(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="knoxfs-test-"))
        options = {"user": "alice", "attr_timeout": ATTR_TIMEOUT_S, "entry_timeout": ATTR_TIMEOUT_S}
        options |= {"negative_timeout": ATTR_TIMEOUT_S, "loglevel": "info", "novirtual": True}
        endpoint = self.world.stack.namenode + self.hdfs.url_path
        self.mount = Mount(self.world.binary, endpoint, folder, options)
        self.timed = Timed(self.mount)
        self.world.mounts.append(self.timed)
        self.since_mount = 0

    def unmount(self) -> None:
        self.world.mounts.remove(self.timed)
        try:
            self.mount.close()
        finally:
            subprocess.run(["rm", "-rf", "--one-file-system", str(self.mount.folder)], timeout=60)

    def too_late(self) -> None:
        self.late = True
        self.timed.abandon()

    def teardown(self) -> None:
        try:
            if self.mount.is_running():
                for handle in list(self.handles):
                    self.close_handle(handle)
                self.compare_everything()
        finally:
            self.watch.cancel()
            for handle in self.handles:
                with contextlib.suppress(OSError):
                    os.close(handle.fd)
            self.unmount()
        assert not self.late, f"the example took more than {EXAMPLE_LIMIT_S} s; the driver was killed"
        self.nothing_half()

    def local(self, path: tuple) -> str:
        return "/".join((str(self.mount.path), *path))

    def expect(self, model, real, allowed=frozenset()):
        """Both do it, or both are refused alike.  Returns (what the model said, what the call gave); (None, None): refused.
        ALLOWED: errors besides, then the model is not asked."""
        self.world.steps += 1
        self.since_mount += 1
        time.sleep(max(0.0, self.settled_at - time.monotonic()))
        wanted, said = None, None
        try:
            said = model()
        except Refused as refused:
            wanted = refused.code
        try:
            got = real()
        except OSError as error:
            if error.errno in allowed:
                return said, error
            same = wanted is not None and alike(error.errno, wanted)
            assert same, f"{error}; expected: {errno.errorcode.get(wanted, 'success')}"
            return None, None
        assert wanted is None, f"done; expected: {errno.errorcode[wanted]}"
        return said, got

    def bytes(self, size: int) -> bytes:
        return self.random.randbytes(size)

    def place(self, number: int, kind: type) -> tuple:
        """Three of four: a name that leads to such a node, when there is one."""
        there = [path for path, node in self.tree.walk() if isinstance(node, kind)]
        choice = there if there and number % 4 else PATHS
        path = choice[number // 4 % len(choice)]
        note("/".join(path))
        return path

    def open_file(self, path, kind):
        """Python's words for the ways to open; c: O_CREAT for reading."""
        flags = OPEN_FLAGS[kind]

        def model():
            if flags & os.O_CREAT:
                return self.tree.create(path, bool(flags & os.O_EXCL))
            node = self.tree.get(path)
            if isinstance(node, Folder):
                raise Refused(errno.EISDIR)
            return node, False

        if kind == "r" and isinstance(self.tree.find(path), Folder):
            return  # that is opendir
        said, fd = self.expect(model, lambda: os.open(self.local(path), flags, 0o644))
        if said is None:
            return
        file, new = said
        if flags & os.O_TRUNC and not new and file.now:
            file.change(b"")
        reads = flags & os.O_ACCMODE != os.O_WRONLY
        writes = flags & os.O_ACCMODE != os.O_RDONLY
        if new and not writes:
            self.acknowledge(file)
        self.handles.append(Handle(fd, file, reads, writes, bool(flags & os.O_APPEND)))

    def has_open(self, way: str) -> bool:
        return any(getattr(handle, way) and not handle.dead for handle in self.handles)

    def pick(self, number: int, wanted) -> Handle | None:
        fitting = [handle for handle in self.handles if not handle.dead and wanted(handle)]
        return fitting[number % len(fitting)] if fitting else None

    def spoilt(self, handle: Handle, result) -> bool:
        """The call has failed as it may for a file whose name is gone."""
        if isinstance(result, OSError):
            note(f"as it may: {result}")
            handle.dead = True
        return handle.dead

    def write_at(self, handle, size, where):
        now, data = handle.file.now, self.bytes(size)
        offset = {"end": len(now), "start": 0, "middle": len(now) // 2, "behind": len(now) + 5000}[where]
        if handle.append:
            offset = len(now)
        if offset + size > LENGTH_MAX:
            return
        _, wrote = self.expect(
            lambda: None, lambda: os.pwrite(handle.fd, data, offset), GONE if handle.file.orphan else set()
        )
        if self.spoilt(handle, wrote):
            return
        assert wrote == size
        handle.file.change(spliced(now, offset, data))

    def close_handle(self, handle: Handle) -> None:
        self.handles.remove(handle)
        allowed = GONE if handle.file.orphan or handle.dead else set()
        self.expect(lambda: None, lambda: os.close(handle.fd), allowed)
        # The close of an empty file is not its end while the program has it open elsewhere (DESIGN.md).
        shared = any(other.file is handle.file for other in self.handles)
        if handle.writes and not handle.dead and (handle.file.now or not shared):
            self.acknowledge(handle.file)

    def writers(self, file: File) -> list[Handle]:
        return [handle for handle in self.handles if handle.file is file and handle.writes]

    def acknowledge(self, file: File) -> None:
        """close or fsync has returned: every client sees the whole file."""
        file.acknowledge()
        for path, node in self.tree.walk():
            if node is file:
                got = self.hdfs.read("/".join(path))
                assert got == file.now, described(got, [file.now])

    def compare_content(self, path, file) -> None:
        _, got = self.expect(lambda: None, lambda: Path(self.local(path)).read_bytes())
        assert got == file.now, described(got, [file.now])

    def compare_stat(self, path, node, got) -> None:
        if isinstance(node, File):
            assert (got.st_mode & 0o170000, got.st_size) == (0o100000, len(node.now)), (path, got)
        else:
            assert got.st_mode & 0o170000 == 0o040000, (path, got)

    def compare_names(self):
        """ls -lR"""
        for path, node in [((), self.tree.root), *self.tree.walk()]:
            _, got = self.expect(lambda: None, lambda path=path: os.stat(self.local(path)))
            self.compare_stat(path, node, got)
            if isinstance(node, Folder):
                _, names = self.expect(lambda: None, lambda path=path: os.listdir(self.local(path)))
                assert sorted(names) == sorted(node.children), path

    def compare_others(self):
        """Every name, and no other; each file whole, old or new."""
        there = {}
        self.collect("", there)
        for path, node in self.tree.walk():
            got = there.pop("/".join(path), None)
            if isinstance(node, Folder):
                assert got == "folder", (path, got)
            else:
                assert got != "folder" and node.may_be(got), f"{path}: {described(got, node.versions)}"
        assert not there, "names that should be gone"

    def collect(self, folder: str, there: dict) -> None:
        for name, status in self.hdfs.entries(folder).items():
            path = f"{folder}/{name}" if folder else name
            if ".knoxfs-" in name:
                continue
            if status["type"] == "DIRECTORY":
                there[path] = "folder"
                self.collect(path, there)
            else:
                there[path] = self.hdfs.read(path)

    def compare_everything(self) -> None:
        self.compare_names()
        for path, file in self.tree.files().items():
            self.compare_content(path, file)
        self.compare_others()

    def nothing_half(self) -> None:
        """What a driver that has ended asked for may be under way for a moment."""
        until(lambda: self.hdfs.hidden() == [], what="an ended driver has left nothing half behind")

    def at_rest(self, name: str) -> bytes:
        """The content when the DataNode has closed what a killed driver was appending to."""

        def closed() -> bool:
            got = self.hdfs.ask("GET", "GET_BLOCK_LOCATIONS", name, user="root")
            return not json.loads(got)["LocatedBlocks"]["isUnderConstruction"]

        until(closed, what=f"{name} is closed")
        return self.hdfs.read(name)


def alike(one: int, other: int) -> bool:
    return one == other or {one, other} <= {errno.ENOTEMPTY, errno.EEXIST}


def described(got: bytes | None, wanted: list) -> str:
    """Where it begins to be different, instead of all the bytes."""

    def words(content):
        return "nothing" if content is None else f"{len(content)} bytes"

    text = f"got {words(got)}, expected one of: {', '.join(words(content) for content in wanted)}"
    for content in wanted:
        if content is not None and got is not None:
            same = next((i for i, (a, b) in enumerate(zip(got, content)) if a != b), None)
            text += f"; differs at {same}" if same is not None else f"; same for {min(len(got), len(content))}"
    return text
