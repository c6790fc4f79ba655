"""Questions to the daemons over HTTP."""

import http.client
import json
import urllib.request

TIMEOUT_S = 5

# Straight to loopback, whatever http_proxy says.
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(url: str, method: str = "GET") -> bytes | None:
    """The body of a 2xx answer, None for anything else."""
    try:
        request = urllib.request.Request(url, method=method)
        with opener.open(request, timeout=TIMEOUT_S) as answer:
            return answer.read()
    except (OSError, http.client.HTTPException):
        return None


def attribute(url: str, service: str, name: str, key: str, ask=ask):
    """One attribute of one of Hadoop's JMX beans, None if it is not there (yet).

    One attribute, not the bean: some take the NameNode long to work out.
    """
    body = ask(f"{url}/jmx?get=Hadoop:service={service},name={name}::{key}")
    try:
        return json.loads(body or b"")["beans"][0][key]
    except (ValueError, LookupError):
        return None
