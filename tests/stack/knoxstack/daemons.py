"""The table of daemons.  Another kind is another row, with a function for its settings.

A daemon's name is its kind with a number or none: nn, dn1, dn2, httpfs, rm, oozie, knox ...
"""

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import conf, gateway, jars, kerberos, oozie, probe, process, tls, yarn
from .conf import HOST, Plan, Sites


@dataclass(frozen=True)
class Kind:
    main: str  # the Java class
    ports: tuple[str, ...]  # what it listens on, by name
    settings: Callable[[Plan, str], Sites]  # over the common ones
    ready: Callable[[Plan, str], bool]
    options: Callable[[Plan, str], list[str]] = lambda plan, name: []
    arguments: Callable[[Plan, str], list[str]] = lambda plan, name: []  # of the main class
    prepare: Callable[[Plan, str], None] = lambda plan, name: None  # before each start
    product: jars.Product = jars.HADOOP
    heap: str = ""  # else the stack's
    late: bool = False  # started when HDFS is there
    environment: Callable[[Plan, str], dict[str, str]] = lambda plan, name: {}
    class_path: Callable[[Plan, str], str] | None = None  # None: the product's jars
    native: Callable[[Plan, str, Path], int] | None = None  # starts it; None: it is a Java class


def kind(name: str) -> Kind:
    return KINDS[name.rstrip("0123456789")]


def namenode_settings(plan: Plan, name: str) -> Sites:
    own = {"dfs.ha.namenode.id": name} if plan.ha else {"dfs.namenode.https-address": plan.address(name, "https")}
    hdfs = own | {
        "dfs.namenode.name.dir": plan.data(name).as_uri(),
        "dfs.permissions.superusergroup": "supergroup",
        "dfs.namenode.acls.enabled": "true",
        "dfs.namenode.fs-limits.min-block-size": "4096",
        "dfs.namenode.fs-limits.max-directory-items": "6400000",  # the highest it takes
        "dfs.namenode.safemode.extension": "0",
        "dfs.namenode.safemode.min.datanodes": "1",
        "dfs.namenode.delegation.token.always-use": "true",
        "dfs.namenode.datanode.registration.ip-hostname-check": "false",
        "dfs.heartbeat.interval": "1",
    }
    return {"hdfs-site.xml": hdfs} | tls.identity(plan, name)


def asker(plan: Plan) -> Callable[[str], bytes | None]:
    """Pages want a ticket, too, where HDFS does."""
    return functools.partial(kerberos.ask, plan) if plan.kerberos else probe.ask


def serves_webhdfs(plan: Plan, name: str) -> bool:
    query = f"/webhdfs/v1/?op=GETFILESTATUS&user.name={conf.superuser()}"
    return asker(plan)(plan.url(name) + query) is not None


def namenode_ready(plan: Plan, name: str) -> bool:
    """Serves, and (where DataNodes run) has left safe mode and has every one of them.

    One of a pair starts as a standby, and whether it stays one is the caller's business.
    """
    if plan.ha:
        return is_up(plan, name)
    if not serves_webhdfs(plan, name):
        return False
    running = [
        found
        for found, pids in process.find(plan.folder).items()
        if found.startswith("dn") and not process.is_stopped(pids[0])
    ]
    return not running or hdfs_ready(plan, len(running))


def is_up(plan: Plan, name: str) -> bool:
    return probe.attribute(plan.url(name), "NameNode", "NameNodeStatus", "State", asker(plan)) is not None


def hdfs_ready(plan: Plan, datanodes: int) -> bool:
    """Out of safe mode, with so many DataNodes that can take blocks.

    One that has registered and not yet sent a heartbeat counts as live and has no capacity.
    """
    if probe.attribute(plan.url("nn"), "NameNode", "NameNodeInfo", "Safemode", asker(plan)) != "":
        return False
    nodes = probe.attribute(plan.url("nn"), "NameNode", "NameNodeInfo", "LiveNodes", asker(plan))
    live = [node for node in json.loads(nodes or "{}").values() if node["capacity"] > 0]
    return len(live) >= datanodes


# A daemon that is started with the NameNode is up before it.  Hadoop's clients give up after the
# retries and the DataNode then sleeps 5 s before the next round, so let it knock on for longer.
PATIENT = {"ipc.client.connect.max.retries": "600", "ipc.client.connect.retry.interval": "100"}


REPORT_S = 60


