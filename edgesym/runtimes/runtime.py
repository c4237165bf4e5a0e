"""A runtime: the software that runs a model, as far as it changes what a step costs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from edgesym.graph.kernels import UNFUSED, Fusion
from edgesym.graph.meaning import Purpose
from edgesym.runtimes.memory import Memory

__all__ = ["Runtime"]


@dataclass(frozen=True, slots=True)
class Runtime:
    """A runtime.

    Attributes:
        id: how it is named on the command line.
        name: its name in prose.
        fusion: which operations run together.
        launches: how many kernels it starts for an operation of a purpose, where it is not one.
        arithmetic: formats of weights and the dtypes it computes on them in, best first, where
            they are not those of the format itself.
        formats: the formats of weights that it runs; all where empty.
        memory: how it holds a model in memory; none where it is not known, or no software.
    """

    id: str
    name: str
    summary: str
    source: str
    fusion: Fusion = UNFUSED
    launches: tuple[tuple[Purpose, Fraction], ...] = ()
    arithmetic: tuple[tuple[str, tuple[str, ...]], ...] = ()
    formats: frozenset[str] = frozenset()
    memory: Memory | None = None

    def launched(self, purposes: Iterable[Purpose]) -> Fraction:
        """How many kernels are started for operations that run together.

        Those of the operation that takes most: an operation that is run as one with others
        starts none of its own.
        """
        known = dict(self.launches)
        return max((known.get(purpose, Fraction(1)) for purpose in purposes), default=Fraction(0))

    def computes_in(self, weights: str) -> tuple[str, ...]:
        """The dtypes that it computes in on weights of a format, best first; empty if unsaid."""
        return dict(self.arithmetic).get(weights, ())
