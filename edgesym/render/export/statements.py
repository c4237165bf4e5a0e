"""The steps of an export as statements in a language.

What is used more than once, what has a name of its own and what is long has a statement; the
rest is written where it is used.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from typing import Any

from edgesym.analysis.exported import Export
from edgesym.engine.tape import Step
from edgesym.render.export.names import Names, names_of

__all__ = ["Code", "Spelling", "Statement", "bare", "code_of", "double", "folded"]

#: Levels of text: a sum, a product, and what needs no brackets anywhere.
_SUM, _PRODUCT, _ATOM = range(3)
#: Operations that are written with more around their arguments than a bracket.
_ON_ATOMS = ("floor", "ceiling", "remainder", "power_sum")
#: Symbols and numbers in a part, above which it gets a statement.
_LARGEST = 9
#: Characters of a formula in letters that stands behind a statement.
_NOTE = 60
#: A negative number, and what it is multiplied with.
_NEGATIVE = re.compile(r"\(-([\w.]+)\)((?: \* .*)?)\Z")
#: Factors that a name is made of.
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a language writes what a tape does.

    Attributes:
        number: a number; what is negative is put in brackets where it must be.
        power: the base, bracketed if need be, the exponent, and the exponent where it is known.
        calls: operations other than sums, products and powers, ``{0}`` and ``{1}`` being their
            arguments, or ``{all}``; those of two that have more are nested.
        quotient: a numerator over a divisor, both bracketed if need be.
        exact: whether a fraction is written by ``number``, not as a quotient.
        most: arguments of a sum, a maximum or a minimum, above which it gets statements of its
            parts; 0 for any number.
    """

    number: Callable[[Any], str]
    power: Callable[[str, str, Any], str]
    calls: Mapping[str, str]
    quotient: str = "{0} / {1}"
    exact: bool = False
    most: int = 0


@dataclass(frozen=True, slots=True)
class Statement:
    """A name, what it stands for, and that in letters where it is short."""

    name: str
    text: str
    note: str


