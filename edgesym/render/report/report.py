"""The report: the context of its template, and the files it makes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import sympy

from edgesym.algebra.tidy import tidy
from edgesym.analysis.operators import operator_table
from edgesym.architectures.model import Model
from edgesym.catalogue import REGISTRY, Case
from edgesym.devices import Device
from edgesym.formats import Formats
from edgesym.render.diagram import mermaid, tikz
from edgesym.render.environment import environment
from edgesym.render.operators import operator_rows, storage_line
from edgesym.render.pdf import compile_pdf
from edgesym.render.report.comparison import comparison_sections
from edgesym.render.report.device import device_section, run_section
from edgesym.scenario.setup import Run, Setup
from edgesym.symbols import describe, symbol
from edgesym.workload import Queries, phase

__all__ = ["FORMATS", "render_report"]

#: Report format -> template and ending of the file.
FORMATS = {
    "markdown": ("report.md.j2", "md"),
    "latex": ("report.tex.j2", "tex"),
    "pdf": ("report.tex.j2", "pdf"),
}
_STEP = ("flops", "weight_bytes", "memory_traffic", "kv_cache_bytes", "memory_footprint")
#: Totals shown for each phase; those of a whole generation follow the decode steps.
TOTALS = {
    "prefill": _STEP,
    "decode": _STEP,
    "generation": ("generation_flops", "generation_traffic"),
}
HEADINGS = {
    "prefill": "Prefill: $S$ tokens, empty cache",
    "decode": "Decode: one token, $S - 1$ cached",
    "generation": "Generation: a prompt of $S_p$ tokens, and $T_g$ generated",
}


def render_report(
    models: Sequence[Model], devices: Sequence[Device], run: Run, style: str
) -> tuple[str, bytes]:
    """The report's file name and content.

    Raises:
        OutputError: a PDF is wanted and there is no LaTeX engine, or it fails.
    """
    template, ending = FORMATS[style]
    diagram = mermaid if style == "markdown" else tikz
    setups = [[Setup(m, d, run) for d in devices] or [Setup(m, None, run)] for m in models]
    everything = [setup for group in setups for setup in group]
    made = environment("markdown" if style == "markdown" else "latex")
    context = {
        "models": [_model_section(group, diagram) for group in setups],
        "comparisons": list(
            comparison_sections(everything, lambda form: f"${made.filters['inline'](form)}$")
        ),
        "run": run,
        "convention": run.counting,
        "choices": run.counting.describe(),
        "devices": devices,
    }
    text = made.get_template(template).render(context)
    stem = "-".join([*(_stem(m.name) for m in models), *(_stem(d.id) for d in devices)])
    content = compile_pdf(text) if style == "pdf" else text.encode()
    return f"{stem}.{ending}", content


def _stem(name: str) -> str:
    return "".join(c if c.isalnum() or c in ".-" else "-" for c in name).strip(".-") or "model"


def _model_section(setups: Sequence[Setup], diagram: Any) -> dict[str, Any]:
    """A model: its graph, its formulas, its operators, and what it does on each device."""
    bare = replace(setups[0], device=None)
    model, run = bare.model, bare.run
    counted = (run.counting, bare.runtime)
    cases = {
        name: Case(model, phase("prefill" if name == "prefill" else "decode"), *counted)
        for name in TOTALS
    }
    totals = {
        name: {q: tidy(REGISTRY[q].expression(case)) for q in TOTALS[name]}
        for name, case in cases.items()
    }
    parts = list(_part_rows(cases["decode"]))
    rows = [form for row in parts for form in (row["flops"], row["parameters"])]
    forms = [*rows, *(form for found in totals.values() for form in found.values())]
    used = sorted({s for form in forms for s in form.free_symbols}, key=str)
    known = bare.values()
    sections = [device_section(setup) for setup in setups if setup.device is not None]
    return {
        "model": model,
        "formats": bare.formats,
        "blocks": [
            {
                "name": block.name,
                "repeat": block.repeat,
                "count": model.values.get(block.repeat, 1),
                "diagram": diagram(block),
                "kernels": len(cases["decode"].kernels(block)),
            }
            for block in model.blocks(phase("decode"), run.counting)
        ],
        # the context is the prompt in a prefill: it has no one number
        "symbols": [
            {"row": describe(s), "value": None if s == symbol("context") else known.get(s)}
            for s in used
        ],
        "fixed": _named(_fixed(cases["decode"])),
        "totals": {
            name: {"heading": HEADINGS[name], "items": _named(forms)}
            for name, forms in totals.items()
        },
        "parts": parts,
        "tables": _operators(bare),
        "devices": sections,
        "run": None if sections else run_section(bare),
        "sources": _sources(model, bare.formats, sections),
    }


def _fixed(case: Case) -> dict[str, sympy.Expr]:
    """What no step changes; the active parameters where they are not all."""
    names = ("parameters", "active_parameters")
    stored, active = (tidy(REGISTRY[name].expression(case)) for name in names)
    return {"parameters": stored, **({} if stored == active else {"active_parameters": active})}


def _operators(setup: Setup) -> dict[str, Any]:
    """The operators of a decode step and of the prefill."""
    run = setup.run
    steps = {
        "decode": Queries.of([run.timed_at - 1], [1], run.batch),
        "prefill": Queries.of([0], [run.prompt], run.batch),
    }
    tables = {
        label: operator_table(setup.model, queries, setup.formats, run.counting, run.kernels)
        for label, queries in steps.items()
    }
    return {
        label: {"rows": operator_rows(table), "storage": storage_line(table)}
        for label, table in tables.items()
    }


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
