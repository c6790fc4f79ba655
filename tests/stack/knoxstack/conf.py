"""Hadoop's configuration files."""

import os
import pwd
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

from .errors import StackError

HOST = "localhost"

# What each file holds: {"core-site.xml": {"fs.defaultFS": "..."}}.
Sites = dict[str, dict[str, str]]

# The prefixes of --set.
FILES = {
    "core": "core-site.xml",
    "hdfs": "hdfs-site.xml",
    "httpfs": "httpfs-site.xml",
    "knox": "gateway-site.xml",
    "yarn": "yarn-site.xml",
    "mapred": "mapred-site.xml",
    "oozie": "oozie-site.xml",
}

PAIR = "pair"  # the nameservice of two NameNodes

USERS = ("alice", "bob", "carol")

LOG4J = """\
log4j.rootLogger=INFO,console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.target=System.err
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{ISO8601} %p %c: %m%n
log4j.logger.org.apache.hadoop.util.NativeCodeLoader=ERROR
"""

EMPTY_WEB_APP = """\
<?xml version="1.0" encoding="UTF-8"?>
<web-app version="2.4" xmlns="http://java.sun.com/xml/ns/j2ee"/>
"""


@dataclass
class Plan:
    """What a stack shall be: everything the configuration is made from."""

    folder: Path
    datanodes: int = 1
    httpfs: bool = False
    tls: bool = False  # HDFS speaks it, too, beside plain HTTP
    ha: bool = False  # a second NameNode, "nn2"; the first one is made active
    kerberos: bool = False  # HDFS wants tickets, of a KDC of the stack's own
    knox: bool = False  # a gateway with its LDAP
    yarn: bool = False  # ResourceManager, NodeManager and job history
    oozie: bool = False  # which needs YARN
    tier: int = 1
    gateway_tier: int = 1  # of Knox, when it is above the others'
    heap: str = "256m"
    settings: list[str] = field(default_factory=list)  # "hdfs:KEY=VALUE", as on the command line
    java: list[str] = field(default_factory=list)  # further JVM options; {name} is the daemon's
    ports: dict[str, dict[str, int]] = field(default_factory=dict)  # {"nn": {"http": 10001}}

    def names(self) -> list[str]:
        """The daemons, in the order they are started."""
        names = ["kdc"] if self.kerberos else []
        names += ["nn", *(["nn2"] if self.ha else [])] + [f"dn{number}" for number in range(1, self.datanodes + 1)]
        names += ["httpfs"] if self.httpfs else []
        names += ["rm", "nm", "jhs"] if self.has_yarn() else []
        names += ["oozie"] if self.oozie else []
        return names + (["ldap", "knox"] if self.knox else [])

    def has_yarn(self) -> bool:
        return self.yarn or self.oozie

    def port(self, name: str, port: str) -> int:
        return self.ports[name][port]

    def address(self, name: str, port: str) -> str:
        return f"{HOST}:{self.port(name, port)}"

    def url(self, name: str) -> str:
        return f"http://{self.address(name, 'http')}"

    def secure_url(self, name: str) -> str:
        return f"https://{self.address(name, 'https')}"

    def rpc(self) -> str:
        return f"hdfs://{PAIR}" if self.ha else f"hdfs://{self.address('nn', 'rpc')}"

    def data(self, name: str) -> Path:
        return self.folder / "data" / name

    def conf(self, name: str) -> Path:
        return self.folder / "conf" / name


def superuser() -> str:
    """HDFS takes whoever runs the NameNode for its superuser."""
    return pwd.getpwuid(os.geteuid()).pw_name


