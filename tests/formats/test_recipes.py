"""Recipes: which weight is stored in which format, and what that comes to."""

from __future__ import annotations

import pickle
from fractions import Fraction

import pytest

from edgesym import Run, Setup, load
from edgesym.analysis.explanation.provenance import given
from edgesym.architectures.naming import cards
from edgesym.architectures.reader import read_model
from edgesym.architectures.weights import facts_of
from edgesym.errors import ConfigError, EdgesymError, UnknownNameError
from edgesym.formats import find_format, find_recipe, format_of, recipes
from edgesym.graph.meaning import Group, Purpose
from edgesym.symbols import symbol

LLAMA, MIXTRAL = "llama-3.1-8b", "mixtral-8x7b"
TINY = {
    "model_type": "llama",
    "hidden_size": 128,
    "intermediate_size": 256,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "num_hidden_layers": 1,
    "vocab_size": 100,
    "tie_word_embeddings": True,
}

#: (model, recipe, purpose or group) -> formats of layers 0, 1, ... as llama-quantize decides.
DECIDED = [
    (LLAMA, "q4_k_m", Purpose.QUERY, ["q4_k"] * 8),
    (LLAMA, "q4_k_m", Purpose.VALUE, ["q6_k"] * 4 + ["q4_k", "q4_k", "q6_k", "q4_k"]),
    (LLAMA, "q4_k_m", Purpose.DOWN, ["q6_k"] * 4 + ["q4_k", "q4_k", "q6_k", "q4_k"]),
    (LLAMA, "q4_k_s", Purpose.DOWN, ["q5_k"] * 4 + ["q4_k"] * 4),
    (LLAMA, "q3_k_m", Purpose.VALUE, ["q5_k", "q5_k", "q4_k"]),
    (LLAMA, "q2_k", Purpose.OUTPUT, ["q3_k"]),
    (LLAMA, "iq2_m", Purpose.VALUE, ["q4_k"]),
    (LLAMA, "iq3_xs", Purpose.GATE, ["iq3_s"] * 4 + ["iq3_xxs"] * 4),
    (LLAMA, "q4_k_m", Group.NORM, ["fp32"]),
    (LLAMA, "q4_k_m", Group.HEAD, ["q6_k"]),
    (LLAMA, "q4_k_m", Group.EMBEDDING, ["q4_k"]),
    (LLAMA, "q8_0", Group.HEAD, ["q8_0"]),
    ("llama-3.2-1b", "q4_k_m", Group.EMBEDDING, ["q6_k"]),
    ("llama-2-7b", "q2_k", Purpose.VALUE, ["q3_k"]),
    ("llama-3.1-70b", "q3_k_m", Purpose.VALUE, ["q5_k"] * 4),
    (MIXTRAL, "q4_k_m", Purpose.VALUE, ["q8_0"]),
    (MIXTRAL, "q4_k_m", Purpose.KEY, ["q8_0"]),
    (MIXTRAL, "q4_k_m", Purpose.OUTPUT, ["q5_k"]),
    (MIXTRAL, "iq2_xs", Purpose.KEY, ["q4_k"]),
    (MIXTRAL, "q4_k_m", Group.ROUTER, ["fp32"]),
    (MIXTRAL, "mxfp4_moe", Purpose.GATE, ["mxfp4"]),
    (MIXTRAL, "mxfp4_moe", Purpose.QUERY, ["q8_0"]),
    ("gemma-3-1b", "q4_k_m", Purpose.QUERY, ["q5_0"]),
    ("phi-4-mini", "q4_k_m", Purpose.QUERY, ["q6_k"] * 4 + ["q4_k"]),
    (LLAMA, "awq", Purpose.DOWN, ["awq"]),
    (LLAMA, "awq", Group.HEAD, ["bf16"]),
    (LLAMA, "mlx_4bit", Group.EMBEDDING, ["mlx4_g64"]),
    (LLAMA, "pytorch_dynamic_int8", Group.HEAD, ["int8_tensor"]),
    (LLAMA, "pytorch_dynamic_int8", Group.EMBEDDING, ["fp32"]),
]


@pytest.mark.parametrize(("name", "recipe", "what", "expected"), DECIDED)
def test_a_recipe_decides_as_its_tool_does(name, recipe, what, expected):
    facts = facts_of(load(name))
    weight = next(w for w in facts.weights if w.group is what or what in w.purposes)
    layers = weight.layers[: len(expected)] or (0,)
    assert [format_of(find_recipe(recipe), facts, weight, n).name for n in layers] == expected


