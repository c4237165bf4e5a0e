"""A tape made shorter: what depends on few symbols is multiplied out and gathered.

Once numbers stand for most symbols, a closed form is mostly sums of multiples of the same few
products: ``8192*b + 655360*b + 3072*S*b`` is ``663552*b + 3072*S*b``. Every place of a tape is
taken for a polynomial in inputs and in what is no polynomial, a maximum or a rounding; like terms
become one. Of two arguments of a maximum, one that is nowhere smaller is the maximum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import inf, prod
from typing import Any

from edgesym.engine.arithmetic import EXACT
from edgesym.engine.tape import Places, Step, Tape

__all__ = ["cost", "folded"]

#: Atoms of a product, each with its power.
Monomial = tuple[tuple[int, int], ...]
Polynomial = Mapping[Monomial, Any]

#: Most terms that are multiplied out; the shortest tape of these is taken.
_LIMITS = (2, 4, 8, 16)
#: Highest power of a symbol that is multiplied out.
_HIGHEST = 8
#: Powers that are a division, a product or a root.
_CHEAP = (-1, 2, Fraction(1, 2))
#: Operations, in multiplications, that a step of its kind takes.
_COSTS = {
    "power": 30.0,
    "remainder": 8.0,
    "floor": 6.0,
    "ceiling": 7.0,
    "log": 12.0,
    "power_sum": 32.0,
}


def cost(tape: Tape) -> float:
    """What a tape costs at a point, in multiplications and additions."""
    return sum(_cost(tape, step) for step in tape.steps)


def _cost(tape: Tape, step: Step) -> float:
    if step.operation == "power" and tape.constants.get(step.arguments[1]) in (
        -1,
        2,
        Fraction(1, 2),
    ):
        return 1.0
    return _COSTS.get(step.operation, len(step.arguments) - 1)


def folded(tape: Tape) -> Tape:
    """The cheapest tape that gives the same numbers, in another order of rounding.

    >>> from edgesym.engine.tape import tape_of
    >>> from edgesym.symbols import symbol
    >>> H, I, b = symbol("hidden"), symbol("intermediate"), symbol("batch")
    >>> long = tape_of([b * (H + 2 * I) + 3 * H * b], {H: 4, I: 5})
    >>> [step.operation for step in long.steps], [step.operation for step in folded(long).steps]
    (['multiply', 'multiply', 'add'], ['multiply'])
    """
    made = (_Folder(tape, limit).tape() for limit in _LIMITS)
    return min([tape, *made], key=cost)


@dataclass(slots=True)
class _Folder(Places):
    """Writes a tape again.

    Attributes:
        limit: products of more terms than this stay products.
    """

    old: Tape
    limit: int
    _of_old: dict[int, Polynomial] = field(default_factory=dict)
    _inputs: set[int] = field(default_factory=set)
    _positive: set[int] = field(default_factory=set)

    def tape(self) -> Tape:
        """The tape; only what the results need is in it."""
        inputs = {}
        for made, place in self.old.inputs.items():
            inputs[made] = self._next()
            self._of_old[place] = self._atom(inputs[made])
            self._inputs.add(inputs[made])
            if made.is_nonnegative:
                self._positive.add(inputs[made])
        for place, number in self.old.constants.items():
            self._of_old[place] = {(): number} if number else {}
        for step in self.old.steps:
            self._of_old[step.place] = self._read(step)
        results = tuple(self._place(self._of_old[place]) for place in self.old.results)
        return Tape(self.size, inputs, self.constants, self._needed(results), results)

    def _needed(self, results: Sequence[int]) -> tuple[Step, ...]:
        needed, kept = set(results), []
        for step in reversed(self.steps):
            if step.place in needed:
                needed.update(step.arguments)
                kept.append(step)
        return tuple(reversed(kept))

    def _read(self, step: Step) -> Polynomial:
        """What a step of the old tape computes."""
        taken = [self._of_old[place] for place in step.arguments]
        match step.operation:
            case "add":
                return _added(taken)
            case "multiply" if (product := self._multiplied(taken)) is not None:
                return product
            case "power" if (power := _whole_power(taken[1])) is not None:
                return self._raised(taken[0], power)
            case "maximum" | "minimum":
                taken = self._undominated(taken, largest=step.operation == "maximum")
                if len(taken) == 1:
                    return taken[0]
        places = tuple(map(self._place, taken))
        if step.node is None and all(place in self.constants for place in places):
            number = EXACT[step.operation](*(self.constants[place] for place in places))
            return {(): number} if number else {}
        return self._atom(self._step(step.operation, places, step))

    def _multiplied(self, factors: Sequence[Polynomial]) -> Polynomial | None:
        """A product multiplied out; none where that has too many terms.

        Nor where a sum of what is no input would be: such a sum is computed once, and stays one.
        """
        if prod(map(len, factors)) > max(self.limit, *map(len, factors)):
            return None
        atoms = {atom for factor in factors for monomial in factor for atom, _ in monomial}
        if max(map(len, factors)) > 1 and not atoms <= self._inputs:
            return None
        found: Polynomial = {(): 1}
        for factor in factors:
            found = _added(
                [{_joined(m, n): a * b for m, a in found.items()} for n, b in factor.items()]
            )
        return found

    def _raised(self, base: Polynomial, power: int) -> Polynomial:
        """A polynomial to a whole power: of many terms it is computed once, and multiplied."""
        if not base:
            return self._atom(self._step("power", (self._constant(0), self._constant(power))))
        if len(base) > 1:
            base = self._atom(self._place(base))
        ((monomial, number),) = base.items()
        powers = tuple((atom, p * power) for atom, p in monomial if power)
        return {powers: EXACT["power"](number, power)}

    def _undominated(self, taken: list[Polynomial], *, largest: bool) -> list[Polynomial]:
        """The arguments of a maximum or a minimum that may be it."""
        kept: list[Polynomial] = []
        idle: Polynomial = {(): -inf if largest else inf}
        for one in taken:
            if one == idle:
                continue
            if any(self._beats(other, one, largest=largest) for other in kept):
                continue
            kept = [other for other in kept if not self._beats(one, other, largest=largest)]
            kept.append(one)
        return kept or [idle]

    def _beats(self, one: Polynomial, other: Polynomial, *, largest: bool) -> bool:
        """Whether one is nowhere less, or nowhere more, than another: no term of theirs is."""
        one, other = (one, other) if largest else (other, one)
        return all(
            one.get(m, 0) >= other.get(m, 0) and all(atom in self._positive for atom, _ in m)
            for m in one.keys() | other.keys()
        )

    def _atom(self, place: int) -> Polynomial:
        return {(): self.constants[place]} if place in self.constants else {((place, 1),): 1}

    def _place(self, polynomial: Polynomial) -> int:
        """The place of a polynomial's number; its steps are written."""
        terms = [self._term(m, number) for m, number in sorted(polynomial.items())]
        if not terms:
            return self._constant(0)
        return terms[0] if len(terms) == 1 else self._step("add", tuple(terms))

    def _term(self, monomial: Monomial, number: Any) -> int:
        if not monomial:
            return self._constant(number)
        if number == 1:
            return self._monomial(monomial)
        # a quotient is written with its number, so that there is one division
        below = [pair for pair in monomial if pair[1] < 0]
        above = tuple(pair for pair in monomial if pair[1] > 0)
        factors = [self._constant(number), *([self._monomial(above)] if above else [])]
        return self._step("multiply", (*factors, *(self._power(*pair) for pair in below)))

    def _monomial(self, monomial: Monomial) -> int:
        factors = tuple(self._power(*pair) for pair in monomial)
        return factors[0] if len(factors) == 1 else self._step("multiply", factors)

    def _power(self, atom: int, exponent: int) -> int:
        """An atom to a power, by multiplication; a negative one is divided by."""
        if exponent == 1:
            return atom
        if exponent > 1:
            return self._step("multiply", (self._power(atom, exponent - 1), atom))
        return self._step("power", (self._power(atom, -exponent), self._constant(-1)))

    def _step(self, operation: str, arguments: tuple[int, ...], old: Step | None = None) -> int:
        key = (operation, arguments, None if old is None else old.node)
        if key not in self._of_step:
            self._of_step[key] = self._next()
            node = None if old is None else old.node
            self.steps.append(Step(self._of_step[key], operation, arguments, node))
        return self._of_step[key]


def _added(terms: Sequence[Polynomial]) -> Polynomial:
    found: dict[Monomial, Any] = {}
    for term in terms:
        for monomial, number in term.items():
            found[monomial] = found.get(monomial, 0) + number
    return {monomial: number for monomial, number in found.items() if number}


def _joined(one: Monomial, other: Monomial) -> Monomial:
    """The product of two monomials."""
    if not one or not other:
        return one or other
    powers = dict(one)
    for atom, power in other:
        powers[atom] = powers.get(atom, 0) + power
    return tuple(sorted((atom, power) for atom, power in powers.items() if power))


def _whole_power(exponent: Polynomial) -> int | None:
    """The whole number that an exponent is; none where it is no such number, or a high one."""
    power = exponent.get((), 0) if exponent.keys() <= {()} else None
    if power is None or power != int(power) or abs(power) > _HIGHEST:
        return None
    return int(power)
