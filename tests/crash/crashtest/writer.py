"""The program that writes.  writer.py FOLDER MANIFEST BLOBS SEED SLOTS [WAY[=NUMBER]...]

SLOTS with commas between them; all are written at once, each by a thread. With ways: each once, in this
order, then it ends with 0. Without: whatever comes, until SIGTERM, or until a call says that the mount has gone (exit status 3).
"""

import errno
import random
import signal
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from crashtest.manifest import Account, Manifest  # noqa: E402
from crashtest.ways import CHANGES, MIB, WHOLE, Writer  # noqa: E402

GONE = (errno.ENOTCONN, errno.ECONNABORTED)
LARGE = 12 * MIB  # what has grown so long is begun anew
MOUNT_GONE = 3


class End(Exception):
    """The mount has gone."""


def attempt(writer: Writer, way: str, *arguments) -> None:
    try:
        getattr(writer, way)(*arguments)
    except OSError as error:
        if error.errno in GONE:
            raise End from error
        if writer.sure:  # outside of a step: a close after everything was synced
            writer.manifest.say(complaint=way, slot=writer.slot, errno=error.errno)


def choose(writer: Writer) -> str:
    if not writer.sure:
        return "anew"
    if writer.content is None or len(writer.content) > LARGE:
        return writer.chance.choice(WHOLE)
    return writer.chance.choice(WHOLE + CHANGES)


def run(writer: Writer, ways: list[str], stopped: threading.Event, ended: list) -> None:
    try:
        for way in ways:
            name, _, number = way.partition("=")
            attempt(writer, name, *([int(number)] if number else []))
        while not ways and not stopped.is_set():
            attempt(writer, choose(writer))
    except End:
        ended.append(MOUNT_GONE)
    except BaseException:
        ended.append(1)
        raise


def main() -> int:
    folder, path, blobs, seed, slots, *ways = sys.argv[1:]
    account = Account(Path(path))
    manifest = Manifest(Path(path), Path(blobs))
    ended: list[int] = []
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    threads = []
    for number, slot in enumerate(slots.split(",")):
        now = account.contents(slot, Path(blobs))
        writer = Writer(folder, slot, manifest, random.Random(f"{seed}/{number}"), now)
        threads.append(threading.Thread(target=run, args=(writer, ways, stopped, ended)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return min(ended, default=0)


if __name__ == "__main__":
    sys.exit(main())
