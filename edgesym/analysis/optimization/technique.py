"""Techniques that make a model smaller: rows of data, and what they change of a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import Any

from edgesym.data import shipped
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.formats import find_recipe, recipes
from edgesym.frozen import FrozenMap
from edgesym.pruning import is_pruning, read_pruning
from edgesym.scenario.run import Run

__all__ = [
    "BASELINE",
    "Technique",
    "chosen",
    "combinations",
    "find_technique",
    "perplexity",
    "techniques",
]

#: The run as it is asked for.
_AS_IT_IS = "as it is run, or published"


@dataclass(frozen=True, slots=True)
class Technique:
    """A way to make a model smaller.

    Attributes:
        run: what it changes: field of a run -> its value.
        perplexity: what it added to the perplexity of one model, as published; None where it
            is not known. It cannot be derived.
    """

    name: str
    run: FrozenMap[str, str]
    what: str
    source: str = ""
    perplexity: float | None = None

    def of(self, run: Run) -> Run:
        """A run with the technique applied."""
        changes: dict[str, Any] = dict(self.run)
        return replace(run, **changes)


BASELINE = Technique("baseline", FrozenMap({}), _AS_IT_IS)


@cache
def techniques() -> dict[str, Technique]:
    """The techniques that ship, by name.

    >>> techniques()["gptq"].of(Run()).weights
    'gptq'
    """
    rows = shipped("analysis/optimization", "techniques")["techniques"]
    return {
        name: Technique(name, **{**row, "run": FrozenMap(row["run"])}) for name, row in rows.items()
    }


def perplexity() -> tuple[str, str]:
    """What the published figures of accuracy are, and where they are from."""
    said = shipped("analysis/optimization", "techniques")["perplexity"]
    return said["what"], said["source"]


def find_technique(name: str) -> Technique:
    """A technique by name; a recipe or a number format, or its file, is one of the weights.

    What ``--prune`` takes, such as ``0.3:bitmask`` or ``layers=4``, is one of pruning.

    >>> find_technique("kv-q8_0").run["cache"], find_technique("iq4_xs").run["weights"]
    ('q8_0', 'iq4_xs')

    Raises:
        UnknownNameError: with the nearest names.
        ConfigError: a pruning that makes no sense.
    """
    if name == BASELINE.name:
        return BASELINE
    known = techniques()
    spelled = name.strip().lower()
    if spelled in known:
        return known[spelled]
    if is_pruning(spelled):
        pruning = str(read_pruning(name.strip()))
        return Technique(pruning, FrozenMap({"prune": pruning}), f"pruned: {pruning}")
    try:
        recipe = find_recipe(name.strip())
    except UnknownNameError:
        raise UnknownNameError("technique", name, [BASELINE.name, *known, *recipes()]) from None
    what = f"weights in {recipe.name}"
    return Technique(recipe.name, FrozenMap({"weights": name.strip()}), what, recipe.source)


def chosen(names: Iterable[str]) -> tuple[Technique, ...]:
    """The techniques of these names, without the baseline; all that ship where there is none.

    Raises:
        UnknownNameError: with the nearest names.
        ConfigError: a technique is named twice.
    """
    given = [name for name in names if name.strip()]
    found = [find_technique(name) for name in given] or list(techniques().values())
    for place, one in enumerate(found):
        if one in found[:place]:
            raise ConfigError(f"the technique {one.name} is named twice; name each once")
    return tuple(one for one in found if one is not BASELINE)


def combinations(alone: Sequence[Technique]) -> tuple[Technique, ...]:
    """All ways to use several techniques together that change different fields of a run.

    >>> pair = combinations([find_technique("gptq"), find_technique("kv-q8_0")])
    >>> [(one.name, sorted(one.run)) for one in pair]
    [('gptq + kv-q8_0', ['cache', 'weights'])]
    """
    kinds: dict[str, list[Technique]] = {}
    for one in alone:
        kinds.setdefault(min(one.run, key=_FIELDS.index), []).append(one)
    choices = [(None, *of_kind) for of_kind in kinds.values()]
    sets = ([one for one in chosen if one is not None] for chosen in product(*choices))
    return tuple(_together(several) for several in sets if len(several) > 1)


#: Fields of a run: the first that a technique changes says of which kind it is.
_FIELDS = ["weights", *(name for name in Run.__dataclass_fields__ if name != "weights")]


def _together(several: Sequence[Technique]) -> Technique:
    changed: dict[str, str] = {}
    for one in several:
        changed |= one.run
    names, whats = (" + ".join(one.name for one in several), "; ".join(one.what for one in several))
    return Technique(names, FrozenMap(changed), whats)
