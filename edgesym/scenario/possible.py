"""Numbers that a quantity cannot have are an error, and never printed."""

from __future__ import annotations

from typing import Any

from edgesym.errors import ConfigError
from edgesym.plain import shown

__all__ = ["possible"]


def possible(name: str, number: Any, title: str) -> Any:
    """A quantity's number, if it can be: none is negative, and no parameter is in parts.

    >>> possible("step_time", 0.5, "llama")
    0.5

    Raises:
        ConfigError: it cannot be.
    """
    if number < 0 or (name == "parameters" and number != int(number)):
        raise ConfigError(
            f"{name} of {title} would be {shown(number)}, which it cannot be: the sizes of the "
            "model do not fit one another"
        )
    return number
