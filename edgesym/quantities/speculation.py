"""Speculative decoding: tokens that are drafted cheaply, and checked by the model in one step.

The model runs gamma drafted tokens and the one that follows in one step, and keeps those before
the first that it would not have chosen itself, and its own choice for that one. Each is accepted
with probability alpha, whatever the others are: what a step yields is then 1 + alpha + ... +
alpha^gamma tokens (Leviathan et al. 2023, arXiv:2211.17192; Chen et al. 2023, arXiv:2302.01318).
What the step takes is no constant: its products are of gamma + 1 tokens, attention of each, and
of experts it reads all that these tokens hit.

A draft is timed at the context that a step begins at, and drafts the tokens one by one; that its
cache catches up with the last token of a step of which all are accepted is left out.
"""

from __future__ import annotations

from dataclasses import replace

import sympy

from edgesym.quantities.case import Drafting
from edgesym.quantities.registry import Case, quantity
from edgesym.quantities.time import step_time
from edgesym.workload import checking

__all__ = [
    "drafting_time",
    "expected_tokens_per_step",
    "speculative_speedup",
    "verification_time",
]


def _speculating(case: Case) -> Case:
    """The case with drafts; where nothing is said of them, they cost nothing."""
    if case.drafting is not None:
        return case
    return replace(case, drafting=Drafting(), workload=checking(case.workload))


@quantity("tokens", phase="decode")
def expected_tokens_per_step(case: Case) -> sympy.Expr:
    """Tokens that each sequence gets from a step that checks gamma drafted ones, on average.

    (1 - alpha^(gamma + 1)) / (1 - alpha), and gamma + 1 where all are accepted (Leviathan et al.
    2023, arXiv:2211.17192, equation 1).
    """
    return _speculating(case).yields


@quantity("s", phase="decode")
def drafting_time(case: Case) -> sympy.Expr:
    """Time to draft the gamma tokens of a step one by one; none where they are looked up."""
    speculating = _speculating(case)
    draft = speculating.drafting.beside(speculating) if speculating.drafting else None
    return sympy.S.Zero if draft is None else draft.of(step_time)


@quantity("s", phase="decode")
def verification_time(case: Case) -> sympy.Expr:
    """Time of the model's own step over gamma drafted tokens and the one that follows."""
    return step_time(_speculating(case).alone)


@quantity("1", phase="decode")
def speculative_speedup(case: Case) -> sympy.Expr:
    """How many times as fast tokens come with drafts as without.

    The expected tokens of a step times the time of a decode step, over the time to draft and to
    check: (1 - alpha^(gamma + 1)) / ((1 - alpha) (gamma c + 1)) where a draft's step takes c
    times as long as the model's and checking as long as a step (Leviathan et al. 2023,
    arXiv:2211.17192, theorem 3.8).
    """
    speculating = _speculating(case)
    plain = replace(speculating.alone, counting=case.counting).during("decode")
    plain = replace(plain, workload=replace(speculating.workload, new=sympy.S.One))
    return speculating.yields * step_time(plain) / step_time(speculating)
