"""Derivation and evaluation times, after imports.

Derivation: from a config to five tidied closed forms, cold each time, against the same
model made a thousand times deeper. Evaluation: one point of ``step_time``, against
sympy's own substitution in the same expression.

Run as ``python benchmarks/derive.py``.
"""

import time
from collections.abc import Callable

from edgesym.algebra.tidy import tidy
from edgesym.architectures.locate import cards
from edgesym.architectures.reader import read_model
from edgesym.devices import find_device
from edgesym.formats import Formats
from edgesym.ledger import ledger
from edgesym.numeric.compile import compile_expression
from edgesym.numeric.estimate import Setup
from edgesym.numeric.evaluate import evaluate
from edgesym.quantities import REGISTRY, Case

QUANTITIES = ("parameters", "flops", "weight_bytes", "kv_cache_bytes", "memory_footprint")
DEEPER = 1000


def seconds(work: Callable[[], object], runs: int = 5) -> float:
    """The fastest of several runs."""
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def derive(name: str, deeper: int = 1) -> None:
    """All of :data:`QUANTITIES` of a card, with its layers multiplied."""
    ledger.cache_clear()
    card = cards()[name]
    config = dict(card["config"]) | dict.fromkeys(card.get("nulls", []))
    config["num_hidden_layers"] *= deeper
    case = Case(read_model(config, name=name, origin=name))
    for quantity in QUANTITIES:
        tidy(REGISTRY[quantity].expression(case))


def main() -> None:
    print(f"{'derivation of':32} {'seconds':>8} {f'{DEEPER} x layers':>14} {'ratio':>6}")
    for name in cards():
        shallow = seconds(lambda name=name: derive(name))
        deep = seconds(lambda name=name: derive(name, DEEPER), runs=2)
        print(f"{name:32} {shallow:8.4f} {deep:14.4f} {deep / shallow:6.2f}")

    card = cards()["llama-3.2-1b"]
    model = read_model(card["config"], name="llama-3.2-1b", origin="card")
    setup = Setup(model, find_device("raspberry-pi-5"), Formats.of("bf16"))
    step = REGISTRY["step_time"].expression(setup.case("decode"))
    values = setup.values(256)
    compiled = compile_expression(step, "s")
    point = {str(s): float(values[s]) for s in compiled.arguments}
    plain = {s: float(v) for s, v in values.items()}
    reference = seconds(lambda: step.subs(plain).evalf())
    print(f"\n{'one point of step_time':32} {'seconds':>10} {'times faster than sympy':>24}")
    for name, work in {
        "sympy subs": lambda: step.subs(plain).evalf(),
        "edgesym evaluate": lambda: evaluate(step, values),
        "edgesym compiled": lambda: compiled(**point),
    }.items():
        taken = seconds(work)
        print(f"{name:32} {taken:10.6f} {reference / taken:24.1f}")


if __name__ == "__main__":
    main()