def common(plan: Plan) -> Sites:
    """What all daemons and clients read."""
    me = superuser()
    groups = f"{me}=supergroup;alice=users,staff;bob=users;carol=staff;dr.who="
    core = {
        "fs.defaultFS": plan.rpc(),
        "hadoop.tmp.dir": str(plan.folder / "tmp"),
        f"hadoop.proxyuser.{me}.hosts": "*",
        f"hadoop.proxyuser.{me}.groups": "*",
        "hadoop.user.group.static.mapping.overrides": groups,
        "fs.trash.interval": "60",
        # A test that stops the NameNode wants its error soon; the default is 10 times 1 s.
        "ipc.client.connect.max.retries": "3",
        "ipc.client.connect.retry.interval": "200",
    }
    hdfs = (pair(plan) if plan.ha else single(plan)) | {
        "dfs.replication": "1",
        # For pipelines of one or two DataNodes, where there is none to replace a failed one.
        "dfs.client.block.write.replace-datanode-on-failure.enable": "false",
        # A writer asks the NameNode to complete a file before the DataNode's block report is in and
        # then sleeps, by default 400 ms: every small CREATE over WebHDFS would take that long.
        "dfs.client.block.write.locateFollowingBlock.initial.delay.ms": "10",
    }
    return {"core-site.xml": core, "hdfs-site.xml": hdfs}


def single(plan: Plan) -> dict[str, str]:
    return {
        "dfs.namenode.rpc-address": plan.address("nn", "rpc"),
        "dfs.namenode.http-address": plan.address("nn", "http"),
    }


def pair(plan: Plan) -> dict[str, str]:
    """Two NameNodes that share their edits in a local folder; who is active is said by hand."""
    provider = "org.apache.hadoop.hdfs.server.namenode.ha.ConfiguredFailoverProxyProvider"
    values = {
        "dfs.nameservices": PAIR,
        f"dfs.ha.namenodes.{PAIR}": "nn,nn2",
        f"dfs.client.failover.proxy.provider.{PAIR}": provider,
        "dfs.client.failover.sleep.base.millis": "50",
        "dfs.client.failover.sleep.max.millis": "500",
        "dfs.namenode.shared.edits.dir": (plan.folder / "data" / "shared").as_uri(),
        "dfs.ha.automatic-failover.enabled": "false",
        "dfs.ha.fencing.methods": "shell(/bin/true)",
        "dfs.ha.tail-edits.period": "1s",
        # A standby that asks a stopped active one to begin a new segment waits for it before it can take its place.
        "dfs.ha.log-roll.period": "-1",
    }
    for name in ("nn", "nn2"):
        for kind in ("rpc", "http", "https"):
            values[f"dfs.namenode.{kind}-address.{PAIR}.{name}"] = plan.address(name, kind)
    return values


def parse_setting(setting: str) -> tuple[str, str, str]:
    """ "hdfs:KEY=VALUE" as (file, key, value)."""
    prefix, colon, rest = setting.partition(":")
    key, equals, value = rest.partition("=")
    if prefix not in FILES or not colon or not equals or not key:
        raise StackError(f"not {'|'.join(FILES)}:KEY=VALUE: {setting}")
    return FILES[prefix], key, value


def write(plan: Plan, name: str, base: Sites, own: Sites) -> Path:
    """The configuration folder of one daemon: common settings, its own, then the caller's."""
    folder = plan.conf(name)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sites = common(plan)
    for more in (base, own):
        for file, values in more.items():
            sites.setdefault(file, {}).update(values)
    for setting in plan.settings:
        file, key, value = parse_setting(setting)
        sites.setdefault(file, {})[key] = value
    for file, values in sites.items():
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_text(site(values))
    (folder / "log4j.properties").write_text(LOG4J)
    return folder


def site(values: dict[str, str]) -> str:
    lines = [
        f"<property><name>{escape(key)}</name><value>{escape(value)}</value></property>"
        for key, value in values.items()
    ]
    return "\n".join(['<?xml version="1.0"?>', "<configuration>", *lines, "</configuration>", ""])


def write_web_apps(plan: Plan) -> Path:
    """A class path folder with the web applications that the hadoop-hdfs jar lacks.

    The release's tarball has them beside the jar, and the daemons refuse to start without.  Empty
    ones do: WebHDFS is registered in code.
    """
    folder = plan.folder / "web"
    for name in ("hdfs", "datanode", "secondary", "journal", "cluster", "node", "jobhistory"):
        inside = folder / "webapps" / name / "WEB-INF"
        inside.mkdir(parents=True, exist_ok=True)
        (inside / "web.xml").write_text(EMPTY_WEB_APP)
    (folder / "webapps" / "static").mkdir(exist_ok=True)
    return folder
