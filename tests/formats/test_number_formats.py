"""Number formats against the sizes that their sources state, with the arithmetic shown."""

from __future__ import annotations

from fractions import Fraction

import pytest
from gguf.constants import GGML_QUANT_SIZES

from edgesym import Run, Setup, load
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.formats import TOKEN_BYTES, Formats, find_format, find_recipe, formats, uniform
from edgesym.graph.tensor import BYTES, Role

#: Bytes per element that the names have had from the start: scales of int4, int8 and fp8 left out.
SIZES = {
    "fp32": 4,
    "fp16": 2,
    "bf16": 2,
    "int8": 1,
    "int4": Fraction(1, 2),
    "fp8": 1,
    "q8_0": Fraction(34, 32),
    "q4_0": Fraction(18, 32),
    "mxfp4": Fraction(17, 32),
    "nvfp4": Fraction(9, 16),
}
#: ggml's names of types that go by another one here.
CALLED = {"F32": "fp32", "F16": "fp16", "F64": "f64", "NVFP4": "nvfp4_gguf"}


@pytest.mark.parametrize("name", SIZES)
def test_a_block_layout_comes_to_the_stated_size(name):
    assert find_format(name).bytes_per_element == SIZES[name]


@pytest.mark.parametrize("kind", GGML_QUANT_SIZES, ids=lambda kind: kind.name)
def test_every_type_of_gguf_has_the_block_that_its_package_says(kind):
    found = find_format(CALLED.get(kind.name, kind.name))
    assert (found.per, found.bytes_per_element * found.per) == GGML_QUANT_SIZES[kind]


@pytest.mark.parametrize("name", formats())
def test_a_format_says_where_it_is_from_and_what_computes_it(name):
    found = find_format(name)
    assert found.source
    assert found.kind in ("float", "integer", "packed")
    assert found.arithmetic
    assert 0 < found.bytes_per_element <= 8
    assert found.layout.count("+") == len(found.parts) - 1


#: Name -> bits a weight, from the scales and zero points that the tool stores.
BITS = {
    "int4-g128": 4 + Fraction(16, 128),
    "int4-g64-asym": 4 + Fraction(16 + 4, 64),
    "INT8-G32": 8 + Fraction(16, 32),
    "gptq4-g32": 4 + Fraction(16 + 4, 32),
    "awq": 4 + Fraction(16 + 4, 128),
    "mlx4-g64": 4 + Fraction(32, 64),
    "hqq": 4 + Fraction(32, 64),
    "nf4": 4 + Fraction(32, 64),
    "nf4-dq": 4 + Fraction(8, 64) + Fraction(32, 64 * 256),
    "mxfp6": 6 + Fraction(8, 32),
    "mxfp8": 8 + Fraction(8, 32),
    "BitNet-1.58": 2,
    "bfloat16": 16,
    "Q4_K": Fraction(9, 2),
}


@pytest.mark.parametrize("name", BITS)
def test_bits_per_weight_are_derived_from_the_parts(name):
    assert find_format(name).bits_per_weight == BITS[name]


#: (format, rows, row) -> bytes of the matrix, as the tools store it.
MATRICES = [
    ("fp8_block", 300, 128, 300 * 128 + 4 * 3),
    ("fp8_channel", 64, 32, 64 * 32 + 4 * 64),
    ("gptq", 4096, 4096, 4096 * 2048 + 32 * 4096 * 2 + 32 * 2048 + 4 * 4096),
    ("awq", 4096, 4096, 4096 * 2048 + 32 * 4096 * 2 + 32 * 2048),
    ("int4-channel", 8, 100, 400 + 16),
    ("nvfp4", 2, 16, 18 + 4),
]


@pytest.mark.parametrize(("name", "rows", "row", "expected"), MATRICES)
def test_a_matrix_takes_what_is_stored_once_as_well(name, rows, row, expected):
    assert find_format(name).stored(rows, row) == expected
    assert find_format(name).stored(rows, row, 3) == 3 * expected


