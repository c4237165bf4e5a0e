"""Our counts beside another's: equal, explained, or different."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from edgesym.architectures.model import Model
from edgesym.architectures.reader import architectures
from edgesym.catalogue import REGISTRY, Case
from edgesym.data import shipped
from edgesym.engine.evaluate import evaluate
from edgesym.errors import ExpressionError
from edgesym.expression import read
from edgesym.formats import Formats
from edgesym.graph.convention import convention
from edgesym.runtimes import find_runtime
from edgesym.symbols import describe, symbol
from edgesym.workload import phase, step_values

__all__ = ["STEPS", "Comparison", "compare", "our_counts"]

#: Name of a count -> quantity, kind of difference, and (sequences, new, cached) tokens.
STEPS: dict[str, tuple[str, str, tuple[int, int, int]]] = {
    "parameters": ("parameters", "parameters", (1, 1, 0)),
    "active_parameters": ("active_parameters", "active_parameters", (1, 1, 0)),
    "prefill_b1_s128_flops": ("flops", "prefill_flops", (1, 128, 0)),
    "prefill_b2_s64_flops": ("flops", "prefill_flops", (2, 64, 0)),
    "decode_b1_c128_flops": ("flops", "decode_flops", (1, 1, 128)),
    "kv_bytes_129_bf16": ("kv_cache_bytes", "kv_cache_bytes", (1, 1, 128)),
}


_KIND_OF_LAYERS = re.compile(r"layers_\w+")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One count, ours and theirs.

    Attributes:
        verdict: ``equal``, ``explained`` or ``different``; empty where they have no count.
        reason: why the two differ, where it is known.
    """

    count: str
    ours: int
    theirs: int | None
    verdict: str
    reason: str = ""


def our_counts(model: Model) -> dict[str, int]:
    """The counts of :data:`STEPS`, under the convention ``pytorch``, caches in bf16."""
    values = {**model.values, **Formats.of("bf16").values()}
    found = {}
    for name, (quantity, _, (batch, new, cached)) in STEPS.items():
        work = phase("decode" if new == 1 and cached else "step" if cached else "prefill")
        case = Case(model, work, convention("pytorch"), find_runtime("unfused"))
        form = REGISTRY[quantity].expression(case)
        put = {symbol("context"): cached + new, **_step(model, (batch, new, cached))}
        found[name] = int(evaluate(form, {**values, **put}))
    return found


def compare(model: Model, theirs: Mapping[str, int | None]) -> list[Comparison]:
    """Our counts beside another's, each difference with its reason if it has one."""
    rows = []
    for name, ours in our_counts(model).items():
        other = theirs.get(name)
        if other is None or other == ours:
            rows.append(Comparison(name, ours, other, "equal" if other is not None else ""))
            continue
        reason = _reason(model, name, ours, other)
        rows.append(Comparison(name, ours, other, "explained" if reason else "different", reason))
    return rows


@cache
def _differences() -> list[dict[str, Any]]:
    return list(shipped("architectures/shared", "differences")["difference"])


def _reason(model: Model, name: str, ours: int, theirs: int) -> str:
    """The reason of a difference that holds for the model, checked where it can be."""
    _, quantity, step = STEPS[name]
    names: dict[str, Any] = {
        describe(s).word.replace(".", "_"): value
        for s, value in {**model.values, **_step(model, step)}.items()
    }
    for row in _differences():
        files = {architectures().get(model_type) for model_type in row["model_types"]}
        if model.architecture not in files or row["quantity"] != quantity:
            continue
        if "theirs" not in row or _follows(row["theirs"], {**names, "ours": ours}, theirs):
            return str(row["reason"])
    return ""


def _follows(formula: str, names: Mapping[str, Any], theirs: int) -> bool:
    """Whether a formula gives their number; one over symbols the model lacks does not.

    A model whose layers are all of one kind has no symbol for that kind: its count is L.
    """
    kinds = dict.fromkeys(_KIND_OF_LAYERS.findall(formula), names.get("layers"))
    try:
        return bool(read(formula, {**kinds, **names}) == theirs)
    except ExpressionError:
        return False


def _step(model: Model, step: tuple[int, int, int]) -> dict[Any, int]:
    return dict(step_values(*step, model.values.get(symbol("source_tokens"))))
