"""What comes of many claims: a verdict or a refusal for each, and which of them fail a check."""

from __future__ import annotations

from collections.abc import Iterable

from edgesym.claims.check import check
from edgesym.claims.claim import Claim, Refused
from edgesym.claims.verdict import Verdict
from edgesym.errors import EdgesymError

__all__ = ["Outcome", "check_each", "failure"]

#: What comes of a claim.
Outcome = Verdict | Refused

_PROVED = ("exact", "exact under assumptions", "bound proved", "order right", "proportional")


def check_each(entries: Iterable[Claim | Refused], *, search: bool = True) -> tuple[Outcome, ...]:
    """The verdict on each claim; one that cannot be checked is refused, and keeps none back.

    >>> from edgesym.claims.claim import Claim
    >>> good = Claim("3*A", "3*heads", {"A": "heads"}, "plain", id="good")
    >>> bad = Claim("3*Q", "3*heads", {"A": "heads"}, "plain", id="bad")
    >>> [type(found).__name__ for found in check_each([bad, good])]
    ['Refused', 'Verdict']
    """
    found: list[Outcome] = []
    for entry in entries:
        if isinstance(entry, Refused):
            found.append(entry)
            continue
        try:
            found.append(check(entry, search=search))
        except EdgesymError as error:  # told as refused, beside the others
            said = str(error) if entry.label in str(error) else f"{entry.label}: {error}"
            place = (entry.id, entry.where, entry.file, entry.line, entry.paper)
            found.append(Refused(said, *place))
    return tuple(found)


def failure(outcome: Outcome, *, strict: bool = False) -> str:
    """Why an outcome fails a check; empty where it passes.

    A claim that says what is ``expected`` of it fails if anything else is found. One that does
    not fails if it is wrong; if ``strict``, also if it is not proved, unless it is a definition.

    Args:
        outcome: what came of a claim.
        strict: whether what is not proved fails.
    """
    if isinstance(outcome, Refused):
        return outcome.error
    claim, found = outcome.claim, outcome.verdict
    if claim.expected:
        return "" if found == claim.expected else f"{found}, where {claim.expected} is expected"
    if found == "wrong" or (strict and found not in _PROVED and not claim.definition):
        return found
    return ""
