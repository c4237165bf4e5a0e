"""Counts on the command line: ``8192``, or ``8k``."""

from __future__ import annotations

import re
from typing import Any

import click

from edgesym.errors import UnitError
from edgesym.units import count

__all__ = ["COUNT", "SIZE"]

_SIZE = re.compile(r"(\d{1,6})x(\d{1,6})\Z")


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


class _Size(click.ParamType):  # type: ignore[type-arg]
    """The size of an image, ``1280x720``: width and height in pixels."""

    name = "size"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Width and height, of a text as it was typed."""
        if isinstance(value, tuple):
            return value
        found = _SIZE.match(value.strip().lower())
        if found is None or "0" in (sides := [side.lstrip("0") or "0" for side in found.groups()]):
            self.fail(f"{value!r} is no size of an image; write it as 1280x720", param, ctx)
        width, height = map(int, sides)
        return width, height


#: The type of options that are the size of an image.
SIZE = _Size()
