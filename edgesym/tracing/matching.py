"""Two models over the same symbols: that of an architecture file, and that of its class's code."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sympy

from edgesym.algebra.rounding import ROUNDINGS
from edgesym.architectures.config import is_nested, text_part
from edgesym.architectures.fields import evaluate, keys_of, read_fields
from edgesym.architectures.model import Model
from edgesym.architectures.recipe import find_recipe, model_type_of
from edgesym.architectures.traced.plan import Traced, TracedPlan
from edgesym.errors import EdgesymError
from edgesym.symbols import describe, in_table, symbol
from edgesym.tracing.fields import size_symbol

__all__ = ["Matching", "matchings"]

_WORKLOAD = frozenset(
    symbol(word)
    for word in (
        *("batch", "new_tokens", "cached_tokens", "context"),
        *("source_tokens", "new_source_tokens", "cached_source_tokens"),
    )
)


_S_x, _T_x, _C_x = (symbol(f"{w}source_tokens") for w in ("", "new_", "cached_"))


@dataclass(frozen=True, slots=True)
class Matching:
    """What brings the forms of both to the same symbols.

    Attributes:
        layers: each count of layers, of ours and of theirs, as a sum of the counts of those
            that are alike in both.
        ours: symbols that the code has no size for, as the architecture file derives them.
        numbers: sizes of the code that the architecture file reads as numbers.
        both: sizes that the code takes for others' equals.
        stated: those of ``ours`` that the config states, so that they need not be so.
    """

    layers: tuple[Mapping[sympy.Symbol, sympy.Expr], Mapping[sympy.Symbol, sympy.Expr]]
    ours: Mapping[sympy.Symbol, sympy.Expr]
    numbers: Mapping[sympy.Symbol, sympy.Expr]
    both: Mapping[sympy.Symbol, sympy.Expr]
    stated: frozenset[sympy.Symbol]

    @property
    def is_counted(self) -> bool:
        """Whether counts of layers are numbers."""
        return any(n.is_Integer for n in self.layers[0].values())

    def of_ours(self, form: sympy.Expr) -> sympy.Expr:
        """A form of the architecture file over the common symbols."""
        return self._common(form.xreplace(self.layers[0]).xreplace(self.ours))

    def of_theirs(self, form: sympy.Expr) -> sympy.Expr:
        """A form of the code over the common symbols."""
        return self._common(form.xreplace(self.layers[1]))

    def _common(self, form: sympy.Expr) -> sympy.Expr:
        return form.xreplace(self.numbers).xreplace(self.both)

    def where(self, ours: sympy.Expr, theirs: sympy.Expr) -> tuple[sympy.Basic, ...]:
        """What the matching presupposes of the sizes of two forms: what it puts for them."""
        layers = {} if self.is_counted else self.layers[1]
        own, read = (
            {s: n for part in parts for s, n in part.items() if n.is_Integer or s in self.stated}
            for parts in ((self.layers[0], self.ours), (self.numbers, layers))
        )
        put = {s: n for s, n in own.items() if s in ours.free_symbols}
        put |= {s: n for s, n in read.items() if s in theirs.free_symbols}
        return tuple(sympy.Eq(s, n) for s, n in put.items())


_Put = dict[sympy.Symbol, sympy.Expr]


def matchings(
    model: Model, traced: Traced, config: Mapping[str, Any], architecture: str = ""
) -> Iterator[Matching]:
    """Ways to bring both to the same symbols, the most general first.

    Sizes that the architecture file reads as numbers (how many shared experts) stay symbols where
    they only derive others, and are their numbers in the second way; so are counts of layers, by
    which code sizes tables, in the third.

    Args:
        architecture: what the model was read as, where that is not its own type.
    """
    layers = _layers(model, traced)
    surplus = {
        s: sympy.Integer(n)
        for s, n in traced.model.values.items()
        if s not in model.values and not _counts(s)
    }
    counted = (_counted(model), _counted(traced.model))
    ways: list[tuple[tuple[_Put, _Put], _Put]]
    ways = [(layers, {}), (layers, surplus), (counted, surplus)]
    for place, (alike, numbers) in enumerate(ways):
        if place and ways[place] == ways[place - 1]:
            continue
        free = {s: n for s, n in surplus.items() if s not in numbers}
        ours, stated = _derived(model, traced, config, free, architecture)
        both = _equalities(traced, free, numbers)
        if _S_x in traced.model.values:
            both[_C_x] = _S_x - _T_x
        yield Matching(alike, ours, numbers, both, stated)


def _layers(model: Model, traced: Traced) -> tuple[_Put, _Put]:
    """Counts of layers, ours and theirs, as sums of the counts of those that are alike in both.

    What else the code keeps in lists of modules is as many as there are.
    """
    ours = [kind for kind, count in model.order for _ in range(count)]
    place = _place(len(ours), traced.layers)
    if place is None:
        return {}, _shared(model, traced)
    pairs = list(zip(ours, traced.layers[place], strict=True))
    atoms = _atoms(list(dict.fromkeys(pairs)))
    beside = {*traced.layers} - {theirs for _, theirs in pairs}
    found: tuple[_Put, _Put] = ({}, {})
    for side, repeats in enumerate((model.repeats, traced.model.repeats)):
        for kinds, counted in repeats.items():
            alike = (n for pair, n in atoms.items() if pair[side] in kinds)
            there = (traced.layers.count(kind) for kind in kinds & beside if side)
            found[side][counted] = sympy.Add(*alike, *there)
        found[side].setdefault(symbol("layers"), sympy.Add(*atoms.values()))
    return found


def _atoms(pairs: list[tuple[str, str]]) -> dict[tuple[str, str], sympy.Symbol]:
    """The symbol of the layers that are of one kind in both: named as ours where that says it."""
    if len(pairs) == 1:
        return {pairs[0]: symbol("layers")}
    ours = [kind for kind, _ in pairs]
    return {
        pair: symbol("layers", pair[0] if ours.count(pair[0]) == 1 else "_".join(pair))
        for pair in pairs
    }


def _place(count: int, layers: tuple[str, ...]) -> slice | None:
    """Where so many layers follow each other whose kinds are none of the others'."""
    for start in range(len(layers) - count + 1):
        within = slice(start, start + count)
        if not set(layers[within]) & {*layers[:start], *layers[start + count :]}:
            return within
    return None


