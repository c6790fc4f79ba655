"""kill -9 of the driver at any moment, again and again on one tree: what was acknowledged is there each time.

KNOXFS_KILLS: how often (default 200). KNOXFS_SEED: repeats a choice of moments and contents, as far as time allows.
"""

import os
import random
import time

import pytest
from knoxtest import until

KILLS = int(os.environ.get("KNOXFS_KILLS", "200"))
SEED = os.environ.get("KNOXFS_SEED") or str(random.SystemRandom().randrange(1 << 32))
LONGEST_S = 0.5  # from the writer's first step to the kill
SLOTS = "a,b,c"
ROUND = 20  # kills, then the whole tree is begun anew


def life(scene, chance: random.Random, number: int) -> None:
    """Write, be killed, be mounted again."""
    with scene.write(seed=f"{SEED}/{number}", slots=SLOTS) as writer:
        size = scene.path.stat().st_size
        until(lambda: scene.path.stat().st_size > size, what="the writer has begun")
        time.sleep(chance.uniform(0, LONGEST_S))  # the moment is what is tested
        scene.mount.process.kill()
        scene.died()
        scene.survive(writer)


def lives(scene, first: int, count: int) -> None:
    chance = random.Random(f"{SEED}/{first}")
    for number in range(first, first + count):
        life(scene, chance, number)
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
