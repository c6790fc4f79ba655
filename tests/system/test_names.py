"""Names round-trip byte for byte, in both directions; what HDFS cannot hold is refused with a reason."""

import errno
import os
import unicodedata
from pathlib import Path
from urllib.parse import quote

import pytest
from knoxtest import run, sh

from conftest import make_mounts

NFC = unicodedata.normalize("NFC", "Grüße é")
NFD = unicodedata.normalize("NFD", NFC)

NAMES = [
    "two words",
    " before",
    "after ",
    "  ",
    "%",
    "100%",
    "%20",
    "%2F",
    "%41%zz",
    "a+b",
    "a;b=c",
    "#top",
    "what?",
    "a&b=c",
    "it's",
    'say "x"',
    "back\\slash",
    "\\",
    "line\nbreak",
    "tab\there",
    "\x01\x7f",
    "return\r",
    NFC,
    NFD,
    "日本語",
    "😀 emoji",
    "\u200bzero\ufeffwidth",
    "*",
    "[a-z]?{x,y}",
    "-rf",
    "--help",
    "~",
    "$HOME `id` !",
    "<a>|b",
    "a,b",
    "@",
    ".hidden",
    "..two",
    "...",
    ".snapshots",
    "=?utf-8?q?x?=",
    "CON",
    "a" * 255,
    "日" * 85,
    "é" * 127 + "x",
    " " * 254 + ".",
    "%" * 255,
]


def label(name) -> str:
    text = repr(name)
    return text if len(text) < 30 else f"{text[:12]}...{len(os.fsencode(name))} bytes"


every_name = pytest.mark.parametrize("name", NAMES, ids=label)


@pytest.fixture(scope="module")
def common(binary, stack, via):
    """One mount for all."""
    made = make_mounts(binary, stack, via)
    yield made("/tests")
    made.close()


@pytest.fixture
def here(common, hdfs) -> Path:
    """The test's own folder in it."""
    return common / hdfs.root.removeprefix("/tests/")


@pytest.mark.gateway
@every_name
def test_made_here(here, hdfs, name):
    """Made by the mount: Hadoop's shell finds it under exactly this name, with its bytes."""
    text = f"content of {name!r}".encode()
    (here / name).write_bytes(text)
    assert name in hdfs.entries()
    assert hdfs.read(name) == text
    if "\r" not in name:  # FsShell ends its lines there
        assert hdfs.cat(name) == text
    assert name in os.listdir(here)
    assert run("cat", "--", here / name).stdout == text
    assert run("stat", "-c", "%s", "--", here / name).stdout == b"%d\n" % len(text)
    (here / name).unlink()
    assert name not in hdfs.entries()


@every_name
def test_made_there(here, hdfs, name):
    """Made by another client, in a folder of this name too: seen, read, renamed, removed here."""
    hdfs.ask("PUT", "MKDIRS", name)
    hdfs.write(f"{name}/{name}", b"theirs")
    assert os.listdir(here) == [name]
    assert (here / name / name).read_bytes() == b"theirs"
    assert os.listdir(here / name) == [name]
    os.rename(here / name / name, here / name / "plain")
    assert list(hdfs.entries(name)) == ["plain"]
    os.rename(here / name / "plain", here / name / name)
    with open(here / name / name, "ab") as file:
        file.write(b" and ours")
    assert hdfs.read(f"{name}/{name}") == b"theirs and ours"
    run("setfattr", "-n", "user.note", "-v", name.replace("\\", "\\\\"), "--", here / name / name)
    os.truncate(here / name / name, 0)
    run("rm", "-r", "--", here / name)
    assert hdfs.entries() == {}


def test_all_in_one_listing(here, hdfs, tmp_path):
    """And by tar and rsync, which pass names on as bytes."""
    source = tmp_path / "s"
    source.mkdir()
    for name in NAMES:
        (source / name).write_text(name)
    run("cp", "-rT", source, here / "all")
    assert sorted(os.listdir(here / "all")) == sorted(NAMES) == sorted(hdfs.entries("all"))
    shell = hdfs.sh("-ls", "-C", hdfs.glob("all")).out.decode()
    assert sorted(shell.split(hdfs.path("all/"))[1:]) == sorted(f"{name}\n" for name in NAMES)
    (tmp_path / "t").mkdir()
    sh('tar c -C "$1" . | tar x -C "$2"', here / "all", tmp_path / "t")
    run("diff", "-r", source, tmp_path / "t")
    run("rsync", "-rt", f"{here}/all/", f"{tmp_path}/r/")
    run("diff", "-r", source, tmp_path / "r")
    run("rm", "-r", here / "all")


