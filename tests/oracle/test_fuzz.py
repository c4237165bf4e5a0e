"""Random small configs of every class, against what PyTorch counts of them: to the integer.

Source of the numbers: transformers 5.24.0 on the meta device with eager attention and
FlopCounterMode of torch 2.13.0, written by ``python -m tests.oracle.fuzz``.
"""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from edgesym.architectures.reader import read_model
from edgesym.errors import ConfigError
from edgesym.oracle.compare import compare
from tests.oracle.drawing import draw, drawn_types
from tests.oracle.fuzz import CONFIGS, counted, facts, skipped, steps_of

ROWS = facts()
TYPES = sorted({row["type"] for row in ROWS})
#: Types of which there are fewer configs than are wanted: their classes run few of what is drawn.
FEW = 12


def judged(row):
    """The verdicts on a config; ``refused`` where its file says that a value is not covered."""
    try:
        model = read_model(row["config"], name="drawn", origin="drawn")
    except ConfigError as error:
        if "is not covered" not in str(error):
            raise
        return ["refused"]
    rows = compare(model, row["counts"], steps_of(row["steps"]))
    wrong = [(c.count, c.ours, c.theirs) for c in rows if c.verdict == "different"]
    assert wrong == [], row["config"]
    return [c.verdict for c in rows if c.theirs is not None]


def drawn_anew(model_type, random, tries=8):
    """Configs of as many draws that their class runs."""
    for _ in range(tries):
        try:
            yield counted(model_type, random)
        except ConfigError:
            continue


@pytest.mark.parametrize("model_type", TYPES)
def test_no_count_of_a_drawn_config_differs_without_a_reason_that_gives_it(model_type):
    verdicts = Counter(v for row in ROWS if row["type"] == model_type for v in judged(row))
    assert verdicts["equal"] + verdicts["explained"] > verdicts["refused"]
    assert set(verdicts) <= {"equal", "explained", "refused"}


def test_the_draw_is_as_wide_as_it_says():
    configs = Counter(row["type"] for row in ROWS)
    assert len(configs) >= 52
    assert sum(n >= CONFIGS for n in configs.values()) >= len(configs) - FEW
    assert sum(len(row["counts"]) for row in ROWS) >= 4948
    assert set(configs) <= set(drawn_types())


def test_what_a_class_cannot_run_is_counted_with_its_reason():
    assert sum(skipped().values()) > 0
    assert all(why.partition(": ")[2] for why in skipped())


def test_a_count_off_by_one_is_different():
    row = next(row for row in ROWS if row["type"] == "llama")
    with pytest.raises(AssertionError):
        judged({**row, "counts": {**row["counts"], "parameters": row["counts"]["parameters"] + 1}})


def test_a_draw_follows_its_table():
    defaults = {"num_hidden_layers": 32, "hidden_size": 8, "num_attention_heads": 2, "bias": True}
    made = [draw("glm", defaults, Random(seed)) for seed in range(40)]  # noqa: S311 - likewise
    assert all(m["model_type"] == "glm" and 1 <= m["num_hidden_layers"] <= 5 for m in made)
    assert all(m["hidden_size"] % m["num_attention_heads"] == 0 for m in made)
    assert {m["bias"] for m in made} == {True, False}
    assert not any(key.startswith("_") for m in made for key in m)


@pytest.mark.slow
@pytest.mark.parametrize("model_type", drawn_types())
def test_configs_drawn_anew_count_as_pytorch_does(model_type):
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    random = Random()  # noqa: S311 - it only draws sizes
    for row in drawn_anew(model_type, random):
        judged(row)
