"""The command `stack`."""

import argparse
import json
import os
import shlex
import signal
import sys

from . import hdfs_shell, jars, java, launch, train
from .errors import StackError
from .stack import Stack


PRODUCTS = {"knox": jars.KNOX, "oozie": jars.OOZIE}  # beside Hadoop


def parser() -> argparse.ArgumentParser:
    main = argparse.ArgumentParser(
        prog="stack", description="A real Hadoop on free loopback ports, for tests."
    )
    verbs = main.add_subparsers(dest="verb", required=True)
    add_up(verbs)

    def verb(name: str, text: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=text, description=text)
        added.add_argument("--dir", required=True, help="the stack's folder")
        return added

    verb("down", "Stop all daemons; an ephemeral stack's folder is removed, another's stays.")
    verb("env", "Print shell assignments for programs that use Hadoop's own client libraries.")
    verb("show", "Print the state as JSON.")
    kill = verb("kill", "Signal one daemon; waits for its end after KILL and TERM.")
    kill.add_argument("name", help="nn, nn2, dn1, dn2, ..., httpfs, rm, nm, jhs, oozie, ldap, knox")
    text = "KILL (default), STOP, CONT, ..."
    kill.add_argument("signal", nargs="?", default="KILL", type=signal_number, help=text)
    start = verb("start", "Start one daemon that was killed, with its ports and data, and wait.")
    start.add_argument("name", help="nn, nn2, dn1, dn2, ..., httpfs, rm, nm, jhs, oozie, ldap, knox")
    hdfs = verb("hdfs", "Run one of Hadoop's tools; HADOOP_USER_NAME chooses the user.")
    hdfs.add_argument("tool", choices=sorted(hdfs_shell.TOOLS))
    hdfs.add_argument("args", nargs=argparse.REMAINDER, help="the tool's own arguments")
    text = "Only download and prepare what `up` needs."
    get = verbs.add_parser("get", help=text, description=text)
    for name in PRODUCTS:
        get.add_argument(f"--{name}", action="store_true", help=f"and what `up --{name}` needs")
    return main


def signal_number(text: str) -> int:
    try:
        return int(text) if text.isdigit() else signal.Signals[f"SIG{text.removeprefix('SIG')}"]
    except KeyError:
        raise argparse.ArgumentTypeError(f"no signal {text}") from None


def add_up(verbs) -> None:
    text = "Start a stack, or start the one in --dir again; prints its state as JSON."
    up = verbs.add_parser("up", help=text, description=text)
    up.add_argument("--dir", help="its folder (default: a new one in the cache)")
    up.add_argument("--datanodes", type=int, metavar="N", help="default: 1")
    up.add_argument("--httpfs", action="store_true", default=None, help="start HttpFS as well")
    up.add_argument("--tls", action="store_true", default=None, help="HDFS speaks TLS, too")
    up.add_argument("--ha", action="store_true", default=None, help="two NameNodes; nn is made active")
    up.add_argument("--kerberos", action="store_true", default=None, help="with a KDC, whose tickets HDFS wants")
    up.add_argument("--knox", action="store_true", default=None, help="start Knox and LDAP as well")
    up.add_argument("--yarn", action="store_true", default=None, help="start YARN and job history")
    up.add_argument("--oozie", action="store_true", default=None, help="start YARN and Oozie")
    up.add_argument("--owner", type=int, metavar="PID", help="stop all when this process ends")
    up.add_argument("--ephemeral", action="store_true", help="remove the folder at the end")
    up.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FILE:KEY=VALUE",
        help="a setting for all daemons; FILE is core, hdfs, httpfs, yarn, mapred, oozie or knox; "
        "may be repeated",
    )
    up.add_argument("--tier", type=int, choices=range(5), help="JIT tier (default: 1; 4 for speed)")
    up.add_argument("--heap", metavar="SIZE", help="heap of each daemon (default: 256m)")


def run(options: argparse.Namespace) -> int:
    if options.verb == "get":
        jars.ensure()
        for name, product in PRODUCTS.items():
            if getattr(options, name):
                jars.ensure(product)
        java.classes()
        train.ensure()
        print(jars.folder())
        return 0
    if options.verb == "up":
        stack = Stack.up(
            options.dir,
            datanodes=options.datanodes,
            httpfs=options.httpfs,
            tls=options.tls,
            ha=options.ha,
            kerberos=options.kerberos,
            knox=options.knox,
            yarn=options.yarn,
            oozie=options.oozie,
            settings=options.set,
            tier=options.tier,
            heap=options.heap,
            owner=options.owner,
            ephemeral=options.ephemeral,
        )
        print(json.dumps(stack.state, indent=1))
        return 0
    return run_on(Stack.open(options.dir), options)


def run_on(stack: Stack, options: argparse.Namespace) -> int:
    if options.verb == "down":
        stack.down()
    elif options.verb == "show":
        print(json.dumps(stack.state | {"pids": stack.pids}, indent=1))
    elif options.verb == "env":
        for key, value in stack.env().items():
            print(f"export {key}={shlex.quote(value)}")
    elif options.verb == "kill":
        stack.kill(options.name, options.signal)
    elif options.verb == "start":
        stack.start(options.name)
    elif options.verb == "hdfs":
        line = launch.command(stack.plan, "client")
        line += [hdfs_shell.TOOLS[options.tool], *options.args]
        env = java.environment() | stack.env()
        if "HADOOP_USER_NAME" in os.environ:
            env["HADOOP_USER_NAME"] = os.environ["HADOOP_USER_NAME"]
        os.execve(line[0], line, env)
    return 0


def main() -> int:
    try:
        return run(parser().parse_args())
    except StackError as error:
        print(f"stack: {error}", file=sys.stderr)
        return 1
