"""tools/demo --jobs, on servers that run already: a workflow by cp, its graph, its log, and how to go on."""

import pytest
from knoxtest import Running, run
from knoxtest.limits import ROOT
from knoxtest.mount import detach, mounted

pytestmark = [pytest.mark.slow, pytest.mark.limit(300)]

DEMO = ROOT / "tools/demo"
SHOWN = (
    "<fork ",
    "-oozie-",
    "\nSUCCEEDED\n",
    "actions/greet/status:OK\n",
    "actions/folder/status:OK\n",
    "digraph",
    "\nword=hello from a container\n",
    "Stdoutput word=hello from a container\n",
    "root.default\tRUNNING\t",
    "docs/TUTORIAL.md",
    "tools/demo stop",
)


@pytest.fixture
def folder(cluster, tmp_path):
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "cluster").symlink_to(cluster.dir)
    yield folder
    detach(folder / "hdfs")


def test_jobs(folder, binary):
    environment = {"KNOXFS_DEMO": str(folder), "KNOXFS_BIN": str(binary)}
    with Running(DEMO, "--jobs", env=environment) as demo:
        done = demo.result(200)
    said = done.stdout.decode()
    assert done.returncode == 0, said + done.stderr.decode()
    for words in SHOWN:
        assert words in said, f"{words!r} is missing\n{said}"
    assert mounted(folder / "hdfs") is not None
    assert (folder / "hdfs/.oozie/submit/hello.xml.job/status").read_text() == "SUCCEEDED\n"
    assert (folder / "hello.svg").stat().st_size > 1000


def test_help():
    assert b"tools/demo --jobs" in run(DEMO, "--help").stdout
    assert b"tools/demo --jobs" in run(DEMO, "--nothing", rc=2).stderr
