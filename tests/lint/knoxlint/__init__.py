"""The rules of this repository that a compiler does not know."""
