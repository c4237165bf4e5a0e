"""What a domain says of sizes, so that two forms can be proven equal on it."""

import sympy

from edgesym.architectures.reader import read_model
from edgesym.symbols import symbol
from edgesym.tracing.matching import _follows, _pinned

E, Z = symbol("experts"), symbol("idle_experts")


def test_bounds_that_leave_one_number_are_that_number():
    bounds = [sympy.Lt(511, E), sympy.Le(E, 512), sympy.Ge(Z, 3), sympy.Lt(Z, 5)]
    assert list(_pinned(bounds)) == [sympy.Eq(E, 512)]


def test_bounds_of_two_sizes_pin_neither():
    assert not list(_pinned([sympy.Lt(E, Z), sympy.Le(E, 7), sympy.Eq(E + Z, 9)]))


def test_a_shared_table_of_marian_has_one_vocabulary():
    keys = {"model_type": "marian", "vocab_size": 500, "decoder_vocab_size": 400}
    shared = read_model(keys, name="m", origin="m").values
    assert symbol("vocab", "decoder") not in shared
    own = read_model({**keys, "share_encoder_decoder_embeddings": False}, name="m", origin="m")
    assert own.values[symbol("vocab", "decoder")] == 400


def test_a_share_of_a_size_is_an_exact_quotient():
    H, A = symbol("hidden"), symbol("heads")
    names, numbers = {"hidden": H, "heads": A, "share": 0.5}, {H: sympy.S(64), A: sympy.S(4)}
    found = _follows({"default": "=hidden * share // heads"}, names, numbers, 8, "m")
    assert found == sympy.floor(H / (2 * A))
