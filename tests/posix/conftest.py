"""The fixtures and time limits of tests/system, and the programs that are run on the mount.

KNOXFS_BIN names the driver (default build/release/src/fs/knoxfs of this tree).
"""

import importlib.util
import os
import subprocess
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


def load(name: str, file: Path):
    spec = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


system = load("system_fixtures", HERE.parent / "system" / "conftest.py")
pytest_addoption = system.pytest_addoption
via, binary, stack, hdfs, mounts, mount = (
    system.via,
    system.binary,
    system.stack,
    system.hdfs,
    system.mounts,
    system.mount,
)
from knoxtest import Mount, Mounts  # noqa: E402

pytest_configure = system.pytest_configure
pytest_runtest_protocol = system.pytest_runtest_protocol
pytest_runtest_makereport = system.pytest_runtest_makereport

@pytest.fixture(scope="session")
def tools() -> Path:
    """Where fsx and pjdfstest are; tests/posix/tools installs them before (tests/run has a step for that)."""
    done = subprocess.run([HERE / "tools"], stdout=subprocess.PIPE, text=True, timeout=1200)
    if done.returncode:
        pytest.exit("tests/posix/tools: there is no fsx or pjdfstest", returncode=3)
    return Path(done.stdout.strip())


@pytest.fixture(scope="module")
def place(binary, stack, request):
    """A folder for pjdfstest: of a mount for all users, so deep that the kernel's longest path ends before WebHDFS's
    longest does (README.md). With KNOXFS_POSIX_FOLDER: that folder, of whatever file system."""
    given = os.environ.get("KNOXFS_POSIX_FOLDER")
    if given:
        yield Path(given)
        return
    if os.getuid() != 0:
        pytest.skip("pjdfstest acts for several users: run it as root")
    base = Path(tempfile.mkdtemp(prefix="knoxfs-test-"))
    folder = base / ("d" * 200) / ("e" * 200)
    folder.mkdir(parents=True)
    for path in (base, folder.parent, folder):
        path.chmod(0o755)
    hdfs = system.make_folder(stack, "pjdfstest", owner="root")
    options = {"user": "root", "allow_other": True, "default_permissions": True, "loglevel": "info"}
    mounts = Mounts(binary, stack.namenode)
    known = request.config.stash[system.mounts_key]
    known.append(mounts)
    mounts.live.append(Mount(binary, stack.namenode + hdfs.url_path, folder, options))
    yield mounts.live[0].path
    known.remove(mounts)
    mounts.close()
    subprocess.run(["rm", "-rf", "--one-file-system", str(base)], timeout=60)
