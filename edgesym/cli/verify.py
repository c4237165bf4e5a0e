"""``edgesym verify``: our counts beside those of transformers and PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from edgesym.architectures.locate import find_config
from edgesym.cli.common import load_model, model_options
from edgesym.cli.output import Write, output_options
from edgesym.document.nodes import Amount, Column, Columns, Document, Mark, Tone, table
from edgesym.oracle.compare import Comparison, compare
from edgesym.oracle.torch_counts import torch_counts
from edgesym.tracing.document import proof_document
from edgesym.tracing.verify import verify

__all__ = ["command"]

_COLUMNS: Columns = (
    "count",
    *(Column(title, "number") for title in ("edgesym", "transformers, PyTorch")),
    *("verdict", "reason"),
)
_TONES: dict[str, Tone] = {"equal": "good", "explained": "caution", "different": "bad"}


@click.command()
@click.argument("model")
@model_options
@click.option(
    "--symbolic",
    is_flag=True,
    help="Prove the formulas equal to those of the class's own code, for all sizes of a domain.",
)
@output_options
@click.pass_context
def command(
    ctx: click.Context,
    model: str,
    allow_unknown: tuple[str, ...],
    architecture: str,
    symbolic: bool,
    write: Write,
) -> None:
    """Count with transformers on the meta device, and compare.

    Needs the extra `oracle` (torch, transformers); no weights are made or fetched. Ends
    with exit code 1 if a count differs without a known reason.
    """
    loaded = load_model(model, allow_unknown, architecture)
    found = find_config(model)
    if symbolic:
        proofs = verify(loaded, found.config, found.origin)
        write(proof_document(loaded.name, proofs))
        if any(row.verdict == "different" for proof in proofs for row in proof.rows):
            ctx.exit(1)
        return
    rows = compare(loaded, torch_counts(found.config, found.origin))
    write(_document(loaded.name, rows))
    if any(row.verdict == "different" for row in rows):
        ctx.exit(1)


def _document(name: str, rows: Sequence[Comparison]) -> Document:
    """Count by count: ours, theirs, and whether they agree."""
    cells = [
        (
            row.count,
            Amount(row.ours, form=","),
            "-" if row.theirs is None else Amount(row.theirs, form=","),
            Mark(row.verdict or "no count", _TONES.get(row.verdict, "quiet")),
            row.reason,
        )
        for row in rows
    ]

    def answer() -> dict[str, Any]:
        return {
            "model": name,
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

    return Document(name, (table(_COLUMNS, cells),), answer)
