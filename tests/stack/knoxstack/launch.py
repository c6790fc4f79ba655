"""Brings the daemons of a plan up: configuration, JVMs, readiness, first folders."""

import functools
import re
import time
from pathlib import Path

from . import archive, conf, daemons, hdfs_put, hdfs_shell, java, jars, kerberos, ports, process, tls, yarn
from .conf import Plan
from .errors import StackError

READY_S = 240.0  # a busy machine needs 60 s where a quiet one needs 6, and Knox twice that
POLL_S = 0.05
PORT_TRIES = 4

TAKEN = re.compile(r"BindException|Address already in use|Port in use", re.IGNORECASE)


class PortTaken(StackError):
    """A daemon died because somebody else has its port."""


def class_path(plan: Plan, name: str) -> str:
    """Jars first and in one order: the class data archive is for that beginning."""
    special = None if name == "client" else daemons.kind(name).class_path
    if special:
        return special(plan, name)
    product = product_of(name)
    own = [plan.conf(name), plan.folder / "web", java.classes(product)]
    return ":".join([jars.class_path(product), *map(str, own)])


def product_of(name: str) -> jars.Product:
    return jars.HADOOP if name == "client" else daemons.kind(name).product


def command(plan: Plan, name: str) -> list[str]:
    """The Java command line up to the main class."""
    heap = plan.heap if name == "client" else daemons.kind(name).heap or plan.heap
    return [
        java.tool("java"),
        process.mark(plan.folder, name),
        *java.options(heap, plan.tier),
        *(archive.options() if product_of(name) is jars.HADOOP else []),
        *[option.format(name=name) for option in plan.java],
        *([f"-Djava.security.krb5.conf={kerberos.folder(plan)}/krb5.conf"] if plan.kerberos else []),
        f"-Dlog4j.configuration=file:{plan.conf(name)}/log4j.properties",
        f"-Dhadoop.log.dir={plan.folder}/logs",
        f"-Djava.io.tmpdir={plan.folder}/tmp",
        "-cp",
        class_path(plan, name),
    ]


def log_of(plan: Plan, name: str) -> Path:
    return plan.folder / "logs" / f"{name}.log"


def assign_ports(plan: Plan, fresh: bool = False) -> None:
    """Ports for every daemon that has none; for all of them when FRESH or when one is taken."""
    known = [port for name in plan.names() for port in plan.ports.get(name, {}).values()]
    if fresh or not all(ports.is_free(port) for port in known):
        ports.give_back(plan.folder)
        plan.ports.clear()
    for name in plan.names():
        if name not in plan.ports:
            wanted = daemons.kind(name).ports
            plan.ports[name] = dict(zip(wanted, ports.take(len(wanted), plan.folder), strict=True))


def prepare(plan: Plan) -> None:
    for name in ("conf", "data", "logs", "tmp"):
        (plan.folder / name).mkdir(exist_ok=True)
    conf.write_web_apps(plan)
    conf.write(plan, "client", base(plan), {})


def base(plan: Plan) -> conf.Sites:
    """What YARN, Kerberos and TLS add to the common settings."""
    sites = yarn.common(plan) if plan.has_yarn() else {}
    for wanted, more in ((plan.kerberos, kerberos.settings), (plan.tls, tls.settings)):
        for file, values in more(plan).items() if wanted else ():
            sites[file] = sites.get(file, {}) | values
    return sites


def start(plan: Plan, name: str) -> int:
    kind = daemons.kind(name)
    if kind.native:
        return kind.native(plan, name, log_of(plan, name))
    conf.write(plan, name, base(plan), kind.settings(plan, name))
    plan.data(name).mkdir(parents=True, exist_ok=True)
    kind.prepare(plan, name)
    line = command(plan, name)
    at_class_path = line.index("-cp")
    line[at_class_path:at_class_path] = kind.options(plan, name)
    env = java.environment() | {
        "HADOOP_CONF_DIR": str(plan.conf(name)),
        "HADOOP_LOG_DIR": str(plan.folder / "logs"),
        "HADOOP_ROOT_LOGGER": "INFO,console",
    }
    env |= kind.environment(plan, name)
    # A new life, a new log: what an earlier one died of must not be read again.
    log = log_of(plan, name)
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
    return process.spawn([*line, kind.main, *kind.arguments(plan, name)], log, plan.folder, env)


def wait(plan: Plan, pids: dict[str, int], is_ready, what: str) -> None:
    """Until is_ready(); an error as soon as one of PIDS has ended."""
    end = time.monotonic() + READY_S
    while not is_ready():
        for name, pid in pids.items():
            if not process.is_alive(pid, plan.folder):
                raise death(plan, name)
        if time.monotonic() > end:
            raise StackError(f"{what} is not ready after {READY_S:.0f} s, see {plan.folder}/logs")
        time.sleep(POLL_S)


