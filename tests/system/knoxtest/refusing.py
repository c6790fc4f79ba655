"""What is refused, and with which errno."""

import errno

import pytest


def tells_why(mount) -> bool:
    """A gateway (Knox) says 500 where a DataNode refuses a file's bytes: EIO (the table in docs/SEMANTICS.md)."""
    return "/gateway/" not in mount.endpoint


def of_datanode(mount, code: int | set) -> set[int]:
    """The errnos of what a DataNode refuses."""
    codes = code if isinstance(code, set) else {code}
    return codes if tells_why(mount) else codes | {errno.EIO}


def of_dead_server(mount, code: int) -> set[int]:
    """The errnos where the NameNode is down: of it a gateway says 500, too."""
    return {code} if tells_why(mount) else {code, errno.EIO}


def refused(code: int | set, call, *arguments) -> None:
    """The call fails with this errno, or one of these."""
    with pytest.raises(OSError) as caught:
        call(*arguments)
    codes = code if isinstance(code, set) else {code}
    assert caught.value.errno in codes, caught.value
