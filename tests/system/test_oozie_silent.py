"""An Oozie that takes connections and says nothing: who asks waits once, can leave, and is told what it is."""

import errno
import os
import signal

import pytest
from faultproxy import Proxy
from knoxtest import Running, run, until
from knoxtest.jobs import FS, ended, services
from knoxtest.tree import reason

pytestmark = [pytest.mark.slow, pytest.mark.limit(400)]

PATIENCE_S = 6  # of a mount; it is 30 unless said
IN_TIME_S = 20  # the machine is busy
STILL = {"path": "^/oozie", "stall_response_after": 0, "latency_ms": 600_000}


def service(mount) -> list[str]:
    """The line of Oozie in mount/services."""
    return (mount / ".cluster/mount/services").read_text().splitlines()[0].split("\t")


def test_a_silent_server_is_waited_for_once(lasting, cluster, done, tmp_path):
    with Proxy(cluster.services["oozie"].removesuffix("/oozie")) as proxy:
        mount = lasting("/", hidevirtual=None, timeout=PATIENCE_S, **(services(cluster) | {"oozie": proxy.namenode + "/oozie"}))
        submit = mount / ".oozie/submit"
        assert (mount / ".oozie/status").read_text() == "NORMAL\n" and (submit / "defaults.properties").read_text()
        proxy.reset()
        proxy.rules(STILL)
        cat = run("cat", mount / f".oozie/jobs/{done}/status", rc=1, timeout=IN_TIME_S)
        assert os.strerror(errno.ETIMEDOUT).encode() in cat.stderr
        # The kernel asks for the name once more after a failed lookup.
        assert proxy.count("namenode") == 1, proxy.stats()["recent"]
        assert f"/.oozie/jobs/{done}: Oozie at http" in (mount / ".oozie/errors").read_text()
        assert service(mount)[2] == "no" and "did not answer in time" in service(mount)[3]

        (tmp_path / "left.xml").write_text(FS.format(name="left"))
        with Running("cp", tmp_path / "left.xml", submit) as cp:
            until(lambda: any(line["line"].startswith("POST") for line in proxy.stats()["recent"]), what="it is sent")
            cp.signal(signal.SIGINT)
            cp.result(20)
        said = (submit / "left.xml.error").read_text()
        mark = said.partition(": grep ")[2].split()[0]
        assert "nobody knows" in said and mark.startswith("knoxfs-"), said
        assert not (submit / "left.xml.id").exists()
        assert "nobody knows" in reason(submit / "left.xml")

        proxy.rules()
        proxy.drop()
        until(lambda: os.path.exists(mount / f".oozie/jobs/{done}"), what="it answers again")
        assert service(mount)[2:] == ["yes", ""]
        folder = mount / ".oozie/jobs/recent"
        for job in os.listdir(folder):  # what was told to be done
            if job not in ("README", "MORE") and mark in (folder / job / "external-id").read_text():
                assert ended(mount, job) == "SUCCEEDED"
