"""The ways in which programs write files.  Each changes one slot, step by step, and says so."""

import contextlib
import mmap
import os
import random

from .manifest import Manifest

MIB = 1 << 20
PIECE = 128 << 10  # as cp writes
PAGE = 4096
SIZES = (0, 1, 100, 4096, 70_000, 300_000, MIB, 3 * MIB + 7, 8 * MIB)
LIKELY = (2, 4, 8, 8, 8, 8, 4, 2, 1)


class Step:
    """with Step(...): what the block does is intended before and acknowledged after it."""

    def __init__(self, writer: "Writer", way: str, names: dict, at_least: int | None = None, synced: bool = False):
        self.writer, self.names = writer, names
        self.number = writer.manifest.intend(writer.slot, way, names, at_least, synced)

    def __enter__(self):
        return self

    def __exit__(self, kind, failure, trace) -> None:
        manifest = self.writer.manifest
        if kind is None:
            self.writer.now |= self.names
            manifest.acked(self.number)
        elif isinstance(failure, OSError):
            self.writer.sure = False
            manifest.failed(self.number, failure.errno or 0)


@contextlib.contextmanager
def opened(path: str, flags: int, mode: int = 0o644):
    """The descriptor's close is the program's: its error counts, but not over an earlier one."""
    file = os.open(path, flags, mode)
    try:
        yield file
    except BaseException:
        with contextlib.suppress(OSError):
            os.close(file)
        raise
    os.close(file)


def write_all(file: int, data: bytes, piece: int = PIECE) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view[:piece]) :]


def put_all(file: int, data: bytes, at: int) -> None:
    view = memoryview(data)
    while view:
        count = os.pwrite(file, view, at)
        view, at = view[count:], at + count


