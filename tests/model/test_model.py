"""A program, another client and kill -9 against docs/SEMANTICS.md: random steps, looked at byte by byte.

By hand: python3 -m pytest tests/model, the same examples each time. KNOXFS_LONG=N does N examples from a seed (KNOXFS_SEED, else the time), which is printed.
A failure prints the smallest sequence of steps that still fails, as a program.
"""

import os
import time

import pytest
from hypothesis import HealthCheck, core, settings
from hypothesis.stateful import run_state_machine_as_test
from machine import Machine
from session import World

EXAMPLES = int(os.environ.get("KNOXFS_LONG") or 0)
SECONDS_EACH = 20  # at most, on a busy machine; shrinking a failure is in it


@pytest.mark.slow
@pytest.mark.limit(900 + EXAMPLES * SECONDS_EACH)
def test_model(binary, stack, mounts_registry, capfd):
    if EXAMPLES:
        core.global_force_seed = int(os.environ.get("KNOXFS_SEED") or time.time())
    world = World(binary, stack, mounts_registry)
    chosen = settings(
        max_examples=EXAMPLES or 25,
        stateful_step_count=50,
        deadline=None,
        derandomize=not EXAMPLES,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(lambda: Machine(world), settings=chosen)
    finally:
        seed = f"seed {core.global_force_seed}, " if EXAMPLES else ""
        with capfd.disabled():
            print(f"{seed}{world.examples} examples, {world.steps} steps, {world.kills} times killed")
