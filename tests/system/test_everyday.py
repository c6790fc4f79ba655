"""Ordinary programs on the mount, and what Hadoop's shell says of the result."""

import os
import stat
import time
from pathlib import Path

import pytest
from knoxtest import run, sh, until

pytestmark = pytest.mark.gateway
SERVICES = Path("/etc/services")


@pytest.fixture
def mount(owned):
    return owned


@pytest.fixture
def tree(tmp_path) -> Path:
    """Folders, an empty one, an empty file, several sizes, modes and times."""
    top = tmp_path / "tree"
    sizes = {"empty": 0, "one": 1, "page": 4096, "a/odd": 70001, "a/b/blocks": 3 * 1048576 + 17}
    for number, (name, size) in enumerate(sizes.items()):
        file = top / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(os.urandom(size))
        os.utime(file, (1_600_000_000 + number, 1_600_000_100 + number))
    (top / "void").mkdir()
    (top / "a/odd").chmod(0o640)
    (top / "one").chmod(0o755)
    return top


def same_as_shell(hdfs, name: str, local: Path) -> None:
    """Every file below, byte for byte and by name, as FsShell has it."""
    below = {str(path.relative_to(local)) for path in local.rglob("*")}
    assert set(hdfs.names(name)) == below
    for path in below:
        if (local / path).is_file():
            assert hdfs.cat(f"{name}/{path}") == (local / path).read_bytes(), path


def test_cp_tree(mount, hdfs, tree, tmp_path):
    run("cp", "-r", tree, mount / "copy")
    same_as_shell(hdfs, "copy", tree)
    run("cp", "-r", mount / "copy", tmp_path / "back")
    run("diff", "-r", tree, tmp_path / "back")


def test_cp_archive_keeps_times_and_modes(mount, hdfs, tree):
    run("cp", "-a", tree, mount / "copy")
    for path in tree.rglob("*"):
        was, now = path.stat(), (mount / "copy" / path.relative_to(tree)).stat()
        assert int(was.st_mtime) == int(now.st_mtime), path
        assert stat.S_IMODE(was.st_mode) == stat.S_IMODE(now.st_mode), path
    assert hdfs.stat("%a %y", "copy/a/odd").startswith("640 2020-09-13 12:28:2")


def rows_of_ls(mount) -> dict[str, list[str]]:
    """Like Hdfs.listing: {name: [permissions, owner, size, date, time]}."""
    listing = run("ls", "-l", "--time-style=+%F %H:%M", mount.path).stdout.decode()
    rows = {}
    for line in listing.splitlines()[1:]:
        mode, _, owner, _, size, day, clock, name = line.split(None, 7)
        rows[name] = [mode, owner, size if mode[0] == "-" else "0", day, clock]
    return rows


def test_cat_and_ls(mount, hdfs):
    sh("cat /etc/services > out; echo more >> out; cat out | tail -1", cwd=mount.path)
    assert hdfs.cat("out") == SERVICES.read_bytes() + b"more\n"
    hdfs.sh("-chmod", "604", hdfs.path("out"))
    hdfs.mkdir("folder", user="root")
    shell = {name: [row[0], row[2], *row[4:7]] for name, row in hdfs.listing().items()}
    assert shell["out"][0] == "-rw----r--" and shell["folder"][0] == "drwxr-xr-x"
    until(lambda: rows_of_ls(mount) == shell, what="ls -l shows what hdfs dfs -ls shows")


def test_ls_many_ways(mount, hdfs):
    for name in ("b", ".hidden", "a", "Z"):
        hdfs.write(name, name.encode(), user="root")
    hdfs.mkdir("sub/deep", user="root")
    assert run("ls", mount.path).stdout.decode().split() == ["Z", "a", "b", "sub"]
    assert run("ls", "-A", mount.path).stdout.decode().split() == [".hidden", "Z", "a", "b", "sub"]
    tree = run("ls", "-R", mount.path).stdout
    assert tree.endswith(b"sub:\ndeep\n\n" + bytes(mount / "sub/deep") + b":\n")
    inodes = run("stat", "-c", "%i %n", "a", "b", "sub", cwd=mount.path).stdout.decode().split()
    expected = [[str(hdfs.status(name)["fileId"]), name] for name in ("a", "b", "sub")]
    assert inodes == sum(expected, [])


def test_tar_in_and_out(mount, hdfs, tree, tmp_path):
    sh('tar c -C "$1" . | tar x -C "$2"', tree, mount.path)
    same_as_shell(hdfs, "", tree)
    run("tar", "czf", mount / "all.tgz", "-C", tree, ".")
    sh('mkdir "$1" && tar xzf "$2" -C "$1"', tmp_path / "x", mount / "all.tgz")
    run("diff", "-r", tree, tmp_path / "x")
    sh('mkdir "$1" && tar c -C "$2" a void | tar x -C "$1"', tmp_path / "y", mount.path)
    run("diff", "-r", tree / "a", tmp_path / "y/a")