class Writer:
    """One slot.  now: what its names hold, as far as `sure`."""

    def __init__(self, folder: str, slot: str, manifest: Manifest, chance: random.Random, now: dict):
        self.folder, self.slot, self.manifest, self.chance = folder, slot, manifest, chance
        self.now = now
        self.sure = True
        self.path, self.other = f"{folder}/{slot}", f"{folder}/{slot}.tmp"

    @property
    def content(self) -> bytes | None:
        return self.now.get(self.slot)

    def some(self, size: int | None = None) -> bytes:
        if size is None:
            (size,) = self.chance.choices(SIZES, LIKELY)
        return self.chance.randbytes(size)

    def step(self, way: str, data: bytes | None, at_least: int | None = None, synced: bool = False) -> Step:
        return Step(self, way, {self.slot: data}, at_least, synced)

    # Whole files.

    def remove(self) -> None:
        if self.content is not None:
            with self.step("remove", None):
                os.unlink(self.path)

    def create(self, size: int | None = None, flags: int = os.O_TRUNC, way: str = "create") -> None:
        self.remove()
        data = self.some(size)
        with self.step(way, data), opened(self.path, os.O_WRONLY | os.O_CREAT | flags) as file:
            write_all(file, data)

    def exclusive(self, size: int | None = None) -> None:
        self.create(size, os.O_EXCL, "exclusive")

    def overwrite(self, size: int | None = None) -> None:
        data = self.some(size)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with self.step("overwrite", data), opened(self.path, flags) as file:
            write_all(file, data)

    def copied(self, size: int | None = None) -> None:
        """As cp -p: with mode and times."""
        data = self.some(size)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with self.step("copied", data), opened(self.path, flags) as file:
            write_all(file, data)
            os.utime(file, (1_000_000_000, 1_000_000_000))
            os.fchmod(file, 0o640)

    def empty(self) -> None:
        with self.step("empty", b""), opened(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC):
            pass

    def editor(self, size: int | None = None) -> None:
        """A new file beside it, synced, then renamed over it."""
        data, other = self.some(size), f"{self.slot}.tmp"
        with Step(self, "editor, new", {other: data}, synced=True):
            with opened(self.other, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as file:
                write_all(file, data)
                os.fsync(file)
        with Step(self, "editor, rename", {self.slot: data, other: None}):
            os.rename(self.other, self.path)

    def moved(self) -> None:
        other = f"{self.slot}.tmp"
        data = self.content
        with Step(self, "moved away", {self.slot: None, other: data}):
            os.rename(self.path, self.other)
        with Step(self, "moved back", {self.slot: data, other: None}):
            os.rename(self.other, self.path)

    def listed(self) -> None:
        """Changes nothing."""
        with self.step("listed", self.content):
            os.listdir(self.folder)

    # At the end.

    def append(self, size: int | None = None) -> None:
        old = self.content
        data = old + self.some(size)
        with self.step("append", data, len(old)):
            with opened(self.path, os.O_WRONLY | os.O_APPEND) as file:
                write_all(file, data[len(old) :])

    def log(self, rounds: int = 3, size: int | None = None) -> None:
        """Appended and synced, line by line."""
        with opened(self.path, os.O_WRONLY | os.O_APPEND) as file:
            for _ in range(rounds):
                more = self.some(size or self.chance.choice(SIZES[1:5]))
                with self.step("log", self.content + more, len(self.content), True):
                    write_all(file, more)
                    os.fsync(file)

    def stretch(self, size: int | None = None) -> None:
        old = self.content
        grown = old + bytes(size or self.chance.choice((1, 5000, MIB)))
        with self.step("stretch", grown, len(old)):
            os.truncate(self.path, len(grown))

    def cut(self, size: int | None = None) -> None:
        length = self.chance.randrange(len(self.content) + 1) if size is None else size
        with self.step("cut", self.content[:length]):
            os.truncate(self.path, length)

    def cut_open(self) -> None:
        """Cut, and then written on."""
        length = self.chance.randrange(len(self.content) + 1)
        with opened(self.path, os.O_RDWR) as file:
            with self.step("cut_open", self.content[:length], synced=True):
                os.ftruncate(file, length)
                os.fsync(file)

    # In place.

    def inplace(self, patches: int = 3) -> None:
        """The first one lies within the file, so that all of them come to the name together."""
        old = self.content or b"\0"
        data, done = bytearray(old), []
        for number in range(patches if self.content else 1):
            at = self.chance.randrange(len(old) if number == 0 else len(data) + 1)
            piece = self.some(self.chance.choice((1, 100, 4096, 70_000)))
            data[at : at + len(piece)] = piece
            done.append((at, piece))
        at_least = None if self.content else 0  # that is no more than an addition
        with self.step("inplace", bytes(data), at_least), opened(self.path, os.O_RDWR) as file:
            for at, piece in done:
                put_all(file, piece, at)

    def tail(self, size: int = 1000) -> None:
        """Only the end, so many bytes of it, and one byte more."""
        old = self.content
        at = len(old) - size
        with self.step("tail", old[:at] + self.some(size + 1)) as step, opened(self.path, os.O_RDWR) as file:
            put_all(file, step.names[self.slot][at:], at)

    def database(self, rounds: int = 3) -> None:
        """Pages changed and synced, transaction by transaction."""
        if len(self.content) < 2 * PAGE:
            self.overwrite(70_000)
        with opened(self.path, os.O_RDWR) as file:
            for _ in range(rounds):
                data = bytearray(self.content)
                changed = {}
                for _ in range(2):
                    at = PAGE * self.chance.randrange(len(data) // PAGE)
                    changed[at] = data[at : at + PAGE] = self.chance.randbytes(PAGE)
                with self.step("database", bytes(data), synced=True):
                    for at, page in changed.items():
                        put_all(file, page, at)
                    os.fsync(file)

    def mapped(self) -> None:
        if not self.content:
            self.overwrite(70_000)
        data = bytearray(self.content)
        with opened(self.path, os.O_RDWR) as file:
            os.pread(file, len(data), 0)  # a page that cannot be read later is a SIGBUS
            with mmap.mmap(file, len(data)) as pages:
                at = self.chance.randrange(len(data))
                piece = self.some(5000)[: len(data) - at]
                data[at : at + len(piece)] = piece
                with self.step("mapped", bytes(data), synced=True):
                    pages[at : at + len(piece)] = piece
                    pages.flush()

    # After an error nobody knows what is there: from the beginning.

    def anew(self) -> None:
        data, other = self.some(1000), f"{self.slot}.tmp"
        for name, path in ((self.slot, self.path), (other, self.other)):
            with Step(self, "anew", {name: data}):
                with opened(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as file:
                    write_all(file, data)
        with Step(self, "anew, remove", {other: None}):
            os.unlink(self.other)
        self.sure = True


# Those that need no content before.
WHOLE = ("create", "exclusive", "overwrite", "copied", "empty", "editor")
CHANGES = ("append", "log", "stretch", "cut", "cut_open", "inplace", "database", "mapped", "moved", "remove")
