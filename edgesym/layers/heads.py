"""Stages of attention that make its queries, keys and values."""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Purpose
from edgesym.graph.tensor import Tensor
from edgesym.layers.adapter import add_adapter, low_rank
from edgesym.symbols import symbol

__all__ = ["Extents", "Projections", "QueryKeyNorm", "Turning", "ValueScale"]

Axes = tuple[sympy.Expr, ...]


@dataclass(frozen=True, slots=True)
class Extents:
    """How many heads there are and how wide they are.

    Attributes:
        heads: symbol of A, the query heads.
        kv_heads: symbol of K, the heads of keys and values.
        head_dim: symbol of D, the dimension of queries and keys.
        value_dim: symbol of the values' dimension, where it is not that of the keys.
    """

    heads: str = "heads"
    kv_heads: str = "kv_heads"
    head_dim: str = "head_dim"
    value_dim: str = ""

    @property
    def queries(self) -> Axes:
        """(K, A/K, D): each key head serves a group of A/K queries."""
        shared = symbol(self.kv_heads)
        return shared, symbol(self.heads) / shared, symbol(self.head_dim)

    @property
    def keys(self) -> Axes:
        """(K, D)."""
        return symbol(self.kv_heads), symbol(self.head_dim)

    @property
    def values(self) -> Axes:
        """(K, D_v)."""
        return symbol(self.kv_heads), symbol(self.value_dim or self.head_dim)


@dataclass(frozen=True, slots=True)
class Projections:
    """The products with the weights of queries, keys and values.

    Attributes:
        qkv_bias: they have biases.
        key_bias: whether keys have one, where it is not as for queries and values.
        values_are_keys: no projection of values; the keys are taken (Gemma 4).
        clip: queries, keys and values are clipped to a range (MPT, OLMo).
        adapter: symbol of the rank of adapters beside the matrices (Zamba2); where those are
            shared between layers, the adapters are not.
    """

    qkv_bias: bool = False
    key_bias: bool | None = None
    values_are_keys: bool = False
    clip: bool = False
    adapter: str = ""

    def query(self, build: Builder, part: str, x: Tensor, axes: Axes) -> Tensor:
        """(b, T, H) -> (b, T, K, A/K, D), 2 b T H A D FLOPs."""
        return self._made(build, f"{part}.query", x, axes, Purpose.QUERY, self.qkv_bias)

    def key(self, build: Builder, part: str, x: Tensor, axes: Axes) -> Tensor:
        """(b, T, H) -> (b, T, K, D), 2 b T H K D FLOPs."""
        biased = self.qkv_bias if self.key_bias is None else self.key_bias
        return self._made(build, f"{part}.key", x, axes, Purpose.KEY, biased)

    def value(self, build: Builder, part: str, x: Tensor, axes: Axes) -> Tensor:
        """(b, T, H) -> (b, T, K, D_v), 2 b T H K D_v FLOPs."""
        return self._made(build, f"{part}.value", x, axes, Purpose.VALUE, self.qkv_bias)

    def _made(
        self, build: Builder, name: str, x: Tensor, axes: Axes, purpose: Purpose, biased: bool
    ) -> Tensor:
        made = build.project(name, x, *axes, purpose=purpose)
        if self.adapter:
            low = low_rank(build, f"{name}_down", x, symbol(self.adapter))
            made = add_adapter(build, f"{name}_up", low, made)
        if biased:
            made = build.add_bias(made, name, axes)
        return build.pointwise(f"{name}_clip", "clip", made) if self.clip else made


@dataclass(frozen=True, slots=True)
class QueryKeyNorm:
    """A norm on queries and keys.

    Attributes:
        query_key_norm: its cost row, such as ``rms_norm``; empty for none.
        norm_over: ``head`` (a weight of D, Gemma 3), ``heads`` (a weight of A D and one of
            K D, applied head by head or to the full width, OLMo 2).
        norm_weight: whether it has a weight (Llama 4's has none).
        norm_bias: whether it has a bias as well (Phi).
    """

    query_key_norm: str = ""
    norm_over: str = "head"
    norm_weight: bool = True
    norm_bias: bool = False

    def normalised(self, build: Builder, name: str, tensor: Tensor) -> Tensor:
        """Queries or keys, (b, T, ..., D), normalised; ``name`` is that of their part."""
        if not self.query_key_norm:
            return tensor
        extents = tensor.shape[-1:] if self.norm_over == "head" else tensor.shape[2:]
        vectors = [build.weight(f"{name}_norm", *extents)] if self.norm_weight else []
        if self.norm_bias:
            vectors.append(build.weight(f"{name}_norm_bias", *extents))
        return build.normalise(f"{name}_norm", self.query_key_norm, tensor, *vectors)


@dataclass(frozen=True, slots=True)
class Turning:
    """How queries and keys learn of their position.

    Attributes:
        rotary: they are rotated (Su et al. 2021, arXiv:2104.09864).
        temperature: queries are scaled per position (Llama 4's layers without rotary).
    """

    rotary: bool = True
    temperature: bool = False

    def query(self, build: Builder, part: str, tensor: Tensor) -> Tensor:
        """The queries, rotated and scaled."""
        turned = self._turned(build, f"{part}.query", tensor)
        return (
            build.pointwise(f"{part}.temperature", "scale", turned) if self.temperature else turned
        )

    def key(self, build: Builder, part: str, tensor: Tensor) -> Tensor:
        """The keys, rotated."""
        return self._turned(build, f"{part}.key", tensor)

    def _turned(self, build: Builder, name: str, tensor: Tensor) -> Tensor:
        return build.rotate(f"{name}_rotary", tensor) if self.rotary else tensor


@dataclass(frozen=True, slots=True)
class ValueScale:
    """What is done to the values.

    Attributes:
        value_norm: cost row of a norm without weight (Gemma 4); empty for none.
        value_scaled: they are multiplied by a constant (MiMo-V2-Flash).
    """

    value_norm: str = ""
    value_scaled: bool = False

    def value(self, build: Builder, part: str, tensor: Tensor) -> Tensor:
        """The values, normalised and scaled."""
        if self.value_norm:
            tensor = build.normalise(f"{part}.value_norm", self.value_norm, tensor)
        if self.value_scaled:
            tensor = build.pointwise(f"{part}.value_scale", "scale", tensor)
        return tensor
