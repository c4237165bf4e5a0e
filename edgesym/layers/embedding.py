"""The two ends of a decoder: token embedding, learned positions and output head."""

from __future__ import annotations

from dataclasses import replace

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.tensor import Role, Tensor
from edgesym.symbols import symbol

__all__ = ["embedding", "head", "positions"]

_TABLE = "embedding.lookup"


def embedding(
    build: Builder,
    part: str,
    x: Tensor | None = None,
    *,
    vocab: str = "vocab",
    hidden: str = "hidden",
    scaled: bool = False,
    shared: bool = False,
    tables: tuple[str, ...] = (),
) -> Tensor:
    """Rows of a V x H table, one per new token: (b, T) ids -> (b, T, H).

    Reads the rows it needs, b T H elements; 0 FLOPs, unless the rows are scaled.

    Args:
        tables: symbols of the rows of further tables that are looked up and added, such
            as learned positions (GPT-2) and token types (BERT).
        shared: the table is that of the decoder's embedding, which stores it (T5).
    """
    name = f"{part}.lookup"
    y = _look_up(build, name, symbol(vocab), symbol(hidden), shared=shared)
    if scaled:
        y = build.pointwise(f"{part}.scale", "scale", y)
    for word in tables:
        row = _look_up(build, f"{part}.{word}", symbol(word), symbol(hidden), group=Group.POSITION)
        y = build.pointwise(f"{part}.add_{word}", "add", y, row)
    return y


def positions(build: Builder, part: str, x: Tensor, *, rows: str = "positions") -> Tensor:
    """Adds a row of a table of learned positions to each token: (b, T, H) -> (b, T, H).

    Where something lies between the embedding and this sum, as OPT-350m's projection.
    """
    return build.pointwise(
        f"{part}.add",
        "add",
        x,
        _look_up(build, f"{part}.lookup", symbol(rows), x.shape[-1], group=Group.POSITION),
    )


def _look_up(
    build: Builder,
    name: str,
    rows: sympy.Expr,
    width: sympy.Expr,
    *,
    shared: bool = False,
    group: Group = Group.EMBEDDING,
) -> Tensor:
    b, new = build.workload.batch, build.workload.new
    ids = Tensor("tokens" if name == _TABLE else f"{name}_ids", (b, new), Role.TOKEN)
    table = Tensor(
        f"{_TABLE if shared else name}.weight",
        (rows, width),
        Role.WEIGHT,
        touched=b * new * width,
        copies=sympy.Integer(0) if shared else None,
        group=group,
    )
    return build.run(name, "lookup", "gather", (ids, table), build.activation(name, b, new, width))


def head(
    build: Builder,
    part: str,
    x: Tensor,
    *,
    vocab: str = "vocab",
    hidden: str = "hidden",
    tied: bool = False,
    shared: bool = False,
    bias: bool = False,
    scaled: bool = False,
    every: bool = False,
    softcap: bool = False,
) -> Tensor:
    """Logits: (b, R, H) x (V, H) -> (b, R, V), R being the positions the convention asks for.

    FLOPs 2 b R V H. ``tied`` shares the embedding table, which is then stored once; ``shared``
    the matrix of the model's own head, which another block stores.
    ``scaled`` multiplies the logits by a constant (Cohere, Granite). ``every``: a masked
    language model predicts at every position, whatever the convention says of a last one.
    """
    b, new = build.workload.batch, build.workload.new
    positions = new if every or build.convention.logits == "all" else sympy.Integer(1)
    rows, width = symbol(vocab), symbol(hidden)
    if build.convention.logits == "none":
        # the weights are stored all the same
        copies = sympy.Integer(0) if tied else None
        none = sympy.Integer(0)
        group = Group.EMBEDDING if tied else Group.HEAD
        table = Tensor(
            f"{part}.logits.weight", (rows, width), Role.WEIGHT, none, copies=copies, group=group
        )
        vector = Tensor(f"{part}.logits_bias.weight", (rows,), Role.WEIGHT, none, group=Group.BIAS)
        stored = (table, vector) if bias else (table,)
        return build.run(
            f"{part}.logits", "view", "not run", (x, *stored), Tensor(f"{part}.logits", x.shape)
        )
    if positions != new:
        x = build.run(
            f"{part}.last",
            "view",
            "last position",
            (x,),
            Tensor(f"{part}.last", (b, positions, width)),
        )
    if tied:
        weight = Tensor(
            f"{_TABLE}.weight",
            (rows, width),
            Role.WEIGHT,
            copies=sympy.Integer(0),
            group=Group.EMBEDDING,
        )
    else:
        weight = build.weight(f"{part}.logits", rows, width, group=Group.HEAD)
        weight = replace(weight, copies=sympy.Integer(0)) if shared else weight
    shape = (b, positions, rows)
    logits = build.contract(
        f"{part}.logits", "b t h, v h -> b t v", (x, weight), *shape, purpose=Purpose.HEAD
    )
    if bias:
        logits = build.add_bias(logits, f"{part}.logits", (rows,))
    if scaled:
        logits = build.pointwise(f"{part}.scale", "scale", logits)
    return build.pointwise(f"{part}.softcap", "softcap", logits) if softcap else logits
