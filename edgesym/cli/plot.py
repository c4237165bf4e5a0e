"""``edgesym plot``: pictures, each with the numbers that it shows."""

from __future__ import annotations

from importlib import import_module

import click

from edgesym.cli.words import refuse_repeated
from edgesym.errors import UnknownNameError

__all__ = ["KINDS", "command"]

#: Kind of picture -> what it shows. The kind ``k`` is the object ``command`` of
#: ``edgesym.cli.plots.k``.
KINDS = {
    "line": "A quantity along an axis, a line for each model or device, with intervals.",
    "heat": "A quantity over two axes, as a map.",
    "roofline": "The roofline of a device, with a model's kernels on it by phase.",
    "breakdown": "Stacked bars: a step, memory, a generation, over models and devices.",
    "throughput": "Tokens per second against the wait for a token, over batch.",
    "pareto": "Models, formats and devices by two quantities, and the front.",
}


class _Kinds(click.Group):
    """A group that imports a kind only when it is drawn."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(KINDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in KINDS:
            return None
        command: click.Command = import_module(f"edgesym.cli.plots.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in KINDS:
            raise UnknownNameError("kind of picture", args[0], KINDS)
        name, kind, words = super().resolve_command(ctx, args)
        if kind is not None and not ctx.resilient_parsing:
            refuse_repeated(kind, words)
        return name, kind, words

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Kinds"):
            formatter.write_dl(list(KINDS.items()))


@click.group(cls=_Kinds)
def command() -> None:
    """Draw a picture (.png, .pdf or .svg; extra plot), or give its numbers.

    MODEL may be MODEL@FORMAT, such as llama-3.2-1b@q4_k_m. --output writes the picture; without
    it, or with --format, the numbers are printed that it shows.
    """
