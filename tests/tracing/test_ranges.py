"""Lists of what counts tokens: as lists of numbers, with a length that is a size."""

from __future__ import annotations

from operator import add

import pytest

torch = pytest.importorskip("torch")

from edgesym.errors import ConfigError  # noqa: E402
from edgesym.tracing.ranges import Numbers, length  # noqa: E402

CUTS = [
    lambda numbers: numbers,
    lambda numbers: numbers[::-1],
    lambda numbers: numbers[1:],
    lambda numbers: numbers[1:-1][::2],
    lambda numbers: add([-1], numbers[1:-1][::2]),
    lambda numbers: add([-3], add([-1], numbers[1:-1][::2])[1:-1][::2]),
    lambda numbers: add([7, 8, 9], numbers)[::2],
    lambda numbers: add([7, 8, 9], numbers)[2:-1],
]


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("tokens", [9, 12, 13])
def test_parts_are_those_of_a_list(cut, tokens):
    made, wanted = cut(Numbers((), 0, 1, tokens)), cut(list(range(tokens)))
    assert made.tensor().tolist() == wanted
    assert length(made) == len(wanted)
    assert [made[0], made[1], made[-1]] == [wanted[0], wanted[1], wanted[-1]]


@pytest.mark.parametrize("part", [slice(None, 3), slice(-2, None), slice(None, None, -2)])
def test_a_part_whose_place_depends_on_the_length_is_refused(part):
    with pytest.raises(ConfigError, match="this part of a list of tokens is not understood"):
        Numbers((), 0, 1, 9)[part]
