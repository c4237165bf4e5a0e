"""``edgesym schema``: the JSON schema of what a verb writes with ``--json``."""

from __future__ import annotations

from importlib import resources

import click

from edgesym.data import packaged
from edgesym.errors import UnknownNameError

__all__ = ["command"]


@click.command()
@click.argument("verb", required=False)
def command(verb: str | None) -> None:
    """Print the schema of a VERB's --json, or list the verbs that have one.

    Its $id ends in its version, which is counted up where programs that read the answer would
    have to change; keys may be added to an answer at any time.
    """
    folder = resources.files("edgesym.schemas")
    names = [file.name for file in folder.iterdir()]
    there = sorted(n.removesuffix(".json") for n in names if n.endswith(".json"))
    if verb is None:
        click.echo("\n".join(there))
    elif verb in there:
        click.echo(packaged("schemas", f"{verb}.json"), nl=False)
    else:
        raise UnknownNameError("verb with a schema", verb, there)
