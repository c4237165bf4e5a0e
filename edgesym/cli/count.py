"""Counts on the command line: ``8192``, or ``8k``."""

from __future__ import annotations

from typing import Any

import click

from edgesym.errors import UnitError
from edgesym.units import count

__all__ = ["COUNT"]


class _Count(click.ParamType):  # type: ignore[type-arg]
    """A whole number; k stands for 1,024 and M for 1,024 x 1,024 of them."""

    name = "count"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number, of a text as it was typed."""
        if isinstance(value, int):
            return value
        try:
            return count(value)
        except UnitError as error:
            self.fail(str(error), param, ctx)


#: The type of every option that counts something.
COUNT = _Count()
