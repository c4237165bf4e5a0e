"""How a claim relates its two sides, and what proves or refutes each relation."""

from __future__ import annotations

from collections.abc import Callable

from edgesym.claims.both_sides import BothSides
from edgesym.claims.relations.bound import bound
from edgesym.claims.relations.order import order
from edgesym.claims.relations.proportional import proportional, similar
from edgesym.claims.relations.thumb import about, thumb
from edgesym.claims.verdict import Verdict

__all__ = ["RELATIONS", "related"]

#: Relation, as :func:`edgesym.claims.kinds.kind_of` spells it -> what judges it.
RELATIONS: dict[str, Callable[..., Verdict]] = {
    **dict.fromkeys(("=", "approx"), about),
    "sim": similar,
    "propto": proportional,
    **dict.fromkeys(("<=", "<", ">=", ">"), bound),
    **dict.fromkeys(("O", "Theta", "Omega", "o"), order),
    "thumb": thumb,
}


def related(case: BothSides, kind: str, *, search: bool) -> Verdict:
    """The verdict on a claim whose sides are related as ``kind`` says."""
    return RELATIONS[kind](case, search=search)
