"""The fixtures: one HDFS, a proxy, a scene for each test, and time limits.

KNOXFS_BIN names the driver (default build/release/src/fs/knoxfs of this tree).
"""

import itertools
import os
import signal
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
for folder in (HERE, HERE.parent / "system", HERE.parent / "stack", HERE.parent / "proxy"):
    sys.path.insert(0, str(folder))

from crashtest.scene import Scene  # noqa: E402
from faultproxy import Proxy  # noqa: E402
from knoxstack import Stack  # noqa: E402
from knoxtest import Hdfs  # noqa: E402
from knoxtest.limits import LIMIT_S, driver, time_limit  # noqa: E402

scenes_key = pytest.StashKey[list]()


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: left out by tests/run --quick")
    config.addinivalue_line("markers", "limit(seconds): the time limit of this test")
    config.stash[scenes_key] = []


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item, nextitem):
    def abandon():
        for scene in item.config.stash[scenes_key]:
            for mount in scene.mounts:
                if mount.is_running():
                    mount.killed = True
                    os.kill(mount.pid, signal.SIGKILL)

    with time_limit(item, abandon):
        yield


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows what its drivers said, and what its writer did last."""
    outcome = yield
    report = outcome.get_result()
    if report.failed and call.when == "call":
        signal.alarm(LIMIT_S)
        for scene in item.config.stash[scenes_key]:
            for mount in scene.mounts[-2:]:
                report.sections.append((f"knoxfs of {mount.folder.name}", mount.log()))
            lines = scene.path.read_text().splitlines()[-40:]
            report.sections.append(("the manifest's end", "\n".join(lines)))


@pytest.fixture(scope="session")
def binary() -> Path:
    return driver()


@pytest.fixture(scope="session")
def stack():
    """A NameNode and a DataNode."""
    with Stack.up(owner=os.getpid(), ephemeral=True) as stack:
        stack.dfs("-mkdir", "-p", "/tests")
        yield stack


@pytest.fixture(scope="session")
def wide():
    """Three DataNodes, each file on all of them."""
    settings = ["hdfs:dfs.replication=3", "hdfs:dfs.namenode.replication.min=1", "hdfs:dfs.client.socket-timeout=3000"]
    with Stack.up(datanodes=3, settings=settings, owner=os.getpid(), ephemeral=True) as stack:
        stack.dfs("-mkdir", "-p", "/tests")
        yield stack


@pytest.fixture(scope="session")
def lasting_proxy(stack):
    with Proxy(stack.namenode, datanodes=stack.datanodes) as proxy:
        yield proxy


@pytest.fixture
def proxy(lasting_proxy):
    """Between the driver and the servers, forwarding plainly, its counts at 0."""
    for _ in range(2):
        lasting_proxy.listen(True)
        lasting_proxy.rules()
        lasting_proxy.drop()
        lasting_proxy.reset()
        if _ == 0:
            yield lasting_proxy


numbers = itertools.count(1)


@pytest.fixture
def scenes(binary, request, tmp_path):
    """scenes(stack, server, **options): a fresh folder of the cluster, not mounted yet."""
    made = request.config.stash[scenes_key]

    def make(stack, server: str, **options) -> Scene:
        number = next(numbers)
        root = f"/tests/{number}"
        hdfs = Hdfs(stack, root)
        hdfs.ask("PUT", "MKDIRS", user="root")
        hdfs.ask("PUT", "SETOWNER", user="root", owner="alice", group="users")
        folder = tmp_path / f"scene{number}"
        folder.mkdir()
        made.append(Scene(binary, stack, server, root, folder, options))
        return made[-1]

    yield make
    troubles = []
    while made:
        try:
            made.pop().close()
        except AssertionError as trouble:
            troubles.append(str(trouble))
    if troubles:
        pytest.fail("\n".join(troubles))


@pytest.fixture
def scene(scenes, stack, proxy) -> Scene:
    """Mounted through the proxy."""
    scene = scenes(stack, proxy.namenode)
    scene.start()
    return scene


@pytest.fixture
def direct(scenes, stack) -> Scene:
    """Without the proxy."""
    scene = scenes(stack, stack.namenode)
    scene.start()
    return scene
