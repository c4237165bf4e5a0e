"""Equations as text, plain or LaTeX, read to expressions over the names that they declare."""

from edgesym.notation.bind import bind
from edgesym.notation.errors import NotationError
from edgesym.notation.reader import Reading, read, read_equation

__all__ = ["NotationError", "Reading", "bind", "read", "read_equation"]
