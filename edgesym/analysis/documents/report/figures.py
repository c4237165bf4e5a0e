"""The pictures of a report, each of what is drawn when the report is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from edgesym.analysis.crossovers.regimes import fine_map, usual_ends
from edgesym.analysis.pictures.breakdown import breakdown, breakdown_along
from edgesym.analysis.pictures.roofline import roofline
from edgesym.document.nodes import Picture
from edgesym.scenario.setup import Setup

__all__ = ["device_pictures", "memory_picture", "side_by_side_pictures"]

#: Contexts of the bars of a breakdown: so many, each a power of two.
_BARS = 7


def device_pictures(setup: Setup) -> Iterator[Picture]:
    """The roofline of a setup, what a step waits for and what fills memory, and the regimes."""
    model, device = setup.model.name, setup.machine.name
    yield Picture(
        _name(setup, "roofline"),
        f"The kernels of {model} under the roof of {device}, as stated and as reached. "
        "The area of a mark is its share of the time of its step.",
        partial(roofline, setup),
    )
    yield Picture(
        _name(setup, "step"),
        f"What a decode step of {model} on {device} waits for, over the context.",
        partial(breakdown_along, setup, "step", _contexts(setup)),
    )
    yield memory_picture(setup)
    yield Picture(
        _name(setup, "regimes"),
        f"What a decode step of {model} on {device} waits for most, over context and batch, with "
        "the lines where that changes.",
        partial(fine_map, setup, *usual_ends(setup)),
    )


def memory_picture(setup: Setup) -> Picture:
    """What fills memory, over the context."""
    on = "" if setup.device is None else f" on {setup.device.name}"
    return Picture(
        _name(setup, "memory"),
        f"What {setup.model.name}{on} fills memory with, over the context.",
        partial(breakdown_along, setup, "memory", _contexts(setup)),
    )


def side_by_side_pictures(setups: Sequence[Setup]) -> Iterator[Picture]:
    """Steps and memory of several setups, a bar for each."""
    names = "-".join(dict.fromkeys(part for setup in setups for part in _parts(setup)))
    kinds = {"memory": "What fills memory, side by side."}
    if all(setup.device is not None for setup in setups):
        kinds = {"step": "What a decode step waits for, side by side.", **kinds}
    for kind, caption in kinds.items():
        name = f"{names}-{kind}-side-by-side"
        yield Picture(name, caption, partial(breakdown, tuple(setups), kind))


def _parts(setup: Setup) -> list[str]:
    """A setup by its model and its device, as a file may be named."""
    named = [setup.model.name, *([] if setup.device is None else [setup.device.id])]
    plain = (
        "".join(c if (c.isascii() and c.isalnum()) or c in ".-" else "-" for c in n) for n in named
    )
    return [text.strip(".-") or "model" for text in plain]


def _name(setup: Setup, kind: str) -> str:
    return "-".join([*_parts(setup), kind])


def _contexts(setup: Setup) -> list[int]:
    """Powers of four below what the model is made for, and where the setup is timed."""
    _, (low, high) = usual_ends(setup)
    found = [high]
    while found[0] // 4 >= low and len(found) < _BARS - 1:
        found.insert(0, found[0] // 4)
    return sorted({*found, setup.run.timed_at})
