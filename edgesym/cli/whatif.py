"""``edgesym whatif``: what a measured speed says of a device."""

from __future__ import annotations

import click

from edgesym.cli.output import Write, output_options
from edgesym.cli.setup import setup_options
from edgesym.errors import ConfigError, UnitError
from edgesym.scenario.setup import Setup
from edgesym.units import parse
from edgesym.validation.whatif import what_if
from edgesym.validation.whatif_document import what_if_document

__all__ = ["command"]


@click.command()
@setup_options(device="required")
@click.option(
    "--measured",
    required=True,
    metavar="SPEED",
    help="The speed that was measured, of all sequences, such as '7.1 tok/s'.",
)
@click.option(
    "--phase",
    type=click.Choice(["decode", "prefill"]),
    default="decode",
    show_default=True,
    help="What was measured: tokens generated, or those of the prompt.",
)
@output_options
def command(setup: Setup, measured: str, phase: str, write: Write) -> None:
    """Say what a measured speed means: which efficiency it implies, or that it cannot be."""
    write(what_if_document(what_if(setup, _speed(measured), phase)))


def _speed(text: str) -> float:
    """Tokens per second of a text; ``tok`` and ``t`` are tokens.

    Raises:
        ConfigError: it is no speed.
    """
    number, _, unit = text.strip().partition(" ")
    spelled = {"tok/s": "tokens/s", "t/s": "tokens/s", "token/s": "tokens/s"}.get(unit, unit)
    try:
        return parse(f"{number} {spelled}".strip(), "tokens/s")
    except UnitError as error:
        raise ConfigError(f"--measured {text}: {error}; write it as '7.1 tok/s'") from error
