"""Layers that are alike by their modules, and how they are called."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from edgesym.tracing.layers import Entered, Stack, Unlike  # noqa: E402

STACK = Stack("layers", (0, 0, 0, 3))


def called(*states: int) -> Entered:
    entered = Entered()
    for place, count in enumerate(states):
        entered.see(("layers", place), torch.zeros(2, count), None, [True, "full"])
    return entered


def test_layers_that_are_called_alike_stay_of_one_kind() -> None:
    called(4, 4, 4, 5).check([STACK])


def test_layers_that_are_given_other_states_are_of_another_kind() -> None:
    with pytest.raises(Unlike) as unlike:
        called(4, 6, 6, 4).check([STACK])
    assert unlike.value.kinds == {"layers": (0, 1, 1, 3)}


def test_a_layer_that_runs_in_some_of_the_ways_of_the_first_is_like_it() -> None:
    entered = called(4, 4, 4, 4)
    entered.see(("layers", 0), torch.zeros(2, 9))  # which runs once more
    entered.check([STACK])
