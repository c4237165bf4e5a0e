"""Training out of a model's code beside the quantities of training: proven, or what differs.

The backward pass is that of PyTorch's autograd; ours follows from the gradients of each operation
(:mod:`edgesym.training.backward`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sympy

from edgesym.algebra.prove import prove_equal
from edgesym.architectures.model import Model
from edgesym.architectures.traced.plan import Traced
from edgesym.catalogue import REGISTRY, Case
from edgesym.graph.convention import convention
from edgesym.runtimes import find_runtime
from edgesym.symbols import symbol
from edgesym.tracing.proof import Proved, common_sizes
from edgesym.workload import phase

__all__ = ["TRAINED", "prove_training"]

#: What is compared: a quantity of ours, that of the code's products, and the part of those.
TRAINED = (
    ("training_flops", "flops", "*"),
    ("backward_pass_flops", "flops", "backward"),
    ("parameters", "parameters", "*"),
)
#: What the rows are called where the quantity alone does not say it.
_CALLED = {"parameters": "parameters with a gradient"}


def prove_training(model: Model, traced: Traced, config: Mapping[str, Any]) -> Iterator[Proved]:
    """The quantities of an iteration of training beside those of the code, each with its proof.

    Args:
        traced: the products of the code's forward and backward pass
            (:func:`edgesym.tracing.training.trace_training`).
        config: what both were read from.
    """
    once = {symbol("context"): symbol("new_tokens"), symbol("cached_tokens"): sympy.Integer(0)}
    layers, common, equal = common_sizes(model, traced, config)
    even = _even(traced)
    for ours_name, theirs_name, part in TRAINED:
        sides = []
        for side, name, of_part in ((model, ours_name, "*"), (traced.model, theirs_name, part)):
            step = phase("prefill" if side is model else "step")
            case = Case(side, step, convention("pytorch"), find_runtime("unfused"), part=of_part)
            form = REGISTRY[name].expression(case).xreplace(layers).xreplace(once)
            form = form.xreplace(common) if side is model else form
            sides.append(form.xreplace(equal).xreplace(even))
        ours, theirs = sides
        proof = prove_equal(ours, theirs)
        gap = sympy.Integer(0) if proof else sympy.factor(sympy.expand(theirs - ours))
        yield Proved(_CALLED.get(ours_name, ours_name), ours, theirs, proof, gap)


def _even(traced: Traced) -> dict[sympy.Expr, sympy.Expr]:
    """Quotients that are whole where the code runs, such as half of a rotated extent."""
    found: dict[sympy.Expr, sympy.Expr] = {}
    for condition in traced.model.domain.conditions:
        relation = condition.relation
        if isinstance(relation, sympy.Eq) and isinstance(relation.lhs, sympy.Mod):
            above, below = relation.lhs.args
            if relation.rhs == 0:
                for rounded in (sympy.floor, sympy.ceiling):
                    found[rounded(above / below)] = above / below
    return found