def death(plan: Plan, name: str) -> StackError:
    log = log_of(plan, name)
    end = log.read_text(errors="replace")[-6000:]
    kind = PortTaken if TAKEN.search(end) else StackError
    return kind(f"{name} has ended, the end of {log}:\n{end[-3000:]}")


def bring_up(plan: Plan) -> dict[str, int]:
    """All daemons, started together but for the late ones, and waited for."""
    prepare(plan)
    names = plan.names()
    pids = {}
    if plan.kerberos:  # the others log in as they start
        pids["kdc"] = start(plan, "kdc")
        wait(plan, pids, lambda: kerberos.ready(plan, "kdc"), "the KDC")
        kerberos.ticket(plan, conf.superuser(), kerberos.folder(plan) / "tickets")
    pids |= {name: start(plan, name) for name in names if name not in pids and not daemons.kind(name).late}

    if plan.ha:
        wait(plan, pids, lambda: all(daemons.is_up(plan, name) for name in ("nn", "nn2")), "both NameNodes")
        make_active(plan)
    # The first WebHDFS request takes 0.8 s; here it passes while the DataNodes start.
    wait(plan, pids, lambda: daemons.serves_webhdfs(plan, "nn"), "the NameNode")
    wait(plan, pids, lambda: daemons.hdfs_ready(plan, plan.datanodes), "HDFS")
    made = plan.folder / "data" / ".folders"
    if not made.exists():
        make_folders(plan)
        made.touch()
    pids |= {name: start(plan, name) for name in names if daemons.kind(name).late}
    for name in names:
        if not name.startswith(("nn", "dn")):
            is_ready = daemons.kind(name).ready
            wait(plan, pids, functools.partial(is_ready, plan, name), name)
    return pids


def make_folders_by_shell(plan: Plan) -> None:
    env = java.environment() | {"HADOOP_CONF_DIR": str(plan.conf("client"))} | kerberos.environment(plan)
    shell = hdfs_shell.HdfsShell(command(plan, "client"), log_of(plan, "shell"), plan.folder, env)
    steps = [("-mkdir", "-p", "/tmp"), ("-chmod", "1777", "/tmp")]
    for user in (conf.superuser(), *conf.USERS):
        home = f"/user/{user}"
        steps += [("-mkdir", "-p", home), ("-chown", user, home), ("-chmod", "750", home)]
    for step in steps:
        done = shell.run(*step)
        if done.rc != 0:
            raise StackError(f"{step} failed:\n{done.err.decode(errors='replace')}")
    shell.close()


def make_active(plan: Plan) -> None:
    """The first NameNode of a pair."""
    env = java.environment() | {"HADOOP_CONF_DIR": str(plan.conf("client"))}
    env |= kerberos.environment(plan) if plan.kerberos else {}
    shell = hdfs_shell.HdfsShell(command(plan, "client"), log_of(plan, "shell"), plan.folder, env)
    done = shell.run("-transitionToActive", "--forceactive", "nn", tool="haadmin")
    shell.close()
    if done.rc != 0:
        raise StackError(f"the NameNode is not made active:\n{done.err.decode(errors='replace')}")


def bring_up_somewhere(plan: Plan) -> dict[str, int]:
    """bring_up, on other ports if some program was quicker to take one."""
    assign_ports(plan)
    for attempt in range(PORT_TRIES):
        try:
            return bring_up(plan)
        except PortTaken:
            tear_down(plan.folder)
            if attempt == PORT_TRIES - 1:
                raise
            assign_ports(plan, fresh=True)
    raise AssertionError("not reached")


def tear_down(folder: Path, names: list[str] | None = None) -> None:
    """Stops the processes of a stack, or those of the NAMES."""
    found = process.find(folder)
    if names is None:
        names = [name for name in found if name != "watchdog"]
    process.stop([pid for name in names for pid in found.get(name, [])], folder)


def make_folders(plan: Plan) -> None:
    """/tmp for all and a private home for each user, as an administrator would."""
    me = conf.superuser()
    if plan.kerberos:
        make_folders_by_shell(plan)
        return
    hdfs_put.mkdir(plan, "/tmp", me, "1777")
    for user in (me, *conf.USERS):
        hdfs_put.mkdir(plan, f"/user/{user}", user, "750")
    for path, owner, mode in yarn.folders(plan) if plan.has_yarn() else []:
        hdfs_put.mkdir(plan, path, owner, mode)
