"""Places: the unit that layers, or some of their weights, run on, and the memory they lie in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import sympy

from edgesym.frozen import FrozenMap

__all__ = ["HOST", "NOWHERE_ELSE", "Leaving", "Place", "Placement", "Section"]

_NONE: FrozenMap[str, Any] = FrozenMap()
#: The kind of the symbols of what runs beside the device: U_c of the host is U_c_host.
HOST = "host"


class Place(StrEnum):
    """Where weights lie, and what computes with them.

    ``host`` is in the host's memory and on its processor; ``streamed`` in the host's memory, and
    ``storage`` in none, both copied to the device in every step, which computes.
    """

    DEVICE = "device"
    HOST = "host"
    STREAMED = "streamed"
    STORAGE = "storage"

    @property
    def memory(self) -> str:
        """What holds the weights: the memory of the device or the host, or storage."""
        return HOST if self is Place.STREAMED else str(self)


@dataclass(frozen=True, slots=True)
class Leaving:
    """How a runtime leaves layers to another place.

    Attributes:
        runs: the runtime that computes on the host; none where it only holds weights.
        last: whether the last layers leave first, and not the first ones.
        head: whether the head counts as one more layer, and stays the longest.
        copies_from: tokens of a step from which weights on the host are copied to the device,
            and multiplied there; 0 where they never are.
    """

    runs: str = ""
    last: bool = False
    head: bool = False
    copies_from: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """Layers of one block that store their weights alike and lie alike.

    Attributes:
        count: how many they are.
        place: of all that is not apart.
        apart: tensor -> where that weight lies, with the products that read it.
        widths: tensor -> bytes per element of a weight that other layers store otherwise.
    """

    count: sympy.Expr
    place: Place = Place.DEVICE
    apart: FrozenMap[str, Place] = _NONE
    widths: FrozenMap[str, sympy.Expr] = _NONE

    def of(self, tensor: str) -> Place:
        """Where a weight lies."""
        return self.apart.get(tensor, self.place)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the blocks of a model lie; those without sections are whole on the device.

    Attributes:
        blocks: block -> its sections, which add up to its layers.
        asked: whether a recipe of places says so, and not formats without a kernel alone.
        linked: whether what passes between host and device is copied over a link.
        crossings: how often activations cross between layers of the host and of the device.
        copied: phases in which the device copies the host's weights, and computes with them.
        layered: the blocks that are layers: what else is on the host stays there in all phases.
    """

    blocks: FrozenMap[str, tuple[Section, ...]] = _NONE
    asked: bool = False
    linked: bool = False
    crossings: int = 0
    copied: frozenset[str] = frozenset()
    layered: frozenset[str] = frozenset()

    @property
    def everywhere(self) -> frozenset[Place]:
        """The places that anything is at."""
        sections = [section for found in self.blocks.values() for section in found]
        return frozenset(
            {Place.DEVICE}
            | {section.place for section in sections}
            | {place for section in sections for place in section.apart.values()}
        )

    @property
    def split(self) -> bool:
        """Whether the device's memory is not the only one that the recipe fills."""
        return self.asked and (self.linked or Place.STORAGE in self.everywhere)

    def during(self, phase: str) -> Placement:
        """The placement in a phase: weights of the host may be copied where they are many."""
        if phase not in self.copied:
            return self
        there = Place.STREAMED if self.linked else Place.DEVICE

        def moved(section: Section) -> Section:
            apart = {name: _instead(place, there) for name, place in section.apart.items()}
            place = _instead(section.place, there)
            return replace(section, place=place, apart=FrozenMap(apart))

        blocks = {
            block: tuple(map(moved, sections)) if block in self.layered else sections
            for block, sections in self.blocks.items()
        }
        return replace(self, blocks=FrozenMap(blocks), crossings=0)


def _instead(place: Place, there: Place) -> Place:
    return there if place is Place.HOST else place


#: Everything runs on the device.
NOWHERE_ELSE = Placement()
