"""O_EXCL: of all clients that want to make a name, one does."""

import errno
import os

import pytest
from knoxtest import refused, until

pytestmark = pytest.mark.gateway


def test_exclusive(mount, hdfs, second):
    with open(mount / "f", "xb") as file:
        file.write(b"mine")
    refused(errno.EEXIST, open, mount / "f", "xb")
    refused(errno.EEXIST, open, second / "f", "xb")
    hdfs.write("theirs", b"there first")
    refused(errno.EEXIST, open, mount / "theirs", "xb")
    assert hdfs.cat("f") == b"mine" and hdfs.cat("theirs") == b"there first"


def test_exclusive_race(mount, hdfs, second):
    """Both clients want to be the one who makes it: one is told that it is not, at the latest by
    close, and no byte of the winner's is lost."""
    outcomes = []
    files = []
    for number, who in enumerate((mount, second)):
        try:
            files.append(open(who / "f", "xb", buffering=0))
            files[-1].write(b"%d" % number)
        except OSError as error:
            outcomes.append(error.errno)
    for file in files:
        try:
            file.close()
            outcomes.append(0)
        except OSError as error:
            outcomes.append(error.errno)
    assert sorted(outcomes) == [0, errno.EEXIST]
    assert hdfs.cat("f") in (b"0", b"1")


def test_exclusive_at_open(mounts, hdfs, tmp_path):
    """excl=open: whoever opens first has the name at once; an upload that never comes leaves nothing."""
    options = {"excl": "open", "stage_dir": tmp_path, "attr_timeout": 0, "negative_timeout": 0}
    mine, theirs = mounts(hdfs.url_path, **options), mounts(hdfs.url_path, **options)
    with open(mine / "lock", "xb") as file:
        refused(errno.EEXIST, open, theirs / "lock", "xb")
        assert hdfs.cat("lock") == b""
        file.write(b"mine")
    assert hdfs.cat("lock") == b"mine"
    refused(errno.EEXIST, open, theirs / "lock", "xb")
    os.unlink(theirs / "lock")
    open(theirs / "lock", "xb").close()
    refused(errno.EEXIST, open, mine / "lock", "xb")

    file = os.open(mine / "never", os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    os.write(file, b"x")
    kept = os.open(mine / "kept", os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    hdfs.write("kept", b"another client's after all")
    mine.kill()
    for descriptor in (file, kept):
        with pytest.raises(OSError):
            os.close(descriptor)
    mounts(hdfs.url_path, **options)
    until(lambda: not hdfs.exists("never"), 20, "the empty file of the killed mount goes")
    assert hdfs.cat("kept") == b"another client's after all"
