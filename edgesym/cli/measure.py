"""``--measure`` of a verb: techniques of compression for real, with progress on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from edgesym.cli.output import Write
from edgesym.errors import UnitError
from edgesym.units import parse

__all__ = ["MEMORY", "measure", "measure_options"]

F = TypeVar("F", bound=Callable[..., Any])


class _Memory(click.ParamType):  # type: ignore[type-arg]
    """A size of memory in bytes: ``256MiB``."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The bytes, of a text as it was typed."""
        if isinstance(value, int):
            return value
        try:
            return int(parse(value, "B"))
        except UnitError as error:
            self.fail(str(error), param, ctx)


#: The type of an option that is a size of memory.
MEMORY = _Memory()


def measure_options(verb: F) -> F:
    """The options ``--measure`` and ``--threads``."""
    added: Any = verb
    for option in (
        click.option("--threads", type=click.IntRange(min=1), help="Threads to measure on."),
        click.option(
            "--measure",
            "for_real",
            is_flag=True,
            help="Build the model with random weights and measure each technique (extra compress).",
        ),
    ):
        added = option(added)
    wrapped: F = added
    return wrapped


def measure(
    write: Write,
    model: str,
    names: Iterable[str] = (),
    memory: int | None = None,
    threads: int | None = None,
) -> bool:
    """Measure techniques on a model and write the answer; whether all were measured.

    Ctrl-C stops, and what was measured before is written.
    """
    from edgesym.compression import find_sample, measured, measured_document

    def told(what: str) -> None:
        click.echo(what, file=sys.stderr)

    rows = measured(model, names, memory, threads, told)
    write(measured_document(find_sample(model), rows, memory))
    return all(row.outcome.state == "measured" for row in rows)
