"""The one exception a caller has to know."""


class StackError(Exception):
    """Something a caller can read: no Java, a daemon that died (with the end of its log), ..."""
