"""Counts of transformers in a process of its own: those that are counted here."""

from __future__ import annotations

import pytest

from edgesym.errors import ConfigError
from edgesym.oracle.steps import step_of
from edgesym.tracing.ask import count
from tests.support import SMALL_LLAMA

pytest.importorskip("torch")
pytest.importorskip("transformers")

from edgesym.oracle.torch_counts import torch_counts


def test_a_process_of_its_own_counts_what_this_one_does():
    steps = step_of(2, 3, 40)
    assert count(SMALL_LLAMA, "mine", steps) == torch_counts(SMALL_LLAMA, "mine", steps)


def test_a_config_that_makes_no_model_is_an_error_of_its_own():
    with pytest.raises(ConfigError, match=r"mine: transformers .* cannot build this model"):
        count({**SMALL_LLAMA, "hidden_size": -1}, "mine")
