"""Formulas out of a model's code beside those of its architecture file: proven, or what differs.

Both are over the same symbols. A size that the code derives from others (a head's dimension
from hidden and heads) is put in as the architecture file derives it; kinds of layers are
matched layer by layer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy

from edgesym.algebra.prove import Proof, prove_equal
from edgesym.architectures.config import is_nested, text_part
from edgesym.architectures.fields import evaluate, read_fields
from edgesym.architectures.model import Model
from edgesym.architectures.recipe import find_recipe, model_type_of
from edgesym.architectures.traced.plan import Traced
from edgesym.catalogue import REGISTRY, Case
from edgesym.errors import EdgesymError
from edgesym.graph.convention import convention
from edgesym.runtimes import find_runtime
from edgesym.symbols import describe, in_table, symbol
from edgesym.tracing.fields import HINTS
from edgesym.workload import phase

__all__ = ["PROVED", "Proved", "common_sizes", "prove"]

#: Quantities that are compared, of a step of T new tokens on C cached ones.
PROVED = ("flops", "parameters", "active_parameters", "kv_cache_bytes")


@dataclass(frozen=True, slots=True)
class Proved:
    """One quantity, of the architecture file and of the code.

    Attributes:
        quantity: its name.
        ours: by the architecture file.
        theirs: by the code.
        proof: whether the two are equal for all sizes of the domain.
        difference: theirs less ours, factored; 0 where they are equal.
        where: which side of its minima and maxima our formula is taken on.
        lines: file and line of the code that the difference comes from.
    """

    quantity: str
    ours: sympy.Expr
    theirs: sympy.Expr
    proof: Proof
    difference: sympy.Expr
    where: tuple[sympy.Basic, ...] = ()
    lines: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """``proven``, ``different``, or ``open`` where neither is shown."""
        return {"yes": "proven", "no": "different"}.get(self.proof.answer, "open")


def prove(
    model: Model,
    traced: Traced,
    config: Mapping[str, Any],
    hints: Mapping[str, int] = HINTS,
) -> list[Proved]:
    """The quantities of a model beside those of its traced code, each with its proof.

    Args:
        config: what both were read from.
        hints: the step at which the code was run: a window that it lies within, or beyond.
    """
    at = {**model.values, **traced.model.values, **{symbol(w): n for w, n in hints.items()}}
    put, common, equal = common_sizes(model, traced, config)
    found = []
    for name in PROVED:
        sides = []
        for side in (model, traced.model):
            case = Case(side, phase("step"), convention("pytorch"), find_runtime("unfused"))
            form = REGISTRY[name].expression(case).xreplace(put)
            form = form.xreplace(common) if side is model else form
            sides.append(form.xreplace(equal))
        (ours, where), theirs = _in_regime(sides[0], at), sides[1]
        proof = prove_equal(ours, theirs)
        gap = sympy.Integer(0) if proof else sympy.factor(sympy.expand(theirs - ours))
        lines = () if proof else _lines(gap, name, traced, put)
        found.append(Proved(name, ours, theirs, proof, gap, where, lines))
    return found


def common_sizes(
    model: Model, traced: Traced, config: Mapping[str, Any]
) -> tuple[dict[sympy.Symbol, sympy.Expr], ...]:
    """What brings both to the same symbols: counts of layers, sizes derived, sizes taken equal.

    The second is put into the formulas of the architecture file alone.
    """
    return _layers(model, traced), _derived(model, traced, config), _equalities(traced)


def _in_regime(
    form: sympy.Expr, at: Mapping[sympy.Symbol, int]
) -> tuple[sympy.Expr, tuple[sympy.Basic, ...]]:
    """A form with each minimum and maximum as the argument that it is where the code ran."""
    where: list[sympy.Basic] = []
    while nodes := [n for n in form.atoms(sympy.Min, sympy.Max) if n.free_symbols <= at.keys()]:
        node = min(nodes, key=sympy.count_ops)
        values = {
            a: a.xreplace({s: sympy.Integer(at[s]) for s in a.free_symbols}) for a in node.args
        }
        chosen = (min if isinstance(node, sympy.Min) else max)(node.args, key=lambda a: values[a])
        for other in node.args:
            if other != chosen:
                order = sympy.Le if isinstance(node, sympy.Min) else sympy.Ge
                where.append(order(chosen, other))
        form = form.xreplace({node: chosen})
    return form, tuple(dict.fromkeys(where))


def _lines(
    gap: sympy.Expr, quantity: str, traced: Traced, put: Mapping[sympy.Symbol, sympy.Expr]
) -> tuple[str, ...]:
    """The lines of code whose operations have a monomial of a difference of FLOPs."""
    if quantity != "flops":
        return ()
    missing = set(sympy.expand(gap).as_coefficients_dict())
    found: dict[str, None] = {}
    for block in traced.model.blocks(phase("step"), convention("pytorch")):
        for part, data in block.graph.nodes(data=True):
            cost = sympy.expand((block.repeat * data["flops"]).xreplace(put))
            if cost != 0 and missing & set(cost.as_coefficients_dict()):
                found.setdefault(traced.lines.get(f"{block.name}/{part}", ""))
    return tuple(filter(None, found))


def _layers(model: Model, traced: Traced) -> dict[sympy.Symbol, sympy.Expr]:
    """Every count of layers as a sum of the counts of those that are alike in both."""
    ours = [kind for kind, count in model.order for _ in range(count)]
    if len(ours) != len(traced.layers):
        return {}
    pairs = list(zip(ours, traced.layers, strict=True))
    atoms = {pair: symbol("layers", f"{place}") for place, pair in enumerate(dict.fromkeys(pairs))}
    put: dict[sympy.Symbol, sympy.Expr] = {}
    for side, repeats in enumerate((model.repeats, traced.model.repeats)):
        for kinds, counted in repeats.items():
            put[counted] = sympy.Add(*(n for pair, n in atoms.items() if pair[side] in kinds))
    return put | {symbol("layers"): sympy.Add(*atoms.values())}


def _derived(
    model: Model, traced: Traced, config: Mapping[str, Any]
) -> dict[sympy.Symbol, sympy.Expr]:
    """Symbols that the code has no size for: as the architecture file derives them, or a number."""
    there = traced.model.values.keys()
    missing = {s: n for s, n in model.values.items() if s not in there and not _counts(s)}
    keys, origin = text_part(config, model.origin), model.origin
    recipe = find_recipe(model_type_of(keys), origin)[1]
    fields, nested = recipe["symbols"], is_nested(config)
    options = recipe.get("options", {})
    names = read_fields(options, keys, {}, origin, extents=False, nested=nested)
    names |= {describe(s).word.replace(".", "_"): s for s in model.values if in_table(s)}
    found: dict[sympy.Symbol, sympy.Expr] = {}
    for made, number in missing.items():
        field = fields.get(describe(made).word, {})
        formula = next((field[k] for k in ("null", "default") if k in field), None)
        found[made] = sympy.Integer(number)
        if isinstance(formula, str) and formula.startswith("="):
            try:
                derived = sympy.sympify(evaluate(formula, names, origin), strict=True)
            except (EdgesymError, sympy.SympifyError):
                continue
            if derived.xreplace({s: sympy.Integer(n) for s, n in model.values.items()}) == number:
                found[made] = derived
    for _ in range(3):
        found = {s: e.xreplace(found) for s, e in found.items()}
    return found


def _counts(made: sympy.Symbol) -> bool:
    return describe(made).word.partition(".")[0] == "layers"


def _equalities(traced: Traced) -> dict[sympy.Symbol, sympy.Expr]:
    """Sizes that the code takes for equal."""
    found: dict[sympy.Symbol, sympy.Expr] = {}
    for condition in traced.model.domain.conditions:
        relation = condition.relation
        if not isinstance(relation, sympy.Eq):
            continue
        above, _ = sympy.fraction(sympy.together(relation.lhs - relation.rhs))
        positive, negative = (
            [t for t in above.as_ordered_terms() if t.is_Symbol],
            [-t for t in above.as_ordered_terms() if (-t).is_Symbol],
        )
        if len(above.args) == 2 and positive and negative:
            kept, other = sorted((positive[0], negative[0]), key=str)
            found[other] = found.get(kept, kept)
    return found