def test_weights_of_one_width_share_a_symbol_and_layers_stay_one_form():
    setup = Setup("llama-3.2-1b", run=Run(weights="Q4_K_M"))
    form = setup.expression("weight_storage_bytes")
    kinds = {s.name for s in form.free_symbols if s.name.startswith(("B_", "L_"))}
    assert kinds == {"B_w", "B_w_q6_k", "B_w_fp32", "L_hi", "L_lo"}
    values = setup.values()
    assert values[symbol("layers", "hi")] + values[symbol("layers", "lo")] == 16
    assert values[symbol("weight_bytes_per_element", "q6_k")] == Fraction(210, 256)


def test_equal_sets_of_layers_have_one_count_and_stacks_their_own():
    form = Setup("gemma-3-1b", run=Run(weights="q4_k_m")).expression("weight_storage_bytes")
    counts = {s.name for s in form.free_symbols if s.name.startswith("L_")}
    assert counts == {"L_full", "L_sliding_hi", "L_sliding_lo"}


@pytest.mark.parametrize("weights", ["bf16", "int4", "int4-g128", "mxfp4", "fp8"])
def test_one_format_is_one_symbol(weights):
    form = Setup("llama-3.2-1b", run=Run(weights=weights)).expression("memory_traffic")
    plain = Setup("llama-3.2-1b").expression("memory_traffic")
    assert form == plain


def test_reading_and_time_follow_the_widths():
    """A decode step of a dense untied model reads what is stored, less the embedding table."""
    setup = Setup("llama-2-7b", run=Run(weights="q4_k_m"))
    table = find_format("q4_k").stored(32000, 4096)
    row = find_format("q4_k").stored(1, 4096)
    assert setup.number("weight_bytes") == setup.number("weight_storage_bytes") - table + row


@pytest.mark.parametrize("name", cards())
@pytest.mark.parametrize("recipe", ["q4_k_m", "iq3_xs", "awq", "mxfp4_moe"])
def test_every_card_takes_every_kind_of_recipe(name, recipe):
    blocks = (Group.LINEAR, Group.EXPERT, Group.SHARED_EXPERT)
    rows = [w.row for w in facts_of(load(name)).weights if w.group in blocks]
    if recipe == "awq" and any(row % 128 for row in rows):
        with pytest.raises(ConfigError, match="is no multiple of its block of 128"):
            Setup(name, run=Run(weights=recipe))
        return
    setup = Setup(name, run=Run(weights=recipe))
    stored = setup.number("weight_storage_bytes")
    assert stored == int(stored)
    assert stored < Setup(name, run=Run(weights="bf16")).number("weight_storage_bytes")


def test_a_row_that_no_group_divides_names_both():
    with pytest.raises(ConfigError, match=r"weights in awq: awq: a row of 960 .* divides 960"):
        Setup(
            _small(hidden_size=960, num_attention_heads=15, num_key_value_heads=5),
            run=Run(weights="awq"),
        )


def _small(**changes):
    config = {**cards()["llama-3.2-1b"]["config"], "head_dim": 64, **changes}
    return read_model(config, name="small", origin="small")


OWN = """
main = "int4-g64"
source = "mine"
container = "safetensors"

[positions]
ends = "i < 1 or i >= n - 1"

[[rules]]
groups = ["norm"]
layout = "dtype"

[[rules]]
purposes = ["down"]
when = "ends"
layout = "int8-g64"
"""


def test_a_users_own_recipe_is_a_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(OWN)
    setup = Setup("llama-3.2-1b", run=Run(weights=str(path)))
    assert setup.formats.weights.name == "mine"
    H, I, elements = 2048, 8192, 1235814400
    norms = 33 * H
    wide = 2 * H * I
    four, eight = Fraction(34, 64), Fraction(66, 64)
    expected = (elements - norms - wide) * four + wide * eight + 2 * norms
    assert setup.number("weight_storage_bytes") == expected


