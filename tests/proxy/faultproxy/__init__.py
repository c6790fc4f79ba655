"""A proxy that counts, delays and breaks WebHDFS traffic: see ../README.md."""

from .proxy import Proxy, ProxyError

__all__ = ["Proxy", "ProxyError"]
