"""On which lines of a claim file its claims begin."""

from __future__ import annotations

import re

from edgesym.errors import ConfigError
from edgesym.files.parse import parse_toml

__all__ = ["claim_lines"]

_HEADER = re.compile(r"[ \t]*\[\[[ \t]*claim[ \t]*\]\]")


def claim_lines(text: str, count: int) -> tuple[int, ...]:
    r"""The line of the ``[[claim]]`` of each of ``count`` claims; none where that is not clear.

    >>> claim_lines("[paper]\n[[claim]]\nplain = '1'\n", 1)
    (2,)
    """
    lines = text.splitlines()
    found = [number for number, line in enumerate(lines, 1) if _HEADER.match(line)]
    if len(found) != count:
        # one stands inside a text of several lines, which ends what is before it in mid-air
        found = [number for number in found if _is_toml("\n".join(lines[: number - 1]))]
    return tuple(found) if len(found) == count else ()


def _is_toml(text: str) -> bool:
    try:
        parse_toml(text, "")
    except ConfigError:  # a statement goes on in the next line
        return False
    return True
