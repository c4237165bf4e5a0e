"""``--measure`` of a verb: techniques of compression for real, with progress on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from edgesym.cli.net import say
from edgesym.cli.options import with_options
from edgesym.cli.output import Write
from edgesym.devices import Device

__all__ = ["measure", "measure_options", "told"]

F = TypeVar("F", bound=Callable[..., Any])


def measure_options(verb: F) -> F:
    """The options ``--measure``, ``--machine`` and ``--threads``."""
    added = (
        click.option(
            "--measure",
            "for_real",
            is_flag=True,
            help="Build the model with random weights and measure each technique (extra compress).",
        ),
        click.option(
            "--machine",
            metavar="DEVICE",
            help="With --measure: a device, mostly a file, that describes this machine; times are "
            "then predicted as well.",
        ),
        click.option("--threads", type=click.IntRange(min=1), help="Threads to measure on."),
    )
    wrapped: F = with_options(verb, added)
    return wrapped


def told(what: str) -> None:
    """Say on stderr what is being done."""
    say(what)


def measure(
    write: Write,
    model: str,
    names: Iterable[str] = (),
    memory: int | None = None,
    threads: int | None = None,
    machine: Device | None = None,
) -> bool:
    """Measure techniques on a model and write the answer; whether all were measured.

    Ctrl-C stops, and what was measured before is written.
    """
    from edgesym.compression import find_sample, measured, measured_document

    rows = measured(model, names, memory, threads, told, machine)
    write(measured_document(find_sample(model), rows, memory))
    return all(row.outcome.state == "measured" for row in rows)
