"""Parts removed: the model is the one that a config of the smaller extents describes."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

from edgesym import Run, Setup, derive, load
from edgesym.architectures.naming import cards
from edgesym.architectures.reader import read_model
from edgesym.catalogue import REGISTRY
from edgesym.engine.evaluate import symbols_of
from edgesym.errors import ConfigError, EdgesymError, UnknownNameError
from edgesym.pruning import read_pruning, without
from edgesym.quantities.registry import tagged
from edgesym.symbols import symbol

LLAMA = {
    "model_type": "llama",
    "num_hidden_layers": 16,
    "hidden_size": 2048,
    "intermediate_size": 8192,
    "vocab_size": 128256,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 64,
}
FULL = LLAMA | {"num_key_value_heads": 32}
MIXTRAL = LLAMA | {"model_type": "mixtral", "num_local_experts": 8, "num_experts_per_tok": 2}
GEMMA = LLAMA | {"model_type": "gemma2", "query_pre_attn_scalar": 64, "sliding_window": 512}
GEMMA |= {"layer_types": ["sliding_attention", "full_attention"] * 8}

#: (config, what is removed, keys of the config of what is left)
REMOVED = [
    (LLAMA, "layers=4", {"num_hidden_layers": 12}),
    (LLAMA, "layers=0.25", {"num_hidden_layers": 12}),
    (LLAMA, "intermediate=0.5", {"intermediate_size": 4096}),
    (LLAMA, "intermediate=1/4", {"intermediate_size": 6144}),
    (LLAMA, "hidden=512", {"hidden_size": 1536}),
    (LLAMA, "vocab=256", {"vocab_size": 128000}),
    (LLAMA, "heads=8", {"num_attention_heads": 24}),
    (LLAMA, "kv_heads=2", {"num_attention_heads": 24, "num_key_value_heads": 6}),
    (LLAMA, "kv_heads=0.5", {"num_attention_heads": 16, "num_key_value_heads": 4}),
    (LLAMA, "heads=8,kv_heads=2", {"num_attention_heads": 18, "num_key_value_heads": 6}),
    (FULL, "heads=2", {"num_attention_heads": 30, "num_key_value_heads": 30}),
    (FULL, "kv_heads=2", {"num_attention_heads": 30, "num_key_value_heads": 30}),
    (MIXTRAL, "experts=2", {"num_local_experts": 6}),
    (MIXTRAL, "experts=6", {"num_local_experts": 2}),
    (MIXTRAL, "expert_intermediate=0.5", {"intermediate_size": 4096}),
    (
        GEMMA,
        "layers.sliding=4",
        {
            "num_hidden_layers": 12,
            "layer_types": ["sliding_attention", "full_attention"] * 4 + ["full_attention"] * 4,
        },
    ),
    (
        GEMMA,
        "layers.full=2,layers.sliding=1,hidden=0.5",
        {
            "num_hidden_layers": 13,
            "hidden_size": 1024,
            "layer_types": ["sliding_attention", "full_attention"] * 6 + ["sliding_attention"],
        },
    ),
]


def read(config):
    return read_model(config, name="m", origin="m")


@pytest.mark.parametrize(("config", "prune", "changes"), REMOVED)
@pytest.mark.parametrize("weights", ["", "q4_k_m"])
def test_numbers_are_those_of_the_config_of_what_is_left(config, prune, changes, weights):
    pruned = Setup(read(config), run=Run(prune=prune, weights=weights))
    expected = Setup(read(config | changes), run=Run(weights=weights))
    assert pruned.model.values == expected.model.values
    assert pruned.model.order == expected.model.order
    assert pruned.values() == expected.values()
    known = expected.values().keys()
    names = [n for n in tagged("estimate") if symbols_of(expected.expression(n)) <= known]
    assert "memory_footprint" in names
    for name in names:
        assert pruned.number(name) == expected.number(name)


def test_the_closed_form_is_that_of_the_model():
    for name in tagged("usual"):
        whole = derive("llama-3.2-1b", name)
        assert derive("llama-3.2-1b", name, prune="layers=4").expression == whole.expression
    pruned = derive("llama-3.2-1b", "parameters", prune="layers=4")
    assert pruned.values[symbol("layers")] == 12


def test_a_setup_prunes_once():
    """Setups are made of setups: what is removed is removed of the whole model each time."""
    setup = Setup(load("llama-3.2-1b"), run=Run(prune="layers=4"))
    again = replace(setup, run=replace(setup.run, batch=2))
    assert again.model == setup.model
    other = replace(setup, run=Run(prune="layers=2"))
    assert other.model.values[symbol("layers")] == 14
    assert replace(setup, run=Run()).model == load("llama-3.2-1b")


def test_what_is_left_is_a_value():
    whole = load("llama-3.2-1b")
    one, other = (without(whole, read_pruning("layers=4").removals) for _ in range(2))
    assert one == other
    assert one == pickle.loads(pickle.dumps(one))  # noqa: S301 - our own
    assert one != whole
    assert one.fingerprint != whole.fingerprint
    assert one.fingerprint != without(whole, read_pruning("layers=5").removals).fingerprint


@pytest.mark.parametrize("card", sorted(cards()))
def test_every_card_can_lose_of_its_hidden_dimension(card):
    model = load(card)
    left = without(model, read_pruning("hidden=64").removals)
    assert left.values[symbol("hidden")] == model.values[symbol("hidden")] - 64
    form = REGISTRY["parameters"].expression(Setup(model).case("decode"))
    assert form.xreplace(left.values) < form.xreplace(model.values)


#: (model, what is removed) -> a part of the text of the error.
REFUSED = [
    ("llama-3.2-1b", "layers=16", "there are 16, and nothing would be left"),
    ("llama-3.2-1b", "layers=0", "must be how many are removed, 1 or more"),
    ("llama-3.2-1b", "layers=1.5", "must be how many are removed"),
    ("llama-3.2-1b", "layers=1.0", "must be how many are removed"),
    ("llama-3.2-1b", "layers=four", "'four' is no number"),
    ("llama-3.2-1b", "layers.sliding=1", "has no layers.sliding; say which are removed, of layers"),
    ("llama-3.2-1b", "heads=3", "29 heads are no multiple of 8 kv_heads; remove a multiple of 8"),
    ("llama-3.2-1b", "intermediate=0.3", "0.3 of 8192 is 2457.6; give how many are removed"),
    ("llama-3.2-1b", "experts=2", "llama-3.2-1b has no experts; say of which, of layers (16)"),
    ("llama-3.2-1b", "layers=1,layers=2", "layers is removed twice"),
    ("llama-3.2-1b", "hidden=1,2:4", "rows of 2047 values, no multiple of 4"),
    ("gemma-3-1b", "kv_heads=0.5", "there are 1, and nothing would be left"),
    ("mixtral-8x7b", "experts=7", "1 experts are fewer than 2 experts_per_token; remove 6 at most"),
    ("gemma-2-9b", "layers=4", "several kinds; say which are removed, of layers.sliding (21)"),
    ("llama-4-maverick", "layers.experts=4", "has layers.experts of several kinds; say which"),
]


@pytest.mark.parametrize(("card", "prune", "text"), REFUSED)
def test_what_cannot_be_removed_is_refused(card, prune, text):
    with pytest.raises(ConfigError) as raised:
        Setup(load(card), run=Run(prune=prune))
    assert text in str(raised.value)


def test_kinds_of_an_extent_are_named():
    with pytest.raises(ConfigError, match=r"several kinds.*layers.encoder \(2\), layers.decoder"):
        without(_t5(), read_pruning("layers=1").removals)
    left = without(_t5(), read_pruning("layers.encoder=1").removals)
    assert left.values[symbol("layers", "encoder")] == 1


def _t5():
    config = {"model_type": "t5", "num_layers": 2, "num_decoder_layers": 3, "d_model": 64}
    config |= {"d_kv": 16, "d_ff": 128, "num_heads": 4, "vocab_size": 100}
    return read(config)


def test_a_block_that_no_longer_divides_is_refused():
    with pytest.raises(EdgesymError, match="no multiple of"):
        Setup(load("llama-3.2-1b"), run=Run(prune="intermediate=1", weights="gptq"))


def test_an_unknown_extent_names_the_nearest():
    with pytest.raises(UnknownNameError, match="'layer'; nearest: layers"):
        read_pruning("layer=1")
