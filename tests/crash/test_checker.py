"""The checker finds what a driver that lost something would leave, and nothing else."""

import pytest
from crashtest.checker import Lost, compare, compare_blocks, strangers
from crashtest.manifest import Account, Manifest

OLD, NEW = b"old" * 1000, b"new!" * 2000


@pytest.fixture
def manifest(tmp_path):
    manifest = Manifest(tmp_path / "manifest", tmp_path)
    yield manifest
    manifest.close()


@pytest.fixture
def look(tmp_path):
    """look(name=content...): whether this may be there."""

    def look(**found) -> bool:
        slot = Account(tmp_path / "manifest").slot("a")
        try:
            compare(slot, lambda name: found.get(name), tmp_path, "here")
        except Lost:
            return False
        return True

    return look


def test_under_way(manifest, look):
    manifest.settled("a", {"a": OLD})
    number = manifest.intend("a", "overwrite", {"a": NEW})
    assert look(a=OLD) and look(a=NEW)
    assert not look() and not look(a=b"") and not look(a=NEW[:4000]) and not look(a=NEW + b"x")
    assert not look(a=OLD[:-1] + b"x")
    manifest.acked(number)
    assert look(a=NEW) and not look(a=OLD) and not look()


def test_new_name(manifest, look):
    number = manifest.intend("a", "create", {"a": NEW})
    assert look() and look(a=NEW) and not look(a=b"") and not look(a=NEW[:1])
    manifest.acked(number)
    assert look(a=NEW) and not look()


def test_cut_at_a_block(manifest, tmp_path):
    """Whole blocks of the old or the new content; nothing else that is short."""

    def look(data: bytes | None) -> bool:
        slot = Account(tmp_path / "manifest").slot("a")
        try:
            compare_blocks(slot, lambda name: data, tmp_path, 1000)
        except Lost:
            return False
        return True

    manifest.settled("a", {"a": OLD})
    manifest.intend("a", "tail", {"a": NEW})
    assert look(OLD) and look(NEW) and look(OLD[:1000]) and look(NEW[:5000])
    assert not look(b"") and not look(None) and not look(OLD[:999]) and not look(OLD[:1000][::-1])


def test_added(manifest, look):
    """Any part of it, but the old bytes are there."""
    manifest.settled("a", {"a": OLD})
    number = manifest.intend("a", "append", {"a": OLD + NEW}, len(OLD))
    assert look(a=OLD) and look(a=OLD + NEW[:17]) and look(a=OLD + NEW)
    assert not look(a=OLD[:-1]) and not look(a=OLD + b"x") and not look()
    manifest.acked(number)
    assert look(a=OLD + NEW) and not look(a=OLD + NEW[:-1]) and not look(a=OLD)


def test_renamed(manifest, look):
    """Both names or none."""
    manifest.settled("a", {"a": OLD, "b": NEW})
    number = manifest.intend("a", "rename", {"a": NEW, "b": None})
    assert look(a=OLD, b=NEW) and look(a=NEW)
    assert not look(a=OLD) and not look(a=NEW, b=NEW) and not look(b=NEW)
    manifest.acked(number)
    assert look(a=NEW) and not look(a=OLD, b=NEW)


def test_failed(manifest, look):
    """Nobody knows what is there, until the next one that is acknowledged."""
    manifest.settled("a", {"a": OLD})
    manifest.failed(manifest.intend("a", "overwrite", {"a": NEW}), 5)
    number = manifest.intend("a", "overwrite", {"a": b"third"})
    assert look(a=OLD) and look(a=NEW) and look(a=b"third") and not look()
    manifest.acked(number)
    assert look(a=b"third") and not look(a=OLD) and not look(a=NEW)


def test_errors_of_a_driver_that_lives(manifest, tmp_path):
    def failures():
        return len(Account(tmp_path / "manifest").failures)

    manifest.failed(manifest.intend("a", "overwrite", {"a": NEW}), 5)
    assert failures() == 1
    manifest.killed()
    assert failures() == 0
    manifest.failed(manifest.intend("a", "overwrite", {"a": NEW}), 5)
    manifest.acked(manifest.intend("a", "overwrite", {"a": NEW}))
    manifest.killed()
    assert failures() == 1


def test_names_of_nobody(manifest, tmp_path):
    manifest.settled("a", {"a": OLD, "a.tmp": None})
    account = Account(tmp_path / "manifest")
    known = {"a": {}, ".a.knoxfs-12ab-3": {}, ".a.tmp.knoxfs-12ab-4": {}}
    assert strangers(known, account) == []
    for name in ("b", ".b.knoxfs-12ab-3", "a.knoxfs-12ab-3", ".a.knoxfs-12ab-"):
        assert strangers(known | {name: {}}, account) == [name]
