"""The source code of a tape, in the words of a target: Python floats, or NumPy columns.

A target says how a number and each operation is written; another language is another one, as C
is in :mod:`edgesym.engine.native`.
What is used once is written where it is used, what is used more often has a name and is let
go after its last use, so that few columns are alive at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from importlib import import_module
from math import isinf
from typing import Any

from edgesym.engine.tape import Step, Tape

__all__ = ["TARGETS", "Target", "Writer", "function_of", "source_of"]

#: Brackets within brackets, above which a part gets a name: parsers end near 100.
_DEEPEST = 30


@dataclass(frozen=True, slots=True)
class Target:
    """A language that a tape is written in.

    Attributes:
        calls: how operations other than sums, products and powers are written, ``{0}`` and
            ``{1}`` being their arguments; those of many arguments are nested.
        modules: what the code needs.
        power: how a power is written, and ``root`` the square root.
        infinity: how the number above all others is written.
        whole: whether whole numbers are written as such; in C their quotient would be whole.
    """

    calls: Mapping[str, str]
    modules: tuple[str, ...] = ()
    power: str = "({0}**{1})"
    root: str = "({0}**0.5)"
    infinity: str = "float('inf')"
    whole: bool = True

    def literal(self, number: Any) -> str:
        """A number in double precision; small whole numbers as such, for exponents."""
        if self.whole and isinstance(number, int) and 0 <= number < 2**31:
            return str(number)
        value = float(number)
        text = self.infinity if isinf(value) else repr(value)
        if isinf(value) and value < 0:
            text = f"-{text}"
        return f"({text})" if value < 0 else text


#: Every target by name.
TARGETS = {
    "math": Target(
        {
            "maximum": "max({0}, {1})",
            "minimum": "min({0}, {1})",
            "remainder": "({0} % {1})",
            "floor": "({0} // {1})",
            "ceiling": "(-(-{0} // {1}))",
            "log": "math.log({0})",
            "power_sum": "({1} if {0} == 1 else (1 - {0}**{1}) / (1 - {0}))",
        },
        ("math",),
    ),
    "numpy": Target(
        {
            "maximum": "numpy.maximum({0}, {1})",
            "minimum": "numpy.minimum({0}, {1})",
            "remainder": "numpy.mod({0}, {1})",
            "floor": "numpy.floor_divide({0}, {1})",
            "ceiling": "(-numpy.floor_divide(-{0}, {1}))",
            "log": "numpy.log({0})",
            "power_sum": "numpy.where({0} == 1, {1}, "
            "(1 - numpy.power({0}, {1})) / numpy.where({0} == 1, 1.0, 1.0 - {0}))",
        },
        ("numpy",),
    ),
}


def function_of(tape: Tape, target: str) -> Callable[..., tuple[Any, ...]]:
    """The tape as a function of its inputs, in the order of their places."""
    modules: dict[str, Any] = {name: import_module(name) for name in TARGETS[target].modules}
    # the text is written from places and numbers alone; no name and no text of a user is in it
    exec(compile(source_of(tape, target), f"<{target}>", "exec"), modules)  # noqa: S102
    function: Callable[..., tuple[Any, ...]] = modules["run"]
    return function


def source_of(tape: Tape, target: str) -> str:
    """The source code of a function ``run`` of the inputs.

    >>> from edgesym.engine.tape import tape_of
    >>> from edgesym.symbols import symbol
    >>> H, I = symbol("hidden"), symbol("intermediate")
    >>> print(source_of(tape_of([(H + I) ** 2, (H + I) / H], {}), "math"))
    def run(x0, x1):
        x2 = x0 + x1
        del x1
        y0 = x2**2
        y1 = x2 / x0
        return y0, y1
    """
    return Writer(tape, TARGETS[target]).source()


@dataclass(slots=True)
class Writer:
    """Writes the statements of a function.

    Attributes:
        named: places whose number has a name.
        lines: a name, what it is given, and the names that this takes.
    """

    tape: Tape
    target: Target
    named: set[int] = field(init=False)
    lines: list[tuple[str, str, set[str]]] = field(default_factory=list)
    _steps: dict[int, Step] = field(init=False)
    _taken: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Choose what has a name: what is used more than once, and what is too deep."""
        self._steps = {step.place: step for step in self.tape.steps}
        used = Counter(place for step in self.tape.steps for place in step.arguments)
        used.update(self.tape.results)
        self.named = set()
        depth: dict[int, int] = {}
        for step in self.tape.steps:
            inner = 1 + max(depth.get(place, 0) for place in step.arguments)
            if inner > _DEEPEST or (used[step.place] > 1 and self._power_below(step.place) is None):
                self.named.add(step.place)
            depth[step.place] = 0 if step.place in self.named else inner
        for step in self.tape.steps:
            if step.place in self.named:
                self._assign(f"x{step.place}", self._written(step))
        for row, place in enumerate(self.tape.results):
            self._assign(f"y{row}", self.text(place))

    def _assign(self, name: str, text: str) -> None:
        taken, self._taken = self._taken, set()
        self.lines.append((name, _bare(text), taken))

    def text(self, place: int) -> str:
        """The number at a place: a literal, a name, or the step itself in brackets."""
        if place in self.tape.constants:
            return self.target.literal(self.tape.constants[place])
        if place in self._steps and place not in self.named:
            return self._written(self._steps[place])
        self._taken.add(f"x{place}")
        return f"x{place}"

    def source(self) -> str:
        """The function; a name is let go after its last use."""
        names = ", ".join(f"x{place}" for place in self.tape.inputs.values())
        last = {name: at for at, (*_, taken) in enumerate(self.lines) for name in taken}
        body = []
        for at, (name, text, taken) in enumerate(self.lines):
            body.append(f"{name} = {text}")
            gone = sorted(taken_last for taken_last in taken if last[taken_last] == at)
            body += [f"del {', '.join(gone)}"] if gone and at + 1 < len(self.lines) else []
        rows = ", ".join(f"y{row}" for row in range(len(self.tape.results)))
        body.append(f"return {rows}," if len(self.tape.results) == 1 else f"return {rows}")
        return "\n    ".join([f"def run({names}):", *body])

    def _power_below(self, place: int) -> tuple[int, Any] | None:
        """The base and the exponent n of a step that is 1 / base^n; it is written as a division."""
        step = self._steps.get(place)
        if step is None or step.operation != "power":
            return None
        exponent = self.tape.constants.get(step.arguments[1])
        return None if exponent is None or exponent >= 0 else (step.arguments[0], -exponent)

    def _written(self, step: Step) -> str:
        match step.operation:
            case "add":
                return f"({' + '.join(map(self.text, step.arguments))})"
            case "multiply":
                return self._product(step.arguments)
            case "power":
                below = self._power_below(step.place)
                return self._product([step.place]) if below else self._power(*step.arguments)
        call = self.target.calls[step.operation]
        first, *rest = map(self.text, step.arguments)
        if not rest:
            return call.format(first)
        return reduce(call.format, rest, first)

    def _power(self, base: int, exponent: int) -> str:
        if self.tape.constants.get(exponent) == Fraction(1, 2):
            return self.target.root.format(self.text(base))
        return self.target.power.format(self.text(base), self.text(exponent))

    def _product(self, factors: Sequence[int]) -> str:
        """Factors over divisors: one division, so that a whole quotient is whole."""
        above, below = [], []
        literal = self.target.literal
        for place in factors:
            number, power = self.tape.constants.get(place), self._power_below(place)
            if isinstance(number, Fraction):
                above += [] if number.numerator == 1 else [literal(number.numerator)]
                below += [] if number.denominator == 1 else [literal(number.denominator)]
            elif power is not None:
                base, exponent = power
                text = self.text(base)
                below.append(
                    text if exponent == 1 else self.target.power.format(text, literal(exponent))
                )
            else:
                above.append(self.text(place))
        over = " * ".join(above) or "1.0"
        under = f"({' * '.join(below)})" if len(below) > 1 else "".join(below)
        return f"({over} / {under})" if below else f"({over})"


def _bare(text: str) -> str:
    """A bracketed text without its brackets, where they are a pair."""
    if not text.startswith("("):
        return text
    depth = 0
    for at, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return text[1:-1] if at == len(text) - 1 else text
    return text
