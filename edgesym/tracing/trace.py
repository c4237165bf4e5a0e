"""A model out of a config's class: its code, run once on symbols."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy

from edgesym.architectures.fingerprint import digest
from edgesym.architectures.model import Model, Structure
from edgesym.architectures.traced.plan import Traced, TracedPlan
from edgesym.frozen import FrozenMap
from edgesym.symbols import symbol
from edgesym.tracing.fields import HINTS
from edgesym.tracing.lift import Memory, lift
from edgesym.tracing.run import Run, run_config
from edgesym.tracing.segments import Segment, segments
from edgesym.tracing.settle import Settled

__all__ = ["trace_config"]

_WORKLOAD = ("batch", "new_tokens", "cached_tokens")


def trace_config(
    config: Mapping[str, Any], *, name: str, origin: str, hints: Mapping[str, int] = HINTS
) -> Traced:
    """The model of a config as its class in transformers computes it, and where that holds."""
    run = run_config(config, hints)
    return model_of(run, name, origin, digest(config=config))


def model_of(run: Run, name: str, origin: str, content: str) -> Traced:
    """The model of a recorded run."""
    settle = Settled(run.sizes.hints)
    memory = Memory(
        size=lambda extent: settle(run.sizes.expression(extent)),
        weights=run.weights,
        cached=run.cached,
        kept=run.kept,
        classes=run.classes,
    )
    found = segments(run)
    plans: list[TracedPlan] = []
    lines: dict[str, str] = {}
    blocks: dict[tuple[str, int], str] = {}
    repeats: dict[frozenset[str], sympy.Expr] = {}
    values: dict[sympy.Symbol, int] = {
        s: n for s, n in run.sizes.hints.items() if s not in map(symbol, _WORKLOAD)
    }
    several = len({(s.stack.path, s.kind) for s in found if s.stack}) > 1
    for place, segment in enumerate(found):
        prefix = segment.stack.layers[segment.kind] if segment.stack else ""
        needed = {
            t.storage
            for other in range(len(found))
            if other != place
            for op in found[other].operations
            for t in op.inputs
        }
        lifted = lift(segment.operations, prefix, memory, needed)
        if not lifted.operations:
            continue
        label, repeat = _named(segment, several, len(plans))
        lines |= {f"{label}/{part}": line for part, line in lifted.lines.items()}
        if segment.stack:
            blocks[segment.stack.path, segment.kind] = label
            repeats[frozenset([label])] = repeat
            values[repeat] = segment.repeat
        plans.append(
            TracedPlan(label, repeat, lifted.operations, lifted.entries, lifted.exits, run.over)
        )
    if several:
        every = frozenset(label for key in repeats for label in key)
        repeats[every] = symbol("layers")
        values[symbol("layers")] = sum(values[r] for k, r in repeats.items() if len(k) == 1)
    domain = settle.domain(run.sizes.questions(), {symbol("cached_tokens"): 0})
    model = Model(
        name=name,
        architecture="traced",
        values=FrozenMap(values),
        structure=Structure(tuple(plans), FrozenMap(repeats)),
        origin=origin,
        sources=(f"the code of {origin}",),
        content=content,
        domain=domain,
    )
    layers = tuple(
        blocks[stack.path, kind]
        for stack in run.stacks
        for kind in stack.kinds
        if (stack.path, kind) in blocks
    )
    return Traced(model, FrozenMap(lines), layers)


def _named(segment: Segment, several: bool, place: int) -> tuple[str, sympy.Expr]:
    if segment.stack is None:
        return ("embedding" if place == 0 else f"head{place}"), sympy.Integer(1)
    if not several:
        return "decoder", symbol("layers")
    label = f"kind{segment.kind}"
    return label, symbol("layers", label)
