"""Why a connection ends."""


class Closed(Exception):
    """A peer is gone, or sent what is not HTTP.

    how: the way it went, which is how the other side learns of it.
    """

    def __init__(self, reason: str, how: str = "fin"):
        super().__init__(reason)
        self.how = how


class Cut(Exception):
    """A rule ends the connection: by FIN ("fin") or RST ("rst")."""

    def __init__(self, how: str):
        super().__init__(how)
        self.how = how
