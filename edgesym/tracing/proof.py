"""Formulas out of a model's code beside those of its architecture file: proven, or what differs.

Both are over the same symbols (:mod:`edgesym.tracing.matching`), quantity by quantity and call by
call: a step of several tokens on a cache, one of a single token, the first call on an empty cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from edgesym.algebra.prove import Proof, prove_equal
from edgesym.algebra.rounding import as_floors
from edgesym.architectures.model import Model
from edgesym.architectures.traced.domain import Condition, made_conditions
from edgesym.architectures.traced.plan import Traced
from edgesym.catalogue import REGISTRY, Case
from edgesym.graph.convention import convention
from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Role
from edgesym.oracle.differences import differences
from edgesym.runtimes import find_runtime
from edgesym.symbols import describe, symbol
from edgesym.tracing.fields import HINTS
from edgesym.tracing.matching import Matching, matchings
from edgesym.workload import Workload, phase

__all__ = ["CALLS", "PROVED", "Proved", "prove", "sided"]

#: Quantities that are compared.
PROVED = ("flops", "parameters", "active_parameters", "kv_cache_bytes")
#: A call of the code -> the phase that it is, and the kind of its differences.
CALLS = {
    "step": ("step", "decode"),
    "single": ("decode", "decode"),
    "first": ("prefill", "prefill"),
}
_b, _T, _C, _S, _L = (
    symbol(w) for w in ("batch", "new_tokens", "cached_tokens", "context", "layers")
)
_CACHE, _STATE = (symbol(f"{role}_bytes_per_element") for role in ("cache", "state"))
#: Bytes of a number where differences of caches are stated.
_IN_BF16 = {_CACHE: sympy.Integer(2), _STATE: sympy.Integer(2)}


@dataclass(frozen=True, slots=True)
class Proved:
    """One quantity of one call, of the architecture file and of the code.

    Attributes:
        quantity: its name.
        call: ``step`` of T >= 2 tokens on C >= 1 cached ones, ``single`` token, ``first`` call of S
            tokens on an empty cache.
        ours: by the architecture file.
        theirs: by the code.
        proof: whether the two are equal for all sizes of the domain.
        difference: theirs less ours, factored; 0 where they are equal.
        presupposed: what the proof presupposes beside the domain: sizes that are read as numbers,
            quotients that are whole, which side of its minima and maxima a form is taken on.
        lines: file and line of the code that the difference comes from.
        reason: why they differ, where the difference is proven to be a known one.
    """

    quantity: str
    call: str
    ours: sympy.Expr
    theirs: sympy.Expr
    proof: Proof
    difference: sympy.Expr
    presupposed: tuple[Condition, ...] = ()
    lines: tuple[str, ...] = ()
    reason: str = ""

    @property
    def verdict(self) -> str:
        """``proven``, ``explained``, ``different``, or ``open`` where neither is shown."""
        if self.reason:
            return "explained"
        return {"yes": "proven", "no": "different"}.get(self.proof.answer, "open")


def prove(
    model: Model,
    traced: Traced,
    config: Mapping[str, Any],
    hints: Mapping[str, int] = HINTS,
    architecture: str = "",
) -> list[Proved]:
    """The quantities of a model beside those of its traced code, each with its proof.

    Args:
        config: what both were read from.
        hints: the step at which the code was run: a window that it lies within, or beyond.
        architecture: the type or the file that the model was read as, where it is not its own.
    """
    ways = list(matchings(model, traced, config, architecture))
    at = {**model.values, **traced.model.values, **{symbol(w): n for w, n in hints.items()}}
    return [
        _proved(name, call, _Sides(model, traced, ways, at)) for call in CALLS for name in PROVED
    ]


@dataclass(frozen=True, slots=True)
class _Sides:
    """A model, its traced code, ways to match them, and the values at which the code ran."""

    model: Model
    traced: Traced
    ways: list[Matching]
    at: Mapping[sympy.Symbol, int]

    def form(self, quantity: str, call: str, model: Model) -> sympy.Expr:
        case = Case(model, phase(CALLS[call][0]), convention("pytorch"), find_runtime("unfused"))
        return REGISTRY[quantity].expression(case)

    def values(self, call: str) -> dict[sympy.Symbol, int]:
        """Values at which a call ran."""
        cached, new = self.at[_C], self.at[_T]
        tokens = {"first": cached, "single": cached + 1, "step": cached + new}[call]
        return {**self.at, _S: tokens}


def _proved(quantity: str, call: str, sides: _Sides) -> Proved:
    raw = tuple(sides.form(quantity, call, m) for m in (sides.model, sides.traced.model))
    at = sides.values(call)

    def made(proof: Proof, shown: _Shown, gap: sympy.Expr, reason: str = "") -> Proved:
        presupposed = dict.fromkeys((*shown.way.where(raw[0], raw[1]), *shown.where))
        lines = _lines(gap, quantity, call, sides.traced, shown.way) if gap != 0 else ()
        held = made_conditions(presupposed)
        return Proved(*(quantity, call, shown.ours, shown.theirs, proof, gap, held, lines, reason))

    unshown: list[tuple[Proof, _Shown]] = []
    for shown in _all_readings(raw[0], raw[1], sides.ways, at):
        proof = prove_equal(shown.ours, shown.theirs)
        if proof:
            return made(proof, shown, sympy.Integer(0))
        unshown += [] if shown.way.is_counted else [(proof, shown)]
    for formula, reason in _known(sides, quantity, call, raw[0]):
        known = [form.xreplace(_IN_BF16) for form in (formula, raw[1])]
        for shown in _all_readings(known[0], known[1], sides.ways, at):
            if proof := prove_equal(shown.ours, shown.theirs):
                ours = shown.way.of_ours(raw[0].xreplace(_IN_BF16))
                gap = _factored(shown.way.of_ours(formula) - ours)
                return made(proof, shown, gap, reason)
    proof, shown = unshown[-1]
    return made(proof, shown, _factored(shown.theirs - shown.ours))


def _factored(gap: sympy.Expr) -> sympy.Expr:
    return sympy.factor(sympy.expand(as_floors(gap)))


@dataclass(frozen=True, slots=True)
class _Shown:
    """Both forms over the same symbols, as they are to be proven equal.

    Attributes:
        where: what they presuppose.
    """

    way: Matching
    ours: sympy.Expr
    theirs: sympy.Expr
    where: tuple[sympy.Basic, ...]


def _all_readings(
    ours: sympy.Expr,
    theirs: sympy.Expr,
    ways: Sequence[Matching],
    at: Mapping[sympy.Symbol, int],
) -> Iterator[_Shown]:
    """Every reading of both forms in every way to match them."""
    for way in ways:
        for one, other, where in _readings(way.of_ours(ours), way.of_theirs(theirs), at):
            yield _Shown(way, one, other, where)


def _readings(
    ours: sympy.Expr, theirs: sympy.Expr, at: Mapping[sympy.Symbol, int]
) -> Iterator[tuple[sympy.Expr, sympy.Expr, tuple[sympy.Basic, ...]]]:
    """Both forms, the most general first, then with more and more taken as it is at the values.

    For all sizes; with states in the format of the cache; with quotients that are whole; with
    each minimum and maximum as the argument that it is; with every rounding as what it is.
    """
    one = {_b: sympy.Integer(1)} if at[_b] == 1 else {}
    pair = tuple(as_floors(form.xreplace(one)) for form in (ours, theirs))
    where: tuple[sympy.Basic, ...] = ()
    yield *pair, where
    if any(form.has(_STATE) for form in pair):
        pair = tuple(form.xreplace({_STATE: _CACHE}) for form in pair)
        where = (sympy.Eq(_STATE, _CACHE),)
        yield *pair, where
    for settle in (_whole, sided, _rounded):
        settled = [settle(form, at) for form in pair]
        if any(more for _, more in settled):
            pair = tuple(as_floors(form) for form, _ in settled)
            where = tuple(dict.fromkeys((*where, *(r for _, more in settled for r in more))))
            yield *pair, where


def _known(
    sides: _Sides, quantity: str, call: str, ours: sympy.Expr
) -> Iterator[tuple[sympy.Expr, str]]:
    """Forms of the code that known differences give, and their reasons."""
    kind = f"{CALLS[call][1]}_{quantity}" if quantity == "flops" else quantity
    work: Workload = phase(CALLS[call][0])
    names: dict[str, Any] = {describe(s).word.replace(".", "_"): s for s in sides.model.values}
    names |= {"batch": work.batch, "new_tokens": work.new, "cached_tokens": work.cached}
    names |= {describe(s).word: width for s, width in _IN_BF16.items()}
    names |= {"layers": _L, "ours": ours.xreplace(_IN_BF16)}
    kinds = {next(iter(k)): s for k, s in sides.model.repeats.items() if len(k) == 1}
    functions = {"max": sympy.Max, "min": sympy.Min}
    for row in differences(sides.model, kind):
        if row.formula:
            for formula in row.theirs(names, kinds, functions):
                yield sympy.sympify(formula, strict=True), row.reason


_Settled = tuple[sympy.Expr, tuple[sympy.Basic, ...]]


def _number(form: sympy.Expr, at: Mapping[sympy.Symbol, int]) -> sympy.Expr:
    return form.xreplace({s: sympy.Integer(at[s]) for s in form.free_symbols if s in at})


def sided(form: sympy.Expr, at: Mapping[sympy.Symbol, int]) -> _Settled:
    """A form with each minimum and maximum as the argument that it is where the code ran."""
    where: list[sympy.Basic] = []
    while nodes := [n for n in form.atoms(sympy.Min, sympy.Max) if n.free_symbols <= at.keys()]:
        node = min(nodes, key=sympy.count_ops)
        choose = min if isinstance(node, sympy.Min) else max
        chosen = choose(node.args, key=lambda a: _number(a, at))
        order = sympy.Le if isinstance(node, sympy.Min) else sympy.Ge
        where += [order(chosen, other) for other in node.args if other != chosen]
        form = form.xreplace({node: chosen})
    return form, tuple(dict.fromkeys(where))


def _whole(form: sympy.Expr, at: Mapping[sympy.Symbol, int]) -> _Settled:
    """A form with quotients of sizes that are whole where the code ran as themselves."""
    where: list[sympy.Basic] = []
    workload = {_b, _T, _C, _S}
    while nodes := [
        n
        for n in form.atoms(sympy.floor)
        if n.free_symbols <= at.keys() - workload and _number(n.args[0], at).is_integer
    ]:
        node = min(nodes, key=sympy.count_ops)
        above, below = sympy.fraction(sympy.together(node.args[0]))
        where.append(sympy.Eq(sympy.Mod(above, below), 0))
        form = form.xreplace({node: node.args[0]})
    return form, tuple(dict.fromkeys(where))


def _rounded(form: sympy.Expr, at: Mapping[sympy.Symbol, int]) -> _Settled:
    """A form with each rounding as the whole number that it is where the code ran."""
    where: list[sympy.Basic] = []
    while nodes := [n for n in form.atoms(sympy.floor) if n.free_symbols <= at.keys()]:
        node = min(nodes, key=sympy.count_ops)
        above, below = sympy.fraction(sympy.together(node.args[0]))
        number = _number(node, at)
        where += [sympy.Ge(above, number * below), sympy.Lt(above, (number + 1) * below)]
        form = form.xreplace({node: number})
    return form, tuple(dict.fromkeys(where))


def _lines(
    gap: sympy.Expr, quantity: str, call: str, traced: Traced, way: Matching
) -> tuple[str, ...]:
    """The lines of code whose operations have a monomial of a difference."""
    missing = set(sympy.expand(gap).as_coefficients_dict())
    found: dict[str, None] = {}
    for block in traced.model.blocks(phase(CALLS[call][0]), convention("pytorch")):
        for part, data in block.graph.nodes(data=True):
            amounts = _amounts(quantity, data["operation"], data["flops"])
            forms = [way.of_theirs(block.repeat * amount) for amount in amounts]
            monomials = {
                m for f in forms for m in sympy.expand(as_floors(f)).as_coefficients_dict()
            }
            if (monomials - {sympy.S.Zero}) & missing:
                found.setdefault(traced.lines.get(f"{block.name}/{part}", ""))
    return tuple(filter(None, found))


def _amounts(quantity: str, operation: Operation, flops: sympy.Expr) -> list[sympy.Expr]:
    """What an operation adds to a quantity, but for the bytes that an element takes."""
    if quantity == "flops":
        return [flops]
    if quantity == "kv_cache_bytes":
        kept = [t.cache.kept for t in operation.outputs if t.cache]
        return kept + [_CACHE * amount for amount in kept]
    weights = (t for t in operation.inputs if t.role is Role.WEIGHT and t.copies is None)
    return [t.elements for t in weights]
