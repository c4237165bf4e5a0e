"""What a report says of a model: its graph, its formulas, its operators, and its devices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import sympy

from edgesym.algebra.tidy import tidy
from edgesym.analysis.documents.operators import operator_rows, storage_line
from edgesym.analysis.documents.report.device import device_section, run_section
from edgesym.analysis.documents.report.figures import memory_picture
from edgesym.analysis.operators import operator_table
from edgesym.catalogue import REGISTRY, Case
from edgesym.document.nodes import (
    Amount,
    Block,
    Cell,
    Code,
    Column,
    Diagram,
    Formula,
    Math,
    Section,
    Span,
    Text,
    table,
)
from edgesym.document.references import References
from edgesym.scenario.setup import Setup
from edgesym.symbols import describe, symbol
from edgesym.workload import Queries, phase

__all__ = ["model_section"]

_S, _S_p, _T_g = symbol("context"), symbol("prompt_tokens"), symbol("generated_tokens")
_STEP = ("flops", "weight_bytes", "memory_traffic", "kv_cache_bytes", "memory_footprint")
#: Totals shown for each phase; those of a whole generation follow the decode steps.
TOTALS = {
    "prefill": _STEP,
    "decode": _STEP,
    "generation": ("generation_flops", "generation_traffic"),
}
HEADINGS: dict[str, Cell] = {
    "prefill": ("Prefill: ", Math(_S), " tokens, empty cache"),
    "decode": ("Decode: one token, ", Math(_S - 1), " cached"),
    "generation": (
        "Generation: a prompt of ",
        Math(_S_p),
        " tokens, and ",
        Math(_T_g),
        " generated",
    ),
}
_GREY = "Grey boxes are contractions, dashed ones lookups and cache writes, rounded ones "

Forms = dict[str, sympy.Expr]


def model_section(setups: Sequence[Setup], references: References | None = None) -> Section:
    """A model, what it costs, and what it does on each device; its sources are cited."""
    references = References() if references is None else references
    bare = replace(setups[0], device=None)
    model, run = bare.model, bare.run
    cases = {
        name: Case(
            model,
            phase("prefill" if name == "prefill" else "decode"),
            run.counting,
            bare.runtime,
            widths=bare.formats.widths,
        )
        for name in TOTALS
    }
    fixed = _fixed(cases["decode"])
    totals = {
        name: {q: tidy(REGISTRY[q].expression(case)) for q in TOTALS[name]}
        for name, case in cases.items()
    }
    parts = list(_parts(cases["decode"]))
    placed = [setup for setup in setups if setup.device is not None]
    heading = _heading(bare, references)
    on_devices = [device_section(setup, references) for setup in placed]
    said = run_section(bare) if not placed else ()
    follows: list[Block] = [Section("What follows from the formulas", said)] if said else []
    blocks: tuple[Block, ...] = (
        Text(heading),
        Section("Symbols", (_symbols(bare, parts, totals),)),
        Section("Dataflow graph", tuple(_graphs(bare)), detail=True),
        Section("Formula of each part", _part_table(parts), detail=True),
        Section("Totals in closed form", tuple(_totals(fixed, totals))),
        Section("Operators", tuple(_operators(bare)), detail=True),
        *(on_devices if placed else (memory_picture(bare), *follows)),
    )
    return Section(model.name, blocks)


def _heading(bare: Setup, references: References) -> Cell:
    """What the model is, and in which formats it is held, with what both are known from."""
    model, held = bare.model, bare.formats
    limit = model.context_limit
    spans: list[Span] = ["Architecture ", Code(model.architecture), f", read from {model.origin}"]
    spans += _cited(references, model.sources, model.name)
    spans.append(f", made for contexts up to {limit} tokens" if limit else "")
    for role, name, source in (
        ("; weights", held.weights.name, held.weights.source),
        (", activations", held.activations.name, held.activations.source),
        (", cache", held.cache.name, held.cache.source),
    ):
        spans.append(f"{role} {name}")
        spans += _cited(references, [f"{name}: {source}"], f"the format {name}")
    if bare.pruned:
        spans.append(f", {bare.pruned}")
    if bare.draft is not None:
        drafts = bare.draft.model
        spans += [f", drafts by {drafts.name}", *_cited(references, drafts.sources, drafts.name)]
    spans.append(f". Counted: {bare.counted}" if bare.counted else "")
    return (*spans, ".")


def _cited(references: References, texts: Iterable[str], use: str) -> Iterator[Span]:
    """References behind what they are of."""
    for text in texts:
        yield " "
        yield references.cite(text, use)


def _symbols(
    bare: Setup, parts: Sequence[tuple[str, sympy.Expr, sympy.Expr]], totals: dict[str, Forms]
) -> Block:
    """The symbols of the formulas; the context has no one number: it is the prompt in a prefill."""
    forms = [form for _, *both in parts for form in both]
    forms += [form for found in totals.values() for form in found.values()]
    used = sorted({s for form in forms for s in form.free_symbols}, key=str)
    known = {s: value for s, value in bare.values().items() if s != _S}
    rows = [(Math(s), describe(s).meaning, describe(s).unit, _number(known.get(s))) for s in used]
    return table(("symbol", "meaning", "unit", Column("value", "number")), rows)


def _number(value: object) -> Amount:
    if isinstance(value, int):
        return Amount(value, form=",")
    return Amount(value, form="g")  # type: ignore[arg-type]


def _graphs(bare: Setup) -> Iterator[Block]:
    case = bare.case("decode")
    yield Text(f"{_GREY}element-wise work.")
    for block in case.blocks():
        count = bare.model.values.get(block.repeat, 1)
        kernels = len(case.kernels(block))
        of_them: tuple[Cell, ...] = (", ", Math(block.repeat), f" = {count} of them")
        yield Text(
            (
                *("Block ", Code(block.name), *(of_them if count > 1 else ())),  # type: ignore[arg-type]
                f", run as {kernels} kernel{'s' if kernels != 1 else ''}:",
            )
        )
        yield Diagram(block)


def _parts(case: Case) -> Iterator[tuple[str, sympy.Expr, sympy.Expr]]:
    """FLOPs and parameters of each part that has any, all layers together."""
    for part in case.rows().parts():
        of_part = replace(case, part=part)
        flops, parameters = (
            tidy(REGISTRY[name].expression(of_part)) for name in ("flops", "parameters")
        )
        if flops != 0 or parameters != 0:
            yield part, flops, parameters


def _part_table(parts: Sequence[tuple[str, sympy.Expr, sympy.Expr]]) -> tuple[Block, ...]:
    rows = [(part, Math(flops), Math(parameters)) for part, flops, parameters in parts]
    columns = ("part", Column("FLOPs", "formula"), Column("parameters", "formula"))
    return (
        Text("FLOPs of a decode step and parameters, all layers together."),
        table(columns, rows),
    )


def _fixed(case: Case) -> Forms:
    """What no step changes; the active parameters where they are not all."""
    names = ("parameters", "active_parameters")
    stored, active = (tidy(REGISTRY[name].expression(case)) for name in names)
    return {"parameters": stored, **({} if stored == active else {"active_parameters": active})}


def _totals(fixed: Forms, totals: dict[str, Forms]) -> Iterator[Block]:
    yield from _named(fixed)
    for name, forms in totals.items():
        yield Section(HEADINGS[name], tuple(_named(forms)))


def _named(forms: Forms) -> Iterator[Block]:
    """Each quantity with its meaning and its closed form."""
    for name, form in forms.items():
        quantity = REGISTRY[name]
        yield Formula(name, (Math(form),), quantity.unit)
        yield Text(f"{quantity.meaning}.", note=True)


def _operators(bare: Setup) -> Iterator[Block]:
    """The operators of a decode step and of the prefill."""
    run = bare.run
    steps = {
        "Decode step": Queries.of([run.timed_at - 1], [1], run.batch),
        "Prefill step": Queries.of([run.cached or 0], [run.prompt - (run.cached or 0)], run.batch),
    }
    yield Text("Numbers of a row are those of one block; the totals are of the whole step.")
    for title, queries in steps.items():
        found = operator_table(bare.model, queries, bare.formats, run.counting, bare.kernels)
        yield Section(title, (operator_rows(found), Text(storage_line(found))))
