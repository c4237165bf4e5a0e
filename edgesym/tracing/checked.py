"""A traced model beside PyTorch's own count of its class, at the sizes it was traced at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import sympy

from edgesym.architectures.model import Model
from edgesym.architectures.traced.domain import Condition, Domain
from edgesym.architectures.traced.plan import Traced
from edgesym.catalogue import REGISTRY, Case
from edgesym.engine.evaluate import evaluate
from edgesym.errors import ConfigError
from edgesym.formats import Formats
from edgesym.graph.convention import convention
from edgesym.runtimes import find_runtime
from edgesym.symbols import describe, symbol
from edgesym.tracing.fields import HINTS
from edgesym.workload import phase, step_values

__all__ = ["check", "checked_module", "counts", "counts_of_class", "is_inside"]

#: Sequences and cached tokens of the comparison.
_BATCH, _CACHED = 2, 24
#: What a user's own operators compute, of which PyTorch counts nothing.
_OWN = "operator_flops"


def counts(
    model: Model, batch: int, cached: int, sizes: Mapping[sympy.Symbol, int] | None = None
) -> dict[str, int]:
    """FLOPs of a prefill and of a step of one token after it, the bf16 cache then, parameters.

    Args:
        cached: tokens of the prefill.
        sizes: other sizes than the model's own.
    """
    values: dict[sympy.Symbol, Any] = {**model.values, **(sizes or {})}
    values |= Formats.of("bf16").values()
    source = values.get(symbol("source_tokens"))
    asked = {
        "prefill": ("flops", "prefill", (batch, cached, 0)),
        "decode": ("flops", "decode", (batch, 1, cached)),
        "cache": ("kv_cache_bytes", "decode", (batch, 1, cached)),
        "parameters": ("parameters", "decode", (batch, 1, cached)),
    }
    found = {}
    for name, (quantity, word, (b, new, held)) in asked.items():
        case = Case(model, phase(word), convention("pytorch"), find_runtime("unfused"))
        put = {**values, **step_values(b, new, held, source), symbol("context"): held + new}
        form = REGISTRY[quantity].expression(case)
        own = [s for s in form.free_symbols if describe(s).word.partition(".")[0] == _OWN]
        found[name] = int(evaluate(form, {**dict.fromkeys(own, 0), **put}))
    return found


def counts_of_class(
    config: Mapping[str, Any], batch: int, cached: int, device: str = "meta"
) -> dict[str, int | None]:
    """The same of the class of a config; None where it does not run, or keeps no cache.

    Args:
        device: ``meta``, or ``cpu`` for a class that looks at values; then its weights are real.

    Raises:
        Exception: whatever the class raises when it is built, or run on an empty cache.
    """
    import torch
    import transformers

    from edgesym.oracle.build import build
    from edgesym.oracle.torch_counts import step_counts

    model = build(config, torch, transformers, device=device)
    try:
        prefill, decode, cache = step_counts(model, torch, transformers, batch, cached)
    except RuntimeError:  # code that is not written for two bytes
        model = build(config, torch, transformers, device=device, dtype=torch.float32)
        prefill, decode, _ = step_counts(model, torch, transformers, batch, cached)
        cache = None
    parameters = sum(p.numel() for p in model.parameters())
    return {"prefill": prefill, "decode": decode, "cache": cache, "parameters": parameters}


def is_inside(model: Model, values: Mapping[sympy.Symbol, int]) -> bool:
    """Whether sizes and a step lie in the domain of a traced model."""
    try:
        model.domain.check({**model.values, **values}, model.name)
    except ConfigError:  # outside of the domain is the answer
        return False
    return True


def check(model: Model, config: Mapping[str, Any], origin: str) -> None:
    """Refuse a traced model whose counts are not those of the class of its config.

    One layer of each kind is traced: layers that look alike and run in different ways show here.

    Raises:
        ConfigError: naming the count, ours and theirs.
    """
    steps = ((_BATCH, _CACHED, 0), (_BATCH, 1, _CACHED))
    if not all(is_inside(model, step_values(*step)) for step in steps):
        return
    try:
        theirs = counts_of_class(config, _BATCH, _CACHED)
    except (RuntimeError, NotImplementedError):  # it looks at values, which are not there
        return
    ours = counts(model, _BATCH, _CACHED)
    for name, number in theirs.items():
        if number is not None and number != ours[name]:
            raise ConfigError(
                f"{origin}: its layers cannot be traced one of a kind: {name} comes out as "
                f"{ours[name]}, and PyTorch counts {number}"
            )


def checked_module(
    traced: Traced, count: Callable[[int, int], int], numbers: Mapping[sympy.Symbol, int]
) -> Traced:
    """A traced module whose FLOPs are those of a run with plain numbers.

    Args:
        count: FLOPs of so many sequences of so many tokens each.
        numbers: the sizes at which it was traced.

    Returns:
        The same; where one sequence or one token is a case of its own, its domain says so.

    Raises:
        ConfigError: naming the count, ours and PyTorch's.
    """
    model = traced.model
    is_over_context = any(plan.over == "context" for plan in model.plans)
    several, more = (HINTS["batch"], HINTS["cached_tokens"]), []
    for work, at in ((several, None), ((1, several[1]), "batch"), ((several[0], 1), "new_tokens")):
        if not is_inside(model, {**numbers, **step_values(work[0], work[1], 0)}):
            continue
        ours, theirs = counts(model, *work, numbers)["prefill"], count(*work)
        if ours != theirs and at is None:
            raise ConfigError(
                f"{model.origin}: its layers cannot be traced one of a kind: FLOPs come out as "
                f"{ours}, and PyTorch counts {theirs}"
            )
        if ours != theirs and at is not None:
            more.append(Condition(sympy.Ge(symbol(at), 2)))
    added = Domain(tuple(more))
    added = added.over_context() if is_over_context else added
    domain = replace(model.domain, conditions=(*model.domain.conditions, *added.conditions))
    return replace(traced, model=replace(model, domain=domain))
