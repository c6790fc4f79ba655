"""A real Hadoop on loopback for tests: see ../README.md."""

from .errors import StackError
from .hdfs_shell import HdfsShell, Result
from .stack import Stack

__all__ = ["HdfsShell", "Result", "Stack", "StackError"]
