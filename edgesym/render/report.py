"""The report: the context of its template, and the files it makes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import sympy

from edgesym.algebra.sensitivity import elasticities
from edgesym.algebra.tidy import tidy
from edgesym.analysis.estimate import Estimate, estimate
from edgesym.analysis.operators import operator_table
from edgesym.analysis.setup import Run, Setup
from edgesym.architectures.model import Model
from edgesym.devices import Device, Figure
from edgesym.formats import Formats
from edgesym.graph.kernels import partition
from edgesym.quantities import REGISTRY, Case
from edgesym.render.diagram import mermaid, tikz
from edgesym.render.environment import environment
from edgesym.render.estimate import estimate_rows
from edgesym.render.operators import operator_rows, storage_line
from edgesym.render.pdf import compile_pdf
from edgesym.symbols import TABLE, describe, symbol
from edgesym.workload import Queries, phase

__all__ = ["FORMATS", "render_report"]

#: Report format -> template and ending of the file.
FORMATS = {
    "markdown": ("report.md.j2", "md"),
    "latex": ("report.tex.j2", "tex"),
    "pdf": ("report.tex.j2", "pdf"),
}
#: Totals shown for each phase.
TOTALS = ("flops", "weight_bytes", "memory_traffic", "kv_cache_bytes", "memory_footprint")
#: Quantities whose sensitivities are shown.
SENSITIVE = ("time_per_output_token", "time_to_first_token", "memory_footprint", "energy_per_token")
_WEAKEST = 0.005


def render_report(
    models: Sequence[Model], devices: Sequence[Device], run: Run, style: str
) -> tuple[str, bytes]:
    """The report's file name and content.

    Raises:
        OutputError: a PDF is wanted and there is no LaTeX engine, or it fails.
    """
    template, ending = FORMATS[style]
    diagram = mermaid if style == "markdown" else tikz
    context = {
        "models": [_model_section(m, devices, run, diagram) for m in models],
        "run": run,
        "convention": run.counting,
        "choices": run.counting.describe(),
        "devices": devices,
    }
    made = environment("markdown" if style == "markdown" else "latex")
    text = made.get_template(template).render(context)
    stem = "-".join([*(_stem(m.name) for m in models), *(_stem(d.id) for d in devices)])
    content = compile_pdf(text) if style == "pdf" else text.encode()
    return f"{stem}.{ending}", content


def _stem(name: str) -> str:
    return "".join(c if c.isalnum() or c in ".-" else "-" for c in name).strip(".-") or "model"


def _model_section(
    model: Model, devices: Sequence[Device], run: Run, diagram: Any
) -> dict[str, Any]:
    cases = {name: _case(model, run, name) for name in ("prefill", "decode")}
    totals = {
        name: {q: tidy(REGISTRY[q].expression(case)) for q in TOTALS}
        for name, case in cases.items()
    }
    fixed = {
        q: tidy(REGISTRY[q].expression(cases["decode"]))
        for q in ("parameters", "active_parameters")
    }
    if fixed["parameters"] == fixed["active_parameters"]:
        del fixed["active_parameters"]
    parts = list(_part_rows(cases["decode"]))
    used = {
        s
        for forms in (fixed, *totals.values())
        for form in forms.values()
        for s in form.free_symbols
    }
    used |= {s for row in parts for s in row["flops"].free_symbols | row["parameters"].free_symbols}
    formats = run.formats(model)
    decode = Queries.of([run.timed_at - 1], [1], run.batch)
    prefill = Queries.of([0], [run.prompt], run.batch)
    tables = {
        label: operator_table(model, queries, formats, run.counting, run.kernels)
        for label, queries in (("decode", decode), ("prefill", prefill))
    }
    sections = [_device_section(model, device, run) for device in devices]
    known = {**model.values, **formats.values(), symbol("batch"): run.batch}
    return {
        "model": model,
        "formats": formats,
        "blocks": [
            {
                "name": block.name,
                "repeat": block.repeat,
                "count": model.values.get(block.repeat, 1),
                "diagram": diagram(block),
                "kernels": len(partition(block, run.kernels)),
            }
            for block in model.blocks(phase("decode"), run.counting)
        ],
        "symbols": [{"row": describe(s), "value": known.get(s)} for s in sorted(used, key=str)],
        "fixed": _named(fixed),
        "totals": {name: _named(forms) for name, forms in totals.items()},
        "parts": parts,
        "tables": {
            label: {"rows": operator_rows(table), "storage": storage_line(table)}
            for label, table in tables.items()
        },
        "devices": sections,
        "sources": _sources(model, formats, sections),
    }


def _case(model: Model, run: Run, name: str) -> Case:
    return Case(model, phase(name), run.counting, run.kernels)


def _named(forms: dict[str, sympy.Expr]) -> list[dict[str, Any]]:
    return [{"quantity": REGISTRY[name], "form": form} for name, form in forms.items()]


def _part_rows(case: Case) -> Iterable[dict[str, Any]]:
    """FLOPs and parameters of each part that has any, all layers together."""
    for part in case.rows().parts():
        of_part = replace(case, part=part)
        row = {
            "part": part,
            "flops": tidy(REGISTRY["flops"].expression(of_part)),
            "parameters": tidy(REGISTRY["parameters"].expression(of_part)),
        }
        if row["flops"] != 0 or row["parameters"] != 0:
            yield row


def _device_section(model: Model, device: Device, run: Run) -> dict[str, Any]:
    setup = Setup(model, device, run)
    found = estimate(setup)
    sensitivities = {q: _strongest(setup, q) for q in SENSITIVE if q in found.quantities}
    return {
        "device": device,
        "setup": setup,
        "estimate": found,
        "rows": estimate_rows(found),
        "figures": _figures(found),
        "sensitivities": sensitivities,
    }


def _strongest(setup: Setup, name: str) -> list[tuple[Any, float]]:
    """Elasticities worth showing, strongest first."""
    found = elasticities(setup.expression(name), setup.values())
    return [(describe(s), value) for s, value in found.items() if abs(value) >= _WEAKEST]


def _figures(found: Estimate) -> list[tuple[str, str, Figure]]:
    """The device figures that the estimate used: name, letter, figure."""
    setup = found.setup
    used = {s for name in found.quantities for s in setup.expression(name).free_symbols}
    words = {describe(s).word for s in used} | {"memory_size"}
    peak = (f"peak.{setup.dtype}", TABLE["peak_flops"].latex, setup.machine.peaks[setup.dtype])
    figures = setup.machine.figures.items()
    return [peak, *((w, TABLE[w].latex, figure) for w, figure in figures if w in words)]


def _sources(model: Model, formats: Formats, sections: list[dict[str, Any]]) -> list[str]:
    """What the report used, each once."""
    used = [*model.sources]
    used += [
        f"{f.name}: {f.source}"
        for f in dict.fromkeys((formats.weights, formats.activations, formats.cache))
    ]
    for section in sections:
        used += [figure.source for _, _, figure in section["figures"] if figure.source]
    return list(dict.fromkeys(used))
