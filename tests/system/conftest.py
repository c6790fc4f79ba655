"""The fixtures: one HDFS for all, a folder and mounts for each test, and time limits.

KNOXFS_BIN names the driver (default build/release/src/fs/knoxfs of this tree).
"""

import itertools
import os
import re
import signal
import sys
from pathlib import Path
from urllib.parse import urlencode

import pytest

HERE = Path(__file__).resolve().parent
for folder in (HERE, HERE.parent / "stack", HERE.parent / "proxy"):
    sys.path.insert(0, str(folder))

from faultproxy import Proxy  # noqa: E402
from knoxstack import Stack, conf, tls  # noqa: E402
from knoxtest import Hdfs, Mounts, until  # noqa: E402
from knoxtest.containers import end_all  # noqa: E402
from knoxtest.hdfs import request as webhdfs  # noqa: E402
from knoxtest.jobs import FS, JOB_S, SHELL, ended, job_of, post, put_application, services, status  # noqa: E402
from knoxtest.limits import LIMIT_S, driver, time_limit  # noqa: E402
from knoxtest.mount import LOG_END  # noqa: E402
from knoxtest.secrets import login_file  # noqa: E402

WAYS = ("httpfs", "knox", "jwt", "tls")  # what may be asked instead of a NameNode by plain HTTP
GATEWAY_FACTOR = 3  # of the time limits there

mounts_key = pytest.StashKey[list]()


def pytest_addoption(parser):
    parser.addoption("--via", choices=("direct", *WAYS), default="direct", help="what the mounts are of")


def heed_signals() -> None:
    """Who is started by `nohup ... &` ignores some, and so would all that it starts: signals are sent to drivers here."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def pytest_configure(config):
    heed_signals()
    config.addinivalue_line("markers", "direct(reason, ways=all): of a NameNode only, left out with another --via")
    config.addinivalue_line("markers", "gateway: run by tests/run with each --via, too")
    config.addinivalue_line("markers", "slow: left out by tests/run --quick")
    config.addinivalue_line("markers", "hidden_may_stay: an upload's rest, where no server was left")
    config.addinivalue_line("markers", "limit(seconds): the time limit of this test")
    config.stash[mounts_key] = []


# Fixtures that are between the driver and a NameNode, and those that are servers of their own.
BETWEEN = {"proxy", "proxied", "lasting_proxy"}
OWN = {"wide", "cluster"}


def why_not(item, via: str) -> str | None:
    """Why a test is left out by that way; None: it is not."""
    mark, fixtures = item.get_closest_marker("direct"), set(item.fixturenames)
    if mark and via in mark.kwargs.get("ways", WAYS):
        return mark.args[0] if mark.args else "it is of a NameNode"
    if BETWEEN & fixtures:
        return "what counts or breaks requests is between the driver and a NameNode"
    if OWN & fixtures or (via == "httpfs" and "gateway" in fixtures):
        return "it has servers of its own"
    return None


def put_last(items) -> None:
    """What wants the cluster with Oozie, by modules: the cluster is up for as long as these take, and beside no module's own servers."""
    wanting = {item.path for item in items if "cluster" in item.fixturenames}
    items.sort(key=lambda item: item.path in wanting)


def pytest_collection_modifyitems(config, items):
    put_last(items)
    via = config.getoption("--via")
    for item in items if via != "direct" else []:
        reason = why_not(item, via)
        if reason:
            item.add_marker(pytest.mark.skip(reason=f"not by way of {via}: {reason}"))


# Time limits.


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item, nextitem):
    def abandon():
        for mounts in item.config.stash[mounts_key]:
            mounts.abandon()

    # More servers start within the first one's, and each of its requests is several of theirs.
    factor = 1 if item.config.getoption("--via") == "direct" else GATEWAY_FACTOR
    with time_limit(item, abandon, factor):
        yield


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows what its drivers said; its alarm does not ring into the clearing up."""
    outcome = yield
    report = outcome.get_result()
    if report.failed and call.when == "call":
        signal.alarm(LIMIT_S)
        for mounts in item.config.stash[mounts_key]:
            for mount in mounts.live:
                title = f"knoxfs of {mount.endpoint} (last {LOG_END} bytes)"
                report.sections.append((title, mount.log()))


# The servers.


@pytest.fixture(scope="session")
def binary() -> Path:
    return driver()


@pytest.fixture(scope="session")
def sanitized(binary) -> bool:
    """Such a driver's memory says nothing."""
    text = binary.read_bytes()
    return b"__asan_init" in text or b"__tsan_init" in text


