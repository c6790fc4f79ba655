"""What must be true: folders and files as a program on the mount sees them, and what others may see of them meanwhile."""

import errno
from dataclasses import dataclass, field


class Refused(Exception):
    """What the call must fail with."""

    def __init__(self, code: int):
        super().__init__(errno.errorcode[code])
        self.code = code


@dataclass(eq=False)
class File:
    """versions: what the file was since the last close or fsync (None: not there yet), the last one is what it is now."""

    versions: list
    orphan: bool = False  # no name leads here any more
    ours: bool = True  # this mount has made or changed it, and may not know yet which file of the cluster it is

    @property
    def now(self) -> bytes:
        return self.versions[-1]

    def change(self, content: bytes) -> None:
        self.versions.append(content)
        self.ours = True

    def acknowledge(self) -> None:
        self.versions = [self.now]

    def may_be(self, content: bytes | None) -> bool:
        """May others see this, now, or after an end of power for the driver?  A whole version since the last close or fsync.
        What is appended to a file with content grows there, byte by byte (HDFS's append)."""
        if content in self.versions:
            return True
        bases = [(i, base) for i, base in enumerate(self.versions) if base and content]
        return any(
            content.startswith(base) and grown.startswith(content)
            for i, base in bases
            for grown in self.versions[i + 1 :]
        )


@dataclass(eq=False)
class Folder:
    children: dict = field(default_factory=dict)


@dataclass(eq=False)
class Handle:
    fd: int
    file: File
    reads: bool
    writes: bool
    append: bool
    theirs: list | None = None  # another client has changed the file since: any of these contents, or ESTALE
    newer: list = field(default_factory=list)  # contents of a file that took the name of one made here
    dead: bool = False  # it has failed in a way that was allowed


class Tree:
    """The names.  A path is a tuple of names; () is the root."""

    def __init__(self):
        self.root = Folder()

    def get(self, path: tuple):
        """The node; raises what a system call would say."""
        node = self.root
        for name in path:
            if isinstance(node, File):
                raise Refused(errno.ENOTDIR)
            if name not in node.children:
                raise Refused(errno.ENOENT)
            node = node.children[name]
        return node

    def find(self, path: tuple):
        try:
            return self.get(path)
        except Refused:
            return None

    def parent(self, path: tuple) -> Folder:
        above = self.get(path[:-1])
        if isinstance(above, File):
            raise Refused(errno.ENOTDIR)
        return above

    def files(self) -> dict[tuple, File]:
        return {path: node for path, node in self.walk() if isinstance(node, File)}

    def walk(self, path: tuple = (), node=None):
        """(path, node) of everything below."""
        for name, child in sorted((node or self.root).children.items()):
            yield (*path, name), child
            if isinstance(child, Folder):
                yield from self.walk((*path, name), child)

    # Changes: each raises Refused, or is done.

    def mkdir(self, path: tuple) -> None:
        above = self.parent(path)
        if path[-1] in above.children:
            raise Refused(errno.EEXIST)
        above.children[path[-1]] = Folder()

    def rmdir(self, path: tuple) -> None:
        above, node = self.parent(path), self.get(path)
        if isinstance(node, File):
            raise Refused(errno.ENOTDIR)
        if node.children:
            raise Refused(errno.ENOTEMPTY)
        del above.children[path[-1]]

    def unlink(self, path: tuple) -> File:
        above, node = self.parent(path), self.get(path)
        if isinstance(node, Folder):
            raise Refused(errno.EISDIR)
        del above.children[path[-1]]
        node.orphan = True
        return node

    def rename(self, path: tuple, to: tuple) -> None:
        above, to_above = self.parent(path), self.parent(to)
        node = self.get(path)
        if isinstance(node, Folder) and to[: len(path)] == path and to != path:
            raise Refused(errno.EINVAL)
        if path[: len(to)] == to and path != to:
            raise Refused(errno.ENOTEMPTY)
        old = to_above.children.get(to[-1])
        if old is node:
            return
        if isinstance(old, Folder) and isinstance(node, File):
            raise Refused(errno.EISDIR)
        if isinstance(old, File) and isinstance(node, Folder):
            raise Refused(errno.ENOTDIR)
        if isinstance(old, Folder) and old.children:
            raise Refused(errno.ENOTEMPTY)
        if isinstance(old, File):
            old.orphan = True
        del above.children[path[-1]]
        to_above.children[to[-1]] = node

    def create(self, path: tuple, exclusive: bool) -> tuple[File, bool]:
        """(the file, whether it is new)"""
        above = self.parent(path)
        node = above.children.get(path[-1])
        if node is not None and exclusive:
            raise Refused(errno.EEXIST)
        if isinstance(node, Folder):
            raise Refused(errno.EISDIR)
        if node is not None:
            return node, False
        node = above.children[path[-1]] = File([None, b""])
        return node, True


def spliced(content: bytes, offset: int, data: bytes) -> bytes:
    return resized(content, max(offset, len(content)))[:offset] + data + content[offset + len(data) :]


def resized(content: bytes, length: int) -> bytes:
    return content[:length] + bytes(max(0, length - len(content)))
