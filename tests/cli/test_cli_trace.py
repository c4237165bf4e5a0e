"""``edgesym trace``, and what it writes as a MODEL of the other verbs."""

import importlib.util
import json
from pathlib import Path

import pytest

from edgesym.cli.trace import _argument
from edgesym.errors import ConfigError

FILE = Path(__file__).parent.parent / "data" / "traced" / "gpt.traced.json"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gpt.py:GPT"], "there is no such file"),
        (["json:JSONEncoder"], "say what forward takes"),
        (["llama-3.2-1b", "--to", "x.json"], "must end in .traced.json"),
        (["llama-3.2-1bb"], "unknown model"),
        (["llama-3.2-1b", "--as-architecture", "--to", "x.json"], "must end in .toml"),
        (["json:JSONEncoder", "--input", "x: (batch)", "--as-architecture"], "is of a config"),
    ],
)
def test_bad_input_ends_in_one_line(edgesym, arguments, said):
    ran = edgesym("trace", *arguments)
    assert ran.code == 2
    assert said in " ".join(ran.err.split())
    assert not list(Path().iterdir())


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="torch is there")
def test_without_torch_the_extra_is_named(edgesym):
    ran = edgesym("trace", "llama-3.2-1b")
    assert ran.code == 2
    assert "pip install 'edgesym[oracle]'" in " ".join(ran.err.split())


def test_a_traced_file_goes_through_the_verbs(edgesym):
    derived = edgesym("derive", str(FILE), "-q", "parameters", "--format", "json")
    assert derived.code == 0
    estimated = edgesym("estimate", str(FILE), "--device", "raspberry-pi-5")
    assert estimated.code == 0
    assert "GPT on Raspberry Pi 5" in estimated.out
    solved = edgesym("solve", str(FILE), "--for", "hidden", "--such-that", "parameters <= 1e9")
    assert solved.code == 0


@pytest.mark.parametrize("option", ["--training", "--traffic"])
def test_training_and_traffic_are_asked_of_proofs(edgesym, option):
    ran = edgesym("verify", "llama-3.2-1b", option)
    assert ran.code == 2
    assert "write it with --symbolic" in " ".join(ran.err.split())


def test_the_step_that_is_derived_says_where_it_holds(edgesym):
    file = str(FILE.parent / "mamba.traced.json")
    assert "holds where 2 <= T, 1 <= C" in edgesym("derive", file, "--phase", "step").out
    assert "holds where 2 <= S" in edgesym("derive", file, "--phase", "decode").out
    said = json.loads(edgesym("derive", file, "--phase", "step", "--format", "json").out)
    assert said["holds"][:2] == ["2 <= T", "1 <= C"]
    rows = edgesym("derive", file, "--phase", "step", "--format", "csv").out.splitlines()
    assert rows[0].endswith("holds")
    assert "holds" not in edgesym("derive", "llama-3.2-1b", "--phase", "step").out


@pytest.mark.parametrize("value", ["NaN", "1e400", '{"a": 1, "a": 2}', "[1, 2", '"half'])
def test_an_argument_that_would_be_another_is_refused(value):
    with pytest.raises(ConfigError, match="--arg dropout: "):
        _argument(f"dropout={value}")


def test_a_word_is_an_argument_of_text():
    assert _argument("act=gelu_new") == ("act", "gelu_new")
    assert _argument("sizes=[1, 2]") == ("sizes", [1, 2])
