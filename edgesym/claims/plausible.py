"""How plausible assumptions are together: what a reader has to believe to find a claim right."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from edgesym.claims.assumptions import GRADES, Assumption

__all__ = ["absurd", "innocent", "rank"]

#: Grades of found assumptions that leave a claim exact under them.
_INNOCENT = ("structure", "convention", "scope")
#: Grades of ways of counting: a paper departs in one or two of them, not in all.
_COUNTING = ("convention", "half")
_MOST_COUNTED = 2
#: What half of a part most likely is comes before a change of convention.
_ORDER = {grade: i for i, grade in enumerate(dict.fromkeys(["structure", "half", *GRADES]))}


def innocent(assumption: Assumption) -> bool:
    """Whether a claim that needs it is right as the equation of another model or way to count."""
    return assumption.grade in _INNOCENT


def absurd(added: Sequence[Assumption], stated: Sequence[Assumption] = ()) -> str:
    """Why nobody means these assumptions together; empty if somebody may.

    >>> from edgesym.claims.assumptions import assume
    >>> absurd([assume("one-hot embedding"), assume("no logits")])
    'one-hot embedding and no logits: nobody means both'
    >>> absurd([assume("kv_heads = heads"), assume("no logits")])
    ''
    """
    known = {a.name for a in stated}
    for one, other in combinations((*added, *stated), 2):
        if {one.name, other.name} <= known:
            continue  # the paper says so itself
        if other.name in one.absurd or one.name in other.absurd:
            return f"{one.name} and {other.name}: nobody means both"
    counted = [a.name for a in added if a.grade in _COUNTING]
    if len(counted) > _MOST_COUNTED:
        return f"{', '.join(counted)}: too many ways of counting changed at once"
    return ""


def rank(added: Sequence[Assumption], stated: Sequence[Assumption] = ()) -> tuple[int, ...]:
    """What orders sets of assumptions: the most plausible first.

    Absurd sets come last; otherwise the weight decides, with one more for each assumption
    without what it is usual with, then the number, then how far they depart from a decoder.
    """
    known = {a.name for a in (*added, *stated)}
    lonely = sum(bool(a.needs) and not known & set(a.needs) for a in added)
    weight = sum(a.weight for a in added) + lonely
    depart = sum(_ORDER[a.grade] for a in added)
    return int(bool(absurd(added, stated))), weight, len(added), depart
