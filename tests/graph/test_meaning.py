"""Purposes and groups: everything reads what a layer says of its operations, not their names."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest
import sympy

import edgesym
from edgesym.architectures.locate import load
from edgesym.architectures.naming import cards
from edgesym.architectures.reader import read_model
from edgesym.architectures.recipe import architectures
from edgesym.data import shipped
from edgesym.errors import ConfigError
from edgesym.frozen import FrozenMap
from edgesym.graph.meaning import ATTENTION_CORE, Group, Purpose
from edgesym.graph.tensor import Role, Tensor
from edgesym.graph.width import Widths
from edgesym.layers import LAYERS
from edgesym.ledger import Kind, ledger
from edgesym.quantities.registry import Case, find_quantity
from edgesym.symbols import symbol
from edgesym.workload import phase
from tests.support import SCHEMES, assert_equal_expression, letters, partition

b, S, A, K, D, H, I = letters("b S A K D H I")


def unseen_attention(build, part, x, *, meant: bool = True):
    """Attention without a cache, in names that mean nothing, or something else."""
    batch, new, hidden = x.shape

    def means(purpose):
        return purpose if meant else None

    query = build.project(f"{part}.embedding", x, K, A / K, D, purpose=means(Purpose.QUERY))
    keys = build.project(f"{part}.up", x, K, D, purpose=means(Purpose.KEY))
    values = build.project(f"{part}.gate", x, K, D, purpose=means(Purpose.VALUE))
    pairs = new * new
    scores = build.contract(
        f"{part}.router",
        "b t k g d, b s k d -> b k g (t s)",
        (query, keys),
        *(batch, K, A / K, pairs),
        purpose=means(Purpose.SCORES),
    )
    name = f"{part}.zork"
    weights = build.normalise(name, "scaled_softmax", scores, purpose=means(Purpose.SOFTMAX))
    y = build.contract(
        f"{part}.rotary",
        "b k g (t s), b s k d -> b t k g d",
        (weights, values),
        *(batch, new, K, A / K, D),
        purpose=means(Purpose.VALUES),
    )
    return build.project(f"{part}.scores", y, hidden, over=3, purpose=means(Purpose.OUTPUT))


def unseen_feed_forward(build, part, x, *, meant: bool = True):
    """A gated feed-forward layer, in names of attention."""

    def means(purpose):
        return purpose if meant else None

    gate = build.project(f"{part}.values", x, I, purpose=means(Purpose.GATE))
    up = build.project(f"{part}.query", x, I, purpose=means(Purpose.UP))
    y = build.pointwise(f"{part}.softmax", "silu", gate, purpose=means(Purpose.ACTIVATION))
    y = build.pointwise(f"{part}.scores", "multiply", y, up, purpose=means(Purpose.PRODUCT))
    return build.project(f"{part}.x.residual", y, x.shape[-1], purpose=means(Purpose.DOWN))


def unseen_embedding(build, part, x=None):
    """A table, looked up, whose name says something else."""
    batch, new = build.workload.batch, build.workload.new
    rows, width = symbol("vocab"), symbol("hidden")
    ids = Tensor("tokens", (batch, new), Role.TOKEN)
    table = Tensor(f"{part}.up.weight", (rows, width), Role.WEIGHT, touched=batch * new * width)
    made = build.activation(f"{part}.up", batch, new, width)
    return build.run(f"{part}.up", "lookup", "gather", (ids, table), made)


UNSEEN = {
    "unseen_attention": unseen_attention,
    "unseen_feed_forward": unseen_feed_forward,
    "unseen_embedding": unseen_embedding,
}
HEAD = 'extends = "llama"\nmodel_types = ["llama"]\nsource = "a test"\n[layers]\n'
#: The same model in the package's layers, in layers that nobody has seen, and in those without
#: a word of what their operations are for.
KNOWN = (
    'attention = { layer = "attention", mask = "bidirectional", rotary = false }\n'
    'feed_forward = { layer = "feed_forward" }\n'
)
NEW = (
    'embedding = { layer = "unseen_embedding", part = "norm" }\n'
    'attention = { layer = "unseen_attention" }\nfeed_forward = { layer = "unseen_feed_forward" }\n'
)
MUTE = (
    'attention = { layer = "unseen_attention", meant = false }\n'
    'feed_forward = { layer = "unseen_feed_forward", meant = false }\n'
)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """The three models, by what their layers are."""
    folder = tmp_path_factory.mktemp("architectures")
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        for name, layer in UNSEEN.items():
            patch.setitem(LAYERS, name, layer)
        for name, layers in (("known", KNOWN), ("new", NEW), ("mute", MUTE)):
            path = folder / f"{name}.toml"
            path.write_text(HEAD + layers, encoding="utf-8")
            found[name] = load("llama-3.2-1b", architecture=str(path))
        yield found


def derived(model, quantity, **asked):
    return edgesym.derive(model, quantity, **asked).expression


COUNTS = (
    *("parameters", "flops", "attention_core_flops", "attention_projection_flops"),
    *("projection_flops", "embedding_table_bytes", "weight_bytes", "tensor_parallel_traffic"),
    *("standard_attention_traffic", "tiled_attention_traffic"),
)


@pytest.mark.parametrize("quantity", COUNTS)
def test_a_layer_nobody_has_seen_counts_as_what_it_says_it_is(models, quantity):
    new = derived(models["new"], quantity, phase="prefill")
    assert_equal_expression(new, derived(models["known"], quantity, phase="prefill"))
    assert new != 0


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("quantity", ["memory_traffic", "activation_bytes", "launch_time"])
def test_and_is_fused_by_every_runtime_as_what_it_says_it_is(models, scheme, quantity):
    new, known = (
        derived(models[name], quantity, phase="prefill", kernels=scheme)
        for name in ("new", "known")
    )
    assert new == known
    for seen, other in zip(models["new"].blocks(), models["known"].blocks(), strict=True):
        sizes = [
            sorted(len(kernel.operations) for kernel in partition(block, scheme))
            for block in (seen, other)
        ]
        assert sizes[0] == sizes[1]


TRAININGS = (
    *("", "recompute=selective", "recompute=flash", "dropout=applied"),
    *("split=tensor", "recompute=full,dropout=applied,split=sequence"),
)


@pytest.mark.parametrize("training", TRAININGS)
@pytest.mark.parametrize(
    "quantity",
    [
        *("training_flops", "activation_memory", "backward_pass_flops"),
        *("training_tensor_parallel_traffic", "parameters_per_device"),
    ],
)
def test_and_is_trained_and_divided_as_what_it_says_it_is(models, training, quantity):
    new, known = (derived(models[name], quantity, training=training) for name in ("new", "known"))
    assert_equal_expression(new, known)


def test_names_alone_mean_nothing(models):
    """Weights called ``up`` and ``gate``, parts called ``scores``, ``embedding``, ``residual``."""
    mute = models["mute"]
    for quantity in ("attention_core_flops", "attention_projection_flops"):
        assert derived(mute, quantity) == 0
    assert derived(mute, "flops") == derived(models["new"], "flops")
    for block in mute.blocks():
        kernels = partition(block, "fused")
        assert all(len(kernel.operations) == 1 for kernel in kernels)
    plain, selective = (
        derived(mute, "training_flops", training=way) for way in ("", "recompute=selective")
    )
    assert plain == selective
    tables = derived(mute, "embedding_table_bytes")
    assert_equal_expression(tables, derived(models["new"], "embedding_table_bytes"))


def test_dropout_follows_what_is_a_softmax_and_a_residual_sum(models):
    """On the embedding, and in each layer on two branches and on the softmax where there is one."""
    kept = {
        name: [
            derived(model, "activation_memory_per_layer", training=f"dropout={way}")
            for way in ("none", "applied")
        ]
        for name, model in models.items()
    }
    branches = 2 * b * S * H
    B_a = symbol("activation_bytes_per_element")
    masks = {name: sympy.expand(after - before) for name, (before, after) in kept.items()}
    # The softmax's mask takes a byte per score, and what leaves the dropout is kept for the values.
    scores = A * S**2 * b
    assert_equal_expression(masks["new"], branches + scores + B_a * scores)
    assert_equal_expression(masks["mute"], branches)


#: What an operation of a purpose may be.
FAMILIES = {
    **dict.fromkeys(
        (
            *(Purpose.QUERY, Purpose.KEY, Purpose.VALUE, Purpose.OUTPUT, Purpose.SCORES),
            *(Purpose.VALUES, Purpose.GATE, Purpose.UP, Purpose.DOWN, Purpose.ROUTER, Purpose.HEAD),
            *(Purpose.SCAN_INPUT, Purpose.SCAN_OUTPUT, Purpose.CONVOLUTION, Purpose.PROJECTION),
        ),
        ("contraction",),
    ),
    **dict.fromkeys(
        (
            *(Purpose.RESIDUAL, Purpose.SCORE_MODIFIER, Purpose.PRODUCT, Purpose.SCAN_STEP),
            *(Purpose.BIAS, Purpose.CONVOLUTION_ACTIVATION),
        ),
        ("pointwise",),
    ),
    **dict.fromkeys((Purpose.NORM, Purpose.SOFTMAX), ("normalisation",)),
    **dict.fromkeys((Purpose.CACHE_WRITE, Purpose.JOIN), ("append",)),
    **dict.fromkeys((Purpose.ACTIVATION, Purpose.SCORING), ("pointwise", "normalisation")),
    Purpose.EMBEDDING: ("lookup",),
    Purpose.SCAN: ("scan",),
    Purpose.COPY: ("copy",),
    Purpose.SCALE: ("pointwise",),
    Purpose.VIEW: ("view",),
    Purpose.COMBINE: ("reduction",),
    Purpose.ROTARY: ("pointwise", "reduction"),
    Purpose.INDEX: ("contraction", "pointwise", "reduction"),
    Purpose.OPENING: ("contraction", "pointwise"),
    Purpose.MIXING: ("contraction", "normalisation"),
    Purpose.ELEMENTWISE: ("pointwise", "reduction", "append"),
}
#: Purposes of products with a weight, and those of products of two activations.
WEIGHTED = {
    *(Purpose.QUERY, Purpose.KEY, Purpose.VALUE, Purpose.OUTPUT, Purpose.GATE, Purpose.UP),
    *(Purpose.DOWN, Purpose.ROUTER, Purpose.HEAD, Purpose.SCAN_INPUT, Purpose.SCAN_OUTPUT),
    *(Purpose.CONVOLUTION, Purpose.PROJECTION),
}
UNWEIGHTED = {Purpose.SCORES, Purpose.VALUES, Purpose.MIXING}


@cache
def every_model():
    """Every card, and every architecture at the defaults of its class, where these are covered."""
    found = {name: load(name) for name in cards()}
    for name in dict.fromkeys(architectures().values()):
        first = shipped("architectures/data", name)["model_types"][0]
        try:
            found[name] = read_model({"model_type": first}, name=name, origin=name)
        except ConfigError as error:
            if not any(w in str(error) for w in ("is missing", "whole number", "is not covered")):
                raise
    return found


@pytest.fixture(scope="module")
def operations():
    """Every operation of every distinct structure, by model."""
    structures = {model.structure: (name, model) for name, model in every_model().items()}
    return [
        (name, operation)
        for name, model in structures.values()
        for block in model.blocks()
        for operation in block.operations
    ]


def test_every_operation_has_a_purpose_that_fits_it(operations):
    wrong = set()
    for name, operation in operations:
        fits = operation.family in FAMILIES[operation.purpose]
        if operation.family == "contraction":
            weighted = any(t.role is Role.WEIGHT for t in operation.inputs)
            fits &= operation.purpose not in (UNWEIGHTED if weighted else WEIGHTED)
        if not fits:
            wrong.add((name, operation.part, operation.family, operation.purpose))
    assert not wrong


def test_every_weight_has_a_group(operations):
    weights = [t for _, op in operations for t in op.inputs if t.role is Role.WEIGHT]
    assert not {t.name for t in weights if t.group is None}
    assert {t.group for t in weights} == set(Group)


def test_every_purpose_is_some_operations(operations):
    seen = Counter(operation.purpose for _, operation in operations)
    of_code = {Purpose.COPY, Purpose.SCALE}  # of traced code alone
    assert seen.keys() == set(Purpose) - of_code
    assert FAMILIES.keys() == set(Purpose)


@pytest.mark.parametrize("name", ["bloom", "mpt", "t5"])
def test_biases_of_positions_are_of_the_core_of_attention(name):
    model = every_model()[name]
    biased = [
        (block, operation)
        for block in model.blocks(phase("prefill"))
        for operation in block.operations
        if operation.part.endswith("attention.position_bias")
    ]
    assert biased
    for block, operation in biased:
        assert operation.purpose is Purpose.SCORE_MODIFIER
        kernels = [k for k in partition(block, "fused") if operation in k.operations]
        purposes = {op.purpose for op in kernels[0].operations}
        assert purposes == ATTENTION_CORE - {Purpose.JOIN}
    book = ledger(model, phase("prefill"))
    inside = book.filter(Kind.FLOPS, where=lambda row: row.part.endswith("position_bias")).total()
    without = book.filter(
        Kind.FLOPS,
        purposes=ATTENTION_CORE,
        where=lambda row: not row.part.endswith("position_bias"),
    ).total()
    assert inside != 0
    core = find_quantity("attention_core_flops").expression(Case(model, phase("prefill")))
    assert_equal_expression(core, inside + without)


def test_maps_of_hyper_connections_are_no_projections_of_attention():
    model = every_model()["deepseek_v4"]
    n = symbol("streams")
    maps = ledger(model, phase("decode")).filter(
        Kind.FLOPS, where=lambda row: row.weighted and row.part.endswith(".maps")
    )
    assert maps.total().has(n)
    assert {row.purpose for row in maps} == {Purpose.PROJECTION}
    assert not derived(model, "attention_projection_flops").has(n)
    assert derived(model, "projection_flops").has(n)


def _experts_apart(model, width):
    """Widths under which the experts of a model have one of their own."""
    return Widths(
        FrozenMap(
            {
                (block.name, tensor.name): width
                for block in model.blocks()
                for operation in block.operations
                for tensor in operation.inputs
                if tensor.group is Group.EXPERT
            }
        )
    )


def test_groups_set_apart_have_a_width_of_their_own_and_merge_back():
    model = load("mixtral-8x7b")
    B_w, B_e = symbol("weight_bytes_per_element"), symbol("weight_bytes_per_element", "expert")
    split = _experts_apart(model, B_e)
    rows = ledger(model, phase("decode"), widths=split).filter(Kind.READ, role=Role.WEIGHT)
    for row in rows:
        assert row.width == (B_e if row.group is Group.EXPERT else B_w)
        assert row.bytes == row.amount * row.width
    assert {row.group for row in rows} >= {Group.EXPERT, Group.LINEAR, Group.ROUTER, Group.NORM}
    for name in ("weight_bytes", "weight_storage_bytes", "memory_traffic", "step_time"):
        quantity = find_quantity(name)
        apart = quantity.expression(Case(model, widths=split))
        uniform = quantity.expression(Case(model))
        assert apart.has(B_e)
        assert apart.has(B_w)
        assert not uniform.has(B_e)
        assert apart.subs(B_e, B_w) == uniform or sympy.expand(apart.subs(B_e, B_w) - uniform) == 0


def test_the_bytes_of_experts_set_apart_are_those_of_the_experts():
    model, B_e = load("mixtral-8x7b"), symbol("weight_bytes_per_element", "expert")
    split = _experts_apart(model, B_e)
    stored = find_quantity("weight_storage_bytes").expression(Case(model, widths=split))
    L, E, I_e = letters("L E I_e")
    assert_equal_expression(stored.expand().coeff(B_e), 3 * L * E * H * I_e)
