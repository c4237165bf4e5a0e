"""Steps of a tape written out as Python, of the same operations in the same order.

What is written gives the numbers of :data:`edgesym.engine.arithmetic.EXACT` to the last bit: a
float is taken for one before the code runs, so that no step asks what its arguments are, and what
may be a fraction goes through the rule itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import isclose
from typing import Any

from edgesym.engine.arithmetic import EXACT, rounded_times, times, whole
from edgesym.engine.tape import Step, Tape

__all__ = [
    "CHOICES",
    "JUMPS",
    "exact_function",
    "held_function",
    "parts",
    "rounded_function",
    "same_function",
    "smooth_function",
]

#: Operations that take one of their arguments: of two, the second where it is on this side.
CHOICES = {"maximum": ">", "minimum": "<"}
#: Operations that jump, or whose branches are not looked into.
JUMPS = ("floor", "ceiling", "remainder", "sum")
#: Arguments of a maximum that are this close, relatively, are taken for equal.
TIE = 1e-12


def parts(arguments: Sequence[Any], moved: Sequence[Any], number: Any) -> bool:
    """Whether those of some arguments that are equal to a number at a point part from there.

    Args:
        arguments: the numbers at the point.
        moved: those a step along the imaginary axis away.
    """
    rates = [
        complex(there).imag
        for here, there in zip(arguments, moved, strict=True)
        if isclose(here, number, rel_tol=TIE)
    ]
    return not isclose(min(rates), max(rates), rel_tol=TIE)


#: What the written code calls.
_CALLED: dict[str, Any] = {
    **EXACT,
    "whole": whole,
    "times": times,
    "rounded_times": rounded_times,
    "parts": parts,
}
#: Largest exponent that a whole number is raised to without asking how large the power is.
_SMALL = 8

#: What a number is before it is known: ``i`` whole, ``q`` whole or a fraction, ``f`` in floating
#: point, and ``?`` any of these.
Kind = str


def exact_function(
    tape: Tape, steps: Sequence[Step], results: Sequence[int], types: Sequence[type], *, keep: bool
) -> Callable[[list[Any]], tuple[Any, ...]]:
    """Steps as a function of the numbers at all places, exact where these are.

    Args:
        types: of the number of each input.
        keep: whether the numbers of the steps are put in their places.
    """
    writer = _Writer(tape, _kinds(tape, types))
    for step in steps:
        text = writer.computed(step)
        writer.line(step.place, f"n[{step.place}] = {text}" if keep else text)
    return writer.function("n", f"return {writer.row(results)}")


def held_function(
    tape: Tape, steps: Sequence[Step], results: Sequence[int]
) -> Callable[[list[Any], list[Any]], tuple[Any, ...]]:
    """Steps as a function of the numbers at all places, choices and jumps being those of a point.

    It takes the numbers of the point besides, and is for numbers in double precision.
    """
    writer = _Writer(tape, {})
    for step in steps:
        writer.line(step.place, writer.held(step))
    return writer.function("n, q", f"return {writer.row(results)}")


def rounded_function(
    tape: Tape, steps: Sequence[Step], results: Sequence[int]
) -> Callable[[list[Any]], tuple[Any, ...]]:
    """Steps as a function of the numbers at all places, in double precision."""
    writer = _Writer(tape, {})
    for step in steps:
        writer.line(step.place, writer.rounded(step))
    return writer.function("n", f"return {writer.row(results)}")


def smooth_function(
    tape: Tape, steps: Sequence[Step], results: Sequence[int]
) -> Callable[[list[Any], list[Any]], tuple[Any, ...] | None]:
    """:func:`held_function`, or None where arguments of a choice are equal at the point and part.

    The numbers that have moved have done so along the imaginary axis.
    """
    writer = _Writer(tape, {})
    for step in steps:
        if step.operation in CHOICES:
            writer.lines.append(f"if {writer.parting(step)}: return None")
        writer.line(step.place, writer.held(step))
    return writer.function("n, q", f"return {writer.row(results)}")


def same_function(tape: Tape, steps: Sequence[Step]) -> Callable[[list[Any], list[Any]], bool]:
    """Steps as a function that says whether they choose as they do at a point."""
    writer = _Writer(tape, {})
    for step in steps:
        writer.line(step.place, writer.rounded(step))
        if step.operation in CHOICES:
            writer.lines.append(f"if x{step.place} != {writer.chosen(step)}: return False")
    return writer.function("n, q", "return True")


def _kinds(tape: Tape, types: Sequence[type]) -> dict[int, Kind]:
    """What the number at each place is."""
    of_type = {int: "i", Fraction: "q", float: "f"}
    kinds = {p: of_type.get(t, "?") for p, t in zip(tape.inputs.values(), types, strict=True)}
    kinds |= {place: of_type.get(type(n), "?") for place, n in tape.constants.items()}
    for step in tape.steps:
        kinds[step.place] = _kind(step, [kinds[place] for place in step.arguments], tape)
    return kinds


def _kind(step: Step, taken: Sequence[Kind], tape: Tape) -> Kind:
    match step.operation:
        case "add" | "multiply":
            return "f" if "f" in taken else max(taken, key="iq?".index)
        case "power" if taken[0] == "f":
            return "f"
        case "power" if taken[0] != "?" and type(n := tape.constants.get(step.arguments[1])) is int:
            return ("i" if taken[0] == "i" and n >= 0 else "q") if abs(n) <= _SMALL else "?"
        case "maximum" | "minimum" | "remainder":
            return taken[0] if len(set(taken)) == 1 else "?"
        case "floor" | "ceiling":
            return "i"
    return "?"


@dataclass(slots=True)
class _Writer:
    """Writes steps: ``n`` are the numbers given, ``q`` those of the point, ``x`` what is written.

    Attributes:
        kinds: what the number at each place is; floats where it is empty.
    """

    tape: Tape
    kinds: Mapping[int, Kind]
    lines: list[str] = field(default_factory=list)
    _written: set[int] = field(default_factory=set)

    def line(self, place: int, text: str) -> None:
        """A number and its name."""
        self.lines.append(f"x{place} = {text}")
        self._written.add(place)

    def name(self, place: int) -> str:
        """The number at a place."""
        return f"x{place}" if place in self._written else f"n[{place}]"

    def row(self, places: Sequence[int]) -> str:
        """The numbers at places, as a tuple."""
        return f"({''.join(f'{self.name(place)}, ' for place in places)})"

    def function(self, arguments: str, last: str) -> Callable[..., Any]:
        """What is written, as a function."""
        text = "\n    ".join([f"def run({arguments}):", *self.lines, last])
        space: dict[str, Any] = dict(_CALLED)
        # the text is written from places alone; no number, name or text of a user is in it
        exec(compile(text, "<path>", "exec"), space)  # noqa: S102
        made: Callable[..., Any] = space["run"]
        return made

    def computed(self, step: Step) -> str:
        """A step as :data:`EXACT` computes it from numbers of these kinds."""
        kinds = [self.kinds[place] for place in step.arguments]
        match step.operation:
            case "add" if "f" in kinds or set(kinds) == {"i"}:
                return self._sum(step)
            case "add":
                return f"whole({self._sum(step)})"
            case "multiply" if "?" not in kinds:
                return self._product(step, kinds)
            case "power" if kinds[0] == "f" and kinds[1] in "if":
                return self._power(step)
            case "power" if kinds[0] == "i" and self.kinds[step.place] == "i":
                return self._power(step)
            case "maximum" | "minimum" if len(kinds) == 2:
                return self._choice(step)
        return self._call(step)

    def rounded(self, step: Step) -> str:
        """A step of floats, or of complex numbers."""
        match step.operation:
            case "add":
                return self._sum(step)
            case "multiply":
                return " * ".join(map(self.name, step.arguments))
            case "power":
                return self._power(step)
            case "maximum" | "minimum" if len(step.arguments) == 2:
                return self._choice(step)
        return self._call(step)

    def held(self, step: Step) -> str:
        """A step that chooses, and jumps, as it does at the point."""
        match step.operation:
            case "maximum" | "minimum":
                return self.chosen(step)
            case "floor" | "ceiling" | "sum":
                return f"q[{step.place}]"
            case "remainder":
                number, modulus = step.arguments
                times = f"round((q[{number}] - q[{step.place}]) / q[{modulus}])"
                return f"{self.name(number)} - {times} * {self.name(modulus)}"
        return self.rounded(step)

    def chosen(self, step: Step) -> str:
        """The argument that a step takes at the point: the first that is its number there."""
        *others, text = (self.name(place) for place in step.arguments)
        for place, name in reversed(list(zip(step.arguments, others, strict=False))):
            text = f"({name} if q[{place}] == q[{step.place}] else {text})"
        return text

    def parting(self, step: Step) -> str:
        """Whether the arguments of a choice that are equal at the point part from there."""
        there = "".join(f"q[{place}], " for place in step.arguments)
        moved = "".join(f"{self.name(place)}, " for place in step.arguments)
        text = f"parts(({there}), ({moved}), q[{step.place}])"
        if len(step.arguments) > 2:
            return text
        one, other = (f"q[{place}]" for place in step.arguments)
        return f"abs({one} - {other}) <= {2 * TIE!r} * abs({one}) and {text}"

    def _choice(self, step: Step) -> str:
        one, other = map(self.name, step.arguments)
        return f"{other} if {other} {CHOICES[step.operation]} {one} else {one}"

    def _power(self, step: Step) -> str:
        base, exponent = map(self.name, step.arguments)
        return f"{base} ** {exponent}"

    def _sum(self, step: Step) -> str:
        # of more than two, sum() may keep what is rounded off, as newer Pythons do
        terms = list(map(self.name, step.arguments))
        return " + ".join(terms) if len(terms) == 2 else f"sum(({', '.join(terms)},))"

    def _product(self, step: Step, kinds: Sequence[Kind]) -> str:
        """What is exact first, in one fraction, then the floats."""
        if set(kinds) == {"i"}:
            return self.rounded(step)
        named = list(zip(map(self.name, step.arguments), kinds, strict=True))
        wholes, fractions, floats = ([n for n, kind in named if kind == k] for k in "iqf")
        product = " * ".join(wholes) or "1"
        if not fractions:
            return " * ".join([f"{product} / 1", *floats] if wholes else floats)
        if len(fractions) > 1:
            return self._call(step)
        if not floats:
            return f"times({fractions[0]}, {product})"
        return " * ".join([f"rounded_times({fractions[0]}, {product})", *floats])

    def _call(self, step: Step) -> str:
        return f"{step.operation}({', '.join(map(self.name, step.arguments))})"
