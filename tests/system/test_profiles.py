"""Profiles: NAME:[/PATH] as the endpoint, from a configuration file, from Hadoop's own, and from fstab's fields."""

import os

import pytest
from knoxtest import programs, run
from knoxtest.mount import Mount
from knoxtest.tree import TREE


@pytest.fixture
def config(tmp_path, stack, hdfs):
    hdfs.mkdir("data")
    hdfs.write("data/f", b"one")
    path = tmp_path / "knoxfs.conf"
    path.write_text(
        f"[prod]\nendpoint = {stack.namenode}{hdfs.url_path}/data\nuser = alice\nro = yes\nattr-timeout = 7\nnovirtual=no\n"
    )
    path.chmod(0o600)
    return path


@pytest.fixture
def named(binary, tmp_path, mounts):
    """named(ENDPOINT, **options): a mount of what it stands for."""

    def make(endpoint, **options):
        folder = tmp_path / f"m{len(mounts.live)}"
        folder.mkdir()
        mount = Mount(binary, endpoint, folder, {"stage_dir": str(folder), **options})
        mounts.live.append(mount)
        return mount

    return make


def test_profile(named, config):
    mount = named("prod:", config=str(config))
    assert (mount / "f").read_bytes() == b"one"
    with pytest.raises(OSError, match="Read-only"):
        (mount / "g").write_bytes(b"")
    shown = (mount / TREE / "config").read_text().splitlines()
    assert f"user\talice\t{config}:3" in shown
    assert f"ro\tyes\t{config}:4" in shown
    assert f"attr_timeout\t7\t{config}:5" in shown
    assert f"config\t{config}\toption" in shown
    assert (mount / TREE / "user").read_text() == "alice\n"


def test_options_win_and_a_directory_may_follow(named, config, hdfs):
    mount = named(f"prod:{hdfs.path()}", config=str(config), attr_timeout=3, rw=True)
    (mount / "data/g").write_bytes(b"two")
    assert hdfs.read("data/g") == b"two"
    shown = (mount / TREE / "config").read_text().splitlines()
    assert "attr_timeout\t3\toption" in shown and "ro\tno\toption" in shown
    source = run("findmnt", "-n", "-o", "SOURCE", mount.path).stdout.decode().strip()
    assert source.endswith(hdfs.path()), source


def test_nameservice(named, stack, hdfs, tmp_path, monkeypatch):
    hdfs.write("f", b"one")
    address = stack.namenode.removeprefix("http://")
    (tmp_path / "hdfs-site.xml").write_text(
        "<configuration><property><name>dfs.nameservices</name><value>ns1</value></property>"
        f"<property><name>dfs.namenode.http-address.ns1</name><value>{address}</value></property></configuration>"
    )
    monkeypatch.setitem(programs.ENVIRONMENT, "HADOOP_CONF_DIR", str(tmp_path))
    monkeypatch.setitem(programs.ENVIRONMENT, "HADOOP_USER_NAME", "alice")
    mount = named(f"ns1:{hdfs.path()}")
    assert (mount / "f").read_bytes() == b"one"
    assert "user\talice\tenvironment" in (mount / TREE / "config").read_text().splitlines()


@pytest.mark.parametrize(
    "endpoint, text, words",
    [
        ("nobody:", "[prod]\nendpoint=http://x\n", "there is no such profile"),
        ("prod:", "[prod]\nuser=x\n", '"endpoint = URL" is missing'),
        ("prod:", "[prod]\nendpoint=http://x\nnosuch=1\n", "knoxfs.conf:3: nosuch=1: there is no such option"),
        ("prod:", "[prod]\nurl=http://x\n", 'a profile\'s address is "endpoint = URL"'),
        ("prod:", "[prod]\nendpoint=http://x\nro\n", "a switch is OPTION = yes"),
        ("prod:", "[prod\n", "[prod"),
        ("prod:/a/../b", "[prod]\nendpoint=http://x\n", ".."),
    ],
)
def test_refused(binary, tmp_path, endpoint, text, words):
    config = tmp_path / "knoxfs.conf"
    config.write_text(text)
    config.chmod(0o600)
    line = [binary, "-o", f"config={config}", endpoint, tmp_path]
    done = run(*line, rc=2)
    assert done.stderr.decode().startswith("knoxfs: ") and words in done.stderr.decode()
    os.chmod(config, 0o646)
    assert "chmod go-w" in run(*line, rc=2).stderr.decode()
