"""What a report says of several models, or of one on several devices: side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import sympy

from edgesym.algebra.tidy import tidy
from edgesym.analysis.comparison.compare import Comparison, Contrast, compare
from edgesym.render.comparison.overtaking import overtaking_line
from edgesym.render.comparison.text import part_table, side_by_side, term_table
from edgesym.scenario.setup import Setup
from edgesym.symbols import describe

__all__ = ["comparison_sections"]

Math = Callable[[sympy.Expr], str]
#: Closed forms with more operations are not printed.
_LONGEST = 60


def comparison_sections(setups: Sequence[Setup], math: Math) -> Iterator[dict[str, Any]]:
    """Models on each device, or else the devices of one model, side by side.

    What does not depend on the device is taken apart once.
    """
    told: set[tuple[Any, ...]] = set()
    for name, group in _groups(setups):
        if len(group) > 1:
            found = compare(list(group), list(group.values()))
            new = {_key(each): each for each in found.contrasts if not each.difference.alike}
            fresh = [contrast for key, contrast in new.items() if key not in told]
            told |= new.keys()
            yield {
                "on": name,
                "names": found.names,
                "table": side_by_side(found),
                "symbols": [(describe(made), numbers) for made, numbers in found.symbols.items()],
                "contrasts": [_contrast(contrast, found, math) for contrast in fresh],
            }


def _key(contrast: Contrast) -> tuple[Any, ...]:
    """What is the same of two contrasts that say the same."""
    difference = contrast.difference
    return contrast.names, difference.quantity.name, difference.forms, difference.numbers


def _groups(setups: Sequence[Setup]) -> Iterator[tuple[str, dict[str, Setup]]]:
    """Setups that differ in one thing, by the name of that; and what they have in common."""
    on_device = [setup for setup in setups if setup.device is not None]
    if len({setup.model.name for setup in setups}) == 1:
        yield setups[0].model.name, {setup.machine.name: setup for setup in on_device}
        return
    groups: dict[str, dict[str, Setup]] = {}
    for setup in on_device or setups:
        where = "" if setup.device is None else setup.device.name
        groups.setdefault(where, {})[setup.model.name] = setup
    yield from groups.items()


def _contrast(contrast: Contrast, found: Comparison, math: Math) -> dict[str, Any]:
    difference = contrast.difference
    shared = difference.shared
    short = shared is not None and sympy.count_ops(shared) <= _LONGEST
    return {
        "quantity": difference.quantity,
        "names": contrast.names,
        "shared": tidy(shared) if short else None,
        "letters": [made for made in found.symbols if shared and made in shared.free_symbols],
        "terms": term_table(contrast, math) if difference.terms else None,
        "on_branch": difference.on_branch,
        "parts": part_table(contrast) if difference.parts else None,
        "lines": [
            overtaking_line(each, contrast.names, difference.setups, math)
            for each in contrast.overtakings
        ],
    }