def _shared(model: Model, traced: Traced) -> _Put:
    """Layers that run again with the same weights: those that there are as their number."""
    single = {next(iter(k)): s for k, s in traced.model.repeats.items() if len(k) == 1}
    again = [kind for kind in single if kind.endswith("_again")]
    if len(again) != 1 or len(model.repeats) > 1:
        return {}
    there = {s: traced.model.values[s] for kind, s in single.items() if kind not in again}
    put: _Put = {s: sympy.Integer(n) for s, n in there.items()}
    return put | {single[again[0]]: symbol("layers") - sum(there.values())}


def _counted(model: Model) -> _Put:
    """The number of each count of layers."""
    return {s: sympy.Integer(n) for s, n in model.values.items() if _counts(s)}


def _counts(made: sympy.Symbol) -> bool:
    return describe(made).word.partition(".")[0] == "layers"


def _derived(
    model: Model,
    traced: Traced,
    config: Mapping[str, Any],
    free: Mapping[sympy.Symbol, sympy.Expr],
    architecture: str,
) -> tuple[_Put, frozenset[sympy.Symbol]]:
    """Symbols that the code has no size for: as the architecture file derives them, or a number.

    With those of them that the config states.
    """
    there = traced.model.values
    read_by_code = _read_by(traced)
    keys, origin = text_part(config, model.origin), model.origin
    recipe = find_recipe(architecture or model_type_of(keys), origin)[1]
    fields, options = recipe["symbols"], recipe.get("options", {})
    only = {symbol(word) for word, field in fields.items() if _is_fixed(field)}
    missing = {
        s: n
        for s, n in model.values.items()
        if (there.get(s) != n or s in only or s not in read_by_code) and not _counts(s)
    }
    # a symbol of both that is not the same size: ours follows from what the code reads
    own: _Put = {s: sympy.Dummy(s.name) if s in there else s for s in missing}
    numbers = {s: sympy.Integer(n) for s, n in {**model.values, **there}.items()}
    numbers |= {own[s]: sympy.Integer(n) for s, n in missing.items()}
    names: dict[str, Any] = {
        describe(s).word.replace(".", "_"): own.get(s, s) for s in model.values if in_table(s)
    }
    try:
        read = read_fields(options, keys, {}, origin, extents=False, nested=is_nested(config))
    except EdgesymError:  # options that follow from dimensions
        read = {}
    for word, given in read.items():
        value = _whole(given)
        made = _size_of(options[word], free, there)
        derived = _follows(options[word], {**read, **names}, numbers, value, origin)
        if made is not None and there[made] == value:
            names[word] = made
        elif derived is not None:
            names[word] = derived
        else:
            names[word] = value
    found: _Put = {}
    stated = set()
    for made, number in missing.items():
        field = fields.get(describe(made).word, {})
        same = None if made in only else _same_size(made, fields, there.keys() & read_by_code)
        if same is None and any(keys.get(key) is not None for key in keys_of(field)):
            stated.add(made)
        derived = _follows(field, names, numbers, number, origin)
        found[own[made]] = derived if derived is not None else same or sympy.Integer(number)
    for _ in range(3):
        found = {s: e.xreplace(found) for s, e in found.items()}
    return {s: found[own[s]] for s in missing}, frozenset(stated)


