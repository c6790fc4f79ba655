"""What the tests ask with."""

import http.client
import time

from faultproxy import Proxy


def connect(url: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("localhost", int(url.rpartition(":")[2]), timeout=10)


def ask(url: str, op: str, method="GET", body=None, more="", headers=None, path="/f"):
    """One request on a connection of its own: (status, headers, body)."""
    connection = connect(url)
    target = f"/webhdfs/v1{path}?op={op}{more}"
    try:
        headers = headers or {}
        chunked = "Transfer-Encoding" in headers
        connection.request(method, target, body, headers, encode_chunked=chunked)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def statuses(proxy: Proxy, count: int) -> list[int]:
    return [ask(proxy.namenode, "GETFILESTATUS")[0] for _ in range(count)]


def until(condition, seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False
