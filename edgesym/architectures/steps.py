"""From the blocks of an architecture file to plans that build their graphs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import sympy

from edgesym.architectures.fields import evaluate
from edgesym.architectures.model import Aside, Layer, Parallel, Plan, Residual, Skipped, Step
from edgesym.architectures.pattern import Pattern, read_pattern
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.fileschema import PART
from edgesym.frozen import freeze
from edgesym.layers import LAYERS
from edgesym.layers.options import check_options
from edgesym.plain import shown
from edgesym.symbols import symbol

__all__ = ["read_ahead", "read_patterns", "read_plans"]

#: The block that predicts further tokens.
MTP = "mtp"
#: What a step that is more than a layer can be.
_WAYS = ("residual", "parallel", "aside", "skipped")
_MOST_STEPS = 10_000


def read_patterns(
    recipe: Mapping[str, Any], names: Mapping[str, Any], origin: str
) -> dict[str, Pattern]:
    """The kinds of layers of each repeated block, in the order of ``[repeats]``.

    By default one block, ``decoder``, is repeated as often as ``layers`` says. Slots are
    places in the last of them. A block whose count is None is left out.
    """
    repeated: dict[str, str] = recipe.get("repeats", {"decoder": "layers"})
    *_, last = repeated
    slots = recipe.get("slots", {})
    return {
        block: read_pattern(slots if block == last else {}, names, origin, block, word)
        for block, word in repeated.items()
        if names[word] is not None
    }


def read_plans(
    recipe: Mapping[str, Any],
    patterns: Mapping[str, Pattern],
    names: Mapping[str, Any],
    origin: str,
) -> tuple[Plan, ...]:
    """One plan per distinct block; a repeated block stands for every kind of its layers."""
    plans = []
    for block, steps in recipe["blocks"].items():
        pattern = patterns.get(block)
        kinds = pattern.kinds if pattern else {block: {}}
        for kind, labels in kinds.items():
            tables = dict(recipe["layers"])
            for slot, label in labels.items():
                tables[slot] = recipe["slots"][slot]["kinds"][label]
            for layer, words in (pattern.options.get(kind, {}) if pattern else {}).items():
                tables[layer] = {**tables[layer], **words}
            repeat = pattern.repeats()[frozenset([kind])] if pattern else sympy.Integer(1)
            axes = recipe.get("entries", {}).get(block, ["hidden"])
            built = _steps(steps, tables, {**names, **labels}, origin)
            over = evaluate(recipe.get("over", {}).get(block, "new"), names, origin)
            if not isinstance(over, str):
                raise ConfigError(f"{origin}: [over] {block} is {over!r}; it is the name of tokens")
            if built:
                entering = tuple(symbol(axis) for axis in axes)
                plans.append(Plan(kind, repeat, built, entering, over))
    return tuple(plans)


def read_ahead(
    recipe: Mapping[str, Any], names: Mapping[str, Any], origin: str
) -> tuple[Plan, int] | None:
    """The block that predicts further tokens, and how many of it there are; none where it is not.

    A layer of the last repeated block, of the kinds that ``[mtp.labels]`` names, on what
    :func:`edgesym.layers.predictor.predictor` makes of a state and a token; then the last norm and
    the model's own head.
    """
    table = recipe.get("mtp", {})
    modules = evaluate(f"={table.get('modules', '0')}", names, origin)
    if not modules:
        return None
    if not isinstance(modules, int) or modules < 0:
        raise ConfigError(f"{origin}: [mtp] modules is {shown(modules)}; it is a whole number")
    given = table.get("labels", {})
    if given.keys() != recipe.get("slots", {}).keys():
        raise ConfigError(
            f"{origin}: [mtp.labels] names the kinds of {', '.join(given) or 'nothing'}; the slots "
            f"are {', '.join(recipe.get('slots', {})) or 'none'}"
        )
    labels = {slot: evaluate(label, names, origin) for slot, label in given.items()}
    tables = {**recipe["layers"], "predictor": {"layer": "predictor"}}
    for slot, label in labels.items():
        kinds = recipe["slots"][slot]["kinds"]
        if not isinstance(label, str) or label not in kinds:
            raise UnknownNameError(
                f"kind of {slot} in [mtp.labels] of {origin}:", str(label), kinds
            )
        tables[slot] = kinds[label]
    tables["head"] = {**tables["head"], "shared": True}
    *_, last = recipe.get("repeats", {"decoder": "layers"})
    items = ["predictor", *recipe["blocks"][last], *recipe["blocks"]["head"]]
    steps = _steps(items, tables, {**names, **labels}, origin)
    return Plan(MTP, sympy.Integer(1), steps), int(modules)


def _steps(
    items: Any,
    tables: Mapping[str, Any],
    names: Mapping[str, Any],
    origin: str,
    within: tuple[str, ...] = (),
) -> tuple[Step, ...]:
    """The steps of a block; ``{ when, then, otherwise }`` stands for one list or the other.

    A name stands for its layer, or for its ``steps`` where the kind of a slot has several or none;
    ``within`` are those that these lie in.
    """
    steps: list[Step] = []
    for item in items if isinstance(items, list) else [items]:
        if isinstance(item, Mapping) and "when" in item:
            branch = "then" if evaluate(f"={item['when']}", names, origin) else "otherwise"
            steps += _steps(item.get(branch, []), tables, names, origin, within)
        elif isinstance(item, str) and "steps" in tables.get(item, {}):
            if item in within:
                circle = " -> ".join([*within[within.index(item) :], item])
                raise ConfigError(f"{origin}: steps that hold themselves: {circle}; leave one out")
            steps += _steps(tables[item]["steps"], tables, names, origin, (*within, item))
        else:
            steps.append(_step(item, tables, names, origin, within))
        if len(steps) > _MOST_STEPS:
            raise ConfigError(f"{origin}: a block of more than {_MOST_STEPS} steps")
    return tuple(steps)


def _step(
    step: Any,
    tables: Mapping[str, Any],
    names: Mapping[str, Any],
    origin: str,
    within: tuple[str, ...],
) -> Step:
    """A step of a block: the name of a layer, or steps in parallel, aside, skipped or residual."""

    def steps(items: Any) -> tuple[Step, ...]:
        return _steps(items, tables, names, origin, within)

    if isinstance(step, Mapping):
        ways = [way for way in _WAYS if way in step]
        if len(ways) != 1:
            said = " and ".join(ways) or "none"
            raise ConfigError(f"{origin}: a step has one of {', '.join(_WAYS)}; this has {said}")
        part = step.get("part") or _first_layer(step).partition(".")[0]
        if "parallel" in step:
            return Parallel(part, tuple(steps(branch) for branch in step["parallel"]))
        if "aside" in step:
            return Aside(steps(step["aside"]))
        if "skipped" in step:
            return Skipped(part, steps(step["skipped"]))
        return Residual(part, steps(step["residual"]))
    if step not in tables:
        raise UnknownNameError(f"layer in a block of {origin}:", str(step), tables)
    options = {key: evaluate(value, names, origin) for key, value in tables[step].items()}
    part, kind = options.pop("part", step), options.pop("layer", None)
    copies = options.pop("copies", None)
    if not isinstance(kind, str) or kind not in LAYERS:
        raise UnknownNameError(f"layer kind in {origin}:", str(kind), LAYERS)
    if not isinstance(part, str) or not re.fullmatch(PART, part):
        raise ConfigError(
            f"{origin}: layer {step}: part = {shown(part)} must be a name such as attention.norm"
        )
    check_options(LAYERS[kind], kind, options, origin)
    return Layer(part, kind, freeze(options), None if copies is None else symbol(copies))


def _first_layer(step: Any) -> str:
    """The first layer that a step names, however deep it lies; empty where it names none."""
    if isinstance(step, str):
        return step
    if isinstance(step, Mapping):
        step = [items for key, items in step.items() if key not in ("when", "part")]
    found = (_first_layer(each) for each in step)
    return next(filter(None, found), "")
