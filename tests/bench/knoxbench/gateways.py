"""The ways by a gateway to the stack's HDFS: Knox with a password and TLS, and HttpFS."""

import contextlib
import os
import pwd
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from . import child
from .link import port_of

SETTINGS = ["knox:gateway.crypto.iteration.count=65536"]  # as a stock Knox has it: 50 ms of CPU a step of an OPEN


@dataclass
class Gateway:
    name: str
    server: str  # URL, for a mount
    options: list[str] = field(default_factory=list)  # of a mount
    lines: list[str] = field(default_factory=list)  # of curl's configuration
    create: dict[str, str] = field(default_factory=dict)  # parameters of a CREATE

    def curl(self, scene, wanted: list[tuple[str, str]], word: str = "output", jobs: int = 1) -> child.Cost:
        """wanted: (URL, local file) each, by so many processes, each of which keeps its connections and its session."""
        commands = []
        for number in range(min(jobs, len(wanted))):
            path = scene.scratch(f"gateway.{number}")
            with open(path, "w") as out:
                out.write("".join(f"{line}\n" for line in self.lines))
                for url, local in wanted[number::jobs]:
                    out.write(f'url = "{url}"\n{word} = "{local}"\n')
            commands.append(["curl", "-sfL", "--fail-early", "-K", path])
        return child.together(commands)


@contextlib.contextmanager
def limited(scene, gateway: Gateway, rate: int) -> Iterator[Gateway]:
    """The same gateway at the end of a link each of whose connections has so many bytes a second, each way; 0: without a link.

    Both send their clients on to the host and port that these asked, so the redirects lead through the link as well."""
    if not rate:
        yield gateway
        return
    port = port_of(gateway.server)
    with scene.link(rate=rate, servers={gateway.name.lower(): [port]}) as link:
        yield replace(gateway, server=gateway.server.replace(f":{port}", f":{link.ports[port]}", 1))


def login(scene) -> str:
    """USER:PASSWORD of the superuser in a file, as -o auth_file wants it."""
    user, path = pwd.getpwuid(os.geteuid()).pw_name, scene.scratch("login")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(f"{user}:{user}-password\n")
    return path


def every(scene) -> list[Gateway]:
    stack = scene.stack
    file = login(scene)
    password = open(file).read().strip()
    # An empty file of cookies: they are kept while curl runs, so LDAP is asked once.
    lines = [f'user = "{password}"', f'cacert = "{stack.cacert}"', 'cookie = ""']
    return [
        Gateway("Knox", f"{stack.knox}/basic", [f"auth_file={file}", f"cacert={stack.cacert}"], lines),
        Gateway("HttpFS", stack.httpfs, [], ['header = "Content-Type: application/octet-stream"'], {"data": "true"}),
    ]
