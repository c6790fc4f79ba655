"""Random steps on a mount: a program, another client, kill -9. After each, the mount must be what tree.py says."""

import contextlib
import errno
import os
import time

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule
from knoxtest.mount import detach
from session import ATTR_TIMEOUT_S, GONE, LENGTH_MAX, OPEN_FLAGS, PATHS, Session, described
from tree import File, Folder, Refused, resized

HANDLES_MAX = 8
places = st.integers(0, 4 * len(PATHS) - 1)  # of a name, see Session.place
sizes = st.sampled_from([1, 2, 100, 4095, 4096, 5000, 70_000, 131_072, 200_001])
numbers = st.integers(0, 7)  # of a handle, modulo how many there are


class Machine(Session):
    @initialize()
    def begin(self):
        for path in ("d",), ("d", "e"):
            self.expect(lambda path=path: self.tree.mkdir(path), lambda path=path: os.mkdir(self.local(path)))
        for path, kind in ((("a",), "w"), (("d", "a"), "a+"), (("d", "e", "a"), "r+"), (("a",), "r+")):
            if kind == "r+" and path[0] == "d":
                self.hdfs.write("/".join(path), b"theirs" * 1000)
                self.tree.parent(path).children[path[-1]] = File([b"theirs" * 1000], ours=False)
                self.changed()
            self.open_file(path, kind)
            self.write_at(self.handles[-1], 6000, "end")
            if kind == "w":
                self.close_handle(self.handles[-1])

    @rule(number=places)
    def mkdir(self, number):
        path = self.place(4 * number, Folder)
        self.expect(lambda: self.tree.mkdir(path), lambda: os.mkdir(self.local(path)))

    @rule(number=places)
    def rmdir(self, number):
        path = self.place(number, Folder)
        self.expect(lambda: self.tree.rmdir(path), lambda: os.rmdir(self.local(path)))

    @rule(number=places)
    def unlink(self, number):
        path = self.place(number, File)
        self.expect(lambda: self.tree.unlink(path), lambda: os.unlink(self.local(path)))

    @rule(number=places, to=places, kind=st.sampled_from([File, File, Folder]))
    def rename(self, number, to, kind):
        path, to = self.place(number, kind), self.place(2 * to, kind)
        self.expect(
            lambda: self.tree.rename(path, to), lambda: os.rename(self.local(path), self.local(to))
        )

    @precondition(lambda self: len(self.handles) < HANDLES_MAX)
    @rule(number=places, kind=st.sampled_from(list(OPEN_FLAGS)))
    def open(self, number, kind):
        self.open_file(self.place(number, File), kind)

    @precondition(lambda self: self.has_open("writes"))
    @rule(number=numbers, size=sizes, where=st.sampled_from(["end", "end", "start", "middle", "behind"]))
    def write(self, number, size, where):
        self.write_at(self.pick(number, lambda h: h.writes), size, where)

    @precondition(lambda self: self.has_open("writes"))
    @rule(number=numbers, size=sizes)
    def write_on(self, number, size):
        self.write_at(self.pick(number, lambda h: h.writes), size, "end")

    @precondition(lambda self: self.has_open("reads"))
    @rule(number=numbers, size=sizes, part=st.integers(0, 4))
    def read(self, number, size, part):
        handle = self.pick(number, lambda h: h.reads)
        if handle is None:
            return
        offset = len(handle.file.now) * part // 4
        lost = handle.file.orphan or handle.theirs is not None
        _, got = self.expect(
            lambda: None, lambda: os.pread(handle.fd, size, offset), GONE if lost else set()
        )
        if self.spoilt(handle, got):
            return
        fitting = [content[offset : offset + size] for content in handle.theirs or [handle.file.now]]
        newer = [content[offset : offset + size] for content in handle.newer]  # as long as the old one was, at most
        assert got in fitting or any(part.startswith(got) for part in newer), described(got, fitting + newer)

    @precondition(lambda self: self.has_open("writes"))
    @rule(number=numbers, part=st.integers(0, 6))
    def ftruncate(self, number, part):
        handle = self.pick(number, lambda h: h.writes)
        if handle is None:
            return
        length = len(handle.file.now) * part // 4
        if length > LENGTH_MAX:
            return
        _, done = self.expect(
            lambda: None, lambda: os.ftruncate(handle.fd, length), GONE if handle.file.orphan else set()
        )
        if not self.spoilt(handle, done):
            handle.file.change(resized(handle.file.now, length))

    @rule(number=places, part=st.integers(0, 6))
    def truncate(self, number, part):
        path = self.place(number, File)
        def model():
            node = self.tree.get(path)
            if isinstance(node, Folder):
                raise Refused(errno.EISDIR)
            return node

        node = self.tree.find(path)
        length = len(node.now) * part // 4 if isinstance(node, File) else 0
        if length > LENGTH_MAX:
            return
        file, _ = self.expect(model, lambda: os.truncate(self.local(path), length))
        if file is None:
            return
        file.change(resized(file.now, length))
        if not self.writers(file):
            self.acknowledge(file)

    @precondition(lambda self: self.has_open("reads") and self.has_open("writes"))
    @rule(number=numbers, other=numbers, size=sizes, part=st.integers(0, 4))
    def copy_file_range(self, number, other, size, part):
        source = self.pick(number, lambda h: h.reads and h.theirs is None and not h.file.orphan)
        to = self.pick(other, lambda h: h.writes and not h.append and not h.file.orphan)
        if source is None or to is None or source.file is to.file:
            return
        offset, end = len(source.file.now) * part // 4, len(to.file.now)
        if end + size > LENGTH_MAX:
            return
        _, copied = self.expect(
            lambda: None, lambda: os.copy_file_range(source.fd, to.fd, size, offset, end)
        )
        piece = source.file.now[offset : offset + size]
        assert 0 <= copied <= len(piece) and (copied > 0) == (len(piece) > 0)
        if copied:
            to.file.change(to.file.now + piece[:copied])

    @precondition(lambda self: self.has_open("writes"))
    @rule(number=numbers)
    def fsync(self, number):
        handle = self.pick(number, lambda h: h.writes)
        if handle is None:
            return
        _, done = self.expect(
            lambda: None, lambda: os.fsync(handle.fd), GONE if handle.file.orphan else set()
        )
        if not self.spoilt(handle, done):
            self.acknowledge(handle.file)

    @precondition(lambda self: self.handles)
    @rule(number=numbers)
    def close(self, number):
        handle = self.pick(number, lambda h: True)
        if handle is not None:
            self.close_handle(handle)

    @rule(number=places)
    def read_path(self, number):
        path = self.place(number, File)
        node = self.tree.find(path)
        if isinstance(node, File):
            self.compare_content(path, node)

    @rule(number=places)
    def stat(self, number):
        path = self.place(number, object)
        node, got = self.expect(lambda: self.tree.get(path), lambda: os.stat(self.local(path)))
        if node is not None:
            self.compare_stat(path, node, got)

    @precondition(lambda self: self.handles)
    @rule(number=numbers)
    def fstat(self, number):
        handle = self.pick(number, lambda h: h.theirs is None)
        if handle is None:
            return
        allowed = GONE if handle.file.orphan else set()
        _, got = self.expect(lambda: None, lambda: os.fstat(handle.fd), allowed)
        if not self.spoilt(handle, got):
            assert got.st_size == len(handle.file.now)
            assert got.st_nlink == (0 if handle.file.orphan else 1)

    @rule()
    def look_around(self):
        self.compare_names()

    @rule()
    def others_look(self):
        self.compare_others()

    @precondition(lambda self: self.since_mount >= 8)
    @rule()
    def kill(self):
        """kill -9 of the driver; the next one shows what was closed or synced, and nothing half."""
        self.world.kills += 1
        self.mount.kill()
        for handle in self.handles:
            with contextlib.suppress(OSError):
                os.close(handle.fd)
        self.handles.clear()
        detach(self.mount.path)
        self.unmount()
        for name in self.hdfs.hidden():
            self.hdfs.ask("DELETE", "DELETE", name, user="root")
        for path, file in list(self.tree.files().items()):
            there = self.hdfs.status("/".join(path)) is not None
            got = self.at_rest("/".join(path)) if there else None
            assert file.may_be(got), f"{path}: {described(got, file.versions)}"
            if there:
                file.versions, file.ours = [got], False
            else:
                self.tree.unlink(path)
        self.mount_it()

    @precondition(lambda self: self.since_mount >= 8)
    @rule()
    def remount(self):
        """An end in good order: all bytes are home."""
        for handle in list(self.handles):
            self.close_handle(handle)
        self.unmount()
        for file in self.tree.files().values():
            file.ours = False
        self.nothing_half()
        self.compare_others()
        self.mount_it()

    def theirs(self, path: tuple):
        """Their changes are only tried where no open file of ours is written.  Returns (the folder, what is there)."""
        above, node = self.tree.find(path[:-1]), self.tree.find(path)
        if not isinstance(above, Folder) or (isinstance(node, File) and self.writers(node)):
            return None, None
        return above, node

    def changed(self) -> None:
        self.world.steps += 1
        self.settled_at = time.monotonic() + ATTR_TIMEOUT_S

    @rule(number=places, size=sizes)
    def they_put(self, number, size):
        path = self.place(number, File)
        above, node = self.theirs(path)
        if above is None or isinstance(node, Folder):
            return
        data = self.bytes(size)
        self.hdfs.write("/".join(path), data)
        above.children[path[-1]] = File([data], ours=False)
        if node is not None:
            self.overtake(node, [node.now], data)
        self.changed()

    @rule(number=places, size=sizes)
    def they_append(self, number, size):
        path = self.place(number, File)
        above, node = self.theirs(path)
        if not isinstance(node, File) or len(node.now) + size > LENGTH_MAX:
            return
        data = self.bytes(size)
        self.hdfs.ask("POST", "APPEND", "/".join(path), body=data)
        above.children[path[-1]] = File([node.now + data], ours=node.ours)
        self.overtake(node, [node.now, node.now + data])
        self.changed()

    @rule(number=places)
    def they_delete(self, number):
        path = self.place(number, File)
        above, node = self.theirs(path)
        if not isinstance(node, File):
            return
        self.hdfs.ask("DELETE", "DELETE", "/".join(path))
        del above.children[path[-1]]
        self.overtake(node, [node.now])
        self.changed()

    @rule(number=places)
    def they_mkdir(self, number):
        path = self.place(4 * number, Folder)
        above, node = self.theirs(path)
        if above is None or node is not None:
            return
        self.hdfs.ask("PUT", "MKDIRS", "/".join(path))
        above.children[path[-1]] = Folder()
        self.changed()

    def overtake(self, node: File, contents: list, newer: bytes | None = None) -> None:
        """Who has it open reads the old bytes or gets ESTALE. A file that was made here may be taken for the one that replaced it."""
        node.orphan = True
        for handle in self.handles:
            if handle.file is node:
                handle.theirs = [*(handle.theirs or []), *contents]
                handle.newer += [newer] if node.ours and newer is not None else []
