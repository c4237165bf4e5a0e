"""Rules of thumb: how near a claim is over real models and contexts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sympy

from edgesym.claims.assumptions import Assumption
from edgesym.claims.both_sides import BothSides
from edgesym.claims.derive import derive, total
from edgesym.claims.equality import equality
from edgesym.claims.printed import tolerance_of
from edgesym.claims.relations.points import at_numbers, sides_at
from edgesym.claims.sizes import models_with
from edgesym.claims.verdict import Counterexample, Verdict
from edgesym.errors import EdgesymError
from edgesym.symbols import symbol

__all__ = ["DEFAULT", "about", "thumb"]

#: The error up to which a rule without a tolerance holds: a factor printed as 1.2 may be the
#: next digit, 1.1 or 1.3, or so many percent off itself.
DEFAULT = 0.2
_CONTEXTS = (512, 2048, 8192, 32768)
#: Errors that differ by less are one factor, and no rule for what varies.
_SAME = 1e-6
#: A number that is no count of anything: 1.2, but not 0.5, 1.5 or 2.5.
_DECIMAL = re.compile(r"(?<![\d.])\d+\.(?!5(?!\d)|0+(?!\d))\d+")


def about(case: BothSides, *, search: bool = True) -> Verdict:
    """A claim that its sides are equal, or about so: as an equation, or as a rule of thumb.

    It is a rule where the claim has a tolerance; also where it is no equation, says about, has a
    number such as 1.2 that nothing counts, and holds as a rule.
    """
    if case.claim.tolerance and not case.claim.numbers:
        return thumb(case)
    found = equality(case, search=search)
    rough = case.claim.relation == "approx" and _DECIMAL.search(case.claim.text)
    if found.verdict not in ("wrong", "unproven") or not rough:
        return found
    rule = thumb(case)
    errors = rule.relative.values()
    if rule.verdict != "rule of thumb" or max(errors) - min(errors) < _SAME:
        return found
    return rule


def thumb(case: BothSides, *, search: bool = True) -> Verdict:
    """Whether a claim holds within its tolerance at real models and contexts, one sequence each.

    Each model is derived from its own graph; of what the claim states, that alone is kept which
    says what and how is counted, not which model it is.
    """
    exact = equality(case, search=False)
    if exact.verdict.startswith("exact"):
        return exact
    kept = tuple(a for a in case.stated if a.grade != "structure")
    errors: dict[str, float] = {}
    worst: Counterexample | None = None
    lengths: set[int] = set()
    grows = symbol("context") in _symbols(case)
    for model in _models(case):
        for name, values, pair in _measured(case, model, kept):
            lengths |= {int(values[symbol("context")])} if grows else set()
            given, wanted = pair
            error = float((given - wanted) / wanted)
            if abs(error) >= abs(errors.get(name, 0.0)):
                errors[name] = error
            if abs(error) == max(map(abs, errors.values())):
                at = {s: v for s, v in values.items() if s in _symbols(case)}
                worst = Counterexample(at, given, wanted, name)
    made = Verdict(
        case.claim,
        "unproven",
        theirs=case.theirs(case.stated),
        ours=total(case.parts(case.stated)),
        printed=case.equation.printed,
        assumptions=tuple(a.name for a in kept),
    )
    if worst is None:
        said = "no model has all of its symbols, so that nothing can be said of it"
        return replace(made, reasons=(said,))
    most = max(map(abs, errors.values()))
    given = case.claim.tolerance
    limit = tolerance_of(given) if given else DEFAULT
    over = ", ".join(errors) + (f", at {_listed(lengths)} tokens" if lengths else "")
    if most <= limit:
        said = f"holds within {100 * most:.2g} % over {over}"
        return replace(made, verdict="rule of thumb", reasons=(said,), relative=errors, within=most)
    which = "is stated" if given else "would do"
    said = f"off by up to {100 * most:.2g} % over {over}, where {100 * limit:.2g} % {which}"
    return replace(
        made,
        verdict="wrong",
        reasons=(said, worst.words),
        relative=errors,
        within=most,
        counterexample=worst,
    )


def _symbols(case: BothSides) -> set[sympy.Basic]:
    ours = total(case.parts(case.stated))
    return {*case.theirs(case.stated).free_symbols, *ours.free_symbols}


def _listed(lengths: set[int]) -> str:
    return ", ".join(f"{n:,}" for n in sorted(lengths))


def _models(case: BothSides) -> Sequence[str]:
    named = case.claim.over.get("model")
    return tuple(named) if named else models_with(total(case.parts(case.stated)).free_symbols)


def _measured(
    case: BothSides, model: str, kept: tuple[Assumption, ...]
) -> Iterator[tuple[str, Mapping[sympy.Symbol, Any], tuple[Any, Any]]]:
    """Both sides at a model, for each context that it takes and each number asked for."""
    subject = replace(case.claim.subject, model=model)
    try:
        ours = total(derive(subject, kept))
    except EdgesymError:  # a model without the quantity is no example
        return
    theirs = case.equation.under(subject, kept)
    needed = theirs.free_symbols | ours.free_symbols
    over = {word: n for word, n in case.claim.over.items() if word != "model"}
    for name, values in at_numbers(model, needed, {"context": _CONTEXTS, **over}):
        pair = sides_at(theirs, ours, values)
        if needed <= values.keys() and pair is not None and pair[1]:
            yield name, values, pair
