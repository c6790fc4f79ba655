"""What the system tests are made of: programs with time limits, mounts, and another client's view."""

from .hdfs import Hdfs
from .mount import Mount, MountError, Mounts
from .programs import Failed, Running, run, sh
from .refusing import of_datanode, of_dead_server, refused, tells_why
from .waiting import until

__all__ = [
    "Failed", "Hdfs", "Mount", "MountError", "Mounts", "Running", "of_datanode", "of_dead_server", "refused", "run", "sh", "tells_why", "until",
]  # fmt: skip
