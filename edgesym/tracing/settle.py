"""Expressions of torch over sizes as exact sympy, and what they presuppose.

Torch writes ``x // y`` as ``FloorDiv(x, y)`` and floats of sizes as ``ToFloat(x)``. A quotient
that is whole at the hints is the quotient itself, on the condition that y divides x; one of 0
or 1 is that number, on the condition that x lies there; any other stays a floor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import sympy
from torch.utils._sympy.functions import (
    CeilToInt,
    CleanDiv,
    FloatTrueDiv,
    FloorDiv,
    FloorToInt,
    IntTrueDiv,
    Max,
    Min,
    Mod,
    OpaqueUnaryFn_log2,
    PowByNatural,
    PythonMod,
    ToFloat,
    TruncToFloat,
    TruncToInt,
)

from edgesym.architectures.traced.domain import POWER_OF_TWO, Domain, conditions, opposite
from edgesym.symbols import describe, in_table
from edgesym.tracing.sizes import Question

__all__ = ["Settled"]

_QUOTIENTS = (FloorDiv, CleanDiv)
_REMAINDERS = (Mod, PythonMod)
_ROUNDED = (TruncToInt, FloorToInt, CeilToInt, TruncToFloat)


@dataclass(slots=True)
class Settled:
    """Settles expressions at hints, and keeps the conditions under which they hold.

    Attributes:
        hints: the value of each symbol at which the code ran.
        presupposed: relations that hold on the domain and the call they are of, with the line of
            code that asked.
        case: the call whose expressions are settled.
        equal: symbols that the code takes for another's equal.
    """

    hints: Mapping[sympy.Symbol, int]
    presupposed: dict[tuple[sympy.Basic, str], str] = field(default_factory=dict)
    equal: dict[sympy.Symbol, sympy.Symbol] = field(default_factory=dict)
    case: str = ""
    _known: dict[tuple[sympy.Basic, str], sympy.Basic] = field(default_factory=dict)

    def __call__(self, expression: sympy.Basic, line: str = "") -> sympy.Basic:
        """The expression in sympy's functions alone."""
        key = (expression, self.case)
        if key not in self._known:
            self._known[key] = self._settle(expression, line)
        return self._known[key]

    def domain(self, questions: Iterator[Question], least: Mapping[sympy.Symbol, int]) -> Domain:
        """What the questions and the quotients presuppose."""
        for question in questions:
            self.case = question.case
            for relation in self._simple(self._answered(question)):
                self._presuppose(relation, question.line)
        asked = [(relation, line, case) for (relation, case), line in self.presupposed.items()]
        return conditions(asked, least)

    def _simple(self, relation: sympy.Basic) -> Iterator[sympy.Basic]:
        """Relations that hold at the hints and from which one that holds there follows."""
        if isinstance(relation, sympy.Not):
            inner = relation.args[0]
            dual = {sympy.And: sympy.Or, sympy.Or: sympy.And}.get(inner.func)
            if dual is not None:
                yield from self._simple(dual(*map(opposite, inner.args)))
                return
        if isinstance(relation, sympy.And):
            for part in relation.args:
                yield from self._simple(part)
        elif isinstance(relation, sympy.Or):
            put = {s: sympy.Integer(self.hints[s]) for s in relation.free_symbols}
            yield from self._simple(
                next(part for part in relation.args if part.xreplace(put).doit() == sympy.true)
            )
        else:
            yield relation

    def _answered(self, question: Question) -> sympy.Basic:
        asked = self(question.asked, question.line)
        if question.answer is sympy.true:
            return asked
        if question.answer is sympy.false:
            return opposite(asked)
        return sympy.Eq(asked, question.answer)

    def _settle(self, node: sympy.Basic, line: str) -> sympy.Basic:
        if isinstance(node, sympy.Symbol):
            return self.equal.get(node, node)
        if isinstance(node, sympy.Float):
            return sympy.nsimplify(node, rational=True)
        if not node.args:
            return node
        if isinstance(node, _REMAINDERS) and (padding := _padding(node)):
            length, chunk = (self(part, line) for part in padding)
            return chunk * sympy.ceiling(length / chunk) - length
        args = [self(argument, line) for argument in node.args]
        if isinstance(node, PowByNatural):
            base, power = args
            is_inverse = base == 2 and isinstance(power, OpaqueUnaryFn_log2)
            return power.args[0] if is_inverse else base**power
        if isinstance(node, ToFloat):
            return args[0]
        if isinstance(node, FloatTrueDiv | IntTrueDiv):
            return args[0] / args[1]
        if isinstance(node, _ROUNDED) and isinstance(args[0], OpaqueUnaryFn_log2):
            return self._logarithm(args[0], line, is_up=isinstance(node, CeilToInt))
        if isinstance(node, _ROUNDED):
            above, below = sympy.fraction(sympy.together(args[0]))
            if isinstance(node, CeilToInt):
                return -self._quotient(-above, below, line)
            return self._quotient(above, below, line)
        if isinstance(node, _QUOTIENTS):
            return self._quotient(args[0], args[1], line)
        if isinstance(node, _REMAINDERS):
            return sympy.expand(args[0] - args[1] * self._quotient(args[0], args[1], line))
        if isinstance(node, Max):
            # a size is 1 or more: max(1, x) of strides is x
            sizes = [a for a in args if a != 1 and self.at_hints(a) >= 1]
            return sizes[0] if len(sizes) == 1 and sympy.S.One in args else sympy.Max(*args)
        if isinstance(node, Min):
            return sympy.Min(*args)
        return node.func(*args)

    def _quotient(self, above: sympy.Expr, below: sympy.Expr, line: str) -> sympy.Expr:
        """floor(above / below) as simple as the hints let it be."""
        exact = sympy.cancel(above / below)
        exact = exact if exact.is_integer else sympy.expand(exact)
        if exact.is_integer:
            return exact
        ceiled = sympy.cancel((above + 1) / below)
        if ceiled.is_integer and not below.is_Integer:  # (k x - 1) // x is k - 1
            return ceiled - 1
        if below.is_Integer and _constant(above) == below - 1:  # (x + n - 1) // n
            return self._filled(above - below + 1, below, line)
        top, bottom = self.at_hints(above), self.at_hints(below)
        rest = top % bottom
        if rest == 0 or (below.is_Integer and top // bottom > 1):
            self._presuppose(sympy.Eq(sympy.Mod(above - rest, below), 0), line)
            return sympy.cancel((above - rest) / below)
        if top // bottom in (0, 1):
            whole = top // bottom
            self._presuppose(sympy.Ge(above, whole * below), line)
            self._presuppose(sympy.Lt(above, (whole + 1) * below), line)
            return sympy.Integer(whole)
        return sympy.floor(above / below)

    def _filled(self, above: sympy.Expr, below: sympy.Expr, line: str) -> sympy.Expr:
        """ceil(above / below), of a size of the model the quotient where that is whole."""
        if not any(map(_is_workload, above.free_symbols)) and self.at_hints(above) % below == 0:
            self._presuppose(sympy.Eq(sympy.Mod(above, below), 0), line)
            return sympy.cancel(above / below)
        return sympy.ceiling(sympy.cancel(above / below))

    def _logarithm(self, logarithm: sympy.Expr, line: str, *, is_up: bool) -> sympy.Expr:
        """The logarithm to base 2 of a size, rounded: itself where the size is a power of 2."""
        (size,) = logarithm.args
        number = self.at_hints(size)
        whole = number.bit_length() - 1
        if number == 2**whole:
            self._presuppose(sympy.Eq(sympy.Mod(POWER_OF_TWO, size), 0), line)
            return logarithm
        self._presuppose(sympy.Gt(size, 2**whole), line)
        self._presuppose(sympy.Lt(size, 2 ** (whole + 1)), line)
        return sympy.Integer(whole + is_up)

    def presuppose(self, relation: sympy.Basic, case: str) -> None:
        """Say that a relation holds in a call, by how the model is run."""
        self.presupposed.setdefault((relation, case), "")

    def _presuppose(self, relation: sympy.Basic, line: str) -> None:
        if relation not in (sympy.true, sympy.false) and not _is_of_values(relation):
            self.presupposed.setdefault((relation, self.case), line)

    def at_hints(self, expression: sympy.Expr) -> int:
        """The value of an expression where the code ran."""
        put = {s: sympy.Integer(self.hints[s]) for s in expression.free_symbols}
        whole = expression.xreplace(put)
        return int(whole.replace(OpaqueUnaryFn_log2, lambda x: sympy.log(x, 2)))


def _padding(node: sympy.Basic) -> tuple[sympy.Basic, sympy.Basic] | None:
    """Length and chunk of what fills a length up to whole chunks: (y - x mod y) mod y."""
    whole, chunk = node.args
    rest = sympy.expand(chunk - whole)
    if isinstance(rest, _REMAINDERS) and rest.args[1] == chunk:
        return rest.args[0], chunk
    return None


def _is_workload(made: sympy.Symbol) -> bool:
    """Whether a symbol is of what a step works on: any number of tokens is, odd ones too."""
    return in_table(made) and describe(made).scope == "workload"


def _constant(expression: sympy.Expr) -> sympy.Expr:
    return sympy.expand(expression).as_coeff_Add()[0]


#: Torch writes the end of a slice that has none as the largest integer.
_ENDLESS = 2**62
#: A denominator that no size has: a fraction of one comes out of a logarithm in floating point.
_FLOATING = 10**6


def _is_of_values(relation: sympy.Basic) -> bool:
    """Whether a relation compares numbers that tensors are filled with, such as YaRN's ramp.

    One with the end of a slice that has none holds wherever there are sizes.
    """
    numbers = relation.atoms(sympy.Rational)
    return any(number.q > _FLOATING or number.p > _ENDLESS for number in numbers)
