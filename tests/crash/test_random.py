"""kill -9 of the driver at any moment, again and again on one tree: what was acknowledged is there each time.

KNOXFS_KILLS: how often (default 200). KNOXFS_KILLS_BACK: the same with write=back (default 40). KNOXFS_KILLS_PARALLEL: with
parallel_upload (default 20). KNOXFS_SEED: repeats a choice of moments and contents, as far as time allows.
"""

import os
import random
import time

import pytest
from crashtest.ways import MIB
from knoxtest import until

KILLS = int(os.environ.get("KNOXFS_KILLS", "200"))
KILLS_BACK = int(os.environ.get("KNOXFS_KILLS_BACK", "40"))
KILLS_PARALLEL = int(os.environ.get("KNOXFS_KILLS_PARALLEL", "20"))
SEED = os.environ.get("KNOXFS_SEED") or str(random.SystemRandom().randrange(1 << 32))
LONGEST_S = 0.5  # from the writer's first step to the kill
SLOTS = "a,b,c"
ROUND = 20  # kills, then the whole tree is begun anew


def kill(scene, chance: random.Random, first: bool) -> None:
    """At any moment from the writer's first step on, in the FIRST life from its first acknowledgement on."""
    lines = len(scene.path.read_bytes().splitlines())
    until(lambda: len(scene.path.read_bytes().splitlines()) > lines, what="the writer has begun")
    if first:
        until(lambda: scene.account().acks > 0, what="a step is acknowledged")
    time.sleep(chance.uniform(0, LONGEST_S))  # the moment is what is tested
    scene.mount.process.kill()
    scene.died()


def life(scene, chance: random.Random, number: int, block: int) -> None:
    """Write, be killed, be mounted again."""
    with scene.write(seed=f"{SEED}/{number}", slots=SLOTS) as writer:
        kill(scene, chance, number % ROUND == 0)
        scene.survive(writer, block=block)
    assert scene.account().failures == []


def lives(scene, first: int, count: int, block: int = 0) -> None:
    chance = random.Random(f"{SEED}/{first}")
    for number in range(first, first + count):
        life(scene, chance, number, block)
    account = scene.account()
    print(f"seed {SEED}, lives {first}..{first + count - 1}: {account.acks} steps acknowledged")
    assert account.acks > 0 and account.failures == []


def test_some_kills(direct):
    lives(direct, 0, 3)
    direct.stop()


@pytest.mark.slow
@pytest.mark.limit(240)
@pytest.mark.parametrize("first", range(0, KILLS, ROUND))
def test_many_kills(direct, first):
    lives(direct, first, min(ROUND, KILLS - first))
    direct.stop()


@pytest.mark.slow
@pytest.mark.limit(240)
@pytest.mark.parametrize("first", range(0, KILLS_PARALLEL, ROUND))
def test_many_kills_parallel(scenes, stack, first):
    """New files of more than 1 MiB are parts that are joined."""
    scene = scenes(stack, stack.namenode, parallel_upload=3, blocksize="1M")
    scene.start()
    lives(scene, first, min(ROUND, KILLS_PARALLEL - first), block=MIB)
    scene.stop()


def life_back(scene, chance: random.Random, number: int) -> None:
    with scene.write(seed=f"{SEED}/{number}", slots=SLOTS) as writer:
        kill(scene, chance, number % ROUND == 0)
        scene.survive_back(writer, wait=chance.random() < 0.3)
    assert scene.account().failures == []


@pytest.mark.slow
@pytest.mark.limit(240)
@pytest.mark.parametrize("first", range(0, KILLS_BACK, ROUND))
def test_many_kills_write_back(scenes, stack, first):
    """Often also while a mount still uploads what the one before it, or the one before that, has left."""
    chance = random.Random(f"back/{SEED}/{first}")
    scene = scenes(stack, stack.namenode, write="back")
    scene.start()
    for number in range(first, min(first + ROUND, KILLS_BACK)):
        life_back(scene, chance, number)
    scene.until_whole_back()
    account = scene.account()
    print(f"seed {SEED}, lives {first}...: {account.acks} steps acknowledged")
    assert account.acks > 0 and account.failures == []
    scene.stop()
