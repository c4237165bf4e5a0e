"""Which equations of a paper define the names that another one uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from edgesym.claims.claim import Defined
from edgesym.notation import NotationError, read_equation
from edgesym.notation.chain import chain_of
from edgesym.notation.names import Names
from edgesym.notation.tex import Paper, Printed
from edgesym.symbols import declared

__all__ = ["Definitions", "definitions_of"]

#: Names that a paper defines, of which no more are looked at.
_MOST = 200


@dataclass(frozen=True, slots=True, eq=False)
class Definitions:
    """The equations of a paper that define a name.

    Attributes:
        found: spelling -> (order in the paper, name as printed, equation), in that order.
        paper: the paper.
    """

    found: Mapping[str, Sequence[tuple[int, str, Printed]]]
    paper: Paper

    def of(self, text: str, symbols: Iterable[str], order: int) -> dict[str, Defined]:
        """What an equation needs of them, and what these need in turn.

        Of several that define one name the last before the equation counts, and the first
        behind it where there is none. A declared symbol is never looked up.

        Args:
            text: the equation.
            symbols: its declared names.
            order: its own place among the equations of the paper.
        """
        symbols = list(symbols)
        declared_ = Names.of(symbols).by_spelling
        known = {
            name: (place, equation)
            for spelling, several in self.found.items()
            if spelling not in declared_
            for place, name, equation in [_nearest(several, order)]
            if place != order
        }
        names = [*symbols, *known]
        needed: dict[str, Defined] = {}
        left = [text]
        while left:
            try:
                used = read_equation(left.pop(), names).free_symbols
            except NotationError:  # whoever reads it as a claim says what is wrong
                continue
            for name, (_, equation) in known.items():
                if declared(name) in used and name not in needed:
                    needed[name] = Defined(equation.text, self.paper.where(equation.at))
                    left.append(equation.text)
        return needed


def _nearest(several: Sequence[tuple[int, str, Printed]], order: int) -> tuple[int, str, Printed]:
    before = [one for one in several if one[0] < order]
    behind = [one for one in several if one[0] > order]
    return before[-1] if before else behind[0] if behind else several[0]


def definitions_of(paper: Paper) -> Definitions:
    """The names that the equations of a paper define, a formula each.

    In a line of text a name that is a number, as in ``L = 32``, defines nothing: it may hold for
    one model alone.
    """
    found: dict[str, list[tuple[int, str, Printed]]] = {}
    for order, equation in enumerate(paper.equations.values()):
        if equation.problem or equation.condition or len(found) >= _MOST:
            continue
        try:
            chain = chain_of(equation.text)
        except NotationError:  # it defines nothing that can be read
            continue
        exact = chain.relations and chain.relations[0].kind in ("=", "approx")
        number = equation.inline and not any(char.isalpha() for char in chain.right)
        if exact and chain.named and not number:
            found.setdefault(chain.named, []).append((order, chain.left, equation))
    return Definitions(found, paper)
