"""A quantity as the sum of what the parts of the model add to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import sympy

from edgesym.algebra.tidy import expand, tidy
from edgesym.analysis.explanation.term import Term
from edgesym.catalogue import Case, Quantity
from edgesym.engine.evaluate import evaluate
from edgesym.symbols import describe
from edgesym.training.passes import counted

__all__ = ["part_terms"]

#: Words of the symbols that count layers.
_COUNTS = ("layers", "layer_groups")


def part_terms(
    quantity: Quantity, case: Case, values: Mapping[sympy.Symbol, Any]
) -> Iterator[Term]:
    """The terms of a quantity that can be limited to a part; they add up to it, none is zero."""
    if "training" in quantity.tags:
        case = counted(case)
    blocks = case.blocks()
    for part, amount in _by_part(quantity, case).items():
        having = {block.name: block.parts[part] for block in blocks if part in block.parts}
        terms = [
            Term(
                part,
                names,
                repeat,
                int(evaluate(repeat, values)),
                tidy(formula),
                evaluate(formula, values),
                tuple(dict.fromkeys(having[name] for name in names)),
            )
            for repeat, formula in _by_count(amount).items()
            for names in [_counted_by(repeat, tuple(having), case)]
        ]
        yield from sorted(terms, key=lambda term: list(having).index(term.blocks[0]))
    yield from _of_draft(quantity, case, values)


def _of_draft(quantity: Quantity, case: Case, values: Mapping[sympy.Symbol, Any]) -> Iterator[Term]:
    """What a draft adds, as one term; nothing where none does."""
    if not quantity.drafted or case.drafting is None or case.drafting.case is None:
        return
    added = quantity.expression(case) - quantity.expression(case.alone)
    one = sympy.Integer(1)
    yield Term("draft", ("draft",), one, 1, tidy(added), evaluate(added, values))


def _by_part(quantity: Quantity, case: Case) -> dict[str, sympy.Expr]:
    """What each part adds, without that of the parts below it; the last ones first asked."""
    found: dict[str, sympy.Expr] = {}
    parts = case.rows().parts()
    for part in sorted(parts, reverse=True):
        whole = quantity.expression(replace(case, part=part))
        below = [form for name, form in found.items() if name.startswith(f"{part}.")]
        found[part] = expand(whole - sympy.Add(*below))
    return {part: found[part] for part in parts if found[part] != 0}


def _by_count(amount: sympy.Expr) -> dict[sympy.Expr, sympy.Expr]:
    """The terms of a sum by the symbol that says how many layers have them, else by 1."""
    found: dict[sympy.Expr, sympy.Expr] = {}
    for term in sympy.Add.make_args(amount):
        counts = {s for s in term.free_symbols if _counts_layers(s)}
        key = counts.pop() if len(counts) == 1 else sympy.Integer(1)
        found[key] = found.get(key, sympy.Integer(0)) + term
    return found


def _counts_layers(made: sympy.Symbol) -> bool:
    return describe(made).word.partition(".")[0] in _COUNTS


def _counted_by(repeat: sympy.Expr, names: tuple[str, ...], case: Case) -> tuple[str, ...]:
    """Those of the blocks that a symbol counts; all where none is told apart."""
    sets = [blocks for blocks, count in case.model.repeats.items() if count == repeat]
    counted = {plan.name for plan in case.model.plans if plan.repeat == repeat}.union(*sets)
    return tuple(name for name in names if name in counted) or names
