"""What servers differ in, asked of each of them without the driver, and what the driver has learned of it by itself."""

import errno
import http.client
import json
import os
import ssl
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import pytest
from knoxtest import refused, run

from conftest import knox_login, make_folder

pytestmark = [pytest.mark.direct("it asks each kind of server"), pytest.mark.limit(300)]
PAGE = 1000  # dfs.ls.limit


class Server:
    """One of the kinds; ask() is plain HTTP, and follows no redirect."""

    def __init__(self, kind: str, stack):
        self.kind, self.stack = kind, stack
        roots = {"namenode": stack.namenode, "httpfs": stack.httpfs, "knox": f"{stack.knox}/basic"}
        self.endpoint = roots[kind]

    def ask(self, method: str, path: str, op: str, body=None, user="alice", headers=(), **params):
        """(status, headers, body)"""
        if self.kind != "knox":
            params["user.name"] = user
        query = urlencode({"op": op, **params})
        return self.request(method, f"{self.endpoint}/webhdfs/v1{quote(path)}?{query}", body, user, headers)

    def request(self, method: str, url: str, body=None, user="alice", headers=()):
        """The same of a whole URL, such as that of a redirect."""
        parts = urlsplit(url)
        headers = dict(headers)
        if self.kind == "knox":
            headers["Authorization"] = f"Basic {b64encode(f'{user}:{user}-password'.encode()).decode()}"
            context = ssl.create_default_context(cafile=self.stack.cacert)
            connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=30, context=context)
        else:
            connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
        try:
            connection.request(method, f"{parts.path}?{parts.query}", body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def mount(self, mounts, hdfs, folder: Path, user="alice", **options):
        login = knox_login(self.stack)(user, folder) if self.kind == "knox" else {}
        return mounts(hdfs.url_path, server=self.endpoint, user=user, **login, **options)


@pytest.fixture(params=["namenode", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("httpfs", "knox"))])
def server(request):
    stack = request.getfixturevalue({"namenode": "stack", "httpfs": "wide", "knox": "gateway"}[request.param])
    return Server(request.param, stack)


@pytest.fixture
def hdfs(server, request):
    folder = make_folder(server.stack, request.node.name)
    yield folder
    assert folder.hidden() == []


# What a server does: the rows of /.cluster/mount/features.


def rename_options(server, hdfs) -> bool:
    """Without them a file is not replaced, and nothing is said."""
    hdfs.write("new", b"new")
    hdfs.write("old", b"old")
    status, _, body = server.ask("PUT", hdfs.path("new"), "RENAME", destination=hdfs.path("old"), renameoptions="OVERWRITE")
    assert status == 200
    obeyed = hdfs.read("old") == b"new"
    assert body == b"" if obeyed else json.loads(body) == {"boolean": False}
    return obeyed


def list_batch(server, hdfs) -> bool:
    return server.ask("GET", hdfs.path(), "LISTSTATUS_BATCH")[0] == 200


def list_start_after(server, hdfs) -> bool:
    """Or everything comes again."""
    for name in "abc":
        hdfs.mkdir(f"pages/{name}")
    _, _, body = server.ask("GET", hdfs.path("pages"), "LISTSTATUS_BATCH", startAfter="a")
    part = json.loads(body)["DirectoryListing"]["partialListing"]["FileStatuses"]["FileStatus"]
    names = [entry["pathSuffix"] for entry in part]
    assert names in (["b", "c"], ["a", "b", "c"])
    return names == ["b", "c"]


def open_redirects(server, hdfs) -> bool:
    hdfs.write("f", b"bytes")
    status, headers, body = server.ask("GET", hdfs.path("f"), "OPEN", offset=0, length=5)
    assert (status, body) == (200, b"bytes") if status == 200 else status == 307 and headers["Location"]
    return status == 307


def create_parent(server, hdfs) -> bool:
    """Or a folder that is not there is made with the file."""
    wished = {"createparent": "false", "overwrite": "true"}
    _, headers, _ = server.ask("PUT", hdfs.path("none/f"), "CREATE", **wished)
    octets = {"Content-Type": "application/octet-stream"}
    status, _, _ = server.request("PUT", headers["Location"], b"x", headers=octets)
    made = hdfs.status("none/f") is not None
    assert (status == 201) == made
    return not made


def space(server, hdfs) -> bool:
    return server.ask("GET", "/", "GETSTATUS")[0] == 200


def located_blocks(server, hdfs) -> bool:
    hdfs.write("f", b"bytes")
    return server.ask("GET", hdfs.path("f"), "GET_BLOCK_LOCATIONS", offset=0, length=1)[0] == 200


FACTS = [rename_options, list_batch, list_start_after, open_redirects, create_parent, space, located_blocks]


def features(mount) -> dict[str, str]:
    return dict(line.split("\t") for line in (mount / ".cluster/mount/features").read_text().splitlines())


