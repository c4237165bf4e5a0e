"""Derivation and evaluation times, after imports.

Derivation: from a model to five tidied closed forms, cold each time, against the same
model made a thousand times deeper; reading a config whose layers differ looks at each of
them, so it is timed apart. Evaluation: one point of ``step_time``, against
sympy's own substitution in the same expression.

Run as ``python -m benchmarks.derive``.
"""

from benchmarks.timing import forget, seconds
from edgesym.algebra.tidy import tidy
from edgesym.architectures.model import Model
from edgesym.architectures.naming import cards
from edgesym.architectures.reader import read_model
from edgesym.catalogue import REGISTRY, Case
from edgesym.devices import find_device
from edgesym.engine.compile import compile_expression
from edgesym.engine.evaluate import evaluate
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup

QUANTITIES = ("parameters", "flops", "weight_bytes", "kv_cache_bytes", "memory_footprint")
DEEPER = 1000


def read(name: str, deeper: int = 1) -> Model:
    """The model of a card, its layers multiplied."""
    card = cards()[name]
    config = dict(card["config"]) | dict.fromkeys(card.get("nulls", []))
    key = next(k for k in ("num_hidden_layers", "n_layer") if k in config)
    layers = config[key]
    for listed, value in config.items():
        if isinstance(value, list) and len(value) == layers:
            config[listed] = value * deeper
    config[key] = layers * deeper
    return read_model(config, name=name, origin=name)


def derive(model: Model) -> None:
    """All of :data:`QUANTITIES` of a model, nothing of it cached."""
    forget(model)
    for quantity in QUANTITIES:
        tidy(REGISTRY[quantity].expression(Case(model)))


def main() -> None:
    headings = ("read", "derive", f"{DEEPER} x layers", "ratio")
    print(f"{'seconds to':32} {headings[0]:>8} {headings[1]:>8} {headings[2]:>14} {headings[3]:>6}")
    for name in cards():
        model, deep = read(name), read(name, DEEPER)
        reading = seconds(lambda name=name: read(name))
        shallow = seconds(lambda model=model: derive(model))
        deeper = seconds(lambda model=deep: derive(model))
        ratio = deeper / shallow
        print(f"{name:32} {reading:8.4f} {shallow:8.4f} {deeper:14.4f} {ratio:6.2f}")

    card = cards()["llama-3.2-1b"]
    model = read_model(card["config"], name="llama-3.2-1b", origin="card")
    setup = Setup(model, find_device("raspberry-pi-5"), Run(weights="bf16"))
    step = setup.expression("step_time")
    values = setup.values()
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
