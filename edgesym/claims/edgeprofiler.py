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
from edgesym.scenario.setup import Run, Setup
from edgesym.symbols import symbol

__all__ = ["COLUMNS", "Reproduced", "reproduce"]

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
    forms = equations("edgeprofiler", "computed")
    for device, hardware in inputs["devices"].items():
        for model, shape in inputs["models"].items():
            for precision, width in inputs["precisions"].items():
                words = {**inputs["shared"], **hardware["values"], **shape["values"]}
                values: dict[sympy.Symbol, Any] = {symbol(w): v for w, v in words.items()}
                values[_B] = width
                script = {name: float(evaluate(form, values)) for name, form in forms.items()}
                run = Run(weights=inputs["formats"][precision], context=words["context"])
                setup = Setup(_loaded(shape["card"]), find_device(hardware["device"]), run)
                derived = _derived(setup)
                fits = derived["memory_footprint"] <= setup.machine.figures["memory_size"].value
                yield Reproduced(device, model, precision, script, derived, fits)


#: Each card once, so that its closed forms are derived once.
_loaded = cache(load)


def _derived(setup: Setup) -> dict[str, float]:
    """What the table shows, as far as the device has the figures."""
    known = setup.values().keys()
    names = [name for name, _, _ in COLUMNS.values() if name in REGISTRY]
    numbers = {
        name: float(setup.number(name))
        for name in (*names, "time_per_output_token")
        if setup.expression(name).free_symbols <= known
    }
    return {**numbers, "end_to_end_time": numbers["time_per_output_token"]}
