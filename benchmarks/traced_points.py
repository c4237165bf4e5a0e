"""Random points inside the domain of a traced model, and what its class says to them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from edgesym.architectures.traced.plan import Traced
from edgesym.tracing.checked import counts, is_inside
from edgesym.workload import step_values

__all__ = ["Points", "compare_points", "gaps"]

#: What a size is multiplied with, where that is a whole number inside the domain.
_FACTORS = (Fraction(1, 2), Fraction(1), Fraction(2), Fraction(3))
#: Tokens of a step, fewest and most: code over chunks of tokens takes several. Real tensors, whose
#: every product is computed, take few.
_TOKENS = {"meta": ((9, 150), (150, 500)), "cpu": ((9, 30), (30, 150))}
#: Points that are drawn for each that is to be compared.
_DRAWN = 8
Counts = Mapping[str, int | None]


@dataclass(slots=True)
class Points:
    """What came of the points.

    Attributes:
        compared: how many were equal.
        refused: why the class itself did not run at others: kind of exception -> how often.
        different: the first that differed: its gaps and where it is.
    """

    compared: int
    refused: dict[str, int]
    different: dict[str, Any] | None = None


def gaps(ours: Mapping[str, int], theirs: Counts) -> dict[str, list[int]]:
    """Count -> ours and theirs, where they are not equal."""
    return {k: [ours[k], n] for k, n in theirs.items() if n is not None and n != ours[k]}


def compare_points(
    traced: Traced,
    config: Mapping[str, Any],
    class_counts: Callable[[Mapping[str, Any], int, int], Counts],
    seed: str,
    wanted: int,
    *,
    has_cache: bool,
    device: str = "meta",
) -> Points:
    """Compare at points until as many as are wanted are equal, or one differs.

    A point at which the class raises is drawn again with half of its changes; a size whose change
    alone is refused is left as it is from then on.
    """
    keys = _keys(config)
    own = {s: traced.model.values[s] for s in keys.values() if s in traced.model.values}
    drawn = random.Random(seed)  # noqa: S311 - no secret
    found = Points(0, {})
    fixed: set[Any] = set()
    for _ in range(_DRAWN * wanted):
        if found.compared == wanted:
            break
        step = _step(traced, drawn, _TOKENS[device], has_cache=has_cache)
        if step is None:
            break
        changed = _changed(traced, own, drawn, fixed, step)
        while True:
            sizes = {**own, **changed}
            try:
                theirs = class_counts(_put(config, keys, sizes), *step)
                break
            except Exception as error:  # noqa: BLE001 - whatever a class raises
                kind = type(error).__name__
                found.refused[kind] = found.refused.get(kind, 0) + 1
                if len(changed) < 2:
                    fixed |= changed.keys()
                if not changed:
                    theirs = None
                    break
                kept = drawn.sample(list(changed), len(changed) // 2)
                changed = {s: changed[s] for s in kept}
        if theirs is None:
            continue
        if not _inside(traced, sizes, step, has_cache=has_cache):
            continue
        if found_gaps := gaps(counts(traced.model, *step, sizes), theirs):
            at = {str(s): n for s, n in changed.items()}
            found.different = {
                "gaps": found_gaps,
                "at": {"sizes": at, "batch": step[0], "cached": step[1]},
            }
            break
        found.compared += 1
    return found


def _keys(config: Mapping[str, Any]) -> dict[str, Any]:
    import transformers

    from edgesym.oracle.build import settings
    from edgesym.tracing.fields import sizes_of

    made = settings(config, transformers).text
    return sizes_of(vars(made), made.model_type)


def _inside(traced: Traced, sizes: Any, step: tuple[int, int], *, has_cache: bool) -> bool:
    batch, cached = step
    steps = ((cached, 0), *(((1, cached),) if has_cache else ()))
    return all(is_inside(traced.model, {**sizes, **step_values(batch, *s)}) for s in steps)


def _step(
    traced: Traced, drawn: random.Random, tokens: Iterable[tuple[int, int]], *, has_cache: bool
) -> tuple[int, int] | None:
    """Sequences and tokens inside the domain."""
    for least, most in tokens:
        for _ in range(50):
            step = (drawn.randint(1, 4), drawn.randint(least, most))
            if _inside(traced, {}, step, has_cache=has_cache):
                return step
    return None


def _changed(
    traced: Traced, own: Mapping[Any, int], drawn: random.Random, fixed: set[Any], step: Any
) -> dict[Any, int]:
    """Other sizes, changed one by one as long as they stay inside the domain."""
    sizes: dict[Any, int] = {}
    for size in drawn.sample(list(own), len(own)):
        factor = drawn.choice(_FACTORS)
        other = own[size] * factor
        if size in fixed or other.denominator != 1 or other in (own[size], 1):
            continue
        if is_inside(traced.model, {**sizes, size: int(other)}):
            sizes[size] = int(other)
    return sizes


def _put(config: Mapping[str, Any], keys: Mapping[str, Any], sizes: Any) -> dict[str, Any]:
    """The config with other sizes."""
    point: dict[str, Any] = json.loads(json.dumps(config))
    holder = point.get("text_config", point)
    holder |= {key: sizes[s] for key, s in keys.items() if s in sizes}
    return point
