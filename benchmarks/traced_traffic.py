"""Traffic and peak memory of traced models beside those of the models that edgesym builds.

``python -m benchmarks.traced_traffic [MODEL...] [--to FILE]`` traces each model's class, and
prints the ratio traced / built of the bytes that a step moves under the runtimes ``fused`` and
``ideal``, of the weights among them, and of the most activations that exist at once: for a prefill
of 1,024 tokens and for a decode step on 1,024 cached ones, of one sequence. A model is a card, a
config, or a type of transformers, taken at its defaults; without any, all types that an
architecture file reads. Kernels that move more or less than those that are built are named where
a ratio is off by more than 1 %.
"""

from __future__ import annotations

import argparse
import json
import math
import signal
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.traced_types import default_configs, types
from edgesym.architectures.locate import find_config
from edgesym.architectures.model import Model
from edgesym.architectures.reader import read_model
from edgesym.architectures.traced.plan import Traced
from edgesym.catalogue import REGISTRY
from edgesym.errors import EdgesymError
from edgesym.tracing.traffic import STEPS, case_of, moved, numbers

RUNTIMES = ("fused", "ideal")
QUANTITIES = ("memory_traffic", "weight_bytes", "activation_bytes")
#: Beyond which a ratio is explained.
CLOSE = 0.01
SECONDS = 300


def found(name: str) -> Iterator[tuple[dict[str, Any], str]]:
    """The configs that a name stands for."""
    if name in types():
        yield from ((config, name) for config in default_configs(name))
    else:
        where = find_config(name)
        yield dict(where.config), where.origin


def pair(name: str) -> tuple[Model, Traced, dict[str, Any]]:
    """A model as it is built, as it is traced, and the config of both."""
    from edgesym.tracing.trace import trace_config

    raised: Exception = EdgesymError(f"{name}: no config")
    for config, origin in found(name):
        try:
            built = read_model(config, name=name, origin=origin)
            return built, trace_config(config, name=name, origin=origin), config
        except Exception as error:  # noqa: BLE001 - whatever a class raises
            raised = error
    raise raised


def amount(model: Model, quantity: str, step: str, runtime: str) -> float:
    """A quantity as a number."""
    form = REGISTRY[quantity].expression(case_of(model, step, runtime))
    return float(form.xreplace(numbers(model, step)).doit())


def compare(name: str) -> dict[str, Any]:
    """A model's row: ratios by step, runtime and quantity, and the causes of what is far off."""
    try:
        built, traced, config = pair(name)
        ratios: dict[str, float] = {}
        off: dict[str, list[str]] = {}
        for step in STEPS:
            for runtime in RUNTIMES:
                for quantity in QUANTITIES:
                    ours, theirs = (
                        amount(m, quantity, step, runtime) for m in (built, traced.model)
                    )
                    ratios[f"{step} {runtime} {quantity}"] = round(theirs / ours, 4)
        whole = {(step, f"{step} fused memory_traffic") for step in STEPS}
        several = {step for step, key in whole if abs(ratios[key] - 1) > CLOSE}
        for row in moved(built, traced, config) if several else ():
            if row.step in several and abs(row.share) > CLOSE / 4:
                said = f"{row.part} {row.share:+.1%}: {row.difference}"
                off.setdefault(row.step, []).append("; ".join((said, *row.lines)))
    except Exception as error:  # noqa: BLE001 - whatever a class raises
        reason = str(error).strip().partition("\n")[0]
        return {"model": name, "refused": f"{type(error).__name__}: {reason}"[:200]}
    return {"model": name, "ratios": ratios, "causes": off}


def line(row: Mapping[str, Any]) -> str:
    """A row as text."""
    if "refused" in row:
        return f"{row['model']:28} {row['refused']}"
    shown = "  ".join(f"{ratio:7.4f}" for ratio in row["ratios"].values())
    return f"{row['model']:28} {shown}  {json.dumps(row['causes']) if row['causes'] else ''}"


def _late(*_: Any) -> None:
    raise TimeoutError(f"no answer in {SECONDS} s")


def main() -> None:
    """Print the row of each model, and how many are within 1 %."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("models", nargs="*")
    asked.add_argument("--to", type=Path)
    given = asked.parse_args()
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, _late)
    rows = []
    for model in given.models or types():
        signal.alarm(SECONDS)
        rows.append(compare(model))
        signal.alarm(0)
        print(line(rows[-1]), flush=True)
        if given.to:
            given.to.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    read = [row["ratios"] for row in rows if "ratios" in row]
    for key in read[0] if read else ():
        close = sum(math.isclose(ratios[key], 1, abs_tol=CLOSE) for ratios in read)
        print(f"{key}: {close} of {len(read)} within {CLOSE:.0%}")


if __name__ == "__main__":
    main()
