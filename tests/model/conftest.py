"""The driver, the cluster and the time limits of tests/system."""

import importlib.util
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
spec = importlib.util.spec_from_file_location("system_fixtures", HERE.parent / "system" / "conftest.py")
system = importlib.util.module_from_spec(spec)
spec.loader.exec_module(system)

via, binary, stack, mounts_key = system.via, system.binary, system.stack, system.mounts_key
pytest_addoption = system.pytest_addoption
pytest_configure = system.pytest_configure
pytest_runtest_protocol = system.pytest_runtest_protocol
pytest_runtest_makereport = system.pytest_runtest_makereport


@pytest.fixture
def mounts_registry(request) -> list:
    """Of the mounts that end with the test's time."""
    return request.config.stash[mounts_key]
