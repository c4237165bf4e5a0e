"""The formats of a run: of weights, activations, cache and states, with their widths."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

import sympy

from edgesym.errors import ConfigError
from edgesym.formats.assign import UNASSIGNED, Assigned, assign
from edgesym.formats.layout import Format, find_format
from edgesym.formats.metadata import METADATA, metadata_bytes
from edgesym.formats.recipe import Recipe, find_recipe
from edgesym.formats.weight import Facts
from edgesym.graph.meaning import MATRICES
from edgesym.graph.tensor import BYTES, Role
from edgesym.graph.width import Widths

__all__ = ["TOKEN_BYTES", "Formats"]

#: Bytes of a token id. Source: ``llama_token`` is an int32_t (llama.cpp, llama.h).
TOKEN_BYTES = 4


@dataclass(frozen=True, slots=True)
class Formats:
    """The formats of a run.

    Attributes:
        weights: of the weights: a recipe, where a single format is one without rules.
        activations: of what passes between kernels.
        cache: of keys, values and the inputs that a convolution keeps.
        state: of recurrent states, which add up rounding errors over a sequence.
        assigned: what the recipe makes of the model's weights.
        metadata: bytes of a file beside its tensors, where they are known.
    """

    weights: Recipe
    activations: Format
    cache: Format
    state: Format
    assigned: Assigned = UNASSIGNED
    metadata: int | None = 0

    @classmethod
    def of(
        cls,
        weights: str | Recipe,
        activations: str = "",
        cache: str = "",
        state: str = "fp32",
    ) -> Formats:
        """Formats by name.

        Activations are by default in the format of the weights where that is a
        float, and else fp16; the cache is in that of the activations; recurrent
        states are in fp32, as transformers and mamba_ssm keep them.

        >>> Formats.of("int4").activations.name
        'fp16'
        """
        recipe = find_recipe(weights) if isinstance(weights, str) else weights
        floating = recipe.kind == "float"
        passing = (
            find_format(activations)
            if activations
            else (recipe.main if floating else find_format("fp16"))
        )
        held = find_format(cache) if cache else passing
        return cls(recipe, passing, held, find_format(state))

    @classmethod
    def published(
        cls,
        dtype: str,
        quantized: Recipe | None,
        weights: str = "",
        activations: str = "",
        cache: str = "",
    ) -> Formats:
        """Formats of a model as published, unless others are asked for.

        A model that is published quantised computes in its dtype.

        >>> Formats.published("bf16", find_recipe("mxfp4")).activations.name
        'bf16'
        """
        if quantized is not None and not weights:
            return cls.of(quantized, activations or dtype, cache)
        return cls.of(weights or dtype, activations, cache)

    def on(self, facts: Facts) -> Formats:
        """These formats on the weights of a model.

        Raises:
            ConfigError: a row of a weight is no multiple of a block, naming both.
        """
        if self.weights.is_uniform:
            _check_blocks(self.weights, facts)
        if self.weights.is_uniform and not _apart(self.weights, facts):
            return self
        known = self.weights.metadata
        if known is None:
            known = metadata_bytes(self.weights.container, facts.vocab)
        return replace(self, assigned=_assigned(self.weights, facts), metadata=known)

    @property
    def widths(self) -> Widths:
        """Bytes per element of every tensor."""
        return self.assigned.widths

    def values(self) -> dict[sympy.Symbol, Fraction | int]:
        """Bytes per element of each role, and of what the recipe tells apart."""
        beside = {} if self.metadata is None else {METADATA: self.metadata}
        return {
            BYTES[Role.WEIGHT]: self.weights.bytes_per_element,
            BYTES[Role.ACTIVATION]: self.activations.bytes_per_element,
            BYTES[Role.CACHE]: self.cache.bytes_per_element,
            BYTES[Role.STATE]: self.state.bytes_per_element,
            BYTES[Role.TOKEN]: TOKEN_BYTES,
            **self.assigned.values,
            **beside,
        }


def _apart(recipe: Recipe, facts: Facts) -> bool:
    """Whether towers stay in a dtype of their own: where the format of all others is no float.

    Tools that quantise a model leave its towers alone (the recipes say which do not).
    """
    return recipe.kind != "float" and any(weight.is_tower for weight in facts.weights)


@cache
def _check_blocks(recipe: Recipe, facts: Facts) -> None:
    """That the matrices of layers are made of whole blocks of the one format of all weights."""
    for weight in facts.weights:
        quantised = weight.group in MATRICES and not weight.is_tower
        if quantised and not recipe.main.fits(weight.row):
            raise ConfigError(
                f"weights in {recipe.name}: rows of {weight.row} elements "
                f"({weight.names[0][1]}) are no multiple of a group of {recipe.per}; "
                f"choose a group that divides {weight.row}"
            )


@cache
def _assigned(recipe: Recipe, facts: Facts) -> Assigned:
    try:
        return assign(recipe, facts)
    except ConfigError as error:
        raise ConfigError(f"weights in {recipe.name}: {error}") from error
