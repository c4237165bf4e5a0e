"""What a model has beside its text: a tower, and what an image or a piece of audio is to it."""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from edgesym.frozen import FrozenMap
from edgesym.symbols import symbol

__all__ = ["Tower"]


@dataclass(frozen=True, slots=True)
class Tower:
    """A stack of blocks of its own that encodes a medium, with what joins it to the text.

    Attributes:
        medium: ``image`` or ``audio``.
        name: what it is called: ``vision tower``.
        blocks: names of its blocks, the projector's among them.
        sizes: symbols of the workload in closed form, over the size of the image or the length
            of the audio and the model's own symbols: ``t_i = g_h g_w / m_v^2``.
        parameters: how many weights it has.
    """

    medium: str
    name: str
    blocks: tuple[str, ...]
    sizes: FrozenMap[sympy.Symbol, sympy.Expr]
    parameters: int

    def needs(self, word: str) -> bool:
        """Whether what an image or audio is to it follows from a number of the workload.

        Of a tower that brings every image to one size, it does not from ``image_height``.
        """
        made = symbol(word)
        return any(made in form.free_symbols for form in self.sizes.values())
