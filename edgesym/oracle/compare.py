"""Our counts beside another's: equal, explained, or different."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgesym.architectures.model import Model
from edgesym.catalogue import REGISTRY, Case
from edgesym.engine.evaluate import evaluate
from edgesym.formats import Formats
from edgesym.graph.convention import convention
from edgesym.oracle.differences import differences
from edgesym.oracle.steps import STEPS, Step, Steps
from edgesym.runtimes import find_runtime
from edgesym.symbols import describe, symbol
from edgesym.workload import phase, step_values

__all__ = ["Comparison", "compare", "our_counts"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One count, ours and theirs.

    Attributes:
        verdict: ``equal``, ``explained`` or ``different``; ``failed`` where theirs ended in an
            exception; empty where they have no such count.
        reason: why the two differ, where it is known; or the exception.
    """

    count: str
    ours: int
    theirs: int | None
    verdict: str
    reason: str = ""


def our_counts(model: Model, steps: Steps = STEPS) -> dict[str, int]:
    """The counts of some steps, under the convention ``pytorch``, caches in bf16."""
    values = {**model.values, **Formats.of("bf16").values()}
    found = {}
    for name, (quantity, _, (batch, new, cached)) in steps.items():
        work = phase("decode" if new == 1 and cached else "step" if cached else "prefill")
        case = Case(model, work, convention("pytorch"), find_runtime("unfused"))
        form = REGISTRY[quantity].expression(case)
        put = {symbol("context"): cached + new, **_step(model, (batch, new, cached))}
        found[name] = int(evaluate(form, {**values, **put}))
    return found


def compare(
    model: Model,
    theirs: Mapping[str, int | None],
    steps: Steps = STEPS,
    failed: Mapping[str, str] | None = None,
) -> list[Comparison]:
    """Our counts beside another's, each difference with its reason if it has one.

    Args:
        failed: name of a count -> the exception that theirs ended in.
    """
    rows = []
    for name, ours in our_counts(model, steps).items():
        other = theirs.get(name)
        if failed and name in failed:
            rows.append(Comparison(name, ours, None, "failed", failed[name]))
            continue
        if other is None or other == ours:
            rows.append(Comparison(name, ours, other, "equal" if other is not None else ""))
            continue
        reason = _reason(model, steps[name], ours, other)
        rows.append(Comparison(name, ours, other, "explained" if reason else "different", reason))
    return rows


def _reason(model: Model, counted: tuple[str, str, Step], ours: int, theirs: int) -> str:
    """The reason of a difference that holds for the model, checked where it can be."""
    _, quantity, step = counted
    widths = Formats.of("bf16").values()
    names: dict[str, Any] = {
        describe(s).word.replace(".", "_"): value
        for s, value in {**model.values, **widths, **_step(model, step)}.items()
    }
    kinds = _kinds(model)
    for row in differences(model, quantity):
        if not row.formula or theirs in row.theirs({**names, "ours": ours}, kinds):
            return row.reason
    return ""


def _kinds(model: Model) -> dict[str, int]:
    """Kind of layers -> how many of them the model has."""
    counts = {next(iter(k)): s for k, s in model.repeats.items() if len(k) == 1}
    return {kind: model.values[counted] for kind, counted in counts.items()}


def _step(model: Model, step: tuple[int, int, int]) -> dict[Any, int]:
    return dict(step_values(*step, model.values.get(symbol("source_tokens"))))
