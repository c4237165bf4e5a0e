"""The crossovers of a model: pairs of quantities of which one passes the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy

from edgesym.analysis.crossovers.regimes import RegimeMap
from edgesym.catalogue import REGISTRY
from edgesym.engine.evaluate import evaluate
from edgesym.scenario.setup import Setup
from edgesym.symbols import symbol

__all__ = ["CROSSOVERS", "Crossover", "lines_over", "sides", "spoken"]

_b, _S, _S_p = symbol("batch"), symbol("context"), symbol("prompt_tokens")


@dataclass(frozen=True, slots=True)
class Crossover:
    """Two quantities of which one passes the other as an unknown grows.

    Attributes:
        left: name of the quantity that is behind at first, and passes.
        right: name of the other.
        phase: the phase both are of.
    """

    name: str
    meaning: str
    left: str
    right: str
    unknown: sympy.Symbol
    phase: str


#: The changes of regime of a model, in reading order.
CROSSOVERS = (
    Crossover(
        "cache passes weights",
        "a decode step moves more bytes of the cache than of the weights",
        *("cache_traffic", "weight_bytes", _S, "decode"),
    ),
    Crossover(
        "cache passes weights",
        "a decode step moves more bytes of the cache than of the weights",
        *("cache_traffic", "weight_bytes", _b, "decode"),
    ),
    Crossover(
        "decode turns compute-bound",
        "a decode step takes longer to compute than to move its bytes: the ridge",
        *("compute_time", "memory_time", _b, "decode"),
    ),
    Crossover(
        "prefill turns compute-bound",
        "the prefill takes longer to compute than to move its bytes: the ridge",
        *("compute_time", "memory_time", _S_p, "prefill"),
    ),
    Crossover(
        "attention passes all projections",
        "scores, softmax and values take more FLOPs than all products with weights",
        *("attention_core_flops", "projection_flops", _S, "decode"),
    ),
    Crossover(
        "attention passes all projections, prefill",
        "scores, softmax and values take more FLOPs than all products with weights",
        *("attention_core_flops", "projection_flops", _S_p, "prefill"),
    ),
    Crossover(
        "attention passes its projections",
        "scores, softmax and values take more FLOPs than queries, keys, values and output",
        *("attention_core_flops", "attention_projection_flops", _S, "decode"),
    ),
    Crossover(
        "attention passes its projections, prefill",
        "scores, softmax and values take more FLOPs than queries, keys, values and output",
        *("attention_core_flops", "attention_projection_flops", _S_p, "prefill"),
    ),
)


def sides(crossover: Crossover, setup: Setup) -> tuple[sympy.Expr, sympy.Expr]:
    """The closed forms of the two quantities."""
    case = setup.case(crossover.phase)
    left, right = (REGISTRY[n].expression(case) for n in (crossover.left, crossover.right))
    return left, right


def lines_over(found: RegimeMap) -> dict[str, Any]:
    """The crossovers of a decode step over a map, by name: columns that are 0 where they are.

    A column says how far the left quantity is ahead, from -1 to 1. A crossover with a side
    that the model does not have is left out.
    """
    setup, at = found.setup, {_b: found.batches[:, None], _S: found.contexts[None, :]}
    lines = {}
    for crossover in CROSSOVERS:
        left, right = sides(crossover, setup)
        if crossover.phase == "decode" and 0 not in (left, right):
            ahead, behind = (evaluate(side, {**setup.values(), **at}) for side in (left, right))
            lines[crossover.name] = (ahead - behind) / (ahead + behind)
    return lines


def spoken(name: str) -> str:
    """The name of a quantity or a symbol in words.

    >>> spoken("attention_core_flops"), spoken("prompt_tokens")
    ('attention core FLOPs', 'prompt')
    """
    return name.removesuffix("_tokens").replace("_", " ").replace("flops", "FLOPs")
