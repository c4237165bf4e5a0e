"""A speed on the command line: ``7.1 tok/s``."""

from __future__ import annotations

from edgesym.errors import ConfigError, UnitError
from edgesym.units import parse

__all__ = ["speed"]


def speed(text: str) -> float:
    """Tokens per second of the text of ``--measured``; ``tok`` and ``t`` are tokens.

    >>> speed("7.1 tok/s")
    7.1

    Raises:
        ConfigError: it is no speed.
    """
    number, _, unit = text.strip().partition(" ")
    spelled = {"tok/s": "tokens/s", "t/s": "tokens/s", "token/s": "tokens/s"}.get(unit, unit)
    try:
        return parse(f"{number} {spelled}".strip(), "tokens/s")
    except UnitError as error:
        raise ConfigError(f"--measured {text}: {error}; write it as '7.1 tok/s'") from error
