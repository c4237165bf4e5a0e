"""The report on a check: each equation as printed, its verdict, difference, repair, numbers."""

from __future__ import annotations

from collections.abc import Sequence

from edgesym.claims.verdict import Verdict
from edgesym.render.environment import environment

__all__ = ["CHECK_REPORTS", "check_report"]

#: Format -> template.
CHECK_REPORTS = {"markdown": "check.md.j2", "latex": "check.tex.j2"}


def check_report(verdicts: Sequence[Verdict], style: str, silent: Sequence[str] = ()) -> str:
    """The report as Markdown or LaTeX.

    An equation is shown as the text that was read and as what it was read to; what a
    user's file holds is never handed to TeX.

    Args:
        verdicts: what was found.
        style: a key of :data:`CHECK_REPORTS`.
        silent: equations that nothing was said of.
    """
    tally: dict[str, int] = {}
    for verdict in verdicts:
        tally[verdict.verdict] = tally.get(verdict.verdict, 0) + 1
    papers = list(dict.fromkeys(verdict.claim.paper for verdict in verdicts))
    context = {"verdicts": verdicts, "tally": tally, "papers": papers, "silent": silent}
    return environment(style).get_template(CHECK_REPORTS[style]).render(context)
