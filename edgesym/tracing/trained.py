"""Training out of a model's code beside the quantities of training: proven, or what differs.

The backward pass is that of PyTorch's autograd; ours follows from the gradients of each operation
(:mod:`edgesym.training.backward`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sympy

from edgesym.algebra.prove import prove_equal
from edgesym.architectures.model import Model
from edgesym.architectures.traced.domain import made_conditions
from edgesym.architectures.traced.plan import Traced
from edgesym.architectures.traced.saved import of_data
from edgesym.catalogue import REGISTRY, Case
from edgesym.document.nodes import Block, Document, Items, Mark, Math, Section, Text, Tone, table
from edgesym.graph.convention import convention
from edgesym.runtimes import find_runtime
from edgesym.symbols import symbol
from edgesym.tracing.ask import trace
from edgesym.tracing.document import as_data
from edgesym.tracing.job import Job
from edgesym.tracing.matching import Matching, matchings
from edgesym.tracing.proof import Proved
from edgesym.tracing.verify import Proofs
from edgesym.workload import phase

__all__ = ["TRAINED", "prove_training", "training_document", "verify_training"]

#: What is compared: a quantity of ours, that of the code's products, and the part of those.
TRAINED = (
    ("training_flops", "flops", "*"),
    ("backward_pass_flops", "flops", "backward"),
    ("parameters", "parameters", "*"),
)
#: What the rows are called where the quantity alone does not say it.
_CALLED = {"parameters": "parameters with a gradient"}
_CALL = "training"
_TONES: dict[str, Tone] = {"proven": "good", "open": "caution", "different": "bad"}
_TITLE = "b sequences of T tokens are trained on"


def verify_training(model: Model, config: Mapping[str, Any], origin: str) -> Proofs:
    """The proofs of what an iteration of training computes.

    Raises:
        ConfigError: the code cannot be traced, or computes what is no product of matrices.
    """
    traced = of_data(trace(Job(model.name, origin, config=dict(config), trains=True)), origin)
    return Proofs(_TITLE, traced, tuple(prove_training(model, traced, config)))


def prove_training(model: Model, traced: Traced, config: Mapping[str, Any]) -> Iterator[Proved]:
    """The quantities of an iteration of training beside those of the code, each with its proof.

    Args:
        traced: the products of the code's forward and backward pass
            (:func:`edgesym.tracing.training.trace_training`).
        config: what both were read from.
    """
    ways = list(matchings(model, traced, config))
    for quantity, of_code, part in TRAINED:
        forms = (_form(model, "prefill", quantity, "*"), _form(traced.model, "step", of_code, part))
        shown = [_shown(quantity, way, forms, _whole(traced)) for way in ways]
        yield next((row for row in shown if row.verdict == "proven"), shown[0])


def _form(model: Model, step: str, quantity: str, part: str) -> sympy.Expr:
    """A quantity over T tokens, none of them cached."""
    once = {symbol("context"): symbol("new_tokens"), symbol("cached_tokens"): sympy.Integer(0)}
    case = Case(model, phase(step), convention("pytorch"), find_runtime("unfused"), part=part)
    return REGISTRY[quantity].expression(case).xreplace(once)


def _shown(
    quantity: str,
    way: Matching,
    forms: tuple[sympy.Expr, sympy.Expr],
    whole: Mapping[sympy.Expr, sympy.Expr],
) -> Proved:
    ours, theirs = way.of_ours(forms[0]).xreplace(whole), way.of_theirs(forms[1]).xreplace(whole)
    proof = prove_equal(ours, theirs)
    gap = sympy.Integer(0) if proof else sympy.factor(sympy.expand(theirs - ours))
    held = made_conditions(dict.fromkeys(way.where(*forms)))
    name = _CALLED.get(quantity, quantity)
    return Proved(name, _CALL, ours, theirs, proof, gap, held)


def _whole(traced: Traced) -> dict[sympy.Expr, sympy.Expr]:
    """Quotients that are whole where the code runs, such as half of a rotated extent."""
    found: dict[sympy.Expr, sympy.Expr] = {}
    for condition in traced.model.domain.conditions:
        relation = condition.relation
        is_mod = isinstance(relation, sympy.Eq) and isinstance(relation.lhs, sympy.Mod)
        if is_mod and relation.rhs == 0:
            above, below = relation.lhs.args
            for rounded in (sympy.floor, sympy.ceiling):
                found[rounded(above / below)] = above / below
    return found


def training_document(name: str, found: Proofs) -> Document:
    """Quantity by quantity."""
    section = Section(f"Where {found.title}", tuple(_blocks(found)))

    def answer() -> dict[str, Any]:
        return {"model": name, "regimes": [as_data(found)]}

    return Document(f"{name}: training, proven against its code", (section,), answer)


def _blocks(found: Proofs) -> Iterator[Block]:
    rows: Sequence[Proved] = found.rows
    cells = [
        (
            row.quantity,
            Mark(row.verdict, _TONES[row.verdict]),
            "" if row.verdict == "proven" else Math(row.difference),
        )
        for row in rows
    ]
    yield table(("quantity", "verdict", "the code's less ours"), cells)
    where = [str(relation) for row in rows for relation in row.presupposed]
    where += [str(condition) for condition in found.traced.model.domain.conditions]
    if where:
        yield Text(("For all sizes where",))
        yield Items(tuple((condition,) for condition in dict.fromkeys(where)))
