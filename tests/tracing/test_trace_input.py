"""What a user asks to be traced: sizes, inputs, and what is refused in one line."""

import pytest

from edgesym.errors import ConfigError
from edgesym.tracing.fields import sizes_of
from edgesym.tracing.job import Input, Job, read_input, read_size


@pytest.mark.parametrize("text", ["hidden", "hidden=", "=3", "h-d=3", "hidden=x", "h=1", "h=-2"])
def test_a_size_that_is_none_is_refused(text):
    with pytest.raises(ConfigError, match="--size"):
        read_size(text)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("ids: (batch, context) token", Input("ids", ("batch", "context"), True)),
        ("x: (batch, tokens, hidden)", Input("x", ("batch", "tokens", "hidden"), False)),
        ("image: (batch, 3, 224, 224)", Input("image", ("batch", 3, 224, 224), False)),
    ],
)
def test_inputs_are_read(text, made):
    assert read_input(text, {"hidden": 64}) == made


@pytest.mark.parametrize("text", ["ids", "ids: batch", "ids: ()", "ids: (b) token", "x: (batch) y"])
def test_an_input_that_is_none_is_refused(text):
    with pytest.raises(ConfigError, match="--input"):
        read_input(text, {})


def test_a_job_is_what_its_text_says():
    job = Job("m", "m.py:M", {}, "m.py:M", {"h": 4}, {}, (Input("x", ("batch", 3), False),))
    assert Job.of(job.text()) == job


def test_sizes_are_what_the_architecture_file_calls_them():
    fields = {"qk_rope_head_dim": 64, "hidden_size": 128, "eos_token_id": 7, "num_hidden_layers": 9}
    assert {k: str(s) for k, s in sizes_of(fields, "deepseek_v3").items()} == {
        "qk_rope_head_dim": "D_rotary",
        "hidden_size": "H",
    }
