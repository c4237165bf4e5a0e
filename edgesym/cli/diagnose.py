"""``edgesym diagnose``: why a model runs as fast as it does here, and what would help."""

from __future__ import annotations

from typing import Any

import click

from edgesym.cli.device import device_option
from edgesym.cli.measure import here, measured_with_progress, wanted_options
from edgesym.cli.options import refuse_given
from edgesym.cli.output import Write, output_options
from edgesym.cli.speed import speed
from edgesym.measuring.measure import Measured, Wanted
from edgesym.measuring.process import usable_threads

__all__ = ["command"]

#: The sample that is run where no model is named: small, so that it takes seconds.
_DEFAULT = "smollm2-135m"


@click.command()
@click.argument("model", default=_DEFAULT)
@device_option(text="What describes this machine.  [default: edgesym calibrate --quick]")
@click.option(
    "--measured",
    metavar="SPEED",
    help="A speed that was measured, such as '7.1 tok/s'; nothing is run then.",
)
@wanted_options
@output_options
def command(
    model: str, device_name: str | None, measured: str | None, write: Write, **wanted: Any
) -> None:
    """Say why MODEL generates as fast as it does on this machine, and not faster.

    MODEL is a card, a config, or a .gguf file, which is run as it is; by default a small card. The
    machine is calibrated and the model run, unless --device and --measured say what that gives.
    """
    from edgesym.measuring.diagnosis import diagnose
    from edgesym.measuring.documents.diagnosis import diagnosis_document
    from edgesym.measuring.documents.measurement import said_of, warnings_of
    from edgesym.measuring.measure import refuse_unfit, setup_of

    asked = Wanted(model, **wanted)
    given = None if measured is None else speed(measured)
    if given is None:
        refuse_unfit(asked)
    else:
        refuse_given("is of what is run, and with --measured nothing is; leave one out", "threads")
    device = here(device_name)
    if given is not None:
        write(diagnosis_document(diagnose(setup_of(asked, device), given)))
        return
    found = measured_with_progress(asked, device)
    notes = (said_of(found), *warnings_of(found), *_threads(found))
    write(diagnosis_document(diagnose(found.setup, found.rates["decode"]), notes))


def _threads(found: Measured) -> list[str]:
    """That more threads are there than were used."""
    there = usable_threads()
    if found.threads >= there:
        return []
    return [f"It ran on {found.threads} of {there} threads: try --threads {there}."]
