"""Right equations with one thing changed: they are called wrong, and none of them exact.

A sample runs always; all of them with ``pytest -m slow``. What is not called wrong is explained:
half of the operations is a multiply-add as one, and a term of lower order may be left out.
"""

from __future__ import annotations

from collections import Counter

import pytest

from edgesym.claims.check import check
from tests.claims.mutants import exact_claims, mutants, with_opposites

#: Of as many mutants, one is in the sample.
_SAMPLE = 47
#: Called wrong, at least, of mutants that say nothing else.
_BARE = 0.95
#: Called wrong, at least, of mutants that say what they are not: of all but those that lack a
#: term; of all, with approximations that are proved, as of an equation without a lower term.
_SOUND = 0.99


def verdicts(claims):
    """The verdicts of claims; each that is not wrong has its grounds."""
    found = Counter()
    for claim in claims:
        verdict = check(claim)
        found[verdict.verdict] += 1
        assert verdict.verdict != "exact", claim.id
        assert verdict.reasons, claim.id
        assert verdict.verdict != "wrong" or verdict.counterexample, claim.id
    return found


def all_mutants(without=""):
    """The mutants of the library, without those of a kind."""
    made = [pair for claim in exact_claims() for pair in mutants(claim)]
    return [mutant for kind, mutant in made if kind != without]


def test_there_are_two_thousand_mutants():
    assert len(all_mutants()) >= 2_000


def test_a_sample_of_mutants_is_wrong_or_explained():
    found = verdicts(all_mutants()[::_SAMPLE])
    assert found["wrong"] >= 0.9 * found.total()


@pytest.mark.slow
def test_mutants_are_wrong():
    found = verdicts(all_mutants())
    assert found["wrong"] >= _BARE * found.total(), found


@pytest.mark.slow
def test_mutants_of_papers_that_say_what_they_count_are_wrong():
    found = verdicts(map(with_opposites, all_mutants(without="term left out")))
    assert found["wrong"] >= _SOUND * found.total(), found


@pytest.mark.slow
def test_what_is_not_wrong_is_a_proved_approximation():
    found = verdicts(map(with_opposites, all_mutants()))
    assert found["wrong"] + found["approximation"] >= _SOUND * found.total(), found