def datanode_settings(plan: Plan, name: str) -> Sites:
    hdfs = {
        "dfs.datanode.data.dir": plan.data(name).as_uri(),
        "dfs.datanode.address": plan.address(name, "transfer"),
        "dfs.datanode.http.address": plan.address(name, "http"),
        "dfs.datanode.https.address": plan.address(name, "https"),
        "dfs.datanode.ipc.address": plan.address(name, "ipc"),
        "dfs.datanode.hostname": HOST,
        "dfs.datanode.handler.count": "4",
        "dfs.heartbeat.interval": "1",
    }
    return {"core-site.xml": PATIENT, "hdfs-site.xml": hdfs} | tls.identity(plan, name)


def datanode_ready(plan: Plan, name: str) -> bool:
    """Registered and its blocks reported, in this life of the process.

    The NameNode cannot be asked: for minutes it takes a DataNode that has just died for alive.
    """
    text = probe.attribute(plan.url(name), "DataNode", "DataNodeInfo", "BPServiceActorInfo", asker(plan))
    actors = json.loads(text or "[]")
    # Before the first report its age is that of the machine.
    return bool(actors) and all(
        actor["ActorState"] == "RUNNING" and int(actor["LastBlockReport"]) < REPORT_S
        for actor in actors
    )


def httpfs_settings(plan: Plan, name: str) -> Sites:
    me = conf.superuser()
    httpfs = {
        "httpfs.http.hostname": HOST,
        "httpfs.http.port": str(plan.port(name, "http")),
        "httpfs.hadoop.config.dir": str(plan.conf(name)),
        f"httpfs.proxyuser.{me}.hosts": "*",
        f"httpfs.proxyuser.{me}.groups": "*",
        "hadoop.http.temp.dir": str(plan.data(name) / "temp"),
    }
    return {"core-site.xml": PATIENT, "httpfs-site.xml": httpfs}


def httpfs_options(plan: Plan, name: str) -> list[str]:
    home = plan.data(name)
    temp = home / "temp"
    temp.mkdir(parents=True, exist_ok=True)
    return [
        f"-Dhttpfs.home.dir={home}",
        f"-Dhttpfs.config.dir={plan.conf(name)}",
        f"-Dhttpfs.log.dir={plan.folder}/logs",
        f"-Dhttpfs.temp.dir={temp}",
        f"-Dhttpfs.http.hostname={HOST}",
        f"-Dhttpfs.http.port={plan.port(name, 'http')}",
    ]


KINDS = {
    "kdc": Kind("", ("kdc",), lambda plan, name: {}, kerberos.ready, native=kerberos.start),
    "nn": Kind("StartNameNode", ("rpc", "http", "https"), namenode_settings, namenode_ready),
    "dn": Kind(
        "StartDataNode",
        ("transfer", "http", "https", "ipc"),
        datanode_settings,
        datanode_ready,
    ),
    "httpfs": Kind(
        "org.apache.hadoop.fs.http.server.HttpFSServerWebServer",
        ("http",),
        httpfs_settings,
        serves_webhdfs,
        httpfs_options,
    ),
    "rm": Kind(
        "org.apache.hadoop.yarn.server.resourcemanager.ResourceManager",
        ("rpc", "scheduler", "tracker", "admin", "http"),
        yarn.resourcemanager_settings,
        yarn.resourcemanager_ready,
        heap="224m",
    ),
    "nm": Kind(
        "org.apache.hadoop.yarn.server.nodemanager.NodeManager",
        ("rpc", "http", "localizer", "shuffle"),
        yarn.nodemanager_settings,
        yarn.nodemanager_ready,
        heap="192m",
    ),
    "jhs": Kind(
        "org.apache.hadoop.mapreduce.v2.hs.JobHistoryServer",
        ("rpc", "http", "admin"),
        yarn.history_settings,
        yarn.history_ready,
        heap="128m",
        late=True,  # it makes folders in HDFS
    ),
    "oozie": Kind(
        oozie.MAIN,
        ("http",),
        oozie.settings,
        oozie.ready,
        oozie.options,
        prepare=oozie.prepare,
        product=jars.OOZIE,
        late=True,  # its share library is there
        environment=oozie.environment,
        class_path=oozie.class_path,
    ),
    "ldap": Kind(
        "DemoLdap",
        ("ldap",),
        lambda plan, name: {},
        gateway.ldap_ready,
        gateway.ldap_options,
        arguments=gateway.ldap_arguments,
        prepare=gateway.write_users,
        product=jars.KNOX,
    ),
    "knox": Kind(
        "org.apache.knox.gateway.GatewayServer",
        ("https",),
        gateway.settings,
        gateway.ready,
        gateway.options,
        prepare=gateway.write_home,
        product=jars.KNOX,
    ),
}
