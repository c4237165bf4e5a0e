"""What reports for machines tell of an outcome."""

from __future__ import annotations

from edgesym.claims.claim import Refused
from edgesym.claims.outcome import Outcome

__all__ = ["TITLES", "slug", "told"]

#: What a report speaks of -> what that is.
TITLES = {
    "wrong": "A published equation differs from what the graph of the model gives",
    "approximation": "A published equation leaves out what is of lower order",
    "rule of thumb": "A published rule that holds within a tolerance, and is not exact",
    "unproven": "A published equation that is neither proved nor refuted",
    "not comparable": "A published equation that no graph speaks of",
    "refused": "A claim that cannot be read or checked",
    "unexpected": "The verdict on an equation is not the one its author expects",
}


def slug(name: str) -> str:
    """A name as an identifier.

    >>> slug("not comparable")
    'not-comparable'
    """
    return name.replace(" ", "-")


def told(outcome: Outcome, failed: str = "") -> str:
    """An outcome in a few sentences: why it fails, the grounds, the difference, the repair."""
    if isinstance(outcome, Refused):
        return outcome.error
    claim = outcome.claim
    name = claim.id or claim.where or "equation"
    said = [f"{name}: {failed or outcome.verdict}", *outcome.reasons]
    if outcome.difference is not None and outcome.difference != 0:
        said.append(f"difference: {outcome.difference}")
    if outcome.repair:
        said.append(f"one number repairs it: {outcome.repair.words}")
    return ". ".join(text.rstrip(".") for text in said) + "."
