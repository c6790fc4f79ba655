"""The command `proxy`."""

import argparse
import asyncio
import json
import os
from urllib.parse import urlsplit

from .control import Control
from .server import Server


def parser() -> argparse.ArgumentParser:
    main = argparse.ArgumentParser(
        prog="proxy",
        description="Fronts a NameNode (or HttpFS) and its DataNodes on loopback ports; prints its "
        "addresses as a line of JSON and runs until it is killed or its owner ends.",
    )
    main.add_argument("--namenode", metavar="URL", help="http://HOST:PORT of the NameNode")
    main.add_argument("--httpfs", metavar="URL", help="http://HOST:PORT of HttpFS")
    main.add_argument(
        "--datanode",
        metavar="URL",
        action="append",
        default=[],
        help="a DataNode known from the start; others are found in the NameNode's redirects",
    )
    main.add_argument("--owner", type=int, metavar="PID", help="end when this process ends")
    main.add_argument("--rules", metavar="JSON", help="a list of rules to start with")
    return main


async def serve(options: argparse.Namespace) -> None:
    server = Server()
    shown: dict = {"pid": os.getpid()}

    def front(role: str, url: str) -> str:
        parts = urlsplit(url)
        return f"http://localhost:{server.listen(role, parts.hostname, parts.port or 80)}"

    for role in ("namenode", "httpfs"):
        if getattr(options, role):
            shown[role] = front(role, getattr(options, role))
    shown["datanodes"] = [front("datanode", url) for url in options.datanode]
    server.rules.replace(json.loads(options.rules or "[]"))
    control = Control(server)
    shown["control"] = await control.start()
    ended = asyncio.Event()
    if options.owner:
        asyncio.get_running_loop().add_reader(os.pidfd_open(options.owner), ended.set)
    print(json.dumps(shown), flush=True)
    await ended.wait()


def main() -> int:
    options = parser().parse_args()
    try:
        asyncio.run(serve(options))
    except KeyboardInterrupt:
        pass
    return 0
