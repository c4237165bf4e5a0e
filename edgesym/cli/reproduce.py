"""``edgesym reproduce``: a published table, recomputed, beside our derivation."""

from __future__ import annotations

import click

from edgesym.claims.edgeprofiler import COLUMNS, Reproduced, reproduce
from edgesym.cli.common import echo_json, style_option
from edgesym.quantities.stated import paper
from edgesym.render.tables import render_table

__all__ = ["command", "table_rows"]

HEADERS = ("Device", "Model", "Prec", "from", *COLUMNS)
NOTE = (
    "script: the formulas and inputs of {script}, in its units (MB are MiB). "
    "edgesym: the real model on the real device ({devices}), a decode step at context 1024, "
    "fused kernels; E2E there is a decode step: loading (IO) and copying (H2D) are paid once "
    "and not charged to each token, and unified memory has no H2D copy. "
    "A star marks a model that does not fit in the device's memory."
)


@click.command()
@click.argument("source", type=click.Choice(["edgeprofiler"]), metavar="edgeprofiler")
@style_option("json")
def command(source: str, style: str) -> None:
    """Recompute a published table beside our derivation."""
    rows = list(reproduce())
    if style == "json":
        echo_json(
            {
                "source": source,
                "rows": [
                    {
                        "device": row.device,
                        "model": row.model,
                        "precision": row.precision,
                        "script": dict(row.script),
                        "edgesym": {name: row.derived.get(name) for name in row.script},
                        "fits": row.fits,
                    }
                    for row in rows
                ],
            }
        )
        return
    click.echo(render_table(HEADERS, [cells for row in rows for cells in table_rows(row)], style))
    if style != "csv":
        inputs = paper(source)
        devices = ", ".join(d["device"] for d in inputs["inputs"]["devices"].values())
        click.echo("\n" + NOTE.format(script=inputs["script"], devices=devices))


def table_rows(row: Reproduced) -> list[list[str]]:
    """The line of the script, and ours below it."""

    def cells(numbers: dict[str, float]) -> list[str]:
        return [
            f"{numbers[name] * factor:.{digits}f}" if name in numbers else "-"
            for name, factor, digits in COLUMNS.values()
        ]

    label = [row.device, row.model, row.precision]
    ours = "edgesym" if row.fits else "edgesym*"
    return [[*label, "script", *cells(dict(row.script))], [*label, ours, *cells(dict(row.derived))]]
