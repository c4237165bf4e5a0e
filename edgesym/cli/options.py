"""Putting options on a verb."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["with_options"]


def with_options(verb: Callable[..., Any], added: Sequence[Callable[[Any], Any]]) -> Any:
    """A verb with further options, which its help lists in this order."""
    for add in reversed(added):
        verb = add(verb)
    return verb
