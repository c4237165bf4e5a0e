"""Points of a regime map per second, against evaluating it point by point.

Run as ``python -m benchmarks.crossover``.
"""

from collections.abc import Callable

import numpy as np

from benchmarks.timing import seconds
from edgesym.analysis.crossovers.regimes import regime_map
from edgesym.architectures.locate import load
from edgesym.devices import find_device
from edgesym.engine.evaluate import evaluate
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.symbols import symbol

CARDS = ("llama-3.2-1b", "gemma-3-1b", "llama-4-scout", "deepseek-v3")
POINTS, ALONE = 400, 400
BATCHES, CONTEXTS = np.geomspace(1, 1024, POINTS), np.geomspace(128, 131072, POINTS)


def rate(work: Callable[[], object], points: int, runs: int = 3) -> float:
    """Points per second of the fastest of several runs."""
    return points / seconds(work, runs)


def one_by_one(setup: Setup) -> None:
    """Time and memory of some points on their own, from closed forms derived once."""
    forms = [setup.expression(name) for name in ("step_time", "memory_footprint")]
    values = setup.values()
    for batch, context in zip(BATCHES[:ALONE], CONTEXTS[:ALONE], strict=True):
        at = {symbol("batch"): float(batch), symbol("context"): float(context)}
        for form in forms:
            evaluate(form, {**values, **at})


def main() -> None:
    print(f"{'points per second':28} {'as a map':>12} {'one by one':>12} {'ratio':>8}")
    for card in CARDS:
        setup = Setup(load(card), find_device("rtx-4090"), Run(weights="q4_0"))
        whole = rate(lambda made=setup: regime_map(made, BATCHES, CONTEXTS), POINTS**2)
        alone = rate(lambda made=setup: one_by_one(made), ALONE)
        print(f"{card:28} {whole:12,.0f} {alone:12,.0f} {whole / alone:8,.0f}")


if __name__ == "__main__":
    main()