def _is_fixed(field: Mapping[str, Any]) -> bool:
    """Whether an architecture file knows one number for a size, whatever a config says."""
    is_number = not keys_of(field) and isinstance(field.get("default"), int)
    return is_number or len(field.get("only", ())) == 1


def _whole(value: Any) -> Any:
    """A value, as a whole number where it is one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _follows(
    field: Mapping[str, Any],
    names: Mapping[str, Any],
    numbers: Mapping[sympy.Symbol, sympy.Expr],
    value: Any,
    origin: str,
) -> sympy.Expr | None:
    """What a formula of an architecture file makes of symbols, where it gives the value."""
    for formula in (field[k] for k in ("null", "default") if k in field):
        if not isinstance(formula, str) or not formula.startswith("="):
            continue
        try:
            read = sympy.sympify(evaluate(formula, names, origin), strict=True)
        except (EdgesymError, sympy.SympifyError):  # a default without a value matches nothing
            continue
        derived = sympy.nsimplify(read, rational=True)  # decimals, as the code's own forms have
        if derived.free_symbols and derived.xreplace(numbers) == value:
            return derived
    return None


def _read_by(traced: Traced) -> set[sympy.Symbol]:
    """The sizes that the code reads: those of its tensors, and of what it asks of them."""
    plans = [plan for plan in traced.model.plans if isinstance(plan, TracedPlan)]
    cases = [case for plan in plans for case in (plan, plan.first, plan.single) if case]
    operations = [op for case in cases for op in case.operations]
    extents = {n for op in operations for t in (*op.inputs, *op.outputs) for n in t.shape}
    asked = (condition.relation for condition in traced.model.domain.conditions)
    return {s for form in (*extents, *asked) for s in form.free_symbols}


def _same_size(
    made: sympy.Symbol, fields: Mapping[str, Any], there: Collection[sympy.Symbol]
) -> sympy.Symbol | None:
    """The size of the code that is one of our model: of the same key, or that by its formula."""
    word = describe(made).word
    keys, formula = set(keys_of(fields.get(word, {}))), f"={word.replace('.', '_')}"
    others = (
        symbol(other)
        for other, field in fields.items()
        if keys & set(keys_of(field)) or (not keys_of(field) and field.get("default") == formula)
    )
    return next((s for s in others if s in there), None)


def _size_of(
    field: Mapping[str, Any],
    free: Mapping[sympy.Symbol, sympy.Expr],
    there: Mapping[sympy.Symbol, int],
) -> sympy.Symbol | None:
    """The size of the code that an option of an architecture file reads."""
    for key in keys_of(field):
        made = size_symbol(key)
        if made in free or (in_table(made) and made in there):
            return made
    return None


def _pinned(relations: Iterable[sympy.Basic]) -> Iterator[sympy.Eq]:
    """Sizes between two bounds that leave one whole number."""
    least: dict[sympy.Basic, sympy.Integer] = {}
    most: dict[sympy.Basic, sympy.Integer] = {}
    for relation in relations:
        if not isinstance(relation, sympy.Lt | sympy.Le | sympy.Gt | sympy.Ge):
            continue
        step = int(isinstance(relation, sympy.Lt | sympy.Gt))
        small, large = relation.lts, relation.gts
        if small.is_Integer and large.is_Symbol:
            least[large] = max(least.get(large, small + step), small + step)
        elif large.is_Integer and small.is_Symbol:
            most[small] = min(most.get(small, large - step), large - step)
    yield from (sympy.Eq(s, n) for s, n in least.items() if most.get(s) == n)


def _equalities(
    traced: Traced,
    free: Mapping[sympy.Symbol, sympy.Expr],
    numbers: Mapping[sympy.Symbol, sympy.Expr],
) -> dict[sympy.Symbol, sympy.Expr]:
    """Sizes that the code takes for equal, solved for one that our model does not have if it can.

    A relation in which no size is linear is left.
    """
    found: dict[sympy.Symbol, sympy.Expr] = {}
    asked = [condition.relation for condition in traced.model.domain.conditions]
    for relation in (*_pinned(asked), *asked):
        if not isinstance(relation, sympy.Eq) or relation.has(*ROUNDINGS):
            continue
        gap = (relation.lhs - relation.rhs).xreplace(numbers).xreplace(found)
        above, _ = sympy.fraction(sympy.together(gap))
        above = sympy.expand(above)
        if above.free_symbols & _WORKLOAD:
            continue
        for made in sorted(
            above.free_symbols, key=lambda s: (s not in free, str(s)), reverse=False
        ):
            slope = above.coeff(made, 1)
            rest = sympy.expand(above - slope * made)
            if slope == 0 or made in rest.free_symbols or made in slope.free_symbols:
                continue
            value = sympy.cancel(-rest / slope)
            found = {s: e.xreplace({made: value}) for s, e in found.items()}
            found[made] = value
            break
    return found
