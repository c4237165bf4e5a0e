"""Per-layer embeddings: a small embedding of the token for every layer (Gemma 3n, Gemma 4)."""

from __future__ import annotations

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Purpose
from edgesym.graph.tensor import Role, Tensor
from edgesym.layers.norm import norm
from edgesym.symbols import symbol

__all__ = ["per_layer_embedding", "per_layer_input"]

_SUM = "per_layer_embedding.sum"


def per_layer_embedding(
    build: Builder,
    part: str,
    x: Tensor,
    *,
    vocab: str = "per_layer_vocab",
    width: str = "per_layer_dim",
    layers: str = "layers",
) -> Tensor:
    """Look up P numbers per token and layer, and add a projection of the embedding.

    The table has L P columns, of which a step reads one row per token: b T L P elements.
    The projection, H to L P, is scaled and normalised per layer; the sum is scaled again
    and handed on to the layers. FLOPs 2 b T H L P. What leaves is ``x`` itself.

    Source: Gemma3nTextModel.project_per_layer_inputs in transformers 5.23.0.
    """
    b, new, _ = x.shape
    L, P = symbol(layers), symbol(width)
    shape = (b, new, L, P)
    ids = Tensor(f"{part}.ids", (b, new), Role.TOKEN)
    table = Tensor(
        f"{part}.table.weight", (symbol(vocab), L * P), Role.WEIGHT, touched=b * new * L * P
    )
    looked_up = build.activation(f"{part}.table", *shape)
    looked_up = build.run(f"{part}.table", "lookup", "gather", (ids, table), looked_up)
    looked_up = build.pointwise(f"{part}.table_scale", "scale", looked_up)

    y = build.project(f"{part}.projection", x, L, P)
    y = build.pointwise(f"{part}.projection_scale", "scale", y)
    y = norm(build, f"{part}.norm", y)
    y = build.pointwise(f"{part}.add", "add", y, looked_up)
    total = build.activation(_SUM, *shape)
    build.handed.append(build.run(f"{part}.sum_scale", "pointwise", "scale", (y,), total))
    return x


def per_layer_input(
    build: Builder,
    part: str,
    x: Tensor,
    *,
    width: str = "per_layer_dim",
    layers: str = "layers",
    activation: str = "silu",
) -> Tensor:
    """What a layer adds of its own embedding: norm(down(f(gate x) * e)), (b, T, H) -> (b, T, H).

    The gate goes from H to P, where it opens the P numbers e of the token and layer;
    FLOPs 4 b T H P and the element-wise work.
    """
    b, new, hidden = x.shape
    P = symbol(width)
    own = Tensor(_SUM, (b, new, symbol(layers), P), touched=b * new * P)
    build.taken.append(own)
    y = build.project(f"{part}.gate", x, P, purpose=Purpose.GATE)
    y = build.pointwise(f"{part}.activation", activation, y, purpose=Purpose.ACTIVATION)
    y = build.pointwise(f"{part}.product", "multiply", y, own, purpose=Purpose.PRODUCT)
    y = build.project(f"{part}.projection", y, hidden)
    return norm(build, f"{part}.norm", y)