def test_a_group_that_does_not_divide_a_row_is_refused():
    with pytest.raises(ConfigError, match="int4_g100: a row of 4096 elements is no multiple"):
        find_format("int4-g100").stored(8, 4096)


def test_an_unknown_format_names_the_nearest():
    with pytest.raises(UnknownNameError, match="unknown number format 'q4_00'; nearest: q4_0"):
        find_format("q4_00")


OWN = """
kind = "integer"
per = 48
parts = { scale = "1", elements = "48*5/8" }
arithmetic = ["int8", "fp16"]
source = "mine"
"""


def test_a_users_own_format_is_a_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(OWN)
    assert find_format(str(path)).bits_per_weight == 5 + Fraction(8, 48)
    assert find_recipe(str(path)).is_uniform


#: What is wrong with a file -> what the error says.
BROKEN = [
    (OWN.replace('source = "mine"', ""), "missing source"),
    (OWN.replace("per = 48", "per = 0"), "per = 0 must be a whole number"),
    (OWN.replace("per = 48", "pair = 48"), "unknown key of .*'pair'"),
    (OWN.replace('"48*5/8"', '"48*x"'), "is no number of bytes such as 32/2"),
    (OWN.replace('"48*5/8"', '"48/0"'), "is no number of bytes such as 32/2"),
    (OWN.replace('"48*5/8"', '"__import__(1)"'), "is no number of bytes such as 32/2"),
    (OWN.replace('"integer"', '"complex"'), "unknown kind of .*'complex'"),
]


@pytest.mark.parametrize(("text", "said"), BROKEN)
def test_a_broken_file_is_told_what_is_wrong(tmp_path, text, said):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises((ConfigError, UnknownNameError), match=said):
        find_format(str(path))


#: weights, activations, cache -> the three formats.
CHOSEN = [
    (("bf16",), ("bf16", "bf16", "bf16")),
    (("fp32",), ("fp32", "fp32", "fp32")),
    (("q4_0",), ("q4_0", "fp16", "fp16")),
    (("Q4_K_M",), ("q4_k_m", "fp16", "fp16")),
    (("int8", "", "int8"), ("int8", "fp16", "int8")),
    (("int8", "bf16"), ("int8", "bf16", "bf16")),
    (("int4", "fp32", "q8_0"), ("int4", "fp32", "q8_0")),
]


@pytest.mark.parametrize(("given", "expected"), CHOSEN)
def test_activations_and_cache_follow_the_weights_unless_said(given, expected):
    found = Formats.of(*given)
    assert (found.weights.name, found.activations.name, found.cache.name) == expected
    values = found.values()
    assert values[BYTES[Role.WEIGHT]] == found.weights.main.bytes_per_element
    assert values[BYTES[Role.ACTIVATION]] == SIZES[expected[1]]
    assert values[BYTES[Role.CACHE]] == SIZES[expected[2]]
    assert values[BYTES[Role.TOKEN]] == TOKEN_BYTES == 4


def test_a_single_format_is_a_recipe_without_rules():
    assert find_recipe("int4-g128") == uniform(find_format("int4-g128"))


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        ("int5-g7", "no multiple of a group of 7; choose a group that divides 2048"),
        ("hqq4-g4096", "no multiple of a group of 4096"),
    ],
)
def test_groups_that_do_not_divide_a_row_are_refused(weights, says):
    with pytest.raises(ConfigError, match=says):
        Setup(load("llama-3.2-1b"), run=Run(weights=weights)).number("weight_storage_bytes")


def test_groups_need_not_divide_what_is_no_matrix_of_a_layer():
    setup = Setup(load("llama-3.2-1b"), run=Run(weights="int4-g2048"))
    assert (
        setup.number("weight_storage_bytes") == setup.number("parameters") * (2048 // 2 + 2) / 2048
    )
