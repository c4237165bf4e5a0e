"""EdgeProfiler: the table its script prints, beside what we derive.

Paper: Pinnock et al. 2025, arXiv:2506.09061. The equations and the inputs are in
``quantities/data/edgeprofiler.toml``; this module only puts numbers into them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import sympy

from edgesym.architectures.locate import load
from edgesym.catalogue import REGISTRY
from edgesym.devices import find_device
from edgesym.engine.evaluate import evaluate
from edgesym.quantities.stated import equations, paper
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.symbols import symbol

__all__ = ["COLUMNS", "Reproduced", "derived_at", "reproduce", "script_at"]

_B = symbol("bytes_per_element")

#: Column of the script's table -> quantity, factor to the printed unit, digits.
COLUMNS: dict[str, tuple[str, float, int]] = {
    "Params(M)": ("parameters", 1e-6, 1),
    "FLOPs/tok(G)": ("flops", 1e-9, 1),
    "Mem(MiB)": ("memory_footprint", 1 / 2**20, 1),
    "Comp(ms)": ("compute_time", 1e3, 2),
    "Mem(ms)": ("memory_time", 1e3, 2),
    "IO(ms)": ("load_time", 1e3, 2),
    "H2D(ms)": ("transfer_time", 1e3, 2),
    "Net(ms)": ("network_time", 1e3, 2),
    "E2E(ms)": ("end_to_end_time", 1e3, 2),
    "AI": ("arithmetic_intensity", 1, 2),
    "Energy(J)": ("energy_per_token", 1, 3),
}


@dataclass(frozen=True, slots=True)
class Reproduced:
    """A row of the script's table, and what edgesym derives for the real model and device.

    Attributes:
        script: quantity -> value, from the script's formulas and inputs.
        derived: quantity -> value, from the graph of the model and our device file;
            ``end_to_end_time`` is a decode step, loading left out.
    """

    device: str
    model: str
    precision: str
    script: Mapping[str, float]
    derived: Mapping[str, float]
    fits: bool


def reproduce() -> Iterator[Reproduced]:
    """The 36 rows of EdgeProfiler's script, from its formulas carried by our symbols."""
    inputs = paper("edgeprofiler")["inputs"]
    for device, hardware in inputs["devices"].items():
        for model, shape in inputs["models"].items():
            for precision, width in inputs["precisions"].items():
                script = script_at(device, model, width)
                setup = derived_at(hardware["device"], shape["card"], inputs["formats"][precision])
                derived = _derived(setup)
                fits = derived["memory_footprint"] <= setup.machine.room
                yield Reproduced(device, model, precision, script, derived, fits)


def script_at(device: str, model: str, width: float) -> dict[str, float]:
    """What the script's formulas give for a device and a model of its own, and bytes a number."""
    inputs = paper("edgeprofiler")["inputs"]
    own = (inputs["devices"][device]["values"], inputs["models"][model]["values"])
    words = {**inputs["shared"], **own[0], **own[1]}
    values: dict[sympy.Symbol, Any] = {symbol(word): value for word, value in words.items()}
    values[_B] = width
    forms = equations("edgeprofiler", "computed")
    return {name: float(evaluate(form, values)) for name, form in forms.items()}


def derived_at(device: str, card: str, weights: str) -> Setup:
    """The real model on the real device, at the context of the script."""
    context = paper("edgeprofiler")["inputs"]["shared"]["context"]
    return Setup(
        _loaded(card), find_device(device), Run(weights=weights, context=context, kernels="fused")
    )


#: Each card once, so that its closed forms are derived once.
_loaded = cache(load)


def _derived(setup: Setup) -> dict[str, float]:
    """What the table shows, as far as the device has the figures."""
    names = [name for name, _, _ in COLUMNS.values() if name in REGISTRY]
    numbers = {
        name: float(setup.number(name)) for name in setup.known((*names, "time_per_output_token"))
    }
    return {**numbers, "end_to_end_time": numbers["time_per_output_token"]}
