"""``edgesym verify``: our counts beside those of transformers and PyTorch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from edgesym.architectures.locate import find_config
from edgesym.architectures.traced.saved import ENDING
from edgesym.cli.common import load_model, model_options, warn_of_scope
from edgesym.cli.options import refuse_given
from edgesym.cli.output import Write, output_options
from edgesym.document.nodes import Amount, Column, Columns, Document, Mark, Text, Tone, table
from edgesym.errors import ConfigError
from edgesym.oracle.compare import Comparison, compare
from edgesym.oracle.steps import STEPS, step_of
from edgesym.tracing.ask import count
from edgesym.tracing.document import proof_document
from edgesym.tracing.traffic import traffic_document, verify_traffic
from edgesym.tracing.trained import training_document, verify_training
from edgesym.tracing.verify import verify

__all__ = ["command"]

_COLUMNS: Columns = (
    "count",
    *(Column(title, "number") for title in ("edgesym", "transformers, PyTorch")),
    *("verdict", "reason"),
)
_TONES: dict[str, Tone] = {
    "equal": "good",
    "explained": "caution",
    "different": "bad",
    "failed": "bad",
}


@click.command()
@click.argument("model")
@model_options
@click.option(
    "--symbolic",
    is_flag=True,
    help="Prove the formulas equal to those of the class's own code, for all sizes of a domain.",
)
@click.option(
    "--training",
    is_flag=True,
    help="With --symbolic: prove what an iteration of training computes, backward pass and all.",
)
@click.option(
    "--traffic",
    is_flag=True,
    help="With --symbolic: where the code moves, or keeps at once, other bytes, in closed form.",
)
@click.option("--batch", type=click.IntRange(min=1), help="Sequences of a step of your own.")
@click.option("--input-tokens", type=click.IntRange(min=1), help="New tokens of each.")
@click.option("--cached-tokens", type=click.IntRange(min=0), help="Tokens cached before them.")
@output_options
@click.pass_context
def command(
    ctx: click.Context,
    model: str,
    allow_unknown: tuple[str, ...],
    architecture: str,
    symbolic: bool,
    training: bool,
    traffic: bool,
    batch: int | None,
    input_tokens: int | None,
    cached_tokens: int | None,
    write: Write,
) -> None:
    """Count with transformers on the meta device, and compare.

    Needs the extra `oracle` (torch, transformers); no weights are made or fetched. Ends
    with exit code 1 if a count differs without a known reason, or cannot be made.
    """
    if model.lower().endswith(ENDING):
        raise ConfigError(
            f"{model}: a traced model is compared with PyTorch when it is traced; verify takes a "
            "card, a config.json or a hub id"
        )
    loaded = load_model(model, allow_unknown, architecture).language
    warn_of_scope(loaded)
    found = find_config(model)
    if not symbolic:
        refuse_given("is of proofs; write it with --symbolic", "training", "traffic")
    else:
        why = "is of a step that is counted; a proof is for all sizes of a domain: leave it out"
        refuse_given(why, "batch", "input_tokens", "cached_tokens")
    if traffic:
        if training:
            raise ConfigError("--traffic is of a step; leave --training out")
        differing = verify_traffic(loaded, found.config, found.origin, architecture)
        write(traffic_document(loaded.name, differing))
        return
    if training:
        proofs = [verify_training(loaded, found.config, found.origin)]
        write(training_document(loaded.name, proofs[0]))
    elif symbolic:
        proofs = verify(loaded, found.config, found.origin, architecture)
        write(proof_document(loaded.name, proofs))
    if symbolic:
        if any(row.verdict == "different" for proof in proofs for row in proof.rows):
            ctx.exit(1)
        return
    own = (batch, input_tokens, cached_tokens)
    steps = (
        STEPS if own == (None,) * 3 else step_of(batch or 1, input_tokens or 1, cached_tokens or 0)
    )
    theirs = count(found.config, found.origin, steps)
    rows = compare(loaded, theirs.counts, steps, theirs.failed)
    write(_document(loaded.name, rows, theirs.versions))
    if any(row.verdict in ("different", "failed") for row in rows):
        ctx.exit(1)


def _document(name: str, rows: Sequence[Comparison], versions: Mapping[str, str]) -> Document:
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
            "versions": dict(versions),
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

    counted_by = ", ".join(f"{library} {version}" for library, version in versions.items())
    return Document(name, (Text((f"Counted by {counted_by}.",)), table(_COLUMNS, cells)), answer)
