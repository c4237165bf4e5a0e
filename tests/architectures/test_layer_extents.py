"""Layers with extents of their own, places of several steps or none, and steps that are skipped."""

from __future__ import annotations

import pytest

from edgesym.architectures.reader import read_model
from edgesym.engine.evaluate import evaluate
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.ledger import Kind, ledger
from edgesym.runtimes import find_runtime
from edgesym.symbols import symbol
from tests.support import step_values


def layer(group=4, multiple=3.0, **changes):
    """An entry of ``block_configs``; without a group or a multiple there is no such part."""
    attention = {"n_heads_in_group": group, "no_op": group is None, "replace_with_linear": False}
    ffn = {"ffn_mult": multiple, "no_op": multiple is None, "replace_with_linear": False}
    return {"attention": {**attention, **changes}, "ffn": ffn}


def searched(*layers):
    """Llama-Nemotron's structure, with hidden dimension 384 and 8 heads of 48."""
    config = {
        "model_type": "nemotron-nas",
        "hidden_size": 384,
        "num_attention_heads": 8,
        "num_hidden_layers": len(layers),
        "vocab_size": 100,
        "block_configs": list(layers),
    }
    return read_model(config, name="x", origin="x")


def parameters(model):
    return evaluate(ledger(model).filter(Kind.STORED).total(), model.values)


ENDS = 2 * 100 * 384 + 384
NORM, QUERY_AND_OUTPUT, KV_HEAD = 384, 2 * 384 * 384, 2 * 384 * 48

#: layers -> their parameters, written out. 2/3 of 3 H is 768, of H / 2 is 128, and so 256.
SEARCHED = [
    ([layer()], 2 * NORM + QUERY_AND_OUTPUT + 2 * KV_HEAD + 3 * 384 * 768),
    ([layer(multiple=None)], NORM + QUERY_AND_OUTPUT + 2 * KV_HEAD),
    ([layer(group=None)], NORM + 3 * 384 * 768),
    ([layer(group=None, multiple=None)], 0),
    (
        [layer(), layer(group=8), layer(multiple=0.5)],
        6 * NORM + 3 * QUERY_AND_OUTPUT + 5 * KV_HEAD + 3 * 384 * (768 + 768 + 256),
    ),
    (
        [layer(replace_with_linear=True), layer()],
        4 * NORM + 384 * 384 + QUERY_AND_OUTPUT + 2 * KV_HEAD + 2 * 3 * 384 * 768,
    ),
]


@pytest.mark.parametrize(("layers", "expected"), SEARCHED)
def test_each_layer_has_its_own_extents(layers, expected):
    assert parameters(searched(*layers)) == ENDS + expected


def test_an_extent_that_all_layers_share_keeps_its_symbol():
    model = searched(layer(), layer(multiple=0.5), layer(group=None))
    assert model.values[symbol("kv_heads")] == 2
    assert model.values[symbol("intermediate.768")] == 768
    assert model.values[symbol("intermediate.256")] == 256
    assert symbol("intermediate") not in model.values


WRONG = [
    (layer(group=3), ConfigError, r"kv_heads of layer 1 is 2\.66.*whole number"),
    (layer(window_length=8), UnknownNameError, "kind of attention_block in x: 'windowed'"),
    ({}, ConfigError, "cannot be computed"),
]


@pytest.mark.parametrize(("wrong", "error", "message"), WRONG)
def test_a_layer_that_is_not_covered_is_named(wrong, error, message):
    with pytest.raises(error, match=message):
        searched(layer(), wrong)


def vision(**changes):
    config = {"model_type": "mllama_text_model", "hidden_size": 64, "num_attention_heads": 4}
    config |= {"num_key_value_heads": 2, "intermediate_size": 96, "vocab_size": 50}
    return read_model({**config, "num_hidden_layers": 3, **changes}, name="x", origin="x")


@pytest.mark.parametrize("kernels", ["unfused", "fused", "ideal"])
def test_a_skipped_layer_is_stored_and_costs_nothing(kernels):
    whole, text = vision(cross_attention_layers=[1]), vision(cross_attention_layers=[])
    rows = ledger(whole, fusion=find_runtime(kernels).fusion).filter(
        where=lambda row: row.block == "cross"
    )
    assert {row.kind for row in rows} == {Kind.STORED, Kind.ACTIVE}
    # Projections, feed-forward, two norms, norms on queries and keys, and two gates.
    cross = 2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 96 + 2 * 64 + 2 * 16 + 2
    plain = 2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 96 + 2 * 64
    assert parameters(whole) - parameters(text) == cross - plain


def test_a_skipped_layer_has_no_cache():
    whole, two = vision(cross_attention_layers=[1]), vision(num_hidden_layers=2)
    kept = [
        evaluate(ledger(m).filter(Kind.KEPT).total(), step_values(m, (1, 5, 7)))
        for m in (whole, two)
    ]
    assert kept[0] == kept[1]
