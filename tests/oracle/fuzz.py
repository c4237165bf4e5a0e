"""What transformers and PyTorch count of random small configs: ``python -m tests.oracle.fuzz``.

Writes ``tests/data/fuzz_counts.json.gz``: for each type that is drawn (:mod:`tests.oracle.drawing`)
some configs, two steps of each, and their counts. Needs the extra ``oracle``.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import click

from edgesym.errors import ConfigError
from edgesym.oracle.steps import Steps, step_of
from edgesym.oracle.torch_counts import torch_counts
from tests.oracle.drawing import draw, drawn_types

FACTS = Path(__file__).parents[1] / "data" / "fuzz_counts.json.gz"
#: Configs of each type, and how often one is drawn that its class cannot run.
CONFIGS, TRIES = 20, 4


def steps_of(steps: Any) -> Steps:
    """The counts of some steps, each (sequences, new tokens, cached tokens)."""
    return {name: row for step in steps for name, row in step_of(*step).items()}


def facts() -> list[dict[str, Any]]:
    """What was written: type, config, steps, and the counts that there are."""
    found: list[dict[str, Any]] = _written()["configs"]
    return found


def skipped() -> dict[str, int]:
    """Why a class could not run what was drawn -> how often."""
    found: dict[str, int] = _written()["skipped"]
    return found


@cache
def _written() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(gzip.decompress(FACTS.read_bytes()))
    return found


@cache
def class_defaults(model_type: str) -> dict[str, Any]:
    """The keys of a config of a class of transformers, at their defaults."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    found: dict[str, Any] = CONFIG_MAPPING[model_type]().to_dict()
    return found


def counted(model_type: str, random: Random) -> dict[str, Any]:
    """A random config of a type, two steps, and what is counted of them.

    Raises:
        ConfigError: the class cannot be built or run.
    """
    config = draw(model_type, class_defaults(model_type), random)
    batch = random.randint(1, 3)
    first = (batch, random.randint(1, 80), 0)
    later = (batch, random.choice((1, 1, 2, 3, 7)), random.randint(1, 90))
    found = torch_counts(config, model_type, steps_of((first, later)))
    if found.failed:
        raise ConfigError(f"{config}: " + "; ".join(map(": ".join, found.failed.items())))
    counts = {name: count for name, count in found.counts.items() if count is not None}
    return {"type": model_type, "config": config, "steps": [first, later], "counts": counts}


def drawn(model_type: str, seed: Any, refused: Counter[str]) -> Iterator[dict[str, Any]]:
    """As many configs of a type as are wanted; those that its class cannot run are counted."""
    random = Random(f"{model_type} {seed}")  # noqa: S311 - it only draws sizes
    found = 0
    for _ in range(CONFIGS * TRIES):
        try:
            yield counted(model_type, random)
        except ConfigError as error:
            refused[f"{model_type}: {_cause(str(error))}"] += 1
            continue
        found += 1
        if found == CONFIGS:
            return


def _cause(error: str) -> str:
    """What a class says of a config, without the numbers of this one."""
    said = error.rpartition("model (")[2] if "model (" in error else error.rpartition("bf16: ")[2]
    return re.sub(r"\[[^\]]*\]|\d+", "..", said.rstrip(")"))[:120]


def main(names: list[str]) -> None:
    """Write the facts of all types, or anew of those that are named."""
    warnings.simplefilter("ignore")
    kept: Mapping[str, Any] = {"configs": [], "skipped": {}}
    if names and FACTS.exists():
        kept = _written()
    wanted = names or drawn_types()
    refused = Counter(
        {why: n for why, n in kept["skipped"].items() if why.partition(":")[0] not in wanted}
    )
    rows = [row for row in kept["configs"] if row["type"] not in wanted]
    for model_type in wanted:
        made = list(drawn(model_type, 0, refused))
        click.echo(f"{model_type} {len(made)}", err=True)
        rows += made
    rows.sort(key=lambda row: row["type"])
    written = {"skipped": dict(sorted(refused.items())), "configs": rows}
    text = json.dumps(written, separators=(",", ":"))
    FACTS.write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main(sys.argv[1:])
