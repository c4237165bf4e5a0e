"""The domain of a traced form: the conditions under which the code takes the branches it took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import sympy

from edgesym.errors import ConfigError
from edgesym.symbols import describe, symbol

__all__ = ["POWER_OF_TWO", "Condition", "Domain", "conditions", "made_conditions", "opposite"]

#: What every power of 2 that is a size divides, and no other size.
POWER_OF_TWO = sympy.Integer(2**62)

#: Relation -> what it is where the answer was no.
_OPPOSITE: dict[type[sympy.Rel], type[sympy.Rel]] = {
    sympy.Eq: sympy.Ne,
    sympy.Ne: sympy.Eq,
    sympy.Lt: sympy.Ge,
    sympy.Le: sympy.Gt,
    sympy.Gt: sympy.Le,
    sympy.Ge: sympy.Lt,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A relation of sizes that holds wherever the form does.

    Attributes:
        relation: over symbols of the table.
        line: file and line of the code that asked for it.
        case: what it is asked of: the ``first`` call, on an empty cache, whose tokens it has as
            T; a ``step`` of T >= 2 tokens on C >= 1 cached; a step of a ``single`` token; by
            default all of them.
    """

    relation: sympy.Basic
    line: str = ""
    case: str = ""

    def holds(self, values: Mapping[sympy.Symbol, int]) -> bool | None:
        """Whether it holds at values; None where some symbol has none."""
        if self.relation.free_symbols - values.keys():
            return None
        put = {s: sympy.Integer(values[s]) for s in self.relation.free_symbols}
        return bool(self.relation.xreplace(put).doit() == sympy.true)

    def __str__(self) -> str:
        """The relation, as a person writes it."""
        relation = self.relation
        if isinstance(relation, sympy.Eq) and relation.lhs.func is sympy.Mod and relation.rhs == 0:
            above, below = relation.lhs.args
            if above == POWER_OF_TWO:
                return f"{below} is a power of 2"
            return f"{below} divides {above}"
        if isinstance(relation, sympy.Rel):
            sign = {"==": "=", "!=": "is not"}.get(relation.rel_op, relation.rel_op)
            return f"{relation.lhs} {sign} {relation.rhs}"
        return str(relation)