def test_learned_from_what_it_does(server, mounts, hdfs, tmp_path):
    """Nothing is known before it is used; then every row says what the server does when it is asked without the driver."""
    truth = {fact.__name__.replace("_", "-"): fact(server, hdfs) for fact in FACTS}
    assert truth["list-batch"] and truth["space"]
    of_namenode = ("rename-options", "list-start-after", "open-redirects", "create-parent")
    assert [truth[name] for name in of_namenode] == [server.kind != "httpfs"] * len(of_namenode)
    hdfs.mkdirs(f"many/{number:04}" if number else "many" for number in range(PAGE + 2))
    hdfs.write("empty", b"")
    hdfs.write("theirs", b"three")
    mount = server.mount(mounts, hdfs, tmp_path)
    before = features(mount)
    # By number only where the server says itself that it is a NameNode; that is asked before all.
    inodes = "yes" if server.kind == "namenode" else "no"
    assert before.pop("inode-paths") == inodes
    assert set(before) == set(truth) and before["rename-options"] == before["open-redirects"] == "unknown"
    assert (mount / "theirs").read_bytes() == b"three"  # before a DataNode is known that may be asked directly
    (mount / "f").write_bytes(b"one")
    (mount / "g").write_bytes(b"two")
    os.rename(mount / "g", mount / "f")
    assert (mount / "f").read_bytes() == b"two" == hdfs.read("f") and (mount / "empty").read_bytes() == b""
    assert os.listdir(mount / "many") == [f"{number:04}" for number in range(1, PAGE + 2)]
    run("df", mount.path)
    known = features(mount)
    assert known.pop("inode-paths") == inodes
    # HttpFS gives everything at once, so there is no second page to learn from.
    expected = {name: "yes" if obeyed else "no" for name, obeyed in truth.items()}
    if server.kind == "httpfs":
        expected["list-start-after"] = "unknown"
    assert known == expected
    kind = {"namenode": "webhdfs"}.get(server.kind, server.kind)
    assert (mount / ".cluster/mount/backend").read_text() == f"{kind}\n"


def test_where_the_bytes_of_a_file_go(server, mounts, hdfs, tmp_path):
    """HttpFS wants data=true, which its own redirect says, and octets; the driver follows it, whatever it says."""
    status, headers, _ = server.ask("PUT", hdfs.path("f"), "CREATE")
    place = urlsplit(headers["Location"])
    assert status == 307
    assert (place.netloc == urlsplit(server.endpoint).netloc) == (server.kind != "namenode")
    assert ("data=true" in place.query) == (server.kind == "httpfs")
    if server.kind == "httpfs":
        text = {"Content-Type": "text/plain"}
        assert server.ask("PUT", hdfs.path("f"), "CREATE", b"x", headers=text, data="true")[0] == 400
    mount = server.mount(mounts, hdfs, tmp_path, loglevel="trace")
    (mount / "f").write_bytes(b"bytes" * 1000)
    with open(mount / "f", "ab") as file:
        file.write(b"more")
    assert hdfs.read("f") == b"bytes" * 1000 + b"more"
    assert ("data=true" in mount.log_file.read_text()) == (server.kind == "httpfs")


# The same refusal with another status.

NOT_EMPTY, DENIED = "PathIsNotEmptyDirectoryException", "AccessControlException"
REFUSED = {
    "missing": ("GET", "none", "GETFILESTATUS", "alice", "FileNotFoundException", (404, 404), errno.ENOENT),
    "not empty": ("DELETE", "d", "DELETE", "alice", NOT_EMPTY, (403, 500), errno.ENOTEMPTY),
    "denied": ("PUT", "new", "MKDIRS", "bob", DENIED, (403, 500), errno.EACCES),
    "denied to look": ("GET", "shut", "LISTSTATUS", "bob", DENIED, (403, 500), errno.EACCES),
}
CALLS = {
    "missing": lambda top: os.stat(top / "none"),
    "not empty": lambda top: os.rmdir(top / "d"),
    "denied": lambda top: os.mkdir(top / "new"),
    "denied to look": lambda top: os.listdir(top / "shut"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_the_name_of_an_exception_decides(server, mounts, hdfs, tmp_path, what):
    """Not the status, which HttpFS has of its own."""
    method, path, op, user, exception, (status, of_httpfs), code = REFUSED[what]
    hdfs.mkdir("d/e")
    hdfs.mkdir("shut")
    hdfs.ask("PUT", "SETPERMISSION", "shut", permission="700")
    answer = server.ask(method, hdfs.path(path), op, user=user)
    assert answer[0] == (of_httpfs if server.kind == "httpfs" else status)
    assert json.loads(answer[2])["RemoteException"]["exception"] == exception
    refused(code, CALLS[what], server.mount(mounts, hdfs, tmp_path, user=user))
