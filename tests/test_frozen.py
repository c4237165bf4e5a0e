"""The immutable mapping: a mapping in every use, and a value."""

from __future__ import annotations

import pytest

from edgesym.frozen import FrozenMap, freeze

PLAIN = {"b": 1, "a": [2]}


def test_it_is_read_as_a_dict():
    made = FrozenMap({"b": 1, "a": 2})
    assert list(made) == list(made.keys()) == ["b", "a"]
    assert list(made.values()) == [1, 2]
    assert made["a"] == made.get("a") == 2
    assert made.get("c") is None
    assert "c" not in made
    assert {"a", "c"} - made.keys() == {"c"}
    assert {**made} == dict(made) == made
    assert {"a": 2, "b": 1} == made != {"a": 2}
    assert made != 3


def test_maps_are_joined_to_a_new_one():
    made = FrozenMap({"a": 1})
    for joined in (made | {"b": 2}, {"b": 2} | made, made | FrozenMap({"b": 2})):
        assert isinstance(joined, FrozenMap)
        assert joined == {"a": 1, "b": 2}
    assert made == {"a": 1}


def test_equal_maps_hash_alike_whatever_their_order():
    one, other = FrozenMap({"a": 1, "b": 2}), FrozenMap([("b", 2), ("a", 1)])
    assert one == other
    assert hash(one) == hash(other)
    assert len({one, other, FrozenMap({"a": 1})}) == 2


def test_nothing_changes_it():
    source = {"a": 1}
    made = FrozenMap(source)
    source["a"] = 2
    assert made["a"] == 1
    with pytest.raises(TypeError):
        made["a"] = 3
    with pytest.raises(TypeError, match="unhashable"):
        hash(FrozenMap(PLAIN))


def test_what_a_file_holds_is_frozen_however_deep():
    frozen = freeze({"a": [1, {"b": [2]}], "c": "text", "d": None})
    assert frozen == {"a": (1, FrozenMap({"b": (2,)})), "c": "text", "d": None}
    assert isinstance(hash(frozen), int)