def test_nfc_and_nfd_are_two_files(here, hdfs):
    """A NameNode composes decomposed names in its redirects; no byte may land in the other file."""
    assert NFC != NFD
    for name in (NFC, NFD):
        (here / name).write_text(f"{len(name)}")
    for name in (NFC, NFD):
        assert hdfs.sh("-cat", hdfs.path(name)).out == f"{len(name)}".encode()
        assert (here / name).read_text() == f"{len(name)}"
        with open(here / name, "a") as file:
            file.write("+")
        assert hdfs.sh("-cat", hdfs.path(name)).out == f"{len(name)}+".encode()
        (here / name).unlink()


def test_rename_between_odd_names(here, hdfs):
    (here / NAMES[0]).write_text("wanders")
    for old, new in zip(NAMES, NAMES[1:], strict=False):
        os.rename(here / old, here / new)
        assert list(hdfs.entries()) == [new]
    (here / NAMES[-1]).unlink()


REFUSED = [
    ("colon:", errno.EINVAL, "':'"),
    (b"\xff\xfe", errno.EILSEQ, "UTF-8"),
    (b"cut \xe6\x97", errno.EILSEQ, "UTF-8"),
    (b"surrogate \xed\xa0\x80", errno.EILSEQ, "UTF-8"),
    (b"overlong \xc0\xaf", errno.EILSEQ, "UTF-8"),
]


@pytest.mark.parametrize("name, code, reason", REFUSED, ids=[label(row[0]) for row in REFUSED])
def test_refused(here, hdfs, name, code, reason):
    """By every call that makes a name, with the reason; who only looks finds nothing."""
    path = os.path.join(os.fsencode(here), os.fsencode(name))
    other = os.fsencode(here / "other")
    (here / "other").write_text("stays")
    for call in (
        lambda: os.open(path, os.O_CREAT | os.O_WRONLY),
        lambda: os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL),
        lambda: os.mkdir(path),
        lambda: os.rename(other, path),
    ):
        with pytest.raises(OSError) as caught:
            call()
        assert caught.value.errno == code
        error = os.getxattr(here, "user.hdfs.error").decode(errors="replace")
        assert reason in error
    for call in (os.stat, os.unlink, os.listdir):
        with pytest.raises(OSError) as caught:
            call(path)
        assert caught.value.errno == errno.ENOENT, call
    assert list(hdfs.entries()) == ["other"]
    (here / "other").unlink()


@pytest.mark.parametrize("name", ["a" * 256, "日" * 86, "é" * 128], ids=label)
def test_too_long(here, hdfs, name):
    with pytest.raises(OSError) as caught:
        (here / name).write_text("x")
    assert caught.value.errno == errno.ENAMETOOLONG
    assert hdfs.entries() == {}


def test_deep_path(here, hdfs):
    """As deep as the servers allow; one more is refused with the reason, not with EIO."""
    part = "d" * 250
    path, depth = here, 0
    with pytest.raises(OSError) as caught:
        while depth < 20:
            path = path / part
            path.mkdir()
            depth += 1
            (path / "f").write_text(f"{depth}")
            assert hdfs.cat("/".join([part] * depth + ["f"])) == f"{depth}".encode()
    assert caught.value.errno == errno.ENAMETOOLONG and depth >= 12
    run("rm", "-r", here / part)
    assert hdfs.entries() == {}


@pytest.mark.parametrize("name", ["two words", "100% ;#?&+'\"", NFD, "日本語"], ids=label)
def test_root_of_a_mount(mounts, hdfs, name):
    """The folder that is mounted may have such a name itself."""
    hdfs.ask("PUT", "MKDIRS", name)
    mount = mounts(f"{hdfs.url_path}/{quote(name)}")
    (mount / "f").write_text("inside")
    assert hdfs.read(f"{name}/f") == b"inside"