@pytest.fixture(scope="session")
def via(request) -> str:
    return request.config.getoption("--via")


@pytest.fixture(scope="session")
def stack(via):
    """A NameNode and a DataNode, and what is in front of them with --via."""
    more = {"httpfs": {"httpfs": True}, "tls": {"tls": True}, "direct": {}}.get(via, {"knox": True, "gateway_tier": 4})
    with Stack.up(owner=os.getpid(), ephemeral=True, **more) as stack:
        stack.dfs("-mkdir", "/tests")
        yield stack


@pytest.fixture(scope="session")
def gateway(via, request):
    """A stack with Knox and LDAP."""
    if via in ("knox", "jwt"):
        yield request.getfixturevalue("stack")
        return
    with Stack.up(knox=True, owner=os.getpid(), ephemeral=True) as stack:
        stack.dfs("-mkdir", "/tests")
        yield stack


@pytest.fixture(scope="session")
def wide():
    """Three DataNodes, each file on all of them, and HttpFS."""
    # The DataNodes are on one host, so each prefers any of them as a source: a stopped one must not keep the others for a minute.
    settings = ["hdfs:dfs.replication=3", "hdfs:dfs.namenode.replication.min=1", "hdfs:dfs.client.socket-timeout=500"]
    with Stack.up(
        datanodes=3, httpfs=True, settings=settings, owner=os.getpid(), ephemeral=True
    ) as stack:
        yield stack


# One for all modules: a minute to start, 1.4 GiB. A fixture that a module imports would be one more of them, so they are here.
@pytest.fixture(scope="session")
def servers():
    """HDFS, YARN, job history and Oozie."""
    with Stack.up(oozie=True, owner=os.getpid(), ephemeral=True) as stack:
        yield stack


@pytest.fixture(scope="module")
def cluster(servers):
    """These servers. What a module leaves running is not there any more for the next one."""
    yield servers
    end_all(servers)


@pytest.fixture(scope="module")
def lasting(binary, cluster):
    """lasting(path, **options): a mount of the cluster, until the module's end."""
    made = Mounts(binary, cluster.namenode)
    yield made
    made.close()


@pytest.fixture(scope="module")
def jobs(lasting, cluster):
    """The whole cluster, mounted by alice, with its services."""
    mount = lasting("/", hidevirtual=None, **services(cluster))
    os.chmod(mount / "user/alice", 0o755)  # Oozie, another user, reads the applications in it
    return mount


@pytest.fixture(scope="module")
def done(jobs, cluster) -> str:
    """A workflow that has succeeded."""
    job = post(cluster, put_application(jobs, "fs", FS.format(name="fs")), word="moon &amp; stars")
    assert ended(jobs, job) == "SUCCEEDED"
    return job


@pytest.fixture
def sleeper(jobs, cluster) -> str:
    """One whose container sleeps."""
    text = SHELL.format(name="sleeper", exec="sleep", argument="300")
    job = post(cluster, put_application(jobs, "sleeper", text))
    app = job_of(jobs, job) / "actions/sh/external-id"
    until(lambda: app.exists() and app.read_text() != "\n", JOB_S, "the sleeper has its container")
    yield job
    if status(jobs, job) in ("RUNNING", "SUSPENDED", "PREP"):
        (job_of(jobs, job) / "ctl").write_text("kill\n")


@pytest.fixture(scope="module")
def lasting_proxy(stack):
    with Proxy(stack.namenode, datanodes=stack.datanodes) as proxy:
        yield proxy


@pytest.fixture
def proxy(lasting_proxy):
    """Between the driver and the servers, forwarding plainly, its counts at 0."""
    clean(lasting_proxy)
    yield lasting_proxy
    clean(lasting_proxy)