def test_rsync(mount, hdfs, tree, tmp_path):
    there, back = mount / "copy", tmp_path / "back"
    changes = ["rsync", "-a", "--delete", "--itemize-changes"]
    run(*changes, f"{tree}/", f"{there}/")
    same_as_shell(hdfs, "copy", tree)
    assert run(*changes, f"{tree}/", f"{there}/").stdout == b""
    (tree / "one").write_bytes(b"changed")
    (tree / "a/odd").unlink()
    said = run(*changes, f"{tree}/", f"{there}/").stdout.decode()
    assert sorted(line.split()[-1] for line in said.splitlines() if not line.startswith(".d")) == [
        "a/odd",
        "one",
    ]
    same_as_shell(hdfs, "copy", tree)
    run("rsync", "-a", f"{there}/", f"{back}/")
    run("diff", "-r", tree, back)
    assert run(*changes, "--checksum", f"{there}/", f"{back}/").stdout == b""


def test_sums(mount, hdfs, tree):
    run("cp", "-r", tree, mount / "t")
    for program in ("sha256sum", "md5sum", "cksum"):
        find = f"find . -type f | LC_ALL=C sort | xargs {program}"
        assert sh(find, cwd=tree).stdout == sh(find, cwd=mount / "t").stdout
    sh("sha256sum t/one t/a/odd > sums; sha256sum -c --quiet sums", cwd=mount.path)


def test_find(mount, tree):
    run("cp", "-a", tree, mount / "t")
    for query in (
        [],
        ["-type", "d"],
        ["-name", "o*"],
        ["-size", "+4k"],
        ["-empty"],
        ["-perm", "640"],
        ["-newer", "one"],
        ["-type", "f", "-printf", "%p %s %m %TY-%Tm-%TdT%TH:%TM\n"],
    ):
        here = sorted(run("find", ".", *query, cwd=tree).stdout.splitlines())
        assert here, query
        assert sorted(run("find", ".", *query, cwd=mount / "t").stdout.splitlines()) == here, query


def test_mv(mount, hdfs, tmp_path):
    sh("echo 1 > a; echo 2 > b; mkdir d; mv a c; mv c b; mv b d; mv d/b d/e; mv d f", cwd=mount.path)
    assert hdfs.names() == ["f", "f/e"] and hdfs.cat("f/e") == b"1\n"
    sh("mkdir g; mv f g", cwd=mount.path)
    assert hdfs.names() == ["g", "g/f", "g/f/e"]
    assert (mount / "g/f/e").read_text() == "1\n"
    run("mv", mount / "g/f", tmp_path / "local")
    assert (tmp_path / "local/e").read_text() == "1\n" and hdfs.names() == ["g"]
    run("mv", tmp_path / "local", mount / "back")
    assert hdfs.cat("back/e") == b"1\n"


def test_mv_refused(mount, hdfs):
    """rename(2)'s own words, and nothing moves into anything by itself."""
    sh("mkdir d d/sub e; echo x > d/x; echo f > f", cwd=mount.path)
    before = hdfs.names()
    cases = (
        ("e", "d", "Directory not empty"),
        ("f", "e", "Is a directory"),
        ("e", "f", "Not a directory"),
        ("d", "d/sub/d", "Invalid argument"),
        ("none", "f", "No such file or directory"),
        ("f", "none/f", "No such file or directory"),
        ("f", "f/f", "Not a directory"),
    )
    for source, target, words in cases:
        with pytest.raises(OSError) as caught:
            os.rename(mount / source, mount / target)
        assert caught.value.strerror == words, (source, target)
    os.rename(mount / "f", mount / "f")
    assert hdfs.names() == before
    (mount / "empty").mkdir()
    os.rename(mount / "e", mount / "empty")  # onto an empty folder: replaced
    assert hdfs.names() == ["d", "d/sub", "d/x", "empty", "f"]


def test_rm(mount, hdfs, tree):
    run("cp", "-r", tree, mount / "t")
    run("rmdir", mount / "t/void")
    failed = run("rmdir", mount / "t/a", rc=1)
    assert b"Directory not empty" in failed.stderr
    run("rm", mount / "t/one")
    assert b"No such file" in run("rm", mount / "t/one", rc=1).stderr
    assert b"Is a directory" in run("rm", mount / "t/a", rc=1).stderr
    assert b"Not a directory" in run("rmdir", mount / "t/page", rc=1).stderr
    assert set(hdfs.names("t")) == {"a", "a/b", "a/b/blocks", "a/odd", "empty", "page"}
    run("rm", "-r", mount / "t")
    assert hdfs.names() == []


def test_dd(mount, hdfs, tmp_path):
    data = os.urandom(5_000_000)
    source = tmp_path / "data"
    source.write_bytes(data)
    for size in ("4k", "100003", "1M", "3M"):
        run("dd", f"if={source}", f"of={mount / size}", f"bs={size}", "conv=fsync", "status=none")
        assert hdfs.cat(size) == data, size
        assert run("dd", f"if={mount / size}", f"bs={size}", "status=none").stdout == data, size
    append = ["bs=1M", "oflag=append", "conv=notrunc", "status=none"]
    run("dd", f"if={source}", f"of={mount / '4k'}", *append)
    assert hdfs.length("4k") == 2 * len(data) and hdfs.cat("4k") == data * 2
    part = run("dd", f"if={mount / '4k'}", "bs=1000", "skip=4990", "count=20", "status=none").stdout
    assert part == (data * 2)[4_990_000:5_010_000]


