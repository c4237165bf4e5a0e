"""Bytes that kernels move by a model's own code beside its architecture file, part by part.

Both are the sums of the same ledger under the runtime ``fused``, over the same symbols
(:mod:`edgesym.tracing.matching`). Parts are purposes; those that one of the two tells apart and the
other does not, such as a gate that is merged with up, are one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from edgesym.architectures.model import Model
from edgesym.architectures.traced.plan import Traced
from edgesym.architectures.traced.saved import of_data
from edgesym.catalogue import REGISTRY, Case
from edgesym.document.nodes import Block, Code, Document, Math, Section, Text, table
from edgesym.graph.convention import convention
from edgesym.graph.tensor import BYTES
from edgesym.ledger import Kind
from edgesym.runtimes import find_runtime
from edgesym.symbols import symbol
from edgesym.tracing.ask import trace
from edgesym.tracing.job import Job
from edgesym.tracing.matching import Matching, matchings
from edgesym.tracing.proof import sided
from edgesym.workload import phase, step_values

__all__ = ["STEPS", "Moved", "case_of", "moved", "numbers", "traffic_document", "verify_traffic"]

#: Phase -> sequences, new and cached tokens of the step whose share is given.
STEPS = {"prefill": (1, 1024, 0), "decode": (1, 1, 1024)}
#: Purposes that one model tells apart and another does not.
_TOGETHER = {
    "projections": (
        *("query", "key", "value", "projection", "scan_input", "scan_output", "opening", "index"),
    ),
    "feed-forward": ("gate", "up", "activation", "product", "down"),
    "attention": ("join", "scores", "score_modifier", "softmax", "values", "mixing", "copy"),
    "element-wise": ("residual", "elementwise", "scale", "bias", "convolution_activation"),
    "scan": ("scan", "scan_step"),
}
_NAMED = {purpose: name for name, several in _TOGETHER.items() for purpose in several}
#: What is compared as a whole: the most activations that exist at once.
_PEAK = "activation_bytes"
_NOTHING = (
    "Every part moves the same bytes, for all sizes of the domain, and as much exists at once."
)
_SAID = (
    "Parts that are not named move the same bytes, for all sizes of the domain. Shares are of all "
    "bytes of a step of 1,024 tokens; of activation_bytes, of the most that exist at once."
)


@dataclass(frozen=True, slots=True)
class Moved:
    """A part of a step of which the code moves other bytes, or keeps others, than ours.

    Attributes:
        step: ``prefill`` or ``decode``.
        part: purposes whose kernels they are, or ``activation_bytes``.
        difference: the code's less ours, factored.
        share: of all that ours moves, or keeps, in the step of :data:`STEPS`, two bytes each.
        lines: file and line of the code that it comes from, and what runs there.
    """

    step: str
    part: str
    difference: sympy.Expr
    share: float
    lines: tuple[str, ...] = ()


def verify_traffic(
    model: Model, config: Mapping[str, Any], origin: str, architecture: str = ""
) -> list[Moved]:
    """What differs between a model and its class's code, in no order.

    Raises:
        ConfigError: the code cannot be traced.
    """
    traced = of_data(trace(Job(model.name, origin, config=dict(config))), origin)
    return moved(model, traced, config, architecture)


def moved(
    model: Model, traced: Traced, config: Mapping[str, Any], architecture: str = ""
) -> list[Moved]:
    """The parts of which a model and its traced code move different bytes."""
    way = next(matchings(model, traced, config, architecture))
    found: list[Moved] = []
    for step in STEPS:
        at = {**numbers(traced.model, step), **numbers(model, step)}
        parts, places = _parts(model, step)[0], _parts(traced.model, step)
        whole = _number(sympy.Add(*parts.values()), at)
        for part in dict.fromkeys((*parts, *places[0])):
            ours, theirs = (side.get(part, sympy.S.Zero) for side in (parts, places[0]))
            gap = sympy.expand(way.of_theirs(theirs) - way.of_ours(ours))
            if gap != 0:
                lines = _lines(gap, places[1][part], traced, way)
                share = _number(gap, at) / whole
                found.append(Moved(step, part, sympy.factor(gap), share, lines))
        found += _peak(model, traced, way, step, at)
    return found


def case_of(model: Model, step: str, runtime: str = "fused") -> Case:
    """A step of a model, with logits of each position as its code computes them."""
    return Case(model, phase(step), convention("pytorch"), find_runtime(runtime))


def numbers(model: Model, step: str) -> dict[sympy.Symbol, sympy.Integer]:
    """Numbers for the symbols of a model's closed forms: two bytes per element."""
    batch, new, cached = STEPS[step]
    put = {**model.values, **step_values(batch, new, cached), symbol("context"): new + cached}
    put |= dict.fromkeys(BYTES.values(), 2)
    return {s: sympy.Integer(n) for s, n in put.items()}


