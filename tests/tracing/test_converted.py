"""A file of a type that no class has counts what that of the class counts that runs it."""

import pytest

from edgesym.architectures.reader import read_model
from edgesym.architectures.recipe import architectures
from edgesym.files.parse import load_toml
from edgesym.tracing.checked import counts
from reports.proofs import CONVERTED

ROWS = load_toml(CONVERTED)


@pytest.mark.parametrize("file", ROWS)
def test_both_configs_of_a_model_count_alike(file):
    own, other = (
        read_model(ROWS[file][key], name=ROWS[file]["name"], origin=file)
        for key in ("own", "class")
    )
    assert architectures()[ROWS[file]["own"]["model_type"]] == file
    assert counts(own, 2, 24) == counts(other, 2, 24)
    assert ROWS[file]["source"]