#: What is wrong with a file -> what the error says.
BROKEN = [
    (OWN.replace('main = "int4-g64"', ""), "'main' is missing"),
    (OWN.replace('"int4-g64"', '"int4-g6x"'), "unknown number format 'int4-g6x'"),
    (OWN.replace('groups = ["norm"]', 'groups = ["norms"]'), "unknown group .*nearest: norm"),
    (
        OWN.replace('purposes = ["down"]', 'purpose = ["down"]'),
        "unknown key of .*rules\\[2\\]: 'purpose'",
    ),
    (OWN.replace('layout = "dtype"', ""), "rules\\[1\\]: missing layout"),
    (OWN.replace('source = "mine"', ""), "'source' is missing"),
    (OWN.replace('when = "ends"', 'when = "ends_of"'), "ends_of"),
    (OWN.replace('"i < 1 or i >= n - 1"', '"i < 1 or ("'), "recipe mine: "),
    ("mixes = 5\n" + OWN, "mixes = 5 must be a table"),
    ("mixes = { a = 5 }\n" + OWN, "a = 5 must be a table"),
    ("aliases = 5\n" + OWN, "aliases = 5 must be a list"),
    ("aliases = [5]\n" + OWN, r"aliases\[1\] = 5 must be a plain name"),
    ('imatrix = "false"\n' + OWN, "imatrix = 'false' must be true or false"),
    (OWN.replace('"safetensors"', '"zip"'), "unknown container of .*'zip'"),
    ("architectures = 5\n" + OWN, "architectures = 5 must be a table"),
    ('architectures = { fused = "llama" }\n' + OWN, "fused = 'llama' must be a list"),
    ("fallback = 5\n" + OWN, "fallback = 5 must be a table"),
    ("fallback = { q4_0 = 5 }\n" + OWN, "q4_0 = 5 must be a text"),
    (OWN.replace('"i < 1 or i >= n - 1"', "5"), "ends = 5 must be a formula"),
    ("then = 5\n" + OWN, "then = 5 must be a list"),
    ("then = [5]\n" + OWN, r"then\[1\] = 5 must be a table"),
    (OWN.replace('groups = ["norm"]', "groups = 5"), "groups = 5 must be a list"),
    (OWN.replace('when = "ends"', "when = true"), "when = True must be a formula"),
    (OWN.replace('when = "ends"', "from = 5"), "from = 5 must be a list"),
]


@pytest.mark.parametrize(("text", "said"), BROKEN)
def test_a_broken_recipe_is_told_what_is_wrong(tmp_path, text, said):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(EdgesymError, match=said):
        Setup("llama-3.2-1b", run=Run(weights=str(path)))


def test_unknown_weights_name_the_nearest_recipes_and_formats():
    with pytest.raises(UnknownNameError, match="unknown number format 'q4_k_n'; nearest: q4_k_"):
        Setup("llama-3.2-1b", run=Run(weights="q4_k_n"))


@pytest.mark.parametrize(("dtype", "scale"), [("float32", 4), ("bfloat16", 2)])
def test_compressed_tensors_keeps_scales_in_the_dtype_of_the_model(dtype, scale):
    model = read_model({**TINY, "torch_dtype": dtype}, name="tiny", origin="a test")

    def linears(name):
        whole = Setup(model, run=Run(weights=name)).number("weight_storage_bytes")
        return whole - scale * (100 * 128 + 3 * 128)  # the tied table, and three norms

    rows, elements = 4 * 128 + 2 * 256 + 128, 4 * 128 * 128 + 3 * 128 * 256
    assert linears("w8a8") == elements + scale * rows
    groups = elements // 128
    assert linears("w4a16") == elements // 2 + scale * groups + 7 * 16
    assert linears("w4a16_asym") == linears("w4a16") + groups // 2


@pytest.mark.parametrize("name", recipes())
def test_every_recipe_says_where_it_is_from_and_survives_pickling(name):
    recipe = find_recipe(name)
    assert recipe.source
    assert pickle.loads(pickle.dumps(recipe)) == recipe  # noqa: S301 - our own bytes


def test_a_width_says_which_recipe_it_is_from():
    setup = Setup("llama-3.2-1b", run=Run(weights="q4_k_m"))
    form = setup.expression("weight_storage_bytes")
    origins = {row.symbol.name: row.origin for row in given(setup, form.free_symbols)}
    assert origins["B_w_q6_k"] == origins["L_hi"] == "recipe q4_k_m"
    assert origins["B_w"].startswith("q4_k: ")