def test_df(mount, stack):
    row = run("df", "-B1", "--output=size,used,avail,source", mount.path).stdout.decode().splitlines()[1]
    size, used, avail, source = row.split()
    report = stack.dfs("-df", "/").out.decode().splitlines()[1].split()
    assert abs(int(size) - int(report[1])) < 2 << 20 and source == mount.endpoint
    assert 0 < int(avail) <= int(size) and int(used) <= int(size)
    assert abs(int(avail) - int(report[3])) < 2 << 30  # others use this disk too
    assert run("stat", "-f", "-c", "%l", mount.path).stdout == b"255\n"


def test_touch(mount, hdfs):
    sh("touch new; touch -c none; touch -d '2001-02-03 04:05:06.789' new", cwd=mount.path)
    assert hdfs.names() == ["new"] and hdfs.stat("%b %y", "new") == "0 2001-02-03 04:05:06"
    assert hdfs.status("new")["modificationTime"] % 1000 == 789
    begin = time.time()
    run("touch", mount / "new")
    assert abs(hdfs.status("new")["modificationTime"] / 1000 - begin) < 60
    run("touch", "-a", "-d", "2002-01-01", mount / "new")
    assert hdfs.status("new")["accessTime"] == 1009843200000
    assert run("stat", "-c", "%X", mount / "new").stdout == b"1009843200\n"
    run("mkdir", mount / "d")
    run("touch", "-d", "2003-01-01", mount / "d")
    assert hdfs.stat("%y", "d") == "2003-01-01 00:00:00"


def test_chmod(mount, hdfs):
    sh("touch f; mkdir d; chmod 0604 f; chmod 1777 d; umask 027; touch g; mkdir h", cwd=mount.path)
    modes = {name: row[0] for name, row in hdfs.listing().items()}
    assert modes == {"f": "-rw----r--", "d": "drwxrwxrwt", "g": "-rw-r-----", "h": "drwxr-x---"}
    run("chmod", "u+x,go=", mount / "f")
    assert run("stat", "-c", "%A", mount / "f").stdout == b"-rwx------\n"
    assert hdfs.stat("%a", "f") == "700"
    run("chmod", "-R", "a+rX", mount.path)
    assert hdfs.stat("%a", "h") == "755" and hdfs.stat("%a", "g") == "644"


def test_chown(mount, hdfs):
    sh("touch f; chown daemon:daemon f; chgrp nogroup f", cwd=mount.path)
    assert hdfs.stat("%u:%g", "f") == "daemon:nogroup"
    assert run("stat", "-c", "%U:%G", mount / "f").stdout == b"daemon:nogroup\n"
    # A name that this machine does not know has a number, and the number leads back to it.
    hdfs.write("bobs", b"", user="root")
    hdfs.sh("-chown", "bob:users", hdfs.path("bobs"))
    run("chown", "--reference", mount / "bobs", mount / "f")
    assert hdfs.stat("%u:%g", "f") == "bob:users"
    failed = run("chown", "54321", mount / "f", rc=1)
    assert b"Invalid argument" in failed.stderr
    error = run("getfattr", "--only-values", "-n", "user.hdfs.error", mount / "f").stdout
    assert b"54321" in error


def test_text_tools(mount, hdfs):
    """Who writes a second file and renames it, who reads parts, who walks."""
    sh("cp /etc/services s; sed -i s/tcp/TCP/g s; gzip -k s; zcat s.gz | cmp - s", cwd=mount.path)
    assert hdfs.cat("s") == SERVICES.read_bytes().replace(b"tcp", b"TCP")
    sh("sort s -o s; head -c 100 s; tail -c 100 s; tail -n 3 s; wc s; cmp s s", cwd=mount.path)
    assert hdfs.cat("s").count(b"\n") == SERVICES.read_bytes().count(b"\n")
    sh("echo one | tee t; echo two | tee -a t; install -m 600 t u; mkdir -p x/y/z", cwd=mount.path)
    assert hdfs.cat("t") == b"one\ntwo\n" and hdfs.stat("%a", "u") == "600"
    assert run("grep", "-rlx", "two", ".", cwd=mount.path).stdout.splitlines() == [b"./t", b"./u"]
    assert run("du", "-sb", mount / "x").stdout.split()[0].isdigit()


def test_what_hdfs_has_not(mount, hdfs):
    sh("echo x > f", cwd=mount.path)
    cases = (
        (["ln", "-s", "f", "l"], "Operation not supported", "symbolic"),
        (["ln", "f", "l"], "Operation not permitted", "hard links"),
        (["mkfifo", "p"], "Operation not permitted", "pipes"),
    )
    for line, words, reason in cases:
        assert words in run(*line, cwd=mount.path, rc=1).stderr.decode(), line
        error = run("getfattr", "--only-values", "-n", "user.hdfs.error", ".", cwd=mount.path).stdout
        assert reason in error.decode(), line
    assert hdfs.names() == ["f"]
