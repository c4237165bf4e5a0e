"""Number formats against the sizes that their sources state, with the arithmetic shown."""

from __future__ import annotations

from fractions import Fraction

import pytest

from edgesym.errors import UnknownNameError
from edgesym.formats import TOKEN_BYTES, Formats, find_format, formats
from edgesym.graph.tensor import BYTES, Role

#: Bytes per element: IEEE 754; ggml-common.h of llama.cpp (sizeof block / QK, as in gguf's
#: GGML_QUANT_SIZES: q4_0 (32, 18), q8_0 (32, 34)).
SIZES = {
    "fp32": 4,
    "fp16": 2,
    "bf16": 2,
    "int8": 1,
    "int4": Fraction(1, 2),
    "q8_0": Fraction(34, 32),
    "q4_0": Fraction(18, 32),
}


def test_every_format_has_a_known_size():
    assert formats().keys() >= SIZES.keys()


@pytest.mark.parametrize("name", SIZES)
def test_a_block_layout_comes_to_the_stated_size(name):
    assert find_format(name).bytes_per_element == SIZES[name]


@pytest.mark.parametrize("name", formats())
def test_a_format_says_where_it_is_from_and_what_computes_it(name):
    found = find_format(name)
    assert found.source
    assert found.kind in ("float", "integer", "packed")
    assert found.arithmetic
    assert (found.kind == "float") <= (found.name in SIZES)
    assert 0 < found.bytes_per_element <= 8


def test_an_unknown_format_names_the_nearest():
    with pytest.raises(UnknownNameError, match="unknown number format 'q4_00'; nearest: q4_0"):
        find_format("q4_00")


#: weights, activations, cache -> the three formats.
CHOSEN = [
    (("bf16",), ("bf16", "bf16", "bf16")),
    (("fp32",), ("fp32", "fp32", "fp32")),
    (("q4_0",), ("q4_0", "fp16", "fp16")),
    (("int8", "", "int8"), ("int8", "fp16", "int8")),
    (("int8", "bf16"), ("int8", "bf16", "bf16")),
    (("int4", "fp32", "q8_0"), ("int4", "fp32", "q8_0")),
]


@pytest.mark.parametrize(("given", "expected"), CHOSEN)
def test_activations_and_cache_follow_the_weights_unless_said(given, expected):
    found = Formats.of(*given)
    assert (found.weights.name, found.activations.name, found.cache.name) == expected
    values = found.values()
    assert values[BYTES[Role.WEIGHT]] == SIZES[expected[0]]
    assert values[BYTES[Role.ACTIVATION]] == SIZES[expected[1]]
    assert values[BYTES[Role.CACHE]] == SIZES[expected[2]]
    assert values[BYTES[Role.TOKEN]] == TOKEN_BYTES == 4
