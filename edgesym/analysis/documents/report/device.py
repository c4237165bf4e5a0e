"""What a report says of a model in a run: on a device, or on none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from edgesym.analysis.crossovers.passing import crossings
from edgesym.analysis.documents.crossover import crossing_table
from edgesym.analysis.documents.estimate import estimate_rows
from edgesym.analysis.documents.report.figures import device_pictures
from edgesym.analysis.documents.sensitivity import derivative
from edgesym.analysis.documents.solution import answer_text, solution_formulas
from edgesym.analysis.estimate import estimate
from edgesym.analysis.explanation.explain import explain
from edgesym.analysis.inverse.solve import Solution, solve
from edgesym.analysis.sensitivity import Sensitivity, sensitivity
from edgesym.catalogue import REGISTRY
from edgesym.devices import Figure
from edgesym.document.nodes import (
    Amount,
    Block,
    Cell,
    Column,
    Facts,
    Math,
    Notation,
    Picture,
    Row,
    Section,
    Span,
    Table,
    Text,
    table,
)
from edgesym.document.references import References
from edgesym.quantities.composition import find_composition
from edgesym.quantities.registry import tagged
from edgesym.scenario.setup import Setup
from edgesym.symbols import describe, symbol

__all__ = ["device_section", "run_section", "used_figures"]

#: Quantities whose sensitivities are shown; the derivatives of the first are shown in full.
SENSITIVE = ("time_per_output_token", "time_to_first_token", "memory_footprint", "energy_per_token")
_WEAKEST = 0.005
_DERIVATIVES = 3
#: Whole generations.
GENERATION = ("generation_flops", "generation_traffic", "generation_time", "generation_energy")


def device_section(setup: Setup, references: References) -> Section:
    """All that is known of a setup with a device; the sources of its figures are cited."""
    found = estimate(setup)
    rooflined, step, memory, regimes = device_pictures(setup)
    half = found.quantities["time_per_output_token"] / 2
    blocks: tuple[Block, ...] = (
        Text(f"{_capital(setup.describe())}."),
        Facts(tuple(estimate_rows(found))),
        step,
        memory,
        Section("Figures of the device", (_figures(setup, references),), detail=True),
        Section("Kernels of a decode step", (*_kernels(setup), rooflined), detail=True),
        Section("A whole generation", (Text(_generation(setup)),)),
        Section("What fits, and what it takes", tuple(_answers(setup, half))),
        *run_section(setup, regimes),
    )
    return Section(f"On {setup.machine.name}", blocks)


def run_section(setup: Setup, *pictures: Picture) -> tuple[Section, ...]:
    """What formulas say of a setup, on a device or on none."""
    results = [sensitivity(setup, name) for name in setup.known(SENSITIVE)]
    found, _ = crossings(setup)
    passing = "Where one quantity passes another, all else as it is here."
    blocks: tuple[Block, ...] = (Text(passing), crossing_table(setup, found), *pictures)
    crossovers = Section("Crossovers", blocks, detail=True)
    if not results:  # symbols lack numbers, such as how many tokens are drafted
        return (crossovers,)
    return (Section("Sensitivities", tuple(_sensitivities(results)), detail=True), crossovers)


def used_figures(setup: Setup) -> dict[str, Figure]:
    """The device figures that an estimate uses, by name."""
    forms = setup.known(tagged("estimate")).values()
    used = {s for form in forms for s in form.free_symbols}
    words = {describe(s).word for s in used} | {"memory_size", "memory_reserve"}
    figures = setup.machine.in_dtype(setup.dtype)
    peak = {f"peak.{setup.dtype}": figures.pop("peak_flops")}
    return peak | {word: figure for word, figure in figures.items() if word in words}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _figures(setup: Setup, references: References) -> Table:
    """What is known of the device, with what that holds for below it."""
    rows = []
    for name, figure in used_figures(setup).items():
        word = "peak_flops" if name.startswith("peak.") else name
        use = f"{name} of {setup.machine.name}"
        source: Cell = references.cite(figure.source, use) if figure.source else ""
        cells = (name, Math(symbol(word)), str(figure), figure.kind, source)
        below = (Text(figure.explained, note=True),) if figure.explained else ()
        rows.append(Row(cells, below))
    return table(("figure", "symbol", Column("value", "number"), "kind", "source"), rows)


def _kernels(setup: Setup) -> Iterator[Block]:
    """The kernels of a decode step, and what each adds to its time."""
    compute, memory = Notation("F/(U_c*P)", "F / (U_c P)"), Notation("Q/(U_m*W_m)", "Q / (U_m W_m)")
    overhead = Math(symbol("launch_overhead"))
    joined = f"A kernel takes {find_composition(setup.composition).joins} "
    queued = "; a step takes at least " if setup.runtime.queued else ", and "
    each = " for each launch." if setup.runtime.queued else "."
    yield Text((joined, compute, " and ", memory, queued, overhead, each))
    link = explain(setup, "step_time").chain[0]
    named = Counter(term.name for term in link.terms)
    rows = [
        (
            term.name + (f" ({', '.join(term.blocks)})" if named[term.name] > 1 else ""),
            Amount(term.count),
            *(Math(term.run.flops), Math(term.run.traffic), term.run.holds),
            Amount(float(term.value), "s"),
            Amount(float(term.value / link.value), form=".1%"),
        )
        for term in link.terms
        if term.run is not None
    ]
    columns = (
        *("kernel", Column("times", "number")),
        *(Column(Notation("F", "F"), "formula"), Column(Notation("Q", "Q"), "formula")),
        *("waits for", Column("in all", "number"), Column("share", "number")),
    )
    yield table(columns, rows)


def _generation(setup: Setup) -> Cell:
    """What the prompt and all generated tokens take together."""
    run = setup.run
    spans: list[Span] = [f"A prompt of {run.prompted} tokens and {run.generate} generated: "]
    for name in setup.known(GENERATION):
        number = Amount(float(setup.number(name)), REGISTRY[name].unit)
        spans += [", " if len(spans) > 1 else "", f"{name} ", number]
    return (*spans, ".")


def _sensitivities(results: list[Sensitivity]) -> Iterator[Block]:
    """Elasticities of each quantity, and the strongest derivatives of the first."""
    elastic = Notation("d ln Q / d ln x", r"d \ln Q / d \ln x")
    meaning = ": percent of change in the quantity per percent of change in the symbol."
    yield Text((elastic, meaning))
    yield Facts(tuple((found.quantity.name, _elasticities(found)) for found in results))
    first = results[0]
    yield Text(
        f"Derivatives of Q = {first.quantity.name} by what it answers to most, with the side of "
        "each maximum that holds here:"
    )
    yield from (derivative(partial) for partial in first.partials[:_DERIVATIVES])


def _elasticities(found: Sensitivity) -> Cell:
    spans: list[Span] = []
    for partial in found.partials:
        if partial.strength >= _WEAKEST:
            comma = ", " if spans else ""
            spans += [comma, Math(partial.symbol), " ", Amount(partial.elasticity, form="+.3f")]
    return tuple(spans)


def _answers(setup: Setup, time: float) -> Iterator[Block]:
    """What fits, and what it would take to be twice as fast."""
    held = setup.expression("memory_footprint").free_symbols
    kept = "" if setup.machine.memory_reserve is None else " - memory_reserve"
    asked: list[tuple[str, str]] = [
        (unknown, f"memory_footprint <= memory_size{kept}")
        for unknown in ("context", "batch")
        if symbol(unknown) in held
    ]
    asked.append(("bandwidth", f"time_per_output_token <= {time * 1e3:.6g} ms"))
    found = [solve(setup, unknown, [condition]) for unknown, condition in asked]
    yield table(("for", "such that", "answer"), [_answer(each) for each in found])
    for each in found:
        yield from solution_formulas(each)


def _answer(found: Solution) -> tuple[Any, ...]:
    conditions = " and ".join(map(str, found.conditions))
    return (found.unknown.name, conditions, "; ".join((answer_text(found), *found.notes)))
