"""Compositions: how the time to compute and the time to move bytes make up the time of a step.

A composition is one row: its form, who holds at a point, and its sentence. Every quantity and
every verb that speaks of time reads it here, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy

from edgesym.domain import checked
from edgesym.errors import UnknownNameError
from edgesym.quantities.stated import equations
from edgesym.symbols import symbol

__all__ = ["COMPOSITIONS", "DEFAULT_SMOOTHNESS", "Composition", "find_composition"]

_P = symbol("smoothness")
#: The exponent of ``smooth`` where none is given: the Euclidean norm. With it, three fitted
#: numbers meet 112 steps of PyTorch decoders with a median error of 2.5 % in decode and 4.6 % in
#: prefill, where ``max`` leaves 2.6 and 7.0 % (benchmarks/steps.py, one NVIDIA H200).
DEFAULT_SMOOTHNESS = 2


@dataclass(frozen=True, slots=True)
class Composition:
    """How two times are joined.

    Attributes:
        sentence: what it says, in words.
        joins: which of the two times, or what of both, a kernel takes.
        form: the time of a kernel from its time to compute and its time to move bytes.
        share: the part of that time that waits for computing, at a point; the rest waits for
            bytes. Takes the two times as numbers or NumPy columns, and the values of symbols.
        source: where it comes from.
        stated: closed forms that it gives for quantities itself, whatever the graph says.
    """

    name: str
    sentence: str
    joins: str
    form: Callable[[sympy.Expr, sympy.Expr], sympy.Expr]
    share: Callable[[Any, Any, Mapping[sympy.Symbol, Any]], Any]
    source: str
    stated: Callable[[], Mapping[str, sympy.Expr]] = dict

    def time(self, computing: sympy.Expr, moving: sympy.Expr) -> sympy.Expr:
        """The time of a kernel; of one that only computes or only moves, that alone."""
        if computing == 0:
            return moving
        return computing if moving == 0 else self.form(computing, moving)


def _slower(computing: Any, moving: Any, _: Mapping[sympy.Symbol, Any]) -> Any:
    return computing > moving


def _both(computing: Any, moving: Any, _: Mapping[sympy.Symbol, Any]) -> Any:
    return computing / (computing + moving)


def _powers(computing: Any, moving: Any, values: Mapping[sympy.Symbol, Any]) -> Any:
    one, other = (time ** float(values[_P]) for time in (computing, moving))
    return one / (one + other)


def _maximum(computing: sympy.Expr, moving: sympy.Expr) -> sympy.Expr:
    return sympy.Max(computing, moving, evaluate=False)


def _edgeprofiler() -> dict[str, sympy.Expr]:
    """Equations 7 to 15 as printed; the end-to-end time of the script is that of every step."""
    forms = dict(equations("edgeprofiler"))
    forms["step_time"] = forms.pop("end_to_end_time")
    forms["energy_per_step"] = forms.pop("energy_per_token")
    return forms


#: Compositions by name; the first is the default.
COMPOSITIONS: dict[str, Composition] = {
    row.name: row
    for row in (
        Composition(
            "max",
            "a kernel takes the longer of computing and moving its bytes: they overlap",
            "the longer of",
            _maximum,
            _slower,
            "the roofline, Williams et al. 2009, doi:10.1145/1498765.1498785",
        ),
        Composition(
            "sum",
            "a kernel computes and moves its bytes one after the other: they do not overlap",
            "the sum of",
            lambda computing, moving: computing + moving,
            _both,
            "the bulk-synchronous limit, Valiant 1990, doi:10.1145/79173.79181",
        ),
        Composition(
            "smooth",
            "a kernel takes (compute^q + memory^q)^(1/q): they overlap the less, the closer "
            "they are",
            "the q-norm of",
            lambda computing, moving: (computing**_P + moving**_P) ** (1 / _P),
            _powers,
            "a norm of the two times: q = 1 is their sum, q to infinity their maximum",
        ),
        Composition(
            "edgeprofiler",
            "equations 7 to 15 of the EdgeProfiler paper as printed: one roofline for a whole "
            "step, and loading and copying the weights charged to every token",
            "the longer of",
            _maximum,
            _slower,
            "Pinnock et al. 2025, arXiv:2506.09061",
            _edgeprofiler,
        ),
    )
}


@checked
def find_composition(name: str) -> Composition:
    """The composition of that name.

    >>> find_composition("sum").time(symbol("hidden"), symbol("vocab"))
    H + V

    Raises:
        UnknownNameError: with the nearest names.
    """
    if name not in COMPOSITIONS:
        raise UnknownNameError("composition", name, COMPOSITIONS)
    return COMPOSITIONS[name]
