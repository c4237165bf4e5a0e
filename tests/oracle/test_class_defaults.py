"""What every config class of transformers writes is read, without a flag.

Source of the configs: transformers 5.24.0, ``to_dict()`` of each class at its defaults.
"""

from __future__ import annotations

import pytest

from edgesym.architectures.reader import read_model
from edgesym.errors import ConfigError
from tests.oracle.defaults import class_defaults

DEFAULTS = class_defaults()
#: Types whose class cannot be built or run at its own defaults -> the key that it leaves null.
CANNOT_RUN = {"deepseek_v2": "num_experts_per_tok", "dots1": "n_shared_experts"}


@pytest.mark.parametrize("model_type", sorted(DEFAULTS.keys() - CANNOT_RUN.keys()))
def test_the_config_of_a_class_is_read(model_type):
    model = read_model(DEFAULTS[model_type], name=model_type, origin=model_type)
    assert all(isinstance(n, int) and n > 0 for n in model.values.values())


@pytest.mark.parametrize(("model_type", "key"), CANNOT_RUN.items())
def test_what_its_class_cannot_run_is_refused_by_its_key(model_type, key):
    with pytest.raises(ConfigError, match=f"{key} is null; give it a value"):
        read_model(DEFAULTS[model_type], name=model_type, origin=model_type)


def test_most_types_are_held():
    assert len(DEFAULTS) >= 140
