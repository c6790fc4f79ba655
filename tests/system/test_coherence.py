"""Another client (Hadoop's shell) changes things: seen here after attr_timeout, and never mixed."""

import errno
import os
import time

import pytest
from knoxtest import refused, run, sh, until

MIB = 1 << 20


def test_new_file(mount, hdfs):
    assert os.listdir(mount.path) == [] and not (mount / "f").exists()
    hdfs.put("f", b"theirs")
    until(lambda: (mount / "f").exists(), 5, "a name that was absent is seen")
    assert os.listdir(mount.path) == ["f"] and (mount / "f").read_bytes() == b"theirs"


def test_new_file_in_a_listing_at_once(mount, hdfs):
    """An opendir asks the server; only attributes and names are remembered."""
    hdfs.mkdir("d")
    assert os.listdir(mount / "d") == []
    hdfs.put("d/f", b"x")
    assert os.listdir(mount / "d") == ["f"]


def test_deleted_file(mount, hdfs):
    hdfs.put("f", b"x" * 100)
    assert (mount / "f").read_bytes() == b"x" * 100
    hdfs.rm("f")
    until(lambda: not (mount / "f").exists(), 5, "a deleted name is gone")
    with pytest.raises(FileNotFoundError):
        open(mount / "f")
    assert os.listdir(mount.path) == []


def test_deleted_folder(mount, hdfs):
    hdfs.mkdir("d/e")
    inside = os.open(mount / "d/e", os.O_RDONLY)
    hdfs.rm("d")
    until(lambda: not (mount / "d").exists(), 5)
    with pytest.raises(OSError) as caught:
        os.stat("x", dir_fd=inside)
    assert caught.value.errno in (errno.ENOENT, errno.ESTALE)
    os.close(inside)
    (mount / "d").mkdir()
    assert os.listdir(mount / "d") == []


def test_replaced_file(mount, hdfs):
    """The kernel's pages of the old file are not shown for the new one, nor the old length. (Who opens it while what is
    known of it is young may be told that it has gone.)"""

    def content() -> bytes | None:
        try:
            return (mount / "f").read_bytes()
        except OSError as failure:
            assert failure.errno == errno.ESTALE
            return None

    for number, size in enumerate((MIB, MIB, 3 * MIB, 5, 0, 7)):
        hdfs.put("f", bytes([number]) * size)
        until(lambda want=bytes([number]) * size: content() == want, 5)
        assert (mount / "f").stat().st_size == size


@pytest.mark.parametrize("known", ["name", "pages"])
def test_replaced_before_its_attributes_end(mounts, hdfs, known):
    """Who opens it in the second half of attr_timeout opens the new one: the kernel looks the name up once more."""
    hdfs.write("f", b"old" * 5000)
    hdfs.write("new", b"newer" * 5000)
    mount = mounts(hdfs.url_path, attr_timeout=12, entry_timeout=60)
    begin = time.monotonic()
    if known == "pages":
        assert (mount / "f").read_bytes() == b"old" * 5000
    else:
        os.stat(mount / "f")
    hdfs.ask("PUT", "RENAME", "new", destination=hdfs.path("f"), renameoptions="OVERWRITE")
    time.sleep(max(0, begin + 6.5 - time.monotonic()))  # the subject of the test is a time
    assert (mount / "f").read_bytes() == b"newer" * 5000
    assert os.stat(mount / "f").st_size == 25_000


def test_appended_file(mount, hdfs):
    hdfs.put("f", b"1" * 5000)
    assert (mount / "f").read_bytes() == b"1" * 5000
    hdfs.append("f", b"2" * 5000)
    until(lambda: (mount / "f").stat().st_size == 10_000, 5)
    assert (mount / "f").read_bytes() == b"1" * 5000 + b"2" * 5000


def test_append_is_seen_by_an_open_handle(mount, hdfs):
    """tail -f: what came behind the end is read by who has read to the end."""
    hdfs.put("f", b"1" * 5000)
    with open(mount / "f", "rb", buffering=0) as file:
        assert file.read() == b"1" * 5000
        hdfs.append("f", b"2" * 5000)
        assert until(lambda: file.read(), 5) == b"2" * 5000


