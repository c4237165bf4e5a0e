"""Number formats: how many bytes an element takes, as block layouts kept in data."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import sympy

from edgesym.data import shipped
from edgesym.errors import UnknownNameError
from edgesym.graph.tensor import BYTES, Role

__all__ = ["Format", "Formats", "find_format", "formats"]

#: Bytes of a token id. Source: ``llama_token`` is an int32_t (llama.cpp, llama.h).
TOKEN_BYTES = 4


@dataclass(frozen=True, slots=True)
class Format:
    """A number format.

    Attributes:
        layout: the arithmetic of a block, for instance ``2 + 32/2`` bytes.
        per: elements in a block.
        kind: ``float``, what passes between kernels can be in it; ``integer`` or ``packed``,
            for weights and caches alone.
        arithmetic: dtypes to compute in, best first.
    """

    name: str
    layout: str
    per: int
    kind: str
    arithmetic: tuple[str, ...]
    source: str

    @property
    def bytes_per_element(self) -> Fraction:
        """Bytes of a block over its elements.

        >>> find_format("q4_0").bytes_per_element
        Fraction(9, 16)
        """
        terms = (Fraction(term.strip()) for term in self.layout.split("+"))
        return sum(terms, Fraction(0)) / self.per


@cache
def formats() -> dict[str, Format]:
    """Every format by name, from ``formats.toml``."""
    return {
        name: Format(
            name, row["bytes"], row["per"], row["kind"], tuple(row["arithmetic"]), row["source"]
        )
        for name, row in shipped("formats", "formats").items()
    }


def find_format(name: str) -> Format:
    """The format of that name.

    Raises:
        UnknownNameError: with the nearest names.
    """
    if name not in formats():
        raise UnknownNameError("number format", name, formats())
    return formats()[name]


@dataclass(frozen=True, slots=True)
class Formats:
    """The formats of a run.

    Attributes:
        weights: of the weights.
        activations: of what passes between kernels.
        cache: of keys, values and the inputs that a convolution keeps.
        state: of recurrent states, which add up rounding errors over a sequence.
    """

    weights: Format
    activations: Format
    cache: Format
    state: Format

    @classmethod
    def of(
        cls, weights: str, activations: str = "", cache: str = "", state: str = "fp32"
    ) -> Formats:
        """Formats by name.

        Activations are by default in the format of the weights where that is a
        float, and else fp16; the cache is in that of the activations; recurrent
        states are in fp32, as transformers and mamba_ssm keep them.

        >>> Formats.of("int4").activations.name
        'fp16'
        """
        chosen = find_format(weights)
        passing = find_format(activations or (weights if chosen.kind == "float" else "fp16"))
        held = find_format(cache) if cache else passing
        return cls(chosen, passing, held, find_format(state))

    @classmethod
    def published(
        cls, dtype: str, quantized: str, weights: str = "", activations: str = "", cache: str = ""
    ) -> Formats:
        """Formats of a model as published, unless others are asked for.

        A model that is published quantised computes in its dtype.

        >>> Formats.published("bf16", "mxfp4").activations.name
        'bf16'
        """
        if quantized and not weights:
            return cls.of(quantized, activations or dtype, cache)
        return cls.of(weights or dtype, activations, cache)

    def values(self) -> dict[sympy.Symbol, Fraction | int]:
        """Bytes per element of each role."""
        return {
            BYTES[Role.WEIGHT]: self.weights.bytes_per_element,
            BYTES[Role.ACTIVATION]: self.activations.bytes_per_element,
            BYTES[Role.CACHE]: self.cache.bytes_per_element,
            BYTES[Role.STATE]: self.state.bytes_per_element,
            BYTES[Role.TOKEN]: TOKEN_BYTES,
        }
