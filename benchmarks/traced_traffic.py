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

import sympy

from benchmarks.traced_types import default_configs, types
from edgesym.architectures.locate import find_config
from edgesym.architectures.model import Model
from edgesym.architectures.reader import read_model
from edgesym.catalogue import REGISTRY, Case
from edgesym.errors import EdgesymError
from edgesym.graph.convention import convention
from edgesym.graph.tensor import BYTES
from edgesym.ledger import Kind
from edgesym.runtimes import find_runtime
from edgesym.symbols import symbol
from edgesym.workload import phase, step_values

#: Phase -> sequences, new and cached tokens.
STEPS = {"prefill": (1, 1024, 0), "decode": (1, 1, 1024)}
RUNTIMES = ("fused", "ideal")
QUANTITIES = ("memory_traffic", "weight_bytes", "activation_bytes")
#: Purposes that one model tells apart and another does not, such as a gate merged with up.
TOGETHER = {
    "projections": ("query", "key", "value", "projection", "scan_input", "opening", "index"),
    "feed-forward": ("gate", "up", "activation", "product", "down"),
    "core": ("join", "scores", "score_modifier", "softmax", "values", "mixing", "copy"),
    "element-wise": ("residual", "elementwise", "scale", "bias", "convolution_activation"),
    "scan": ("scan", "scan_step"),
    "outputs": ("output", "scan_output"),
}
NAMED = {purpose: name for name, several in TOGETHER.items() for purpose in several}
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


def pair(name: str) -> tuple[Model, Model]:
    """A model as it is built, and as it is traced."""
    from edgesym.tracing.trace import trace_config

    raised: Exception = EdgesymError(f"{name}: no config")
    for config, origin in found(name):
        try:
            built = read_model(config, name=name, origin=origin)
            return built, trace_config(config, name=name, origin=origin).model
        except Exception as error:  # noqa: BLE001 - whatever a class raises
            raised = error
    raise raised


def numbers(model: Model, step: str) -> dict[sympy.Symbol, sympy.Expr]:
    """Numbers for the symbols of a model's closed forms: two bytes per element."""
    batch, new, cached = STEPS[step]
    put = {**model.values, **step_values(batch, new, cached), symbol("context"): new + cached}
    put |= dict.fromkeys(BYTES.values(), 2)
    return {s: sympy.Integer(n) for s, n in put.items()}


def case_of(model: Model, step: str, runtime: str) -> Case:
    """A step of a model, with logits of each position as its code computes them."""
    return Case(model, phase(step), convention("pytorch"), find_runtime(runtime))


def amount(model: Model, quantity: str, step: str, runtime: str) -> float:
    """A quantity as a number."""
    form = REGISTRY[quantity].expression(case_of(model, step, runtime))
    return float(form.xreplace(numbers(model, step)).doit())


def by_purpose(model: Model, step: str) -> dict[str, float]:
    """Bytes that kernels move, by the purpose of what reads or writes them."""
    rows: dict[str, float] = {}
    put = numbers(model, step)
    for row in case_of(model, step, "fused").rows(Kind.READ, Kind.WRITE):
        moved = float((row.repeat * row.bytes).xreplace(put).doit())
        name = NAMED.get(row.purpose, str(row.purpose))
        rows[name] = rows.get(name, 0) + moved
    return rows


def causes(built: Model, traced: Model, step: str) -> list[str]:
    """Purposes of which the two move bytes that differ by more than 1/4 % of the step's."""
    ours, theirs = by_purpose(built, step), by_purpose(traced, step)
    whole = sum(ours.values())
    gaps = {p: (theirs.get(p, 0) - ours.get(p, 0)) / whole for p in {*ours, *theirs}}
    several = sorted(gaps.items(), key=lambda item: -abs(item[1]))
    return [f"{purpose} {gap:+.1%}" for purpose, gap in several if abs(gap) > CLOSE / 4]


def compare(name: str) -> dict[str, Any]:
    """A model's row: ratios by step, runtime and quantity, and the causes of what is far off."""
    try:
        built, traced = pair(name)
        ratios: dict[str, float] = {}
        off: dict[str, list[str]] = {}
        for step in STEPS:
            for runtime in RUNTIMES:
                for quantity in QUANTITIES:
                    ours, theirs = (amount(m, quantity, step, runtime) for m in (built, traced))
                    ratios[f"{step} {runtime} {quantity}"] = round(theirs / ours, 4)
            if abs(ratios[f"{step} fused memory_traffic"] - 1) > CLOSE:
                off[step] = causes(built, traced, step)
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
