"""What a claim is measured on: real models, and real devices where their figures enter.

A claim on a time or an energy has figures of a device in it. They are those of real devices,
never 1: with a peak of 1 FLOP/s and a bandwidth of 1 B/s every step waits for arithmetic.
A figure that none of them has is drawn at random, with a seed; it may then only cancel.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache

import numpy as np
import sympy

from edgesym.architectures.locate import load
from edgesym.devices import find_device
from edgesym.formats import find_format
from edgesym.symbols import TABLE, symbol

__all__ = [
    "DEVICES",
    "EXPERT_MODELS",
    "MODELS",
    "Values",
    "figures_of",
    "measured_at",
    "rates",
    "values_of",
]

Values = Mapping[sympy.Symbol, int | float | Fraction]

#: Cards that a claim is measured on: dense ones, and mixtures of experts for claims on those.
MODELS = ("gpt2", "llama-2-7b", "llama-3.1-8b", "llama-3.1-70b")
EXPERT_MODELS = ("mixtral-8x7b", "qwen3-30b-a3b", "gpt-oss-20b")
_CONTEXT, _NEW, _BYTES = 2048, 128, 2
#: Devices that a claim with figures of one is measured on, from few to many FLOPs per byte.
DEVICES = ("raspberry-pi-5", "apple-m2", "rtx-4090")
#: What stands for counts that no card has, and for an optimizer's state: Adam in mixed precision
#: keeps a 4-byte copy of each weight and two moments (Rajbhandari et al. 2020, section 3.1).
_COUNTS = {
    "optimizer_bytes_per_parameter": 4 + 4 + 4,
    **dict.fromkeys(("devices", "tensor_parallel", "pipeline_parallel", "data_parallel"), 8),
    **dict.fromkeys(("expert_parallel", "context_parallel"), 8),
    **dict.fromkeys(("microbatches", "model_chunks", "recompute_interval"), 4),
    "expert_interval": 2,
    "attention_interval": 8,
    "training_tokens": 10**12,
    "on_chip_elements": 10**5,
}
#: Powers of ten between which a figure is drawn that no device has.
_DRAWN = (-3, 3)


@cache
def values_of(model: str) -> dict[sympy.Symbol, int]:
    """The dimensions of a card, one sequence of 2,048 tokens (its limit, if lower), two bytes.

    Where a step adds to a cache, 128 tokens are new. Figures of a device are not among them.
    """
    card = load(model)
    limit = min(card.context_limit or _CONTEXT, _CONTEXT)
    values = dict(card.values)
    for word in TABLE:
        s = symbol(word)
        if word.endswith("bytes_per_element"):
            values[s] = _BYTES
        elif word in ("context", "positions"):
            values[s] = limit
        elif word == "new_tokens":
            values[s] = min(limit, _NEW)
        elif word == "batch":
            values[s] = 1
    for word, count in _COUNTS.items():
        values.setdefault(symbol(word), count)
    return values


@cache
def rates() -> frozenset[sympy.Symbol]:
    """The figures: positive reals of a device or cluster, but for bytes per element."""
    known = {*_COUNTS, "gradient_bytes_per_element"}
    return frozenset(
        symbol(word)
        for word, row in TABLE.items()
        if row.scope in ("device", "cluster")
        and row.domain == "positive real"
        and word not in known
    )


@cache
def figures_of(device: str) -> Values:
    """The figures of a device, computing in the dtype of bf16 weights."""
    machine = find_device(device)
    return machine.values(machine.arithmetic(find_format("bf16")))


@cache
def _drawn(device: str) -> Values:
    """A number for every figure, another one for each device."""
    generator = np.random.default_rng(DEVICES.index(device))
    ordered = sorted(rates(), key=str)
    powers = generator.uniform(*_DRAWN, size=len(ordered))
    return {figure: float(10**power) for figure, power in zip(ordered, powers, strict=True)}


def measured_at(model: str, needed: set[sympy.Basic]) -> dict[str, Values]:
    """The numbers of a card: once, without a name, or on each of :data:`DEVICES` if needed."""
    values = values_of(model)
    if not rates() & needed:
        return {"": values}
    return {device: {**_drawn(device), **figures_of(device), **values} for device in DEVICES}
