"""What the page computes of a setup: one tape of closed forms, and what its outputs are.

Setups that differ in numbers alone share it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy

from edgesym.analysis.crossovers.waits import kernel_forms, kernel_waits
from edgesym.catalogue import REGISTRY
from edgesym.engine.portable import portable
from edgesym.engine.program import program_of
from edgesym.explore.dataflow import Drawn, dataflow
from edgesym.explore.formula import Shown, shown
from edgesym.ledger import Kind
from edgesym.quantities.registry import find_quantity, quantities_in, tagged
from edgesym.quantities.time import BANDWIDTH, RATE, kernel_costs
from edgesym.scenario.setup import Setup
from edgesym.symbols import declared, symbol

__all__ = ["PHASES", "Outputs", "program_data"]

PHASES = ("prefill", "decode")
#: Quantities that are shown over others: their closed forms say less, or fill pages.
_DEFINED = (
    "arithmetic_intensity",
    "memory_footprint",
    "tokens_per_second",
    "load_time",
    "transfer_time",
    "energy_per_token",
    "generation_time",
    "generation_energy",
)
_ENDS = {
    "peak": symbol("peak_flops"),
    "bandwidth": symbol("memory_bandwidth"),
    "rate": RATE,
    "moved": BANDWIDTH,
}


@dataclass(slots=True)
class Outputs:
    """Closed forms that are to be computed together; each is asked for by its place."""

    forms: list[sympy.Expr] = field(default_factory=list)

    def place(self, form: sympy.Expr) -> int:
        """The place of one more output."""
        self.forms.append(form)
        return len(self.forms) - 1

    def places(self, forms: Iterable[sympy.Expr]) -> list[int]:
        """The places of several."""
        return [self.place(form) for form in forms]


def program_data(setup: Setup) -> dict[str, Any]:
    """The tape of a setup as plain data, with the places of its outputs and its formulas.

    Quantities that the device has no figure for are left out, and so are those that add up steps
    without a closed form.
    """
    outputs = Outputs()
    known = setup.known(tagged("estimate"))
    forms = {name: form for name, form in known.items() if not form.has(sympy.Sum)}
    found = {
        "composition": setup.composition,
        "quantities": {name: outputs.place(form) for name, form in forms.items()},
        "ends": {name: outputs.place(form) for name, form in _ENDS.items()},
        "waits": _waits(setup, outputs),
        "kernels": {phase: _kernels(setup, phase, outputs) for phase in PHASES},
        "weights": _weights(setup, outputs),
        "formulas": {name: _formula(setup, name, form, outputs) for name, form in forms.items()},
        "graph": [_graph(drawn, outputs) for drawn in dataflow(setup, PHASES)],
    }
    return {**found, "tape": portable(program_of(outputs.forms).tape)}


def _waits(setup: Setup, outputs: Outputs) -> dict[str, Any]:
    """What :func:`edgesym.analysis.crossovers.waits.waits_from` takes, and how."""
    return {
        "kernels": [[runs, list(names)] for runs, names in kernel_waits(setup)],
        "places": outputs.places(kernel_forms(setup)),
    }


def _kernels(setup: Setup, phase: str, outputs: Outputs) -> list[list[Any]]:
    """Of each kernel of a phase its name, and how often it runs, its FLOPs, bytes and seconds."""
    rows = []
    for kernel in kernel_costs(setup.case(phase)):
        moved = sympy.Add(*kernel.traffic.values())
        costs = (kernel.repeat, kernel.flops, moved, kernel.time + kernel.overhead)
        rows.append([kernel.name, *outputs.places(costs)])
    return rows


def _weights(setup: Setup, outputs: Outputs) -> list[list[Any]]:
    """The bytes of each group of weights as stored; none where they lie in several memories."""
    if setup.placement.split:
        return []
    groups = setup.case("decode").rows(Kind.STORED).group(lambda row: str(row.group or "other"))
    return [[name, outputs.place(rows.bytes())] for name, rows in groups.items()]


def _formula(setup: Setup, name: str, form: sympy.Expr, outputs: Outputs) -> dict[str, Any]:
    """A quantity's formula as it is shown, and where the numbers of its letters are."""
    if name not in _DEFINED:
        return _with_numbers(shown(form), outputs)
    row = REGISTRY[name]
    case = setup.case(row.phase or "decode")
    definition = row.definition(case)
    named = {
        str(declared(used)): outputs.place(find_quantity(used).expression(case))
        for used in quantities_in(definition)
    }
    return {**_with_numbers(shown(definition), outputs), "named": named}


def _with_numbers(found: Shown, outputs: Outputs) -> dict[str, Any]:
    return {
        "terms": list(found.terms),
        "latex": found.latex,
        "where": [
            {
                "letter": one.letter,
                "math": one.mathml,
                "place": outputs.place(one.form),
                **_with_numbers(one.shown, outputs),
            }
            for one in found.where
        ],
    }


def _graph(drawn: Drawn, outputs: Outputs) -> dict[str, Any]:
    costs: Mapping[str, Mapping[str, tuple[sympy.Expr, ...]]] = drawn.costs
    return {
        "block": drawn.block,
        "svg": drawn.svg,
        "repeat": outputs.place(drawn.repeat),
        "parts": {
            part: {phase: outputs.places(of_phase) for phase, of_phase in phases.items()}
            for part, phases in costs.items()
        },
        "says": dict(drawn.says),
    }
