"""``edgesym verify``: our counts beside those of transformers and PyTorch."""

from __future__ import annotations

import click

from edgesym.architectures.locate import find_config
from edgesym.cli.common import echo_json, load_model, model_options, style_option
from edgesym.oracle.compare import compare
from edgesym.oracle.torch_counts import torch_counts
from edgesym.render.tables import render_table

__all__ = ["command"]


@click.command()
@click.argument("model")
@style_option("json")
@model_options
@click.pass_context
def command(
    ctx: click.Context,
    model: str,
    style: str,
    allow_unknown: tuple[str, ...],
    architecture: str,
) -> None:
    """Count with transformers on the meta device, and compare.

    Needs the extra `oracle` (torch, transformers); no weights are made or fetched. Ends
    with exit code 1 if a count differs without a known reason.
    """
    loaded = load_model(model, allow_unknown, architecture)
    found = find_config(model)
    rows = compare(loaded, torch_counts(found.config, found.origin))
    if style == "json":
        echo_json(
            {
                "model": loaded.name,
                "counts": [
                    {
                        "count": row.count,
                        "edgesym": row.ours,
                        "pytorch": row.theirs,
                        "verdict": row.verdict,
                        "reason": row.reason,
                    }
                    for row in rows
                ],
            }
        )
    else:
        cells = [
            [row.count, f"{row.ours:,}", _number(row.theirs), row.verdict or "no count", row.reason]
            for row in rows
        ]
        headers = ("count", "edgesym", "transformers, PyTorch", "verdict", "reason")
        click.echo(render_table(headers, cells, style))
    if any(row.verdict == "different" for row in rows):
        ctx.exit(1)


def _number(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"
