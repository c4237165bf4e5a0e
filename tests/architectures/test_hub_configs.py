"""Configs as they stand on the Hugging Face Hub, with the odd keys of their tools and trainers.

Each is read without a flag, and has the parameters that transformers 5.24.0 counts for its
class on the meta device; FLAN-T5 those of its published weights, as T5Config ties its tables
whatever the file says.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgesym.architectures.reader import read_model
from edgesym.errors import ConfigError
from edgesym.ledger import Kind, ledger
from tests.support import evaluate, step_values

DATA = Path(__file__).parent.parent / "data" / "hub_configs.json"
ENTRIES = json.loads(DATA.read_text("utf-8"))


def read(config):
    return read_model(config, name="m", origin="config.json")


@pytest.mark.parametrize("name", ENTRIES)
def test_a_config_of_the_hub_is_read_as_it_is(name):
    model = read(ENTRIES[name]["config"])
    stored = ledger(model).filter(Kind.STORED).total()
    assert evaluate(stored, step_values(model, (1, 1, 0))) == ENTRIES[name]["parameters"]


@pytest.mark.parametrize("name", ENTRIES)
def test_a_misspelt_size_in_it_is_refused(name):
    config = ENTRIES[name]["config"]
    sizes = [key for key, value in config.items() if type(value) is int and "size" in key]
    key = next(key for key in [*sizes, "n_embd", "d_model"] if key in config)
    slip = key[:2] + key[3:]
    with pytest.raises(ConfigError, match=f"unknown keys? .*'{slip}' = .*did you mean .*{key}"):
        read({**config, slip: config[key]})
