"""Who does anything to any node of the virtual trees: a seed decides what."""

import contextlib
import errno
import os
import random
import select
import stat
from pathlib import Path

GONE = {errno.ENOENT, errno.ESTALE}
STREAMS = ("wait", "events", "log.follow")
WORDS = ("\n", "ki", "kil", "killl", "KILL", "re", "rerun x", "chang", "change x", "drop", "x" * 5000, "\0", "move",
         "priority x", "start it", "kill 1-", "é", "loglevel", "loglevel loud", "retry nothing", "drop nothing")  # fmt: skip
READ_MAX = 1 << 20  # of one file


class Wrong(AssertionError):
    """Something was not as it has to be; the message has the seed and the step."""


def is_stream(path: str) -> bool:
    return os.path.basename(path) in STREAMS


class Walker:
    """All it knows are names that it has seen listed, those it was given, and some that nobody has."""

    def __init__(self, mount: Path, seed: int, known: list[str]):
        self.mount = str(mount)
        self.chance = random.Random(seed)
        self.seed = seed
        self.steps = 0
        self.refusals = 0
        self.done: dict[str, int] = {}
        self.known = [f"{mount}/{name}" for name in known]
        self.folders = [path for path in self.known if os.path.isdir(path)]
        self.actions = [
            (self.look, 20), (self.read, 25), (self.list, 15), (self.nothing, 5), (self.write, 6), (self.verb, 8),
            (self.make, 5), (self.remove, 5), (self.rename, 5), (self.change, 4), (self.attributes, 3), (self.follow, 1),
        ]  # fmt: skip

    def walk(self, steps: int) -> None:
        calls, weights = zip(*self.actions)
        for _ in range(steps):
            self.steps += 1
            call = self.chance.choices(calls, weights)[0]
            self.done[call.__name__] = self.done.get(call.__name__, 0) + 1
            path = self.chance.choice(self.folders if call.__name__ in ("list", "make") else self.known)
            try:
                call(path)
            except Wrong as wrong:
                raise Wrong(f"seed {self.seed}, step {self.steps}, {call.__name__} of {path}: {wrong}") from None
            except OSError as error:
                if error.errno not in GONE:
                    raise Wrong(f"seed {self.seed}, step {self.steps}, {call.__name__} of {path}: {error}") from error

    def refused(self, codes: set[int], call, *arguments, **named) -> None:
        """It has to fail, and why."""
        try:
            made = call(*arguments, **named)
        except OSError as error:
            if error.errno not in codes | GONE:
                raise Wrong(f"{errno.errorcode[error.errno]}, expected {[errno.errorcode[c] for c in codes]}") from error
            self.refusals += 1
            return
        if isinstance(made, int) and call is os.open:
            os.close(made)
        raise Wrong("it was not refused")

    def learn(self, path: str, is_folder: bool) -> None:
        """What was seen is gone to later; the oldest of very many is forgotten."""
        for names, wanted in ((self.known, True), (self.folders, is_folder)):
            if wanted and len(names) < 4000:
                names.append(path)
            elif wanted:
                names[self.chance.randrange(100, 4000)] = path

    # What does no harm.

    def look(self, path: str) -> None:
        found = os.lstat(path)
        if stat.S_ISLNK(found.st_mode):
            os.readlink(path)
            with contextlib.suppress(FileNotFoundError):
                os.stat(path)
        os.access(path, self.chance.choice((os.R_OK, os.W_OK, os.X_OK, os.F_OK)))

    def read(self, path: str) -> None:
        """The whole file, then parts of it in any order: the same bytes, as many as it says."""
        if is_stream(path) or not stat.S_ISREG(os.lstat(path).st_mode):
            return
        with open(path, "rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            whole = file.read() if size < READ_MAX else os.pread(file.fileno(), READ_MAX, 0)
            grows = "/logs/container_" in path
            if size < READ_MAX and len(whole) != size and not grows:
                raise Wrong(f"{len(whole)} bytes, but its size is {size}")
            for _ in range(3):
                at, length = self.chance.randrange(size + 10), self.chance.choice((0, 1, 7, 4096, 200_000))
                part = os.pread(file.fileno(), length, at)
                if at + length <= len(whole) and part != whole[at : at + length]:
                    raise Wrong(f"other bytes at {at}")
                if at >= size and part and not grows:
                    raise Wrong(f"bytes behind the end, at {at}")

    def list(self, path: str) -> None:
        with os.scandir(path) as entries:
            names = [(entry.path, entry.is_dir(follow_symlinks=False)) for entry in entries]
        if len(names) != len({name for name, _ in names}):
            raise Wrong("a name twice")
        for name, is_folder in self.chance.sample(names, min(12, len(names))):
            self.learn(name, is_folder)

    def nothing(self, path: str) -> None:
        """Names that nobody has."""
        name = self.chance.choice(("nothing", "..x", "é", "a" * 255, "a b", "%", "0000000-0-W", "application_1_1", "\n"))
        for call in (os.lstat, os.listdir):
            self.refused({errno.ENOENT, errno.ENOTDIR}, call, f"{path}/{name}/none")

    def attributes(self, path: str) -> None:
        for name in ("user.hdfs.error", "user.other", "security.capability"):
            with contextlib.suppress(OSError):
                os.getxattr(path, name, follow_symlinks=False)
        os.listxattr(path, follow_symlinks=False)
        os.statvfs(path)

    def follow(self, path: str) -> None:
        """A stream, for a moment."""
        folder = path if os.path.isdir(path) else os.path.dirname(path)
        for name in STREAMS:
            if os.path.isfile(f"{folder}/{name}"):
                file = os.open(f"{folder}/{name}", os.O_RDONLY | os.O_NONBLOCK)
                try:
                    select.select([file], [], [], 0)
                    with contextlib.suppress(BlockingIOError):
                        os.read(file, self.chance.choice((1, 100, 65536)))
                finally:
                    os.close(file)

    # What is refused.

    def write(self, path: str) -> None:
        kind = stat.S_IFMT(os.lstat(path).st_mode)
        if self.is_free(path) or kind == stat.S_IFLNK or path.endswith("/ctl"):
            return
        flags = self.chance.choice((os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_TRUNC, os.O_WRONLY | os.O_APPEND))
        self.refused({errno.EISDIR} if kind == stat.S_IFDIR else {errno.EACCES}, os.open, path, flags)

    def verb(self, path: str) -> None:
        """Words that are verbs of nobody, and verbs that were cut: nothing is sent."""
        folder = path if os.path.isdir(path) and not os.path.islink(path) else os.path.dirname(path)
        if self.is_free(folder) or not os.path.isfile(f"{folder}/ctl"):
            return
        file, word = os.open(f"{folder}/ctl", os.O_WRONLY), self.chance.choice(WORDS)
        try:
            self.refused({errno.EINVAL, errno.EBUSY, errno.EMSGSIZE}, os.write, file, word.encode())
        except Wrong as wrong:
            raise Wrong(f"{word[:40]!r}: {wrong}") from None
        finally:
            os.close(file)

    def make(self, folder: str) -> None:
        if self.is_free(folder):
            return
        name = f"{folder}/{self.chance.choice(('x', 'a b', '.hidden', 'ID', 'status2'))}"
        call, *more = self.chance.choice(
            ((os.mkdir,), (os.open, os.O_CREAT | os.O_WRONLY), (os.mknod,), (os.symlink,), (os.link,), (os.mkfifo,))
        )
        target = [name] if call not in (os.symlink, os.link) else ["x" if call is os.symlink else f"{folder}/README", name]
        self.refused({errno.EPERM, errno.EACCES, errno.EEXIST, errno.EISDIR}, call, *target, *more)

    def remove(self, path: str) -> None:
        if self.is_free(path):
            return
        folder = stat.S_ISDIR(os.lstat(path).st_mode)
        call = self.chance.choice((os.unlink, os.rmdir))
        wrong = {errno.EISDIR} if folder and call is os.unlink else {errno.ENOTDIR} if call is os.rmdir and not folder else set()
        self.refused(wrong | {errno.EPERM}, call, path)

    def rename(self, path: str) -> None:
        if self.is_free(path):
            return
        os.lstat(path)
        other = self.chance.choice([f"{os.path.dirname(path)}/x", self.chance.choice(self.known), f"{self.mount}/user/alice/x"])
        if self.is_free(other) or other == path:
            return
        codes = {errno.EPERM, errno.EXDEV, errno.EINVAL, errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY, errno.EBUSY}
        self.refused(codes, os.rename, path, other)

    def change(self, path: str) -> None:
        if self.is_free(path) or os.path.islink(path) or path.endswith("/ctl"):
            return
        os.lstat(path)
        call, *more = self.chance.choice(
            ((os.chmod, 0o777), (os.truncate, 0), (os.truncate, 10**6), (os.utime, (1, 1)), (os.chown, 1, 1), (os.setxattr, "user.x", b"1"))
        )
        codes = {errno.EPERM, errno.EACCES, errno.ENOTSUP}
        self.refused(codes | {errno.EISDIR} if call is os.truncate else codes, call, path, *more)

    def is_free(self, path: str) -> bool:
        """In the one folder in which programs may make names."""
        return path.startswith(f"{self.mount}/.oozie/submit")
