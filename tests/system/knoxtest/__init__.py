"""What the system tests are made of: programs with time limits, mounts, and another client's view."""

from .hdfs import Hdfs
from .mount import Mount, MountError, Mounts
from .programs import Failed, Running, run, sh
from .refusing import refused
from .waiting import until

__all__ = ["Failed", "Hdfs", "Mount", "MountError", "Mounts", "Running", "refused", "run", "sh", "until"]
