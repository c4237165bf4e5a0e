"""What printed numbers make of a verdict: those for named models, and sums in the text itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import sympy

from edgesym.claims.both_sides import BothSides
from edgesym.claims.claim import Claim
from edgesym.claims.derive import derive, names_of, total
from edgesym.claims.kinds import FLIPPED
from edgesym.claims.numbers import Number, compare_number, quantities_in
from edgesym.claims.printed import Printed, read_printed, unit_powers
from edgesym.claims.relations.bound import beyond
from edgesym.claims.unit_of import unit_of
from edgesym.claims.verdict import Verdict
from edgesym.errors import EdgesymError
from edgesym.notation import read
from edgesym.notation.chain import chain_of
from edgesym.symbols import declared

__all__ = ["given_quantities", "of_numbers", "sums_held", "with_numbers"]

_EXACT = ("exact", "exact under assumptions", "bound proved", "order right", "proportional")
#: What two sides of an approximate sign may be apart, beyond their digits.
_NEARLY = Fraction(1, 20)
#: Times as they stand in a text -> seconds.
_SECONDS = {
    "s": Fraction(1),
    "seconds": Fraction(1),
    "ms": Fraction(1, 10**3),
    **dict.fromkeys(("us", "mus"), Fraction(1, 10**6)),
    "ns": Fraction(1, 10**9),
    "minutes": Fraction(60),
    "hours": Fraction(3600),
    "days": Fraction(86400),
    "years": Fraction(31557600),
}


def given_quantities(case: BothSides) -> dict[sympy.Symbol, sympy.Expr]:
    """Quantities of the equation for which the first row of numbers has one."""
    for row in case.claim.numbers[:1]:
        return _given(row)
    return {}


def _given(row: Mapping[str, object]) -> dict[sympy.Symbol, sympy.Expr]:
    numbers = {name: Fraction(str(n)) for name, n in quantities_in(row).items()}
    return {declared(name): sympy.Rational(n.numerator, n.denominator) for name, n in
            numbers.items()}  # fmt: skip


def of_numbers(case: BothSides) -> Verdict:
    """A claim that is but a number: right if the models it is printed for have it."""
    kind = case.claim.relation
    base = Verdict(case.claim, "not comparable", theirs=case.equation.bound, relation=kind)
    if not case.claim.numbers:
        why = "it is one number: name the model and the values it is printed for under numbers"
        return replace(base, reasons=(why,))
    found = _compared(replace(base, ours=total(case.parts(case.stated))), case)
    off = [number for number in found.numbers if not number.agrees]
    if kind in FLIPPED:
        return _bounded(found, case)
    if not off:
        within = case.claim.tolerance or any("tolerance" in row for row in case.claim.numbers)
        said = "within the tolerance" if within else "to the last printed digit"
        return replace(found, verdict="exact", reasons=(f"the graph gives it {said}",))
    nominal = all(number.nominal for number in off)
    return replace(found, verdict="approximation" if nominal else "wrong")


def _bounded(found: Verdict, case: BothSides) -> Verdict:
    """A number that a quantity is at most, or at least, at the models named."""
    kind, limit = case.claim.relation, float(case.theirs(case.stated))
    out = [n for n in found.numbers if n.ours is None or beyond(kind, n.ours, limit)]
    if out:
        said = tuple(f"{n.model}: the graph gives {n.shown}, not {kind} {n.printed}" for n in out)
        return replace(found, verdict="wrong", reasons=said)
    models = ", ".join(dict.fromkeys(n.model for n in found.numbers))
    return replace(found, verdict="bound proved", reasons=(f"holds for {models}",))


def with_numbers(verdict: Verdict, case: BothSides) -> Verdict:
    """The verdict with the printed numbers compared; one that does not round is not exact."""
    if not case.claim.numbers:
        return verdict
    found = _compared(verdict, case)
    off = [number for number in found.numbers if not number.agrees]
    if not found.found and any(a.grade == "structure" for a in case.stated):
        off = [number for number in off if not number.follows]  # of another model, as is stated
    if off and found.verdict in _EXACT:
        nominal = all(number.nominal for number in off)
        return replace(found, verdict="approximation" if nominal else "wrong")
    if found.verdict == "approximation" and not all(n.agrees or n.follows for n in found.numbers):
        lost = [n for n in off if not n.follows and not n.nominal]
        return replace(found, verdict="wrong") if lost else found
    return found


def _compared(verdict: Verdict, case: BothSides) -> Verdict:
    claim = case.claim
    names = names_of(claim.quantity)
    elements = any(a.per == "elements" for a in case.stated)
    unit = unit_of(claim.subject, elements=elements)
    kept = tuple(a for a in case.stated if a.grade != "structure")

    def ours(model: str) -> sympy.Expr:
        if not names:
            return total(case.parts(case.stated))
        return total(derive(replace(claim.subject, model=model), kept))

    numbers: list[Number] = []
    for row in claim.numbers:
        about = replace(claim.subject, model=str(row.get("model", "")))
        theirs = case.equation.under(about, kept, _given(row))
        made = compare_number(row, claim.quantity, unit, theirs, ours, claim.tolerance)
        numbers.append(made)
    said = tuple(number.words for number in numbers if not number.agrees)
    return replace(verdict, numbers=tuple(numbers), reasons=(*verdict.reasons, *said))


def sums_held(verdict: Verdict) -> Verdict:
    """The verdict with the arithmetic of its text checked: 2 * 52e9 = 104e9 bytes = 104 GB."""
    said = tuple(_sums(verdict.claim))
    if not said:
        return verdict
    return replace(verdict, verdict="wrong", reasons=(*said, *verdict.reasons))


def _sums(claim: Claim) -> list[str]:
    """Neighbouring sides of the text that are numbers and differ."""
    try:
        chain = chain_of(claim.text, claim.notation)
    except EdgesymError:  # refused where it is read, with its place
        return []
    if len(chain.relations) < 2:
        return []
    sides = [_number(side, claim) for side in chain.sides]
    said = []
    for i, relation in enumerate(chain.relations):
        one, other = sides[i], sides[i + 1]
        if one is None or other is None or relation.kind not in ("=", "approx"):
            continue
        (left, below, unit), (right, above, unit_after) = one, other
        if unit != unit_after and unit and unit_after:
            continue
        slack = below + above
        if relation.kind == "approx":
            slack += _NEARLY * max(abs(left), abs(right))
        if abs(left - right) > slack:
            said.append(
                f"its own numbers differ: {chain.sides[i]} is {float(left):.6g}, not "
                f"{chain.sides[i + 1]}"
            )
    return said


def _number(side: str, claim: Claim) -> tuple[Fraction, Fraction, str] | None:
    """The value of a side that is a number, half of its last digit, and its unit."""
    try:
        found = read(side, [*claim.symbols, *claim.definitions], claim.notation)
    except EdgesymError:  # a side that is no number has no figure
        return None
    if not found.expression.is_Rational or found.order:
        return None
    factor = _SECONDS.get(found.unit, Fraction(1))
    value = Fraction(int(found.expression.p), int(found.expression.q)) * factor
    unit = "s" if found.unit in _SECONDS else found.unit
    printed = _printed(side, unit)
    return value, printed.slack[0] if printed else Fraction(0), unit


def _printed(side: str, unit: str) -> Printed | None:
    """The side as one printed number, if it is one."""
    bare = side.replace("\\,", " ").replace("\\text{", "").replace("\\mathrm{", "")
    bare = bare.replace("}", "").replace("~", " ").rstrip(". ")
    try:
        return read_printed(bare, unit_powers(unit) if unit in ("B", "s", "FLOP") else ())
    except EdgesymError:  # a side that is no number has no figure
        return None
