"""What a report says of a model in a run: on a device, or on none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from edgesym.algebra.invert import Formula
from edgesym.analysis.crossovers.passing import crossings
from edgesym.analysis.estimate import Estimate, estimate
from edgesym.analysis.explanation.explain import explain
from edgesym.analysis.inverse.solve import Solution, solve
from edgesym.analysis.sensitivity import sensitivity
from edgesym.catalogue import REGISTRY
from edgesym.devices import Figure
from edgesym.render.crossover import crossing_rows
from edgesym.render.estimate import estimate_rows
from edgesym.render.solution import answer_text
from edgesym.scenario.setup import Setup
from edgesym.symbols import TABLE, describe, symbol
from edgesym.units import human

__all__ = ["device_section", "run_section"]

#: Quantities whose sensitivities are shown; the derivatives of the first are shown in full.
SENSITIVE = ("time_per_output_token", "time_to_first_token", "memory_footprint", "energy_per_token")
_WEAKEST = 0.005
_DERIVATIVES = 3
#: Whole generations.
GENERATION = ("generation_flops", "generation_traffic", "generation_time", "generation_energy")


def device_section(setup: Setup) -> dict[str, Any]:
    """All that is known of a setup with a device."""
    found = estimate(setup)
    return {
        "estimate": found,
        "rows": estimate_rows(found),
        "figures": _figures(found),
        "kernels": list(_kernels(setup)),
        "generation": list(_generation(setup)),
        "answers": list(_answers(setup, found)),
        **run_section(setup),
    }


def run_section(setup: Setup) -> dict[str, Any]:
    """What formulas say of a setup, on a device or on none."""
    known = setup.values().keys()
    shown = [q for q in SENSITIVE if setup.expression(q).free_symbols <= known]
    results = [sensitivity(setup, q) for q in shown]
    return {
        "device": setup.device,
        "setup": setup,
        "sensitivities": {
            found.quantity.name: [
                (describe(p.symbol), p.elasticity) for p in found.partials if p.strength >= _WEAKEST
            ]
            for found in results
        },
        "slopes": {
            "quantity": results[0].quantity,
            "rows": [
                (describe(partial.symbol), partial.derivative)
                for partial in results[0].partials[:_DERIVATIVES]
            ],
        },
        "crossings": list(_crossings(setup)),
    }


def _kernels(setup: Setup) -> Iterator[dict[str, Any]]:
    """The kernels of a decode step, and what each adds to its time."""
    link = explain(setup, "step_time").chain[0]
    times = Counter(term.name for term in link.terms)
    for term in link.terms:
        run = term.run
        if run is not None:
            where = f" ({', '.join(term.blocks)})" if times[term.name] > 1 else ""
            yield {
                "name": f"{term.name}{where}",
                "repeat": term.count,
                "flops": run.flops,
                "traffic": run.traffic,
                "holds": run.holds,
                "time": human(float(term.value), "s"),
                "share": f"{float(term.value / link.value):.1%}",
            }


def _generation(setup: Setup) -> Iterator[tuple[str, str]]:
    """What the prompt and all generated tokens take together."""
    known = setup.values().keys()
    for name in GENERATION:
        if setup.expression(name).free_symbols <= known:
            yield name, human(float(setup.number(name)), REGISTRY[name].unit)


def _crossings(setup: Setup) -> Iterator[dict[str, Any]]:
    found, _ = crossings(setup)
    for crossing in found:
        for cells, passing, reason in crossing_rows(crossing):
            formula = None if passing is None else passing.formula
            yield {
                "cells": cells,
                "letter": describe(crossing.crossover.unknown).latex,
                **_formula(formula),
                "branch": () if passing is None or formula is None else passing.branch,
                "reason": reason,
            }


def _formula(formula: Formula | None) -> dict[str, Any]:
    if formula is None:
        return {"formula": None, "where": {}}
    return {"formula": formula.short, "where": formula.where}


def _answers(setup: Setup, found: Estimate) -> Iterator[dict[str, Any]]:
    """What fits, and what it would take to be twice as fast."""
    half = found.quantities["time_per_output_token"] / 2
    held = setup.expression("memory_footprint").free_symbols
    for unknown in ("context", "batch"):
        if symbol(unknown) in held:
            yield _answer(solve(setup, unknown, ["memory_footprint <= memory_size"]))
    yield _answer(solve(setup, "bandwidth", [f"time_per_output_token <= {half * 1e3:.6g} ms"]))


def _answer(found: Solution) -> dict[str, Any]:
    end = found.end if found.impossible is None else None
    return {
        "question": found.unknown.name,
        "condition": " and ".join(map(str, found.conditions)),
        "answer": "; ".join((answer_text(found), *found.notes)),
        "letter": describe(found.unknown.symbol).latex,
        **_formula(None if end is None else end.formula),
        "branch": () if end is None or end.formula is None else end.branch,
    }


def _figures(found: Estimate) -> list[tuple[str, str, Figure]]:
    """The device figures that the estimate used: name, letter, figure."""
    setup = found.setup
    used = {s for name in found.quantities for s in setup.expression(name).free_symbols}
    words = {describe(s).word for s in used} | {"memory_size"}
    peak = (f"peak.{setup.dtype}", TABLE["peak_flops"].latex, setup.machine.peaks[setup.dtype])
    figures = setup.machine.in_dtype(setup.dtype).items()
    rest = ((w, TABLE[w].latex, f) for w, f in figures if w in words - {"peak_flops"})
    return [peak, *rest]
