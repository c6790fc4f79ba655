"""The real Oozie server, with Derby and the share library that launchers need."""

import os
import shutil
import subprocess
from pathlib import Path

from . import cache, conf, hdfs_put, jars, java, probe, process
from .conf import HOST, Plan, Sites
from .errors import StackError

MAIN = "org.apache.oozie.server.EmbeddedOozieServer"
SHARE = "/apps/oozie/share/lib"
LAUNCHER_JARS = ("oozie-sharelib-oozie-", "json-simple-", "commons-lang3-")
SCHEMA_LIMIT_S = 300

# Oozie reads its own logs to answer show=log, so the appenders are those that it knows.
LOG4J_FILE = """\
log4j.appender.{name}=org.apache.log4j.rolling.RollingFileAppender
log4j.appender.{name}.RollingPolicy=org.apache.oozie.util.OozieRollingPolicy
log4j.appender.{name}.File=${{oozie.log.dir}}/{file}.log
log4j.appender.{name}.Append=true
log4j.appender.{name}.layout=org.apache.log4j.PatternLayout
log4j.appender.{name}.layout.ConversionPattern=%d{{ISO8601}} %5p %c{{1}}:%L - {server}%m%n
log4j.appender.{name}.RollingPolicy.FileNamePattern=${{log4j.appender.{name}.File}}-%d{{{when}}}
log4j.appender.{name}.RollingPolicy.MaxHistory=720
"""
LOG4J_LOGGERS = """\
log4j.appender.oozieError.Threshold=WARN
log4j.appender.rest=org.apache.log4j.ConsoleAppender
log4j.appender.rest.target=System.err
log4j.appender.rest.layout=org.apache.log4j.PatternLayout
log4j.appender.rest.layout.ConversionPattern=%d{ISO8601} %p %c: %m%n
log4j.rootLogger=WARN,rest
log4j.logger.oozieops=OFF
log4j.logger.oozieinstrumentation=OFF
log4j.logger.oozieaudit=ALL,oozieaudit
log4j.logger.org.apache.oozie=INFO,oozie,oozieError
log4j.logger.org.apache.hadoop=WARN,oozie
"""


def home(plan: Plan, name: str) -> Path:
    return plan.data(name)


def database(plan: Plan, name: str) -> Path:
    return home(plan, name) / "db"


def settings(plan: Plan, name: str) -> Sites:
    me = conf.superuser()
    service = "oozie.service"
    site = {
        "oozie.base.url": f"{plan.url(name)}/oozie",
        "oozie.http.port": str(plan.port(name, "http")),
        "oozie.http.hostname": HOST,
        f"{service}.HadoopAccessorService.hadoop.configurations": f"*={plan.conf('client')}",
        f"{service}.JPAService.jdbc.driver": "org.apache.derby.jdbc.EmbeddedDriver",
        f"{service}.JPAService.jdbc.url": f"jdbc:derby:{database(plan, name)};create=true",
        f"{service}.JPAService.pool.max.active.conn": "6",
        f"{service}.ProxyUserService.proxyuser.{me}.hosts": "*",
        f"{service}.ProxyUserService.proxyuser.{me}.groups": "*",
        f"{service}.AuthorizationService.authorization.enabled": "true",
        f"{service}.WorkflowAppService.system.libpath": SHARE,
        f"{service}.CallableQueueService.threads": "6",
        # Service levels (SLA) and their alerts.
        "oozie.services.ext": "org.apache.oozie.service.EventHandlerService,org.apache.oozie.sla.service.SLAService",
        f"{service}.EventHandlerService.event.listeners": "org.apache.oozie.sla.listener.SLAJobEventListener",
        "oozie.sla.service.SLAService.job.event.latency": "5000",
        "oozie.sla.service.SLAService.check.interval": "5",
        "oozie.server.threadpool.max.threads": "40",
        # What a test waits for comes every few seconds instead of every few minutes.
        f"{service}.CoordMaterializeTriggerService.lookup.interval": "5",
        f"{service}.CoordMaterializeTriggerService.scheduling.interval": "5",
        f"{service}.StatusTransitService.statusTransit.interval": "5",
        f"{service}.PauseTransitService.PauseTransit.interval": "5",
        f"{service}.coord.input.check.requeue.interval": "3000",
        f"{service}.coord.push.check.requeue.interval": "3000",
        f"{service}.coord.check.maximum.frequency": "false",
        f"{service}.ActionCheckerService.action.check.interval": "10",
        f"{service}.ActionCheckerService.action.check.delay": "20",
        f"{service}.RecoveryService.interval": "10",
        f"{service}.RecoveryService.wf.actions.older.than": "20",
        f"{service}.RecoveryService.coord.older.than": "20",
        f"{service}.RecoveryService.bundle.older.than": "20",
        f"{service}.SchemaCheckerService.check.interval": "0",
        "oozie.launcher.default.memory.mb": "256",
        "oozie.launcher.default.max.attempts": "1",
    }
    action = {"oozie.launcher.javaopts": launcher_options(plan)}
    return {"oozie-site.xml": site, "action-conf/default.xml": action}