@dataclass(frozen=True, slots=True)
class Domain:
    """Where a traced form holds.

    Attributes:
        conditions: relations that all hold there.
        at_least_two: symbols whose 1 is another case of the code (an axis of one element is
            broadcast), and was not looked at. One sequence and one token are no such case:
            they are looked at where a model is traced.
    """

    conditions: tuple[Condition, ...] = ()
    at_least_two: tuple[sympy.Symbol, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything is asked of sizes."""
        return bool(self.conditions or self.at_least_two)

    def over_context(self) -> Domain:
        """The same where each step runs its whole context: its tokens are C + T."""
        put = {_NEW: _CACHED + _NEW}
        asked = (replace(c, relation=c.relation.xreplace(put)) for c in self.conditions)
        return replace(self, conditions=tuple(asked))

    def check(self, values: Mapping[sympy.Symbol, int], origin: str) -> None:
        """Refuse values outside of the domain.

        Raises:
            ConfigError: naming the condition and the line of code that asks for it.
        """
        case = _case(values)
        for condition in self.conditions:
            if condition.case in ("", case or condition.case) and not condition.holds(values):
                if condition.holds(values) is None:
                    continue
                shown = ", ".join(
                    f"{s} = {values[s]}" for s in sorted(condition.relation.free_symbols, key=str)
                )
                raise ConfigError(
                    f"{origin}: the traced form holds only where {condition}"
                    f"{f' ({condition.line})' if condition.line else ''}; here {shown}. "
                    "Trace the model anew with these sizes"
                )
        for size in self.at_least_two:
            if describe(size).scope == "model" and values.get(size) == 1:
                raise ConfigError(
                    f"{origin}: the traced form holds only where {size} >= 2: an axis of one "
                    "element is broadcast. Trace the model anew with this size"
                )

    def of_call(self, case: str, put: Mapping[sympy.Symbol, sympy.Expr]) -> tuple[Condition, ...]:
        """What is asked of a call's sizes, over its own extents.

        Args:
            case: which call, as :class:`Condition` has it.
            put: b, T and C as the call has them.
        """
        asked = [c.relation for c in self.conditions if c.case in ("", case)]
        asked += [sympy.Ge(s, 2) for s in self.at_least_two if describe(s).scope == "model"]
        return made_conditions(relation.xreplace(put) for relation in asked)


def made_conditions(relations: Iterable[sympy.Basic]) -> tuple[Condition, ...]:
    """Relations as conditions, the lesser side first, without what always holds."""
    found = dict.fromkeys(map(_sorted, relations))
    return tuple(Condition(relation) for relation in found if relation is not sympy.true)


_BATCH, _NEW, _CACHED = (symbol(w) for w in ("batch", "new_tokens", "cached_tokens"))


def _case(values: Mapping[sympy.Symbol, int]) -> str:
    """Which call of the code a step is; empty where its tokens are not known."""
    if _NEW not in values or _CACHED not in values:
        return ""
    if values[_CACHED] == 0:
        return "first"
    return "single" if values[_NEW] == 1 else "step"


_OF_STEP = {_BATCH, _NEW, _CACHED, symbol("source_tokens")}


def conditions(
    asked: Iterable[tuple[sympy.Basic, str, str]], least: Mapping[sympy.Symbol, int]
) -> Domain:
    """The domain that relations which hold amount to; what always holds is left out.

    Args:
        asked: a relation that holds, the line that asked, and the call it is of.
        least: the least value of symbols; 1 where it has none.
    """
    relations = _without_roundings(
        (relation.xreplace({_CACHED: _NEW}) if case == "first" else relation, line, case)
        for relation, line, case in asked
        if relation is not sympy.true
    )
    single = {
        relation.lhs
        for relation, _, _ in relations
        if isinstance(relation, sympy.Ne | sympy.Ge)
        and isinstance(relation.lhs, sympy.Symbol)
        and relation.rhs in (1, 2)
        and (relation.rhs == 1) is isinstance(relation, sympy.Ne)
    }
    lowest = {**dict.fromkeys(single, 2)}
    everywhere = {_sorted(relation) for relation, _, case in relations if not case}
    kept: dict[tuple[sympy.Basic, str], str] = {}
    several = {**lowest, _BATCH: 2, _NEW: 2, _CACHED: 2}  # one is no case of its own
    for relation, line, case in relations:
        common = not relation.free_symbols & _OF_STEP
        made = _sorted(relation)
        if (case and made in everywhere) or _always(made, several, least):
            continue
        if made is not sympy.true:
            kept.setdefault((made, "" if common else case), line)
    for relation, case in [key for key in kept if isinstance(key[0], sympy.Lt | sympy.Le)]:
        others = (
            r
            for r, of in kept
            if r is not relation and of in ("", case) and isinstance(r, sympy.Lt | sympy.Le)
        )
        if any(_follows(relation, other, lowest, least) for other in others):
            del kept[relation, case]
    return Domain(
        tuple(Condition(relation, line, case) for (relation, case), line in kept.items()),
        tuple(sorted(single, key=str)),
    )


_Asked = tuple[sympy.Basic, str, str]


def _without_roundings(asked: Iterable[_Asked]) -> list[_Asked]:
    """Relations with each rounding that one of them says the number of as that number.

    ceil(x) = n is n - 1 < x <= n, and floor(x) = n is n <= x < n + 1.
    """
    kept: list[_Asked] = []
    numbers: dict[str, dict[sympy.Basic, sympy.Basic]] = {}
    for relation, line, case in asked:
        node, number = _rounding(relation)
        if node is None:
            kept.append((relation, line, case))
            continue
        numbers.setdefault(case, {})[node] = number
        (quotient,), is_up = node.args, isinstance(node, sympy.ceiling)
        above, below = sympy.fraction(sympy.together(quotient))
        least, most = (number - 1, number) if is_up else (number, number + 1)
        low, high = (sympy.Lt, sympy.Le) if is_up else (sympy.Le, sympy.Lt)
        kept += [(low(least * below, above), line, case), (high(above, most * below), line, case)]
    return [(relation.xreplace(numbers.get(case, {})), line, case) for relation, line, case in kept]


def _rounding(relation: sympy.Basic) -> tuple[sympy.Basic | None, sympy.Integer]:
    """The rounding that a relation says the number of, and the number."""
    zero = sympy.Integer(0)
    if not isinstance(relation, sympy.Eq):
        return None, zero
    nodes = relation.atoms(sympy.floor, sympy.ceiling)
    gap = sympy.expand(relation.lhs - relation.rhs)
    for node in nodes:
        slope, rest = gap.coeff(node, 1), gap.coeff(node, 0)
        if slope.is_Integer and rest.is_Integer and slope != 0 and rest % slope == 0:
            return node, -rest / slope
    return None, zero


def _sorted(relation: sympy.Basic) -> sympy.Basic:
    """A relation without negative terms: the lesser side first, where there is one."""
    if not isinstance(relation, sympy.Rel):
        return relation
    turned = isinstance(relation, sympy.Gt | sympy.Ge)
    less, more = (relation.rhs, relation.lhs) if turned else (relation.lhs, relation.rhs)
    kind = {sympy.Gt: sympy.Lt, sympy.Ge: sympy.Le}.get(relation.func, relation.func)
    if relation.atoms(sympy.Mod, sympy.floor, sympy.ceiling):
        return kind(less, more)
    above, _ = sympy.fraction(sympy.together(more - less))  # sizes below are positive
    content, above = sympy.expand(above).primitive()
    terms = above.as_ordered_terms() if content > 0 else (-above).as_ordered_terms()
    positive = [t for t in terms if not t.could_extract_minus_sign()]
    negative = [-t for t in terms if t.could_extract_minus_sign()]
    sides = [sympy.Add(*negative), sympy.Add(*positive)]
    if kind in (sympy.Eq, sympy.Ne):
        sides.sort(key=str, reverse=True)
    return kind(*sides)


def _follows(
    relation: sympy.Rel,
    other: sympy.Rel,
    lowest: Mapping[sympy.Symbol, int],
    least: Mapping[sympy.Symbol, int],
) -> bool:
    """Whether an order of whole numbers follows from another one."""
    slack = int(isinstance(relation, sympy.Lt)) - int(isinstance(other, sympy.Lt))
    gap = (relation.rhs - relation.lhs) - (other.rhs - other.lhs)
    return _at_least(gap, slack, lowest, least)


def _always(
    relation: sympy.Basic, lowest: Mapping[sympy.Symbol, int], least: Mapping[sympy.Symbol, int]
) -> bool:
    """Whether a relation of polynomials holds for all sizes that are as large as they must be."""
    if not isinstance(relation, sympy.Rel):
        return False
    if isinstance(relation, sympy.Eq):
        return bool(sympy.expand(relation.lhs - relation.rhs) == 0)
    left, right = relation.lhs, relation.rhs
    orders: Sequence[tuple[sympy.Expr, int]]
    match relation:
        case sympy.Gt():
            orders = [(left - right, 1)]
        case sympy.Ge():
            orders = [(left - right, 0)]
        case sympy.Lt():
            orders = [(right - left, 1)]
        case sympy.Le():
            orders = [(right - left, 0)]
        case _:
            orders = [(left - right, 1), (right - left, 1)]
    return any(_at_least(gap, bound, lowest, least) for gap, bound in orders)


def _at_least(
    gap: sympy.Expr,
    bound: int,
    lowest: Mapping[sympy.Symbol, int],
    least: Mapping[sympy.Symbol, int],
) -> bool:
    """Whether ``gap`` is ``bound`` or more: no monomial above the lowest values is negative."""
    if gap.atoms(sympy.floor, sympy.ceiling, sympy.Mod, sympy.Max, sympy.Min):
        return False
    above = {
        s: sympy.Dummy(s.name, nonnegative=True) + max(lowest.get(s, 1), least.get(s, 1))
        if s in lowest
        else sympy.Dummy(s.name, nonnegative=True) + least.get(s, 1)
        for s in gap.free_symbols
    }
    gap, _ = (
        sympy.fraction(sympy.together(gap - bound))
        if gap.is_polynomial() is False
        else (
            gap - bound,
            1,
        )
    )
    shifted = sympy.expand(gap.xreplace(above))
    terms = shifted.as_coefficients_dict()
    return all(coefficient >= 0 for coefficient in terms.values())


def opposite(relation: sympy.Basic) -> sympy.Basic:
    """What holds where a relation does not."""
    if isinstance(relation, sympy.Rel) and type(relation) in _OPPOSITE:
        return _OPPOSITE[type(relation)](relation.lhs, relation.rhs)
    return sympy.Not(relation)
