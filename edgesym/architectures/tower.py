"""What a model has beside its text: a tower, and what an image or a piece of audio is to it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sympy

from edgesym.frozen import FrozenMap
from edgesym.symbols import symbol

__all__ = ["Tower", "said_of_media"]

#: How a medium is called that prompts hold none of, or some.
CALLED = {"image": ("no image", "images"), "audio": ("no audio", "audio")}


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


def said_of_media(model: Any, media: Collection[str] = ()) -> str:
    """What of a multimodal model is counted, and which media a prompt holds, in words."""
    told = [CALLED[tower.medium][tower.medium in media] for tower in model.towers]
    held = f"; {' and '.join(told)} in the prompt" if told else ""
    return f"{model.counted}{held}"
