"""A job that says of its containers that they are where nothing of YARN is: nobody is asked there."""

import errno
import http.server
import json
import os
import threading

import pytest
from knoxtest.tree import reason

pytestmark = [pytest.mark.direct("the servers are the test's own")]

APP = "application_1795321157010_0002"
HDFS, YARN = "http://namenode.example:9870", "http://rm.example:8088"
MASTER, HERE, RIGHT, WRONG, AWAY = (f"container_1795321157010_0002_01_{number:06}" for number in range(1, 6))
ROOT = {"pathSuffix": "", "type": "DIRECTORY", "length": 0, "permission": "755", "owner": "a", "group": "g", "modificationTime": 1}
ROOT |= {"accessTime": 0, "blockSize": 0, "replication": 0, "fileId": 16385, "childrenNum": 0, "storagePolicy": 0}
TASKS = f"{YARN}/proxy/{APP}/ws/v1/mapreduce/jobs/job_1795321157010_0002/tasks"


def runs(container: str, node: str, member: str = "containerId") -> dict:
    return {member: container, "nodeHttpAddress": node, "appAttemptId": "appattempt_1"}


CLAIMS = [runs(RIGHT, "nm2.example:8042"), runs(WRONG, "evil.example:25"), runs(AWAY, "127.0.0.1:2")]
ANSWERS = {
    f"{HDFS}/webhdfs/v1/": {"FileStatus": ROOT},
    f"{YARN}/ws/v1/cluster/info": {"clusterInfo": {"id": 1, "state": "STARTED"}},
    f"{YARN}/ws/v1/cluster/apps/{APP}": {"app": {"id": APP, "state": "RUNNING", "applicationType": "MAPREDUCE"}},
    f"{YARN}/ws/v1/cluster/apps/{APP}/appattempts": {"appAttempts": {"appAttempt": [runs(MASTER, "nm1.example:8042")]}},
    f"{YARN}/ws/v1/cluster/apps/{APP}/appattempts/appattempt_1/containers": {"container": [runs(HERE, "http://127.0.0.1:1")]},
    f"{YARN}/ws/v1/cluster/nodes": {"nodes": {"node": [{"nodeHTTPAddress": f"nm{number}.example:8042"} for number in (1, 2)]}},
    TASKS: {"tasks": {"task": [{"id": "task_1", "state": "SUCCEEDED"}]}},
    f"{TASKS}/task_1/attempts": {"taskAttempts": {"taskAttempt": [claim | {"assignedContainerId": claim["containerId"]} for claim in CLAIMS]}},
}
LOGS = {"containerLogsInfo": {"logAggregationType": "LOCAL", "containerLogInfo": [{"fileName": "stdout", "fileSize": "1"}]}}


class Everything(http.server.BaseHTTPRequestHandler):
    """A proxy that is all servers."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = self.path.partition("?")[0]
        self.server.asked.append(url)
        logs = url.endswith("/logs") and "/ws/v1/node/containers/" in url
        body = LOGS if logs else ANSWERS.get(url)
        missing = {"RemoteException": {"exception": "FileNotFoundException", "message": url}}
        text = json.dumps(missing if body is None else body).encode()
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *words):
        pass


@pytest.fixture
def everything(monkeypatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Everything) as server:
        server.daemon_threads, server.asked = True, []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_only_nodes_of_yarn_are_asked_for_logs(mounts, everything):
    proxy = f"http://127.0.0.1:{everything.server_port}"
    mount = mounts("/", server=HDFS, proxy=proxy, yarn=YARN, oozie="none", jobhistory="none")
    logs = mount / ".cluster/apps" / APP / "logs"
    assert {MASTER, HERE, RIGHT, WRONG, AWAY} <= set(os.listdir(logs))
    for container in (MASTER, RIGHT):
        assert "stdout" in os.listdir(logs / container)
    with pytest.raises(OSError) as caught:
        os.listdir(logs / HERE)
    assert caught.value.errno == errno.ENODATA
    assert "leads to 127.0.0.1" in reason(logs / HERE)
    for container in (WRONG, AWAY):
        with pytest.raises(OSError):
            os.listdir(logs / container)
    hosts = {url.split("/")[2] for url in everything.asked}
    assert hosts == {"namenode.example:9870", "rm.example:8088", "nm1.example:8042", "nm2.example:8042"}
