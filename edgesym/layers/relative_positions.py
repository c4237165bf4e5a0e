"""Biases of relative positions, made once for all layers of a stack."""

from __future__ import annotations

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Group
from edgesym.graph.tensor import Role, Tensor
from edgesym.layers.mask import mask as find_mask
from edgesym.symbols import symbol

__all__ = ["relative_positions"]


def relative_positions(
    build: Builder,
    part: str,
    x: Tensor,
    *,
    heads: str = "heads",
    buckets: str = "buckets",
    mask: str = "causal",
    width: str = "window",
) -> Tensor:
    """A bias per head and pair of tokens, by the bucket of their distance: (A, pairs).

    A table of N_b x A biases is read and looked up once; every layer of the stack adds the
    result to its scores (Raffel et al. 2020, arXiv:1910.10683, section 2.1: position
    embeddings shared across layers). 0 FLOPs here. What leaves is ``x`` itself; the biases
    are handed on under the name of the part.
    """
    A, N_b = symbol(heads), symbol(buckets)
    pairs = find_mask(mask).attended(build.workload, symbol(width), build.convention)
    table = build.weight(part, N_b, A, group=Group.POSITION)
    ids = Tensor(f"{part}_ids", (pairs,), Role.TOKEN)
    biases = build.activation(part, A, pairs)
    build.handed.append(build.run(part, "lookup", "gather", (ids, table), biases))
    return x
