"""HDFS that speaks TLS itself: the NameNode by https (swebhdfs:// in Hadoop's words), which sends on to https of the DataNodes."""

import errno
import os
import shutil

import pytest
from knoxstack import Stack, tls
from knoxtest import Hdfs, Mounts, until
from knoxtest.tree import TREE, stats

from conftest import make_folder
from test_knoxctl import UNREACHABLE, check_failed, check_ok, doctor, program  # noqa: F401

pytestmark = [pytest.mark.direct("it has servers of its own"), pytest.mark.limit(120)]
MIB = 1 << 20


@pytest.fixture(scope="module")
def secure():
    with Stack.up(tls=True, owner=os.getpid(), ephemeral=True) as stack:
        stack.dfs("-mkdir", "/tests")
        yield stack


@pytest.fixture
def folder(secure, request) -> Hdfs:
    return make_folder(secure, request.node.name)


@pytest.fixture
def mounts(binary, secure, request):
    made = Mounts(binary, secure.secure, lambda *who: {"cacert": str(tls.certificate())})
    yield made
    made.close()


def secure_ports(stack) -> set[int]:
    return {stack.plan.port(name, "https") for name in stack.plan.names()}


def test_every_connection_has_tls(mounts, secure, folder):
    """Uploads, streams, ranges straight at the DataNode."""
    mount = mounts(folder.url_path, server=secure.secure.replace("https://", "swebhdfs://"), cacert=str(tls.certificate()))
    data = os.urandom(24 * MIB)
    (mount / "f").write_bytes(data)
    assert folder.read("f") == data
    fresh = mounts(folder.url_path)
    with open(fresh / "f", "rb", buffering=0) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)
        for number in range(12):
            at = (number * 7 % 12) * 2 * MIB
            assert os.pread(file.fileno(), 4096, at) == data[at : at + 4096]
            assert fresh.peers() <= secure_ports(secure)
    assert stats(fresh / TREE)["opens-direct"] > 0
    assert (fresh / "f").read_bytes() == data
    assert mount.peers() | fresh.peers() <= secure_ports(secure)


def test_doctor(doctor, secure, folder):  # noqa: F811
    found, _ = doctor(f"{secure.secure}{folder.url_path}", "--user", "alice", "--cacert", tls.certificate())
    check_ok(found)
    assert f"https://localhost:{secure.plan.port('dn1', 'https')}: connected" in found["datanode"][1] and "certificate of" in found["datanode"][1]


def test_a_datanode_that_nobody_vouches_for(mounts, secure, folder, tmp_path, doctor):  # noqa: F811
    """It gets no byte and is believed none; the mount goes on when it has its certificate again."""
    folder.write("f", b"known")
    mount = mounts(folder.url_path, data_timeout=20, timeout=20)
    store, kept = tls.store_of(secure.plan, "dn1"), tmp_path / "kept.jks"
    shutil.copy(store, kept)
    store.unlink()
    tls.make(store, tmp_path / "other.pem", "hdfs", tls.SECRET)
    try:
        secure.restart("dn1")
        with pytest.raises(OSError) as failure:
            (mount / "f").read_bytes()
        assert failure.value.errno == errno.EPROTO
        with pytest.raises(OSError) as failure:
            (mount / "new").write_bytes(b"not for everybody")
        assert failure.value.errno == errno.EPROTO
        certificate = ["--user", "alice", "--cacert", tls.certificate()]
        result = doctor(f"{secure.secure}{folder.url_path}", *certificate, rc=UNREACHABLE)
        check_failed(result, "datanode", "self-signed", f"openssl s_client -connect localhost:{secure.plan.port('dn1', 'https')}")
        said = (mount / TREE / "errors").read_text()
        assert f"localhost:{secure.plan.port('dn1', 'https')}: the server's certificate is self-signed" in said
    finally:
        shutil.copy(kept, store)
        secure.restart("dn1")
    assert (mount / "f").read_bytes() == b"known"
    until(lambda: folder.hidden() == [], what="no rest of the upload is left")
