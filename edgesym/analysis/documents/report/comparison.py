"""What a report says of several models, or of one on several devices: side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from edgesym.analysis.comparison.compare import Contrast, compare
from edgesym.analysis.documents.comparison.document import (
    contrast_section,
    side_by_side,
    symbol_table,
)
from edgesym.analysis.documents.report.figures import side_by_side_pictures
from edgesym.document.nodes import Block, Section
from edgesym.scenario.setup import Setup

__all__ = ["comparison_sections"]


def comparison_sections(setups: Sequence[Setup]) -> Iterator[Section]:
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
            blocks: list[Block] = [side_by_side(found)]
            blocks += side_by_side_pictures(list(group.values()))
            if found.symbols:
                blocks.append(symbol_table(found))
            blocks += [contrast_section(contrast, found) for contrast in fresh]
            yield Section(f"Side by side{': ' if name else ''}{name}", tuple(blocks))


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
