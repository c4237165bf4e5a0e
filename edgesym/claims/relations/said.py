"""What a claim says of its two sides: the relation, and which side is to be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from edgesym.claims.claim import Claim
from edgesym.claims.kinds import FLIPPED, kind_of
from edgesym.claims.verdict import Verdict
from edgesym.notation import NotationError, read
from edgesym.notation.chain import Chain, chain_of, lone_name

__all__ = ["Said", "joined", "said_by"]

#: Verdicts, the worst first: that of a claim is the worst of its statements.
_WORST = ("wrong", "unproven", "not comparable", "approximation", "rule of thumb")


@dataclass(frozen=True, slots=True)
class Said:
    """One statement of an equation: the quantity stands in a relation to a side.

    Attributes:
        kind: the relation, see :func:`edgesym.claims.kinds.kind_of`.
        text: the side, or the whole text, of which the last side is read.
    """

    kind: str
    text: str


def said_by(claim: Claim) -> tuple[Said, ...]:
    r"""The statements of a claim; more than one where its text has bounds on both sides.

    A relation that the claim names goes before that of its text. ``a \le M`` says ``M \ge a``;
    ``M = a \le b`` says that M is a and at most b.

    >>> [said.kind for said in said_by(Claim(r"L \le M \le 2 L", "layers", {"L": "layers"}))]
    ['>=', '<=']
    """
    if claim.relation:
        return (Said(kind_of(claim.relation), claim.text),)
    try:
        chain = chain_of(claim.text, claim.notation)
    except NotationError:  # refused where it is read, with its place
        return (Said("=", claim.text),)
    kinds = [kind_of(relation.sign) for relation in chain.relations]
    if order := _order(chain, claim):
        return (Said(order, claim.text),)
    if not set(kinds) & {*FLIPPED, "propto"}:
        last = _last_formula(chain, claim)
        loose = [kind for kind in kinds[:last] if kind != "="]
        text = claim.text if last == len(kinds) else chain.sides[last]
        return (Said(loose[-1] if loose else "=", text),)
    if _is_middle(chain, kinds):
        return (Said(FLIPPED[kinds[0]], chain.sides[0]), Said(kinds[1], chain.sides[2]))
    if kinds[-1] in FLIPPED and len(kinds) == 1 and _stands_right(chain, claim):
        return (Said(FLIPPED[kinds[0]], chain.sides[0]),)
    first = next(i for i, kind in enumerate(kinds) if kind in FLIPPED or kind == "propto")
    equal = [Said(kinds[first - 1], chain.sides[first])] if first else []
    return (*equal, Said(_weakest(kinds[first:]), claim.text))


def joined(claim: Claim, found: Sequence[Verdict]) -> Verdict:
    """The verdict on a claim: the worst of those on its statements, with the grounds of all."""
    ranks = {name: rank for rank, name in enumerate(_WORST)}
    worst = min(reversed(found), key=lambda verdict: ranks.get(verdict.verdict, len(ranks)))
    if len(found) == 1:
        return replace(worst, claim=claim)
    said = [f"{v.relation} {v.claim.text}: {r}" for v in found for r in v.reasons[:2]]
    return replace(worst, claim=claim, reasons=tuple(said))


def _order(chain: Chain, claim: Claim) -> str:
    """The sign of an order of growth that the last side is the argument of."""
    known = [*claim.symbols, *claim.definitions]
    try:
        return read(chain.right, known, claim.notation).order
    except NotationError:  # refused where it is read, with its place
        return ""


def _last_formula(chain: Chain, claim: Claim) -> int:
    """The last side with a symbol, behind which numbers may stand; the last, if none has one."""
    known = [*claim.symbols, *claim.definitions]
    for place in range(len(chain.sides) - 1, 0, -1):
        try:
            if read(chain.sides[place], known, claim.notation).expression.free_symbols:
                return place
        except NotationError:  # refused where it is read, with its place
            break
    return len(chain.relations)


def _is_middle(chain: Chain, kinds: list[str]) -> bool:
    """Whether a name stands between two bounds, one from below and one from above."""
    two = len(kinds) == 2 and {k[0] for k in kinds} <= {"<", ">"} and kinds[0][0] == kinds[1][0]
    return two and bool(lone_name(chain.sides[1]))


def _stands_right(chain: Chain, claim: Claim) -> bool:
    """Whether the quantity is the name on the right, which nothing declares."""
    name = lone_name(chain.right)
    declared = {lone_name(known) for known in (*claim.symbols, *claim.definitions)}
    return bool(name) and name not in declared and not chain.named


def _weakest(kinds: list[str]) -> str:
    """The relation of the first side to the last one: a = b <= c says a <= c."""
    if "propto" in kinds:
        return "propto"
    loose = [kind for kind in kinds if kind in ("<=", ">=")]
    return loose[0] if loose else next(kind for kind in kinds if kind in FLIPPED)