def _number(form: sympy.Expr, at: Mapping[sympy.Symbol, sympy.Expr]) -> float:
    return float(form.xreplace(at).doit())


_Place = tuple[str, sympy.Expr]


def _parts(model: Model, step: str) -> tuple[dict[str, sympy.Expr], dict[str, list[_Place]]]:
    """The bytes of each part, and those of each operation of it, by ``block/part``."""
    places: dict[str, list[_Place]] = defaultdict(list)
    for row in case_of(model, step).rows(Kind.READ, Kind.WRITE):
        name = _NAMED.get(row.purpose, str(row.purpose))
        places[name].append((f"{row.block}/{row.part}", row.repeat * row.bytes))
    return {name: sympy.Add(*(n for _, n in rows)) for name, rows in places.items()}, places


def _lines(
    gap: sympy.Expr, places: Sequence[_Place], traced: Traced, way: Matching
) -> tuple[str, ...]:
    """The lines of code whose operations move a monomial of a difference."""
    missing = set(gap.as_coefficients_dict())
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for place, amount in places:
        if set(sympy.expand(way.of_theirs(amount)).as_coefficients_dict()) & missing:
            operation = place.partition("/")[2].rpartition(".")[2].rstrip("_0123456789")
            found[traced.lines.get(place, "")].setdefault(operation)
    return tuple(f"{line} ({', '.join(ran)})" for line, ran in found.items() if line)


def _peak(
    model: Model,
    traced: Traced,
    way: Matching,
    step: str,
    at: Mapping[sympy.Symbol, sympy.Expr],
) -> Iterator[Moved]:
    """What differs of the most activations at once, each maximum as what it is in the step."""
    forms = [REGISTRY[_PEAK].expression(case_of(m, step)) for m in (model, traced.model)]
    ours, theirs = (sided(form, at)[0] for form in forms)
    gap = sympy.expand(way.of_theirs(theirs) - way.of_ours(ours))
    if gap != 0:
        yield Moved(step, _PEAK, sympy.factor(gap), _number(gap, at) / _number(ours, at))


def traffic_document(name: str, found: Sequence[Moved]) -> Document:
    """Step by step, what differs and where in the code."""
    sections = tuple(
        Section(step, tuple(_section([row for row in found if row.step == step]))) for step in STEPS
    )

    def answer() -> dict[str, Any]:
        rows = [
            {
                "step": row.step,
                "part": row.part,
                "difference": str(row.difference),
                "share": row.share,
                "lines": list(row.lines),
            }
            for row in found
        ]
        return {"model": name, "traffic": rows}

    return Document(f"{name}: bytes moved by fused kernels, beside its code", sections, answer)


def _section(rows: Sequence[Moved]) -> Iterator[Block]:
    if not rows:
        yield Text((_NOTHING,))
        return
    rows = sorted(rows, key=lambda row: -abs(row.share))
    cells = [(row.part, f"{row.share:+.2%}", Math(row.difference)) for row in rows]
    yield table(("part", "of ours", "the code's less ours [B]"), cells)
    for row in rows:
        if row.lines:
            spans = [span for line in row.lines for span in (", ", Code(line))][1:]
            yield Text((f"{row.part}: ", *spans))
    yield Text((_SAID,))