def clean(proxy: Proxy) -> None:
    proxy.listen(True)
    proxy.rules()
    proxy.drop()
    proxy.reset()


def meet_again(stack) -> None:
    """A DataNode's connections to a NameNode that was started anew are dead, one a user's: the first request over each fails."""
    place = stack.rpc.partition("://")[2]
    query = urlencode({"op": "OPEN", "offset": 0, "namenoderpcaddress": place})

    def knows(datanode: str, user: str) -> bool:
        return b"FileNotFoundException" in webhdfs(datanode, "GET", f"/webhdfs/v1/none?{query}&user.name={user}")[2]

    for datanode in stack.datanodes:
        for user in (conf.superuser(), *conf.USERS):
            until(lambda: knows(datanode, user), what=f"{datanode} knows the NameNode as {user}")


@pytest.fixture
def mend(stack):
    """For tests that stop or kill daemons: all run again afterwards."""
    yield stack
    for name in stack.plan.names():
        if name in stack.pids:
            stack.kill(name, signal.SIGCONT)
        else:
            stack.start(name)
    meet_again(stack)


# Folders and mounts.

numbers = itertools.count(1)


def make_folder(stack, name: str, owner: str = "alice") -> Hdfs:
    """A fresh folder of the cluster, the owner's."""
    hdfs = Hdfs(stack, f"/tests/{next(numbers)}-{re.sub('[^a-z0-9]+', '-', name.lower())[:60]}")
    hdfs.ask("PUT", "MKDIRS", user="root")
    hdfs.ask("PUT", "SETOWNER", user="root", owner=owner, group="users")
    return hdfs


@pytest.fixture
def hdfs(stack, request):
    """The test's folder.  No half-written upload may be left in it by a driver that ended well."""
    folder = make_folder(stack, request.node.name)
    yield folder
    if request.node.get_closest_marker("hidden_may_stay"):
        return
    if not request.node.stash.get(killed_key, False):
        until(lambda: folder.hidden() == [], what="no rest of an upload is left")


killed_key = pytest.StashKey[bool]()


def knox_login(stack):
    """The options by which a user of the stack's LDAP logs in at its gateway."""
    return lambda user, folder: {"auth_file": str(login_file(folder, user)), "cacert": str(stack.cacert)}


def make_mounts(binary, stack, via: str) -> Mounts:
    if via == "knox":
        return Mounts(binary, f"{stack.knox}/basic", knox_login(stack))
    if via == "jwt":
        url = f"{stack.knox}/tokens/knoxtoken/api/v1/token"
        return Mounts(binary, f"{stack.knox}/jwt", lambda *who: knox_login(stack)(*who) | {"token_url": url})
    if via == "tls":
        return Mounts(binary, stack.secure, lambda *who: {"cacert": str(tls.certificate())})
    return Mounts(binary, stack.httpfs if via == "httpfs" else stack.namenode)


@pytest.fixture
def mounts(binary, stack, hdfs, via, request):
    """mounts(path, **options): another mount of this test; user=alice unless said."""
    made = make_mounts(binary, stack, via)
    known = request.config.stash[mounts_key]
    known.append(made)
    yield made
    request.node.stash[killed_key] = any(mount.killed for mount in made.live)
    known.remove(made)
    made.close()


@pytest.fixture
def mount(mounts, hdfs):
    """The test's folder, mounted."""
    return mounts(hdfs.url_path)


@pytest.fixture
def second(mounts, hdfs):
    """Another mount of the same folder: a client that knows nothing of the first one's plans."""
    return mounts(hdfs.url_path, attr_timeout=0, entry_timeout=0, negative_timeout=0)


@pytest.fixture
def owned(mounts, hdfs):
    """The test's folder, mounted as the cluster's superuser, who changes owners."""
    hdfs.sh("-chown", "root:supergroup", hdfs.root)
    return mounts(hdfs.url_path, user="root")


@pytest.fixture
def proxied(mounts, hdfs, proxy):
    """The test's folder, mounted through the proxy; the request of the mounting is not counted."""
    mount = mounts(hdfs.url_path, server=proxy.namenode)
    until(lambda: proxy.stats()["requests"], what="the mount's own request")
    proxy.reset()
    return mount
