"""An estimate: what a model, in some formats, does on a device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import sympy

from edgesym.architectures.model import Model
from edgesym.devices import Device
from edgesym.errors import ConfigError
from edgesym.formats import Formats
from edgesym.graph.convention import Convention, convention
from edgesym.graph.tensor import BYTES, Role
from edgesym.numeric.evaluate import evaluate
from edgesym.quantities import REGISTRY, Case
from edgesym.quantities.time import kernel_costs
from edgesym.symbols import symbol
from edgesym.units import human

__all__ = [
    "Estimate",
    "Setup",
    "change_that_helps_most",
    "estimate",
    "key_with_unit",
    "shares",
]

_b, _S, _S_x = symbol("batch"), symbol("context"), symbol("source_tokens")
_LARGEST = 10**9
#: Contexts evaluated at once: a column that stays in cache.
_COLUMN = 8192


@dataclass(frozen=True, slots=True)
class Setup:
    """What is run, on what.

    Attributes:
        prompt: tokens of the prompt of each sequence.
        generate: tokens generated for each.
        context: tokens attended to at the point where a token is timed.
        compute: arithmetic dtype wanted; by default what suits the weights.
        source: source tokens of an encoder-decoder; by default what the model fixes, or as
            many as the prompt.
    """

    model: Model
    device: Device
    formats: Formats
    prompt: int = 128
    generate: int = 128
    context: int = 256
    batch: int = 1
    compute: str = ""
    kernels: str = "fused"
    counting: Convention = field(default_factory=convention)
    source: int | None = None

    def __post_init__(self) -> None:
        """Refuse counts that make no sense."""
        for name in ("prompt", "generate", "context", "batch", "source"):
            if name == "source" and self.source is None:
                continue
            if not 1 <= getattr(self, name) <= _LARGEST:
                raise ConfigError(
                    f"{name} = {getattr(self, name)} must lie between 1 and {_LARGEST}"
                )

    @property
    def dtype(self) -> str:
        """The dtype the device computes in."""
        return self.device.arithmetic(self.formats.weights, self.compute)

    def labels(self) -> dict[str, Any]:
        """What is run, by name."""
        return {
            "model": self.model.name,
            "device": self.device.id,
            "weights": self.formats.weights.name,
            "activations": self.formats.activations.name,
            "cache": self.formats.cache.name,
            "compute": self.dtype,
            "batch": self.batch,
            "prompt": self.prompt,
            "generate": self.generate,
            "context": self.context,
            "kernels": self.kernels,
            "convention": self.counting.name,
        }

    def describe(self) -> str:
        """What is run, in a sentence."""
        formats = self.formats
        return (
            f"weights {formats.weights.name}, activations {formats.activations.name}, "
            f"cache {formats.cache.name}, computed in {self.dtype}, {self.kernels} kernels; "
            f"batch {self.batch}, prompt {self.prompt}, {self.generate} generated, "
            f"a token timed at a context of {self.context}"
        )

    def case(self, phase: str) -> Case:
        """The case of a phase."""
        return Case(self.model, counting=self.counting, kernels=self.kernels).during(phase)

    def values(self, context: int) -> dict[sympy.Symbol, Any]:
        """The number of every symbol, at a context."""
        source = {} if self.source is None else {_S_x: self.source}
        return {
            _S_x: self.prompt,
            **self.model.values,
            **self.formats.values(),
            **self.device.values(self.dtype),
            _b: self.batch,
            _S: context,
            **source,
        }

    def number(self, name: str) -> float:
        """A quantity: of the prefill at the prompt, of the decode step at the context."""
        quantity = REGISTRY[name]
        phase = quantity.phase or "decode"
        context = self.prompt if phase == "prefill" else self.context
        return float(evaluate(quantity.expression(self.case(phase)), self.values(context)))


@dataclass(frozen=True, slots=True)
class Estimate:
    """The numbers of a setup, by quantity, in base units.

    Attributes:
        shares: fractions of a decode step that wait for compute, weights, cache,
            activations and launches.
        bound: the largest of them.
        helps_most: the single change that shortens a decode step most, and by how much.
    """

    setup: Setup
    quantities: Mapping[str, float]
    fits: bool
    shares: Mapping[str, float]
    bound: str
    helps_most: tuple[str, float]
    generation_time: float

    def _repr_markdown_(self) -> str:
        """The quantities as a table, for notebooks."""
        rows = "\n".join(
            f"| {name} | {human(value, REGISTRY[name].unit)} |"
            for name, value in self.quantities.items()
        )
        return f"**{self.setup.model.name} on {self.setup.device.name}**\n\n| | |\n|-|-:|\n{rows}"

    def as_json(self) -> dict[str, Any]:
        """Quantity names with their unit, and what was assumed."""
        return {
            **self.setup.labels(),
            "composition": "roofline",
            **{key_with_unit(name): _number(name, v) for name, v in self.quantities.items()},
            "generation_time_s": self.generation_time,
            "memory_size_bytes": int(self.setup.device.figures["memory_size"].value),
            "fits": self.fits,
            "bound": self.bound,
            "shares": dict(self.shares),
            "helps_most": {"change": self.helps_most[0], "faster_by": self.helps_most[1]},
        }


_SUFFIXES = {"s": "_s", "B": "_bytes", "J": "_J", "FLOP/B": "_flop_per_byte"}
#: Units of quantities that no device figure enters, and that are therefore whole numbers.
_WHOLE = ("1", "FLOP", "B")


def key_with_unit(name: str) -> str:
    """A quantity's name with its unit, unless the name says it.

    >>> key_with_unit("load_time"), key_with_unit("kv_cache_bytes")
    ('load_time_s', 'kv_cache_bytes')
    """
    unit = REGISTRY[name].unit if name in REGISTRY else "s"
    suffix = _SUFFIXES.get(unit, "")
    return name if name.endswith(suffix) else name + suffix


def _number(name: str, value: float) -> float:
    return round(value) if REGISTRY[name].unit in _WHOLE else value


#: What an estimate holds, in the order it is shown.
QUANTITIES = (
    "parameters",
    "active_parameters",
    "weight_storage_bytes",
    "kv_cache_bytes",
    "activation_bytes",
    "memory_footprint",
    "load_time",
    "transfer_time",
    "network_time",
    "time_to_first_token",
    "time_per_output_token",
    "tokens_per_second",
    "compute_time",
    "memory_time",
    "launch_time",
    "flops",
    "memory_traffic",
    "arithmetic_intensity",
    "energy_per_token",
)


def estimate(setup: Setup) -> Estimate:
    """Evaluate a setup.

    Quantities that need a figure the device does not have are left out: a device with
    unified memory has no link to copy over.

    Raises:
        DeviceError: the device has no peak for the dtype.
    """
    values = setup.values(setup.context)
    numbers = {}
    for name in QUANTITIES:
        case = setup.case(REGISTRY[name].phase or "decode")
        if REGISTRY[name].expression(case).free_symbols <= values.keys():
            numbers[name] = setup.number(name)
    parts = shares(setup)
    return Estimate(
        setup,
        numbers,
        numbers["memory_footprint"] <= setup.device.figures["memory_size"].value,
        parts,
        max(parts, key=parts.__getitem__),
        change_that_helps_most(setup),
        numbers["time_to_first_token"] + _decoding_time(setup),
    )


def _decoding_time(setup: Setup) -> float:
    """Decode steps after the first token: G - 1 of them, over contexts P + 1 to P + G - 1."""
    if setup.generate == 1:
        return 0.0
    step = REGISTRY["step_time"].expression(setup.case("decode"))
    first, last = setup.prompt + 1, setup.prompt + setup.generate
    total = 0.0
    for start in range(first, last, _COLUMN):
        contexts = np.arange(start, min(start + _COLUMN, last), dtype=np.float64)
        times = evaluate(step, {**setup.values(setup.context), _S: contexts})
        total += float(np.sum(np.broadcast_to(times, contexts.shape)))
    return total


def shares(setup: Setup) -> dict[str, float]:
    """What a decode step waits for, as fractions of its time that add up to 1.

    A kernel that is slower to compute counts as compute; one that is slower to move its
    bytes counts as weights, cache and activations in proportion to their bytes.
    """
    values = setup.values(setup.context)
    waits = dict.fromkeys(("compute", "weights", "cache", "activations", "launch"), 0.0)
    names = {Role.WEIGHT: "weights", Role.CACHE: "cache", Role.STATE: "cache"}
    for kernel in kernel_costs(setup.case("decode")):
        repeat = float(evaluate(kernel.repeat, values))
        computing = float(evaluate(kernel.compute_time, values))
        moving = float(evaluate(kernel.memory_time, values))
        waits["launch"] += repeat * values.get(symbol("launch_overhead"), 0.0)
        if computing > moving:
            waits["compute"] += repeat * computing
            continue
        moved = {role: float(evaluate(bytes_, values)) for role, bytes_ in kernel.traffic.items()}
        for role, amount in moved.items():
            waits[names.get(role, "activations")] += repeat * moving * amount / sum(moved.values())
    total = sum(waits.values())
    return {name: wait / total for name, wait in waits.items()}


#: Changes that an estimate tries: what it says, the symbol, and the factor.
CHANGES: tuple[tuple[str, sympy.Symbol, Fraction], ...] = (
    ("twice the memory bandwidth", symbol("memory_bandwidth"), Fraction(2)),
    ("twice the peak rate", symbol("peak_flops"), Fraction(2)),
    ("half the launch overhead", symbol("launch_overhead"), Fraction(1, 2)),
    ("weights in half the bytes", BYTES[Role.WEIGHT], Fraction(1, 2)),
    ("a cache in half the bytes", BYTES[Role.CACHE], Fraction(1, 2)),
    ("activations in half the bytes", BYTES[Role.ACTIVATION], Fraction(1, 2)),
)


def change_that_helps_most(setup: Setup) -> tuple[str, float]:
    """The one of :data:`CHANGES` that shortens a decode step most, and by what factor."""
    step = REGISTRY["time_per_output_token"].expression(setup.case("decode"))
    values = setup.values(setup.context)
    now = float(evaluate(step, values))

    def faster(change: tuple[str, sympy.Symbol, Fraction]) -> float:
        _, changed, factor = change
        number = values.get(changed, 0)
        scaled = number * (factor if not isinstance(number, float) else float(factor))
        return now / float(evaluate(step, {**values, changed: scaled}))

    best = max(CHANGES, key=faster)
    return best[0], faster(best)