def launcher_options(plan: Plan) -> str:
    from . import yarn

    return yarn.container_options(plan)


def options(plan: Plan, name: str) -> list[str]:
    own = home(plan, name)
    return [
        f"-Doozie.home.dir={own}",
        f"-Doozie.config.dir={plan.conf(name)}",
        f"-Doozie.log.dir={own}/logs",
        f"-Doozie.data.dir={own}",
        "-Doozie.config.file=oozie-site.xml",
        "-Doozie.log4j.file=oozie-log4j.properties",
        "-Doozie.log4j.reload=3600",
        "-Doozie.instance.id=localhost",
        f"-Dderby.stream.error.file={own}/logs/derby.log",
        "-Duser.timezone=UTC",
    ]


def prepare(plan: Plan, name: str) -> None:
    """Its files, its database, and its share library in HDFS."""
    own = home(plan, name)
    (own / "logs").mkdir(parents=True, exist_ok=True)
    (plan.conf(name) / "adminusers.txt").write_text(f"{conf.superuser()}\n")
    (plan.conf(name) / "oozie-log4j.properties").write_text(log4j())
    web = own / "web" / "webapp"
    web.mkdir(parents=True, exist_ok=True)
    (web / "index.html").write_text("the web console is not installed\n")
    if not database(plan, name).exists():
        shutil.copytree(schema(plan, name), database(plan, name))
    install_share(plan)


def log4j() -> str:
    server = "SERVER[${oozie.instance.id}] "
    files = [
        LOG4J_FILE.format(name="oozie", file="oozie", server=server, when="yyyy-MM-dd-HH"),
        LOG4J_FILE.format(name="oozieError", file="oozie-error", server=server, when="yyyy-MM-dd-HH"),
        LOG4J_FILE.format(name="oozieaudit", file="oozie-audit", server="", when="yyyy-MM-dd"),
    ]
    return "".join([*files, LOG4J_LOGGERS])


def class_path(plan: Plan, name: str) -> str:
    own = [plan.conf(name), home(plan, name) / "web"]
    return ":".join([*map(str, own), jars.class_path(jars.OOZIE)])


def environment(plan: Plan, name: str) -> dict[str, str]:
    """A shell action gets the server's PATH: a plain one, so that nothing of a machine is in it."""
    return {"OOZIE_HOME": str(home(plan, name)), "PATH": "/usr/local/bin:/usr/bin:/bin"}


def schema(plan: Plan, name: str) -> Path:
    """An empty database, made once (10 s and more) and copied from then on."""
    made = jars.folder(jars.OOZIE) / "schema"
    marker = made.with_suffix(".complete")
    if marker.exists():
        return made
    with cache.locked(made):
        if not marker.exists():
            shutil.rmtree(made, ignore_errors=True)
            make_schema(plan, name)
            shutil.move(database(plan, name), made)
            marker.touch()
    return made


def make_schema(plan: Plan, name: str) -> None:
    command = [java.tool("java"), process.mark(plan.folder, "schema"), *java.options("160m")]
    command += [*options(plan, name), "-cp", class_path(plan, name)]
    command += ["org.apache.oozie.tools.OozieDBCLI", "create", "-run"]
    command += ["-sqlfile", str(home(plan, name) / "oozie.sql")]
    env = java.environment() | environment(plan, name)
    done = subprocess.run(
        command, capture_output=True, text=True, env=env, cwd=plan.folder, timeout=SCHEMA_LIMIT_S
    )
    if done.returncode != 0:
        raise StackError(f"no schema for Oozie:\n{(done.stdout + done.stderr)[-3000:]}")


def install_share(plan: Plan) -> None:
    """What Oozie's own tool would upload; a launcher needs no more than three jars."""
    marker = plan.folder / "data" / ".share"
    if marker.exists():
        return
    target = f"{SHARE}/lib_20260101000000/oozie"
    hdfs_put.mkdir(plan, target, conf.superuser(), "755")
    for jar in sorted((jars.folder(jars.OOZIE) / "jars").glob("*.jar")):
        if jar.name.startswith(LAUNCHER_JARS):
            hdfs_put.put(plan, f"{target}/{jar.name}", jar.read_bytes())
    marker.touch()


def ready(plan: Plan, name: str) -> bool:
    return b"NORMAL" in (probe.ask(f"{plan.url(name)}/oozie/v1/admin/status") or b"")
