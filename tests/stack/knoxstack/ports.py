"""Free loopback ports that stay ours.

Outside the ephemeral range, so that no outgoing connection takes one between the choice and the
daemon's bind.  A choice is written down under a lock and holds while the stack's folder exists,
so stacks that start at the same time, or that are stopped for a while, do not meet.
"""

import json
import random
import socket
from pathlib import Path

from . import cache

LOWEST = 10000  # below are the well-known defaults of other software


def ephemeral_range() -> tuple[int, int]:
    try:
        low, high = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    except OSError:
        return 32768, 60999  # Linux's default
    return int(low), int(high)


def candidates() -> list[int]:
    low, high = ephemeral_range()
    ports = [port for port in range(LOWEST, 65536) if port < low or port > high]
    # A machine may have widened the range over everything; then there is nothing better.
    return ports or list(range(LOWEST, 65536))


def is_free(port: int) -> bool:
    """Tries what a daemon will do.  With SO_REUSEADDR, as Java does: TIME_WAIT is no obstacle."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError:
            return False
    return True


def take(count: int, owner: Path) -> list[int]:
    """COUNT free ports, noted as belonging to the folder OWNER."""
    book = cache.root() / "ports.json"
    with cache.locked(book):
        noted = read(book)
        wanted = candidates()
        random.shuffle(wanted)
        chosen = []
        for port in wanted:
            if len(chosen) == count:
                break
            if str(port) not in noted and is_free(port):
                chosen.append(port)
                noted[str(port)] = str(owner)
        cache.write_whole(book, json.dumps(noted))
    return chosen


def give_back(owner: Path) -> None:
    book = cache.root() / "ports.json"
    with cache.locked(book):
        noted = {port: folder for port, folder in read(book).items() if folder != str(owner)}
        cache.write_whole(book, json.dumps(noted))


def read(book: Path) -> dict[str, str]:
    """The notes whose folder still exists."""
    try:
        noted = json.loads(book.read_text())
    except (OSError, ValueError):
        return {}
    return {port: folder for port, folder in noted.items() if Path(folder).is_dir()}