@pytest.mark.gateway
@pytest.mark.parametrize("same_size", [True, False])
def test_open_handle_of_a_replaced_file(mounts, hdfs, same_size):
    """Old bytes or ESTALE; not one byte of the new file."""
    size = 12 * MIB
    hdfs.write("f", b"o" * size)
    mount = mounts(hdfs.url_path, attr_timeout=0, entry_timeout=0)
    with open(mount / "f", "rb", buffering=0) as file:
        assert os.pread(file.fileno(), MIB, 0) == b"o" * MIB
        hdfs.put("f", b"n" * (size if same_size else size // 2))
        assert (mount / "f").read_bytes().strip(b"n") == b""  # opened anew: the new one
        for at in (0, 2 * MIB, 4 * MIB, 11 * MIB, size - 1, 3 * MIB):
            try:
                got = os.pread(file.fileno(), MIB, at)
            except OSError as error:
                assert error.errno == errno.ESTALE
            else:
                assert got and got.strip(b"o") == b"", at
    assert hdfs.cat("f").strip(b"n") == b""


@pytest.mark.gateway
def test_a_jump_in_a_replaced_file(mounts, hdfs):
    """By whom the name is not looked at again: ESTALE, and not a byte of the new file."""
    hdfs.write("f", b"o" * 24 * MIB)
    mount = mounts(hdfs.url_path, attr_timeout=60, entry_timeout=60)
    with open(mount / "f", "rb", buffering=0) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)
        assert os.pread(file.fileno(), 100, 0) == b"o" * 100
        hdfs.write("f", b"n" * 24 * MIB)
        refused(errno.ESTALE, os.pread, file.fileno(), 100, 20 * MIB)


def test_open_handle_of_a_deleted_file(mounts, hdfs):
    hdfs.write("f", b"o" * 12 * MIB)
    mount = mounts(hdfs.url_path, attr_timeout=0, entry_timeout=0)
    with open(mount / "f", "rb", buffering=0) as file:
        assert os.pread(file.fileno(), MIB, 0) == b"o" * MIB
        hdfs.rm("f")
        for at in (MIB, 11 * MIB, 5 * MIB):
            try:
                assert os.pread(file.fileno(), MIB, at) == b"o" * MIB
            except OSError as error:
                assert error.errno in (errno.ESTALE, errno.ENOENT)


def test_file_that_becomes_a_folder(mount, hdfs):
    hdfs.put("x", b"file")
    assert (mount / "x").read_bytes() == b"file"
    hdfs.rm("x")
    hdfs.mkdir("x/inside")
    until(lambda: (mount / "x").is_dir(), 5)
    assert os.listdir(mount / "x") == ["inside"]
    hdfs.rm("x")
    hdfs.put("x", b"again")
    until(lambda: (mount / "x").is_file(), 5)
    assert (mount / "x").read_bytes() == b"again"


def test_renamed_folder(mount, hdfs):
    hdfs.mkdir("old/deep")
    hdfs.put("old/deep/f", b"x")
    assert (mount / "old/deep/f").read_bytes() == b"x"
    hdfs.mv("old", "new")
    until(lambda: (mount / "new").exists() and not (mount / "old").exists(), 5)
    assert (mount / "new/deep/f").read_bytes() == b"x"


def test_changed_attributes(mount, hdfs):
    hdfs.put("f", b"x")
    assert run("stat", "-c", "%a", mount / "f").stdout == b"644\n"
    hdfs.sh("-chmod", "600", hdfs.path("f"))
    hdfs.sh("-touch", "-m", "-t", "20010203:040506", hdfs.path("f"))
    wanted = b"600 981173106\n"
    until(lambda: run("stat", "-c", "%a %Y", mount / "f").stdout == wanted, 5)


@pytest.mark.gateway
def test_own_changes_are_seen_at_once(mounts, hdfs):
    """However long the attributes are kept."""
    mount = mounts(hdfs.url_path, attr_timeout=600, entry_timeout=600, negative_timeout=600)
    script = """
        test ! -e f; echo one > f; test "$(cat f)" = one; test "$(stat -c %s f)" = 4
        echo two >> f; test "$(cat f)" = "$(printf 'one\\ntwo')"; test "$(stat -c %s f)" = 8
        chmod 600 f; test "$(stat -c %a f)" = 600; touch -d @1000000000 f; test "$(stat -c %Y f)" = 1000000000
        mv f g; test ! -e f; test "$(cat g)" = "$(printf 'one\\ntwo')"
        mkdir d; mv g d; test "$(ls)" = d; test "$(ls d)" = g; mv d e; test "$(cat e/g | wc -l)" = 2
        truncate -s 4 e/g; test "$(cat e/g)" = one; cp /etc/services e/g; cmp e/g /etc/services
        rm e/g; test ! -e e/g; test -z "$(ls e)"; rmdir e; test -z "$(ls)"; echo x > e; test "$(cat e)" = x
    """
    sh(script, cwd=mount.path)
    assert hdfs.names() == ["e"]


def test_kept_for_attr_timeout(mounts, hdfs, proxy):
    """Not asked for again before its time is over, and then again: counted."""
    hdfs.put("f", b"x")
    mount = mounts(hdfs.url_path, server=proxy.namenode, attr_timeout=2, entry_timeout=2)
    os.stat(mount / "f")
    begin = time.monotonic()
    proxy.reset()
    while proxy.count("namenode") == 0 and time.monotonic() < begin + 20:
        os.stat(mount / "f")
        time.sleep(0.05)
    assert proxy.count("namenode") >= 1  # asked again at last ...
    assert time.monotonic() - begin > 1.5  # ... and not before


def test_two_mounts(mounts, hdfs):
    """Each other's second client."""
    one, two = mounts(hdfs.url_path), mounts(hdfs.url_path)
    for number in range(3):
        (one / "f").write_text(f"one {number}")
        until(lambda want=f"one {number}": (two / "f").exists() and (two / "f").read_text() == want, 5)
        (two / "f").write_text(f"two {number} longer")
        until(lambda want=f"two {number} longer": (one / "f").read_text() == want, 5)
    (two / "f").unlink()
    until(lambda: not (one / "f").exists(), 5)


def test_grows_while_it_is_read(mount, hdfs):
    """Appended between two openings, by blocks of odd sizes: always a prefix of the final content."""
    content = b""
    for number in range(6):
        piece = bytes([65 + number]) * (4096 * number + 77)
        content += piece
        if number:
            hdfs.append("f", piece)
        else:
            hdfs.put("f", piece)
        got = (mount / "f").read_bytes()
        assert content.startswith(got)
        until(lambda want=content: (mount / "f").read_bytes() == want, 5)
