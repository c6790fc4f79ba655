"""Bad days of whoever has a file open: no room, no rights, no server, no folder; and files with holes."""

import errno
import os
import re
import signal
from pathlib import Path

import pytest
from knoxtest import of_datanode, refused, run, sh, tells_why, until

MIB = 1 << 20
OLD = bytes(range(256)) * (3 * MIB // 256)


def reason(path: Path) -> str:
    return os.getxattr(path, "user.hdfs.error").decode()


# No room for the local copy.


@pytest.fixture
def small(tmp_path):
    """A folder with room for two MiB; call it for more."""
    path = tmp_path / "small"
    path.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=2m", "none", path)
    yield path
    run("umount", "-l", path)


def more_room(small: Path) -> None:
    run("mount", "-o", "remount,size=64m", small)


def test_no_room_for_the_local_copy(mounts, hdfs, small):
    """ENOSPC is said by the write that does not fit; what fitted is kept, and goes on when there is room."""
    hdfs.write("f", OLD)
    mount = mounts(hdfs.url_path, stage_dir=small)
    expected, at = bytearray(OLD), 1000
    with open(mount / "f", "r+b", buffering=0) as file:

        def fill(to: int) -> None:
            nonlocal at
            while at < to:
                n = os.pwrite(file.fileno(), b"n" * min(300_000, to - at), at)  # the last one may be short
                expected[at : at + n] = b"n" * n
                at += n

        refused(errno.ENOSPC, fill, 2 * len(OLD))
        assert MIB < at < 2 * MIB and str(small) in reason(mount / "f")
        assert os.pread(file.fileno(), at - 1000, 1000) == b"n" * (at - 1000)
        assert hdfs.read("f") == OLD
        more_room(small)
        fill(2 * len(OLD))
        assert os.pread(file.fileno(), len(expected), 0) == expected
        os.fsync(file.fileno())
        assert hdfs.read("f") == expected
    assert hdfs.read("f") == expected == (mount / "f").read_bytes()


def test_no_room_to_read_an_old_part(mounts, hdfs, small):
    """What only the server has is read from there, when there is no room to keep it here."""
    hdfs.write("f", OLD)
    mount = mounts(hdfs.url_path, stage_dir=small)
    with open(mount / "f", "r+b", buffering=0) as file:
        with pytest.raises(OSError):
            for at in range(0, 3 * MIB, 4096):
                os.pwrite(file.fileno(), b"n" * 4096, at)
        assert os.pread(file.fileno(), at, 0) == b"n" * at
        assert os.pread(file.fileno(), len(OLD), at) == OLD[at:]
    assert hdfs.read("f") == b"n" * at + OLD[at:]


def test_no_room_for_a_new_file(mounts, hdfs, small):
    """The program that wrote it says so, and can do it again."""
    mount = mounts(hdfs.url_path, stage_dir=small)
    line = ["dd", "if=/dev/zero", f"of={mount / 'f'}", "bs=1M", "count=8", "seek=1", "status=none"]
    assert b"No space left on device" in run(*line, rc=1).stderr
    more_room(small)
    run(*line, "conv=notrunc")
    assert hdfs.length("f") == 9 * MIB


def test_in_order_needs_no_room(mounts, hdfs, small):
    """A file of any size that is written or read in order has no local copy."""
    mount = mounts(hdfs.url_path, stage_dir=small)
    data = os.urandom(8 * MIB)
    (mount / "f").write_bytes(data)
    with open(mount / "f", "ab") as file:
        file.write(data)
    assert hdfs.read("f") == data * 2 == (mount / "f").read_bytes()


# The cluster refuses what is already written here.


class Edited:
    """An old file that is open, changed in the middle: its bytes are here only."""

    new = OLD[:MIB] + b"changed" + OLD[MIB + 7 :]

    def __init__(self, mount, hdfs, name: str = "f"):
        self.mount, self.hdfs, self.name = mount, hdfs, name
        hdfs.write(name, OLD)
        self.path = mount / name
        self.file = os.open(self.path, os.O_RDWR)
        os.pwrite(self.file, b"changed", MIB)

        assert os.pread(self.file, 9, MIB - 1) == self.new[MIB - 1 : MIB + 8]  # what was read is here too

    def refused(self, code) -> None:
        """fsync says it, as often as it is asked; the bytes stay readable here."""
        for _ in range(2):
            refused(of_datanode(self.mount, code), os.fsync, self.file)
        assert os.pread(self.file, 9, MIB - 1) == self.new[MIB - 1 : MIB + 8]
        assert os.fstat(self.file).st_size == len(OLD)

    def stored(self) -> None:
        """The cause is gone: everything is brought to its name."""
        os.fsync(self.file)
        assert self.hdfs.read(self.name) == self.new
        os.pwrite(self.file, b"more", len(OLD))
        os.close(self.file)
        assert self.hdfs.read(self.name) == self.new + b"more" == self.path.read_bytes()


def test_no_quota_for_a_changed_file(mounts, stack, hdfs):
    mount = mounts(hdfs.url_path, blocksize="1M")
    edited = Edited(mount, hdfs)
    stack.admin("-setSpaceQuota", "4m", hdfs.root)
    edited.refused(errno.EDQUOT)
    assert hdfs.read("f") == OLD
    assert not tells_why(mount) or "quota" in reason(mount / "f").lower()
    stack.admin("-clrSpaceQuota", hdfs.root)
    edited.stored()


def test_rights_are_lost(mounts, hdfs):
    """By another client's chmod and chown of the folder, while the file is open."""
    mount = mounts(hdfs.url_path)
    edited = Edited(mount, hdfs)
    new = os.open(mount / "new", os.O_CREAT | os.O_WRONLY)
    os.write(new, b"x" * 1000)
    hdfs.sh("-chown", "bob", hdfs.root)
    hdfs.sh("-chmod", "755", hdfs.root)
    edited.refused(errno.EACCES)
    assert hdfs.read("f") == OLD
    assert not tells_why(mount) or "alice" in reason(mount / "f")
    refused(errno.EACCES, os.close, new)
    assert hdfs.status("new") is None
    hdfs.sh("-chown", "alice", hdfs.root)
    edited.stored()
    # The hidden file of "new" could not be removed when it had to be.
    for left in hdfs.hidden():
        hdfs.rm(left)
    assert hdfs.names() == ["f"]


def test_the_file_is_anothers_now(mounts, hdfs):
    """chown and chmod of the file itself: it is replaced, which is a right on the folder."""
    mount = mounts(hdfs.url_path)
    edited = Edited(mount, hdfs)
    hdfs.sh("-chown", "bob", hdfs.path("f"))
    edited.stored()


def test_safe_mode_while_a_file_is_changed(mounts, stack, hdfs):
    mount = mounts(hdfs.url_path)
    edited = Edited(mount, hdfs)
    stack.admin("-safemode", "enter")
    try:
        edited.refused(errno.EROFS)
        assert hdfs.read("f") == OLD
        assert not tells_why(mount) or "safe mode" in reason(mount / "f").lower()
    finally:
        stack.admin("-safemode", "leave")
    edited.stored()
    assert hdfs.names() == ["f"]


@pytest.mark.parametrize("old", [None, b"old content"], ids=["new", "replaced"])
@pytest.mark.parametrize("size", [1000, 5 * MIB])
def test_safe_mode_while_a_file_is_written(mounts, stack, hdfs, old, size):
    """In order: the stream's end is refused; nothing of it, or the old file, is at the name."""
    if old:
        hdfs.write("f", old)
    mount = mounts(hdfs.url_path, blocksize="1M", timeout=10)
    file = os.open(mount / "f", os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    os.write(file, b"x" * 500)
    stack.admin("-safemode", "enter")
    try:
        with pytest.raises(OSError) as caught:
            os.write(file, b"y" * size)
            os.fsync(file)
        assert caught.value.errno in of_datanode(mount, errno.EROFS), caught.value
        refused(of_datanode(mount, errno.EROFS), os.close, file)
        assert (hdfs.read("f") if hdfs.status("f") else None) == old
    finally:
        stack.admin("-safemode", "leave")
    (mount / "f").write_bytes(b"again")
    assert hdfs.read("f") == b"again"
    for left in hdfs.hidden():  # could not be removed in safe mode
        hdfs.rm(left)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
def test_no_datanode_for_a_changed_file(mounts, mend, hdfs, number):
    mount = mounts(hdfs.url_path, timeout=2, data_timeout=3, connect_timeout=2)
    edited = Edited(mount, hdfs)
    mend.kill("dn1", number)
    try:
        edited.refused({errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.EIO})
    finally:
        mend.start("dn1") if number == signal.SIGKILL else mend.kill("dn1", signal.SIGCONT)

    def tried_again() -> bool:
        try:
            os.fsync(edited.file)
        except OSError:
            return False
        return True

    until(tried_again, 20, "fsync works again")
    edited.stored()


# The place is gone.


def test_the_folder_is_removed(mounts, hdfs):
    """By another client: what is written has no name to come to, and says so."""
    mount = mounts(hdfs.url_path)
    hdfs.mkdir("d")
    new = os.open(mount / "d/new", os.O_CREAT | os.O_WRONLY)
    os.write(new, b"x" * 1000)
    edited = Edited(mount, hdfs, "d/f")
    hdfs.rm("d")
    edited.refused({errno.ENOENT, errno.ESTALE})
    refused({errno.ENOENT, errno.ESTALE}, os.close, new)
    refused({errno.ENOENT, errno.ESTALE}, os.close, edited.file)
    assert hdfs.names() == []
    until(lambda: not (mount / "d").exists(), what="that it is gone is known here")
    os.mkdir(mount / "d")
    (mount / "d/f").write_bytes(b"again")
    assert hdfs.read("d/f") == b"again"


def test_the_folder_comes_back(mounts, hdfs):
    """Moved away and back again by another client: the open file comes to its name after all."""
    mount = mounts(hdfs.url_path)
    hdfs.mkdir("d")
    edited = Edited(mount, hdfs, "d/f")
    hdfs.mv("d", "elsewhere")
    edited.refused({errno.ENOENT, errno.ESTALE})
    assert hdfs.read("elsewhere/f") == OLD
    hdfs.mv("elsewhere", "d")
    edited.stored()


# Files with holes, and lengths without bytes.


def test_fallocate(mount, hdfs):
    """A file is made as long as it will be; space is not promised, so keep-size is nothing to do."""
    sh("fallocate -l 3M f; fallocate -n -l 9M f; fallocate -o 1M -l 1M f", cwd=mount.path)
    assert hdfs.length("f") == 3 * MIB == (mount / "f").stat().st_size
    assert hdfs.read("f") == bytes(3 * MIB)
    with open(mount / "g", "wb", buffering=0) as file:
        file.write(b"begin")
        os.posix_fallocate(file.fileno(), 0, 100_000)
        assert os.fstat(file.fileno()).st_size == 100_000
        os.posix_fallocate(file.fileno(), 0, 50_000)
        file.write(b" and more")
    assert hdfs.read("g") == b"begin and more".ljust(100_000, b"\0")


@pytest.mark.parametrize("option", ["--punch-hole", "--zero-range", "--collapse-range", "--insert-range"])
def test_fallocate_that_changes_bytes(mount, hdfs, option):
    hdfs.write("f", b"x" * 16384)
    done = run("fallocate", option, "-o", "4096", "-l", "4096", mount / "f", rc=1)
    assert re.search(b"not supported|unsupported", done.stderr)
    assert hdfs.read("f") == b"x" * 16384


def test_preallocated_then_written(mount, hdfs, tmp_path):
    """rsync --preallocate, and programs that fill a file piece by piece."""
    data = os.urandom(2 * MIB + 77)
    (tmp_path / "f").write_bytes(data)
    run("rsync", "--preallocate", "--inplace", tmp_path / "f", mount / "f")
    assert hdfs.read("f") == data
    with open(mount / "g", "wb", buffering=0) as file:
        os.posix_fallocate(file.fileno(), 0, len(data))
        for at in (MIB, 0, 2 * MIB):
            os.pwrite(file.fileno(), data[at : at + MIB], at)
    assert hdfs.read("g") == data


def test_dd_into_a_file(mount, hdfs):
    """conv=notrunc with seek=: in the middle, over the end, behind the end; without it, cut."""
    data = bytearray(os.urandom(10_000))
    hdfs.write("f", bytes(data))
    for seek, size in ((2, 1000), (9, 2000), (15, 1)):
        piece = os.urandom(size)
        line = [f"of={mount / 'f'}", "bs=1000", f"seek={seek}", "conv=notrunc", "status=none"]
        run("dd", *line, stdin=piece)
        data = data.ljust(seek * 1000, b"\0")
        data[seek * 1000 : seek * 1000 + size] = piece
        assert hdfs.read("f") == data == (mount / "f").read_bytes()
    run("dd", f"of={mount / 'f'}", "bs=1000", "seek=3", "status=none", stdin=b"end")
    assert hdfs.read("f") == data[:3000] + b"end"


def test_truncate_up_and_down(mount, hdfs):
    """What was cut off does not come back."""
    hdfs.write("f", b"x" * 200_000)
    script = "truncate -s 100000 f; truncate -s 300000 f; truncate -s -50000 f; truncate -s +1 f; truncate -r f g"
    sh(script, cwd=mount.path)
    assert hdfs.read("f") == b"x" * 100_000 + bytes(150_001) == (mount / "f").read_bytes()
    assert hdfs.read("g") == bytes(250_001)
    with open(mount / "f", "r+b", buffering=0) as file:
        for length in (10, 1000, 5, 2000):
            os.ftruncate(file.fileno(), length)
            assert os.fstat(file.fileno()).st_size == length
        assert file.read() == b"x" * 5 + bytes(1995)
    assert hdfs.read("f") == b"x" * 5 + bytes(1995)


@pytest.mark.parametrize("size", ["5", "3000000"])
def test_sparse_copies(mount, hdfs, tmp_path, size):
    """cp --sparse, tar -S, a hole at the end: the bytes are there, holes are zeros."""
    local = tmp_path / "sparse"
    sh('truncate -s 1M "$1"; echo data >> "$1"; truncate -s +"$2" "$1"', local, size)
    for how in ("always", "never", "auto"):
        run("cp", f"--sparse={how}", local, mount / how)
        assert hdfs.read(how) == local.read_bytes() == (mount / how).read_bytes(), how
    run("cp", "--sparse=always", mount / "always", tmp_path / "back")
    run("cmp", local, tmp_path / "back")
    sh('tar cSf "$1/t.tar" -C "$2" sparse; tar xSof "$1/t.tar" -C "$1"', mount.path, tmp_path)
    assert hdfs.read("sparse") == local.read_bytes()


def test_no_holes_are_shown(mount, hdfs):
    """SEEK_DATA and SEEK_HOLE: all of a file is data."""
    hdfs.write("f", bytes(MIB))
    with open(mount / "f", "rb") as file:
        assert os.lseek(file.fileno(), 0, os.SEEK_DATA) == 0
        assert os.lseek(file.fileno(), 0, os.SEEK_HOLE) == MIB
        refused(errno.ENXIO, os.lseek, file.fileno(), MIB, os.SEEK_DATA)
