"""The proxy before a real Hadoop: everything goes through it, and is counted once."""

import os
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest
from faultproxy import Proxy
from knoxstack import Stack
from proxytest.stub import content

SIZE = 5_000_000


@pytest.fixture(scope="module")
def stack():
    with Stack.up(httpfs=True, owner=os.getpid(), ephemeral=True) as stack:
        yield stack


def put(url: str, data: bytes | None) -> tuple[int, str | None]:
    """Without following: (status, Location)."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    request = urllib.request.Request(url, data, method="PUT")
    request.add_header("Content-Type", "application/octet-stream")
    try:
        answer = urllib.request.build_opener(Stay).open(request, timeout=20)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return answer.status, answer.headers["Location"]


def test_namenode_and_datanode(stack):
    with Proxy(stack.namenode) as proxy:
        url = f"{proxy.namenode}/webhdfs/v1/tmp/a%20b?user.name=alice"
        status, location = put(f"{url}&op=CREATE", None)
        assert status == 307
        (datanode,) = [known["proxy"] for known in proxy.servers() if known["role"] == "datanode"]
        assert location.startswith(f"{datanode}/")
        assert put(location, content(SIZE))[0] == 201
        with urllib.request.urlopen(f"{url}&op=OPEN", timeout=20) as answer:
            assert answer.read() == content(SIZE)
            assert urlsplit(answer.url).port == int(datanode.rpartition(":")[2])
        assert proxy.stats()["requests"] == {
            "namenode": {"CREATE": 1, "OPEN": 1},
            "datanode": {"CREATE": 1, "OPEN": 1},
        }
        assert proxy.stats()["bytes_up"]["datanode"] > SIZE
        assert proxy.stats()["bytes_down"]["datanode"] > SIZE
    assert stack.dfs("-cat", "/tmp/a b").out == content(SIZE)


def test_httpfs(stack):
    with Proxy(httpfs=stack.httpfs) as proxy:
        url = f"{proxy.httpfs}/webhdfs/v1/tmp/h?user.name=alice"
        status, location = put(f"{url}&op=CREATE", None)
        assert status == 307 and location.startswith(f"{proxy.httpfs}/")
        assert put(location, content(SIZE))[0] == 201
        with urllib.request.urlopen(f"{url}&op=OPEN", timeout=20) as answer:
            assert answer.read() == content(SIZE)
        assert proxy.stats()["requests"] == {"httpfs": {"CREATE": 2, "OPEN": 1}}
        assert len(proxy.servers()) == 1
