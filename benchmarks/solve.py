"""Seconds per inverse question, after imports.

``solve`` is all of it, nothing kept from before: closed forms of the quantities, scan of the
range, exact check of the neighbours, formula of the end. ``scan`` is the numeric part: every
interval, checked exactly. Beside it, where scipy is installed, the way to one root: compile
the expression, and ``brentq`` on it. The ratio is of the scan to these two together.

Run as ``python -m benchmarks.solve``.
"""

import time
from fractions import Fraction
from functools import partial

from benchmarks.timing import forget, seconds
from edgesym.analysis.inverse.question import read_question
from edgesym.analysis.inverse.solve import solve
from edgesym.architectures.locate import load
from edgesym.devices import find_device
from edgesym.engine.compile import Compiled, compile_expression
from edgesym.engine.roots import scan
from edgesym.scenario.setup import Setup

try:
    from scipy.optimize import brentq
except ImportError:
    brentq = None

QUESTIONS = (
    ("llama-3.1-8b", "context", "memory_footprint <= 24GiB"),
    ("llama-3.1-8b", "context", "time_per_output_token <= 30ms"),
    ("llama-3.1-8b", "batch", "time_per_output_token <= 50ms"),
    ("llama-3.1-8b", "bandwidth", "tokens_per_second >= 50 tokens/s"),
    ("llama-3.1-8b", "prompt", "time_to_first_token <= 1s"),
    ("gemma-3-1b", "context", "time_per_output_token <= 10ms"),
    ("llama-4-scout", "context", "time_per_output_token <= 300ms"),
    ("mixtral-8x7b", "batch", "weight_bytes <= 60GB"),
)


def whole(setup: Setup, unknown: str, condition: str) -> None:
    """A question with nothing of the model kept from before."""
    forget(setup.model)
    solve(setup, unknown, [condition])


def value_of(compiled: Compiled, name: str, at: float) -> float:
    """A compiled function as brentq calls it."""
    return float(compiled(**{name: at}))


def main() -> None:
    print(f"{'':60} {'solve':>8} {'scan':>8} {'compile':>8} {'brentq':>8} {'ratio':>6}")
    for card, unknown, condition in QUESTIONS:
        setup = Setup(load(card), find_device("rtx-4090"))
        taken = seconds(partial(whole, setup, unknown, condition), runs=3)
        question = read_question(setup, unknown, [condition])
        (asked,) = question.conditions
        x, within = question.unknown.symbol, question.unknown.within
        arguments = (asked.difference, asked.relation, x, question.values, within)
        scanning = seconds(partial(scan, *arguments))
        line = f"{card + ': ' + unknown + ', ' + condition:60} {taken:8.4f} {scanning:8.4f}"
        if brentq is None:
            print(line)
            continue
        fixed = {
            s: float(v) if isinstance(v, Fraction) else v
            for s, v in question.values.items()
            if s != x
        }
        start = time.perf_counter()
        compiled = compile_expression(asked.difference, "1", fixed)
        compiling = time.perf_counter() - start
        function = partial(value_of, compiled, str(x))
        peer = seconds(partial(brentq, function, float(within.low), float(within.high)))
        print(f"{line} {compiling:8.4f} {peer:8.4f} {scanning / (compiling + peer):6.2f}")
    if brentq is None:
        print("scipy is not installed: no times of brentq")


if __name__ == "__main__":
    main()
