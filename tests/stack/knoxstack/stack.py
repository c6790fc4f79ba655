"""One stack: a folder, its daemons, and what tests do to them."""

import dataclasses
import signal
from pathlib import Path

from . import cache, daemons, folder, gateway, jars, java, kerberos, launch, process, train, watchdog
from .conf import Plan, parse_setting
from .errors import StackError
from .hdfs_shell import HdfsShell, Result


class Stack:
    """Made by up() or open(); the folder is the truth, so two of these may share one."""

    def __init__(self, path: Path):
        self.dir = path
        self.state = folder.read(path)
        self._shell: HdfsShell | None = None

    # Making and ending.

    @classmethod
    def up(
        cls,
        dir: str | Path | None = None,
        *,
        datanodes: int | None = None,
        httpfs: bool | None = None,
        tls: bool | None = None,
        ha: bool | None = None,
        knox: bool | None = None,
        kerberos: bool | None = None,
        yarn: bool | None = None,
        oozie: bool | None = None,
        settings: list[str] | tuple[str, ...] = (),
        tier: int | None = None,
        gateway_tier: int | None = None,
        heap: str | None = None,
        owner: int | None = None,
        ephemeral: bool = False,
    ) -> "Stack":
        """Starts a stack, or again the one that DIR holds.  None: as before, else the default.

        owner: a pid; all is stopped when that process ends.  ephemeral: DIR is removed then.
        """
        for setting in settings:
            parse_setting(setting)  # before anything is started
        jars.ensure()
        if knox:
            jars.ensure(jars.KNOX)
        if oozie:
            jars.ensure(jars.OOZIE)
        train.ensure()
        path = folder.make(dir)
        options = {"datanodes": datanodes, "httpfs": httpfs, "knox": knox, "tier": tier, "heap": heap}
        options |= {"gateway_tier": gateway_tier}
        options |= {"yarn": yarn, "oozie": oozie, "ha": ha, "kerberos": kerberos, "tls": tls}
        with cache.locked(path / "stack"):
            stack = cls(path)
            stack._up(options, list(settings), owner, ephemeral)
        return stack

    @classmethod
    def open(cls, dir: str | Path) -> "Stack":
        """A stack that somebody else started."""
        path = Path(dir).resolve()
        if not folder.is_stack(path):
            raise StackError(f"no stack in {path}")
        return cls(path)

    def _up(self, options: dict, settings: list[str], owner: int | None, ephemeral: bool) -> None:
        plan = self.plan
        running = [name for name in process.find(self.dir) if name != "watchdog"]
        if running:
            raise StackError(f"already up: {', '.join(running)} run in {self.dir}")
        changes = {key: value for key, value in options.items() if value is not None}
        if settings:
            changes["settings"] = settings
        plan = dataclasses.replace(plan, **changes)
        self.state["ephemeral"] = ephemeral
        launch.tear_down(self.dir, ["watchdog"])  # of an earlier owner
        self._save(plan)  # before the watchdog, which reads it
        if owner is not None:
            watchdog.start(self.dir, owner)
        try:
            launch.bring_up_somewhere(plan)
        except BaseException:
            launch.tear_down(self.dir)
            raise
        self._save(plan)

    def down(self) -> None:
        """Stops everything.  The folder stays unless it is ephemeral."""
        self.close()
        launch.tear_down(self.dir)
        launch.tear_down(self.dir, ["watchdog"])
        if not self.dir.exists():
            return
        if self.state.get("ephemeral"):
            folder.remove(self.dir)
        else:
            self._save(self.plan)

    def close(self) -> None:
        """Ends the shell's JVM, not the stack."""
        if self._shell:
            self._shell.close()
            self._shell = None

    def __enter__(self) -> "Stack":
        return self

    def __exit__(self, *failure) -> None:
        self.down()

    # What is there.

    @property
    def plan(self) -> Plan:
        return Plan(folder=self.dir, **self.state.get("plan", {}))

    @property
    def namenode(self) -> str:
        return self.plan.url("nn")

    @property
    def secure(self) -> str | None:
        """The NameNode by https, known by tls.certificate()."""
        return self.plan.secure_url("nn") if self.plan.tls else None

    @property
    def namenodes(self) -> list[str]:
        """Both of a pair."""
        plan = self.plan
        return [plan.url(name) for name in plan.names() if name.startswith("nn")]

    @property
    def rpc(self) -> str:
        return self.plan.rpc()

    @property
    def datanodes(self) -> list[str]:
        plan = self.plan
        return [plan.url(name) for name in plan.names() if name.startswith("dn")]

    @property
    def httpfs(self) -> str | None:
        return self.plan.url("httpfs") if self.plan.httpfs else None

    @property
    def knox(self) -> str | None:
        """The gateway, without a topology: see gateway.py for these."""
        return gateway.url(self.plan) if self.plan.knox else None

    @property
    def cacert(self) -> Path:
        """By which the gateway is known."""
        return gateway.certificate()

    @property
    def binds(self) -> int:
        """How often LDAP was asked whether somebody's password is right."""
        return self.log("ldap").read_text().count("bind uid=")

    @property
    def services(self) -> dict[str, str]:
        """The URLs of YARN, job history and Oozie, as far as they are part of this stack."""
        plan = self.plan
        urls = {"yarn": "rm", "nodemanager": "nm", "jobhistory": "jhs", "oozie": "oozie"}
        found = {key: plan.url(name) for key, name in urls.items() if name in plan.names()}
        if "oozie" in found:
            found["oozie"] += "/oozie"
        return found

    @property
    def pids(self) -> dict[str, int]:
        return {name: pids[0] for name, pids in process.find(self.dir).items()}

    def log(self, name: str) -> Path:
        return launch.log_of(self.plan, name)

    def env(self) -> dict[str, str]:
        """For programs that use Hadoop's own client libraries."""
        tickets = kerberos.environment(self.plan) if self.plan.kerberos else {}
        return tickets | {
            "HADOOP_CONF_DIR": str(self.plan.conf("client")),
            "CLASSPATH": launch.class_path(self.plan, "client"),
            "JAVA_HOME": java.home(),
        }

    # One daemon.

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Signals one daemon; after KILL and TERM it is gone on return, after STOP it stands."""
        pids = process.find(self.dir).get(name)
        if not pids:
            raise StackError(f"{name} does not run in {self.dir}")
        for pid in pids:
            process.send(pid, self.dir, number)
        if number in (signal.SIGKILL, signal.SIGTERM):
            if process.wait_gone(pids, self.dir, 2 * process.GRACE_S):
                raise StackError(f"{name} does not end after signal {int(number)}")
            self._save(self.plan)
        elif number == signal.SIGSTOP and not process.wait_stopped(pids, process.GRACE_S):
            raise StackError(f"{name} does not stop")

    def start(self, name: str) -> None:
        """Starts one daemon that was killed, on its old ports and data, and waits for it."""
        plan = self.plan
        if name not in plan.names():
            raise StackError(f"no {name} in this stack, it has {', '.join(plan.names())}")
        with cache.locked(self.dir / "stack"):
            if name in process.find(self.dir):
                raise StackError(f"{name} runs already")
            pid = launch.start(plan, name)
            ready = daemons.kind(name).ready
            launch.wait(plan, {name: pid}, lambda: ready(plan, name), name)
            self._save(plan)
        if name.startswith("nn") and self._shell:
            self.close()  # the shell's connection is to the old one, its next call would fail
            self.shell.started()  # not by that call: a child's start is a flush of all files that are open here

    def restart(self, name: str) -> None:
        self.kill(name)
        self.start(name)

    def activate(self, name: str) -> None:
        """Makes one of a pair the active NameNode; the other one, when it runs, a standby."""
        other = "nn2" if name == "nn" else "nn"
        pid = self.pids.get(other)
        if pid and not process.is_stopped(pid):
            self.tool("haadmin", "-transitionToStandby", other)
        self.tool("haadmin", "-transitionToActive", "--forceactive", name)

    # Hadoop's shell.

    @property
    def shell(self) -> HdfsShell:
        if self._shell is None:
            env = java.environment() | self.env()
            log = launch.log_of(self.plan, "shell")
            self._shell = HdfsShell(launch.command(self.plan, "client"), log, self.dir, env)
        return self._shell

    def dfs(self, *args, user: str | None = None, stdin: bytes = b"", check=True) -> Result:
        """`hdfs dfs ARGS`, in the lasting JVM; check: an exit code other than 0 is an error."""
        return self.tool("dfs", *args, user=user, stdin=stdin, check=check)

    def admin(self, *args, user: str | None = None, check=True) -> Result:
        """`hdfs dfsadmin ARGS`: -safemode enter, -setSpaceQuota 1m /d, -allowSnapshot /d, ..."""
        return self.tool("dfsadmin", *args, user=user, check=check)

    def tool(self, tool: str, *args, user=None, stdin: bytes = b"", check=True) -> Result:
        """Any of hdfs_shell.TOOLS."""
        result = self.shell.run(*args, user=user, stdin=stdin, tool=tool)
        if check and result.rc != 0:
            text = result.err.decode(errors="replace")
            raise StackError(f"{tool} {args}: exit code {result.rc}\n{text}")
        return result

    # The state file.

    def _save(self, plan: Plan) -> None:
        kept = dataclasses.asdict(plan)
        del kept["folder"]
        self.state = {"dir": str(self.dir), "plan": kept, "ephemeral": self.state.get("ephemeral")}
        if plan.ports:
            self.state |= {
                "namenode": self.namenode,
                "rpc": self.rpc,
                "datanodes": self.datanodes,
                "httpfs": self.httpfs,
                "knox": self.knox,
            }
            self.state |= self.services
        self.state["pids"] = self.pids
        folder.write(self.dir, self.state)
