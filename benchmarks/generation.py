"""Time to evaluate a whole generation in closed form, beside a loop over its steps.

The closed form costs the same for 128 and for a million tokens; the loop evaluates the time
of a decode step at every context, a column of contexts at a time.

Run as ``python -m benchmarks.generation``.
"""

from functools import partial
from typing import Any

import numpy as np
import sympy

from benchmarks.timing import forget, seconds
from edgesym.architectures.locate import load
from edgesym.catalogue import REGISTRY, Case
from edgesym.devices import find_device
from edgesym.engine.evaluate import evaluate
from edgesym.formats import Formats
from edgesym.symbols import symbol

CARDS = ("llama-3.2-1b", "gemma-3-1b", "llama-4-scout")
QUANTITIES = ("generation_time", "time_to_first_token", "time_per_output_token")
GENERATED = (128, 10**6)
PROMPT = 128
COLUMN = 8192
S, S_p, T_g = (symbol(word) for word in ("context", "prompt_tokens", "generated_tokens"))


def derive(case: Case) -> None:
    """The closed form, nothing of it cached."""
    forget(case.model)
    REGISTRY[QUANTITIES[0]].expression(case)


def add_up(
    prefill: sympy.Expr, step: sympy.Expr, values: dict[sympy.Symbol, Any], generated: int
) -> float:
    """The prefill, and the decode steps one context after the other."""
    total = float(evaluate(prefill, {**values, S: PROMPT}))
    stop = PROMPT + generated
    for start in range(PROMPT + 1, stop, COLUMN):
        contexts = np.arange(start, min(start + COLUMN, stop), dtype=np.float64)
        total += float(np.sum(evaluate(step, {**values, S: contexts})))
    return total


def main() -> None:
    device, formats = find_device("raspberry-pi-5"), Formats.of("q4_0")
    print(
        f"{'seconds to':16} {'derive':>8} {'T_g':>9} {'closed form':>12} {'loop':>10} {'ratio':>8}"
    )
    for name in CARDS:
        model = load(name)
        case = Case(model)
        closed, prefill, step = (REGISTRY[quantity].expression(case) for quantity in QUANTITIES)
        deriving = seconds(partial(derive, case))
        run = {symbol("batch"): 1, S_p: PROMPT}
        values = {**model.values, **formats.values(), **device.values("fp32"), **run}
        for generated in GENERATED:
            at_once = seconds(partial(evaluate, closed, {**values, T_g: generated}))
            by_steps = seconds(partial(add_up, prefill, step, values, generated))
            print(
                f"{name:16} {deriving:8.4f} {generated:9} {at_once:12.6f} {by_steps:10.6f} "
                f"{by_steps / at_once:8.1f}"
            )


if __name__ == "__main__":
    main()
