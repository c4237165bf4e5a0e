"""An explanation for programs: every formula, shape and number, exact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy

from edgesym.analysis.documents.explanation.wording import letters_of
from edgesym.analysis.explanation.explain import Explanation, Link
from edgesym.analysis.explanation.term import Term
from edgesym.document.numbers import substituted
from edgesym.document.plain import plain
from edgesym.engine.evaluate import evaluate
from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Tensor
from edgesym.scenario.defaults import defaults_rows

__all__ = ["explanation_data"]

Values = Mapping[sympy.Symbol, Any]


def explanation_data(found: Explanation) -> dict[str, Any]:
    """The chain of quantities with their terms, the symbols, the conventions, the sources."""
    setup, quantity = found.setup, found.chain[0].quantity
    numbers = letters_of(found)
    values = setup.values()
    return {
        "quantity": quantity.name,
        "unit": quantity.unit,
        "value": _number(found.value),
        "phase": found.phase,
        "run": setup.labels(),
        "chain": [_link(link, numbers, values) for link in found.chain],
        "symbols": {
            str(row.symbol): {
                "word": row.entry.word,
                "meaning": row.entry.meaning,
                "unit": row.entry.unit,
                "value": _number(row.value),
                "scope": row.entry.scope,
                "given_by": row.origin,
                "condition": row.condition,
                "sources": list(row.sources),
            }
            for row in found.symbols
        },
        "convention": {
            "name": setup.run.counting.name,
            "choices": setup.run.counting.describe(),
        },
        "defaults": defaults_rows(found.defaults),
        "sources": list(found.sources),
    }


def _link(link: Link, numbers: Mapping[str, Any], values: Values) -> dict[str, Any]:
    return {
        "quantity": link.quantity.name,
        "unit": link.quantity.unit,
        "meaning": link.quantity.meaning,
        "definition": plain(link.definition),
        "substituted": substituted(plain(link.definition), numbers),
        "formula": plain(link.formula),
        "value": _number(link.value),
        "terms": [_term(term, values) for term in link.terms],
    }


def _term(term: Term, values: Values) -> dict[str, Any]:
    run = term.run
    row = {
        "name": term.name,
        "blocks": list(term.blocks),
        "repeat": plain(term.repeat),
        "count": term.count,
        "formula": plain(term.formula),
        "value": _number(term.value),
    }
    if term.operations:
        row["operations"] = [_operation(operation, values) for operation in term.operations]
    if term.tensor:
        row |= {"tensor": _tensor(term.tensor, values), "live_during": term.during}
    if run:
        row |= {
            "flops": {"formula": plain(run.flops), "value": _number(run.work)},
            "bytes": {"formula": plain(run.traffic), "value": _number(run.moved)},
            "compute_time_s": run.compute_time,
            "memory_time_s": run.memory_time,
            "holds": run.holds,
        }
    return row


def _operation(operation: Operation, values: Values) -> dict[str, Any]:
    return {
        "part": operation.part,
        "family": operation.family,
        "function": operation.function,
        "inputs": [_tensor(tensor, values) for tensor in operation.inputs],
        "outputs": [_tensor(tensor, values) for tensor in operation.outputs],
    }


def _tensor(tensor: Tensor, values: Values) -> dict[str, Any]:
    """A tensor with its extents; a number for each whose symbols have one."""
    return {
        "name": tensor.name,
        "role": str(tensor.role),
        "shape": [plain(extent) for extent in tensor.shape],
        "extents": [
            _number(evaluate(extent, values)) if extent.free_symbols <= values.keys() else None
            for extent in tensor.shape
        ],
    }


def _number(value: Any) -> int | float:
    return value if isinstance(value, int) else float(value)