@dataclass(frozen=True, slots=True)
class Code:
    """An export in the words of a language.

    Attributes:
        inputs: names of the inputs, in their order; likewise ``outputs``.
        results: the text of each output's value: as a rule the name of a statement.
        statements: in the order in which they can be computed.
        operations: the operations that are written.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    results: tuple[str, ...]
    statements: tuple[Statement, ...]
    operations: frozenset[str]


def code_of(found: Export, spelling: Spelling, reserved: Collection[str]) -> Code:
    """An export in the words of a language.

    Args:
        reserved: names that it cannot use.
    """
    places, outputs = names_of(found, reserved)
    writer = _Writer(found, spelling, dict(places), Names(reserved, {*places.values(), *outputs}))
    statements = []
    for step in writer.steps.values():
        if step.place in writer.standing:
            made = Statement(writer.name(step), writer.text(step, _SUM), writer.note(step))
            statements += [*writer.parts, made]
            writer.parts.clear()
    return Code(
        tuple(places[found.tape.inputs[one.symbol]] for one in found.inputs),
        tuple(outputs),
        tuple(writer.value(place, _SUM) for place in found.results),
        tuple(statements),
        frozenset(step.operation for step in writer.steps.values()),
    )


def double(number: Any) -> str:
    """A number in double precision, as most languages write it.

    >>> double(2), double(Fraction(9, 16)), double(-1.5e-12), double(2**60)
    ('2.0', '0.5625', '(-1.5e-12)', '1.152921504606847e+18')
    """
    text = repr(float(number))
    return f"({text})" if text.startswith("-") else text


def bare(text: str) -> str:
    """A bracketed text without its brackets, where they are a pair.

    >>> bare("(a + b)"), bare("(a) + (b)")
    ('a + b', '(a) + (b)')
    """
    if text.startswith("(") and _closing(text) == len(text) - 1:
        return text[1:-1]
    return text


def _closing(text: str) -> int:
    depth = 0
    for at, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return at
    return len(text)


def folded(text: str, width: int) -> list[str]:
    """A text on lines that are no wider where that can be, broken at its signs.

    >>> folded("a * b + c", 7), folded("f(a, b) * c", 6)
    (['a * b', '+ c'], ['f(a,', 'b) * c'])
    """
    lines, line = [], ""
    for piece in _terms(text):
        for part in [piece] if len(piece) <= width else _pieces(piece):
            if line and len(line) + 1 + len(part) > width:
                lines.append(line)
                line = part
            else:
                line = f"{line} {part}".strip()
    return [*lines, line]


def _terms(text: str) -> list[str]:
    """A sum by its terms, each with its sign."""
    terms, depth = [""], 0
    for word in text.split(" "):
        if depth == 0 and word in ("+", "-"):
            terms.append(word)
        else:
            terms[-1] = f"{terms[-1]} {word}".strip()
        depth += word.count("(") - word.count(")")
    return terms


def _pieces(text: str) -> list[str]:
    """A text by its words, a sign with what follows it."""
    pieces: list[str] = []
    for word in text.split(" "):
        if pieces and pieces[-1] in ("+", "-", "*", "/"):
            pieces[-1] += f" {word}"
        else:
            pieces.append(word)
    return pieces


def _added(terms: Sequence[str]) -> str:
    """A sum of texts; what is negative is taken off."""
    first, *rest = terms
    text = first
    for term in rest:
        match = _NEGATIVE.match(term)
        if match is None:
            text += f" + {term}"
        elif match[1] in ("1", "1.0") and match[2]:
            text += f" - {match[2].removeprefix(' * ')}"
        else:
            text += f" - {match[1]}{match[2]}"
    return text


@dataclass(slots=True)
class _Writer:
    """Writes steps; ``steps`` are those that the outputs need, ``standing`` have statements.

    ``parts`` are statements that the next one needs.
    """

    found: Export
    spelling: Spelling
    places: dict[int, str]
    names: Names
    steps: dict[int, Step] = field(init=False)
    standing: set[int] = field(init=False)
    parts: list[Statement] = field(default_factory=list)
    _letters: dict[int, str] = field(init=False)

    def __post_init__(self) -> None:
        tape = self.found.tape
        needed = set(self.found.results)
        for step in reversed(tape.steps):
            if step.place in needed:
                needed.update(step.arguments)
        self.steps = {step.place: step for step in tape.steps if step.place in needed}
        used = Counter(place for step in self.steps.values() for place in step.arguments)
        self._letters = {place: str(made) for made, place in tape.inputs.items()}
        self.standing, size = set(), dict[int, int]()
        for place, step in self.steps.items():
            inner = sum(size.get(argument, 1) for argument in step.arguments)
            below = self._below(place) is not None
            named = place in self.places or place in self.found.results
            if named or (not below and (used[place] > 1 or inner > _LARGEST)):
                self.standing.add(place)
            size[place] = 1 if place in self.standing else inner

    def name(self, step: Step) -> str:
        """The name of a step that has a statement."""
        if step.place not in self.places:
            self.places[step.place] = self.names.given(self._described(step))
        return self.places[step.place]

    def note(self, step: Step) -> str:
        """A step in letters, where that is short and the name does not say what it is."""
        self._letters[step.place] = text = self._in_letters(step)
        said = step.place in self.found.called or "^(-" in text
        return text if not said and 0 < len(text) <= _NOTE else ""

    def value(self, place: int, level: int) -> str:
        """The number at a place, in brackets where it stands in something of a higher level."""
        constants = self.found.tape.constants
        if place in constants:
            number = constants[place]
            if isinstance(number, Fraction) and not self.spelling.exact:
                return self._bracketed(*self._product([place]), level)
            return self.spelling.number(number)
        if place in self.standing:
            return self.name(self.steps[place])
        if place in self.places:
            return self.places[place]
        return self.text(self.steps[place], level)

    def text(self, step: Step, level: int) -> str:
        """What a step computes."""
        match step.operation:
            case "add":
                terms = [self.value(place, _SUM) for place in step.arguments]
                terms = self._parted(terms, _added)
                return self._bracketed(_added(terms), _SUM, level)
            case "multiply":
                return self._bracketed(*self._product(step.arguments), level)
            case "power":
                if self._below(step.place):
                    return self._bracketed(*self._product([step.place]), level)
                return self._bracketed(self._power(*step.arguments), _PRODUCT, level)
        call = self.spelling.calls[step.operation]
        taken = _ATOM if step.operation in _ON_ATOMS else _SUM
        first, *rest = (self.value(place, taken) for place in step.arguments)
        if "{all}" in call:
            every = self._parted([first, *rest], lambda few: call.format(all=", ".join(few)))
            return call.format(all=", ".join(every))
        return call.format(first) if not rest else reduce(call.format, rest, first)

    def _parted(self, terms: list[str], joined: Callable[[Sequence[str]], str]) -> list[str]:
        """Terms that are too many, joined in parts that have statements of their own."""
        most = self.spelling.most
        while most and len(terms) > most:
            few, terms = terms[:most], terms[most:]
            self.parts.append(Statement(self.names.given("part"), joined(few), ""))
            terms.append(self.parts[-1].name)
        return terms

    def _bracketed(self, text: str, is_: int, level: int) -> str:
        return f"({text})" if is_ < level else text

    def _below(self, place: int) -> tuple[int, Any] | None:
        """The base and the exponent n of a step that is 1 / base^n."""
        step = self.steps.get(place)
        if step is None or step.operation != "power":
            return None
        exponent = self.found.tape.constants.get(step.arguments[1])
        return None if exponent is None or exponent >= 0 else (step.arguments[0], -exponent)

    def _power(self, base: int, exponent: int) -> str:
        known = self.found.tape.constants.get(exponent)
        return self.spelling.power(self.value(base, _ATOM), self.value(exponent, _ATOM), known)

    def _product(self, factors: Collection[int]) -> tuple[str, int]:
        """Factors over divisors, in one division, and the level of what is written."""
        above, below = [], []
        for place in factors:
            number, power = self.found.tape.constants.get(place), self._below(place)
            if isinstance(number, Fraction) and not self.spelling.exact:
                one = number.numerator
                above += [] if one == 1 else [self.spelling.number(one)]
                below.append(self.spelling.number(number.denominator))
            elif power is not None and place not in self.standing:
                base, exponent = power
                text = self.value(base, _ATOM)
                raised = self.spelling.number(exponent)
                below.append(text if exponent == 1 else self.spelling.power(text, raised, exponent))
            else:
                above.append(self.value(place, _PRODUCT))
        over = " * ".join(above) or self.spelling.number(1)
        if not below:
            return over, _PRODUCT if len(above) > 1 else _ATOM
        under = below[0] if len(below) == 1 else f"({' * '.join(below)})"
        if self.spelling.quotient.startswith("{0}"):
            return self.spelling.quotient.format(over, under), _PRODUCT
        return self.spelling.quotient.format(over, " * ".join(below)), _ATOM

    def _described(self, step: Step) -> str:
        """A name for a step that computes nothing that has one."""
        known = self.found.tape.constants
        parts = [self.places.get(place) or str(known.get(place, "")) for place in step.arguments]
        short = len(parts) <= _NAMED and all(parts) and "/" not in "".join(parts)
        words = {"multiply": "_", "add": "_plus_"}
        if short and step.operation in words and all(len(part) <= 16 for part in parts):
            return words[step.operation].join(parts).replace("-", "minus_").replace(".", "_")
        return "term"

    def _in_letters(self, step: Step) -> str:
        """A step over the letters of the symbols; nothing where that is long."""
        parts = []
        for place in step.arguments:
            if place in self.found.tape.constants:
                parts.append(str(self.found.tape.constants[place]))
            elif place in self._letters:
                parts.append(self._letters[place])
            else:
                parts.append(self._in_letters(self.steps[place]))
        if not all(parts) or sum(map(len, parts)) > _NOTE:
            return ""
        signs = {"add": " + ", "multiply": "*", "power": "^"}
        if step.operation == "add":
            return " + ".join(parts).replace("+ -", "- ")
        if step.operation in signs:
            held = [f"({p})" if " " in p or "/" in p or p.startswith("-") else p for p in parts]
            return signs[step.operation].join(held)
        called = {"maximum": "max", "minimum": "min", "ceiling": "ceil", "remainder": "mod"}
        sign = " / " if step.operation in ("floor", "ceiling") else ", "
        return f"{called.get(step.operation, step.operation)}({sign.join(parts)})"
