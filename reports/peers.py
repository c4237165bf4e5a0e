"""What other tools count, beside the graph: each rule as a claim, and how far off it is."""

from edgesym.claims.check import check
from edgesym.claims.library import claims_of
from edgesym.claims.verdict import Verdict

#: Papers of the library that are tools, and where their rules were read.
TOOLS = ("edgeprofiler", "transformer-roofline-analyzer", "llm-viewer", "llm-analysis")
_HEAD = """# Beside its peers

The rules by which other tools count, taken from their papers and programs as claims, and checked
against the graph (`edgesym claims NAME` gives the grounds). The error is the largest, in size, over
the models that a verdict looks at; a rule that is exact under assumptions is off where they do not
hold.
"""
_DOES = """## What each does

| | edgesym | EdgeProfiler | Transformer Roofline Analyzer | EdgeLM-Optimizer |
|-|-|-|-|-|
| answers are formulas | yes | in its paper | no | no |
| reads a config.json | yes | no | llama, llama4 | no |
| cost per operator | yes | no | yes | no |
| queries of different lengths at once | yes | no | yes | no |
| parameters, footprint, latency, energy of edge boards | yes | yes | no | no |
| formats of files people run (Q4_K_M, GPTQ, AWQ) | yes | uniform bits | uniform dtype | GPTQ, AWQ |
| compresses and measures for real | yes | no | no | yes |
| says how sure it is | yes | no | no | no |
| derivatives, inverses, crossovers | yes | no | no | no |
| checks published equations | yes | no | no | no |

`edgesym reproduce edgeprofiler`, `transformer-roofline-analyzer` and `edgelm-optimizer` recompute
their own tables, cell by cell, beside ours.
"""


def peers() -> str:
    """The page."""
    return "\n".join((_HEAD, _DOES, *map(_tool, TOOLS)))


def _tool(name: str) -> str:
    verdicts = [check(claim) for claim in claims_of(name)]
    paper = verdicts[0].claim.paper
    rows = "\n".join(
        f"| {v.claim.id} | {v.claim.quantity} | {v.verdict} | {_worst(v)} |" for v in verdicts
    )
    head = f"## {paper.name}\n\n{paper.title}, {paper.address}.\n"
    return f"{head}\n| rule | of | verdict | largest error |\n|-|-|-|-|\n{rows}\n"


def _worst(verdict: Verdict) -> str:
    errors = {model: error for model, error in verdict.relative.items() if error is not None}
    if not errors:
        return ""
    if verdict.found:
        return "0 where they hold"
    model = max(errors, key=lambda name: abs(errors[name]))
    return f"{100 * errors[model]:+.3g} % ({model})" if errors[model] else "0"
