"""The claims that edgesym ships, one file per paper."""

from __future__ import annotations

from functools import cache

from edgesym.claims.claim import Claim, read_claims
from edgesym.data import shipped, stems
from edgesym.errors import UnknownNameError

__all__ = ["claims_of", "papers"]

_FOLDER = "claims/library"


@cache
def papers() -> tuple[str, ...]:
    """Names of the claim files.

    >>> "edgeprofiler" in papers()
    True
    """
    return tuple(stems(_FOLDER))


@cache
def claims_of(paper: str) -> tuple[Claim, ...]:
    """The claims of a paper.

    Raises:
        UnknownNameError: edgesym has no claim file of that name.
    """
    if paper not in papers():
        raise UnknownNameError("claim file", paper, papers(), "edgesym claims lists them")
    return read_claims(shipped(_FOLDER, paper), paper)
