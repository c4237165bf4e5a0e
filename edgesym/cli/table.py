"""``edgesym table``: the operator table."""

from __future__ import annotations

import re

import click

from edgesym.analysis.documents.operators import operator_document
from edgesym.analysis.operators import operator_table
from edgesym.cli.common import (
    convention_option,
    kernels_option,
    load_model,
    model_options,
    warn_of_context,
    warn_of_formats,
)
from edgesym.cli.count import COUNT
from edgesym.cli.output import Write, output_options
from edgesym.formats import Formats, find_format, formats, uniform
from edgesym.graph.convention import convention
from edgesym.scenario.run import Run
from edgesym.workload import Queries

__all__ = ["command"]

_LISTS = ("--cached-tokens", "--input-tokens")
_WHOLE = re.compile(r"-?\d+[kM]?\Z")


class _WithLists(click.Command):
    """A command whose list options take several numbers: ``--cached-tokens 1024 0``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        spread: list[str] = []
        current = ""
        for argument in args:
            if argument in _LISTS:
                current = argument
                spread.append(argument)
            elif current and _WHOLE.match(argument):
                if spread[-1] != current:
                    spread.append(current)
                spread.append(argument)
            else:
                current = ""
                spread.append(argument)
        return super().parse_args(ctx, spread)


@click.command(cls=_WithLists)
@click.argument("model")
@click.option(
    "--cached-tokens",
    type=COUNT,
    multiple=True,
    default=(0,),
    metavar="N [N ...]",
    help="Tokens already in the KV cache, one number per query.  [default: 0]",
)
@click.option(
    "--input-tokens",
    type=COUNT,
    multiple=True,
    default=(1,),
    metavar="N [N ...]",
    help="New tokens, one number per query.  [default: 1]",
)
@click.option("--batch-size", type=COUNT, help="Queries in all; a multiple of the numbers listed.")
@click.option(
    "--dtype",
    type=click.Choice(list(formats())),
    help="Format of all tensors; by default the model's own.",
)
@kernels_option("unfused")
@convention_option
@model_options
@output_options
def command(
    model: str,
    cached_tokens: tuple[int, ...],
    input_tokens: tuple[int, ...],
    batch_size: int | None,
    dtype: str | None,
    kernels: str,
    counting: str,
    allow_unknown: tuple[str, ...],
    architecture: str,
    write: Write,
) -> None:
    """Print the cost of every operator of a step.

    FLOPs and bytes of a row are those of one block; the column "blocks" says how many
    have it. Counts may be in k and M: 8k is 8192.
    """
    queries = Queries.of(cached_tokens, input_tokens, batch_size)
    loaded = load_model(model, allow_unknown, architecture)
    warn_of_formats(loaded, dtype)
    warn_of_context(loaded, queries.longest_context)
    chosen = (
        Formats.of(uniform(find_format(dtype)), dtype, dtype) if dtype else Run().formats(loaded)
    )
    table = operator_table(loaded, queries, chosen, convention(counting), kernels)
    write(operator_document(table))
