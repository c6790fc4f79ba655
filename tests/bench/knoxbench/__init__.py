"""Paired measurements of a mount beside raw curl: see ../README.md."""
