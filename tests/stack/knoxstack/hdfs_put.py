"""Folders and small files of HDFS over WebHDFS, as the superuser."""

import json
import urllib.request

from . import conf, probe
from .conf import Plan
from .errors import StackError

LIMIT_S = 60


def ask(plan: Plan, path: str, query: str) -> bytes:
    url = f"{plan.url('nn')}/webhdfs/v1{path}?user.name={conf.superuser()}&{query}"
    body = probe.ask(url, "PUT")
    if body is None:
        raise StackError(f"PUT {url} failed, see {plan.folder}/logs/nn.log")
    return body


def mkdir(plan: Plan, path: str, owner: str, mode: str) -> None:
    ask(plan, path, "op=MKDIRS")
    ask(plan, path, f"op=SETOWNER&owner={owner}")
    ask(plan, path, f"op=SETPERMISSION&permission={mode}")


def put(plan: Plan, path: str, data: bytes) -> None:
    """Replaces the file; readable by all."""
    answer = ask(plan, path, "op=CREATE&noredirect=true&overwrite=true&permission=644")
    request = urllib.request.Request(json.loads(answer)["Location"], data, method="PUT")
    request.add_header("Content-Type", "application/octet-stream")
    with probe.opener.open(request, timeout=LIMIT_S):
        pass
