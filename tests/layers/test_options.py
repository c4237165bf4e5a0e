"""Options of layers: sorted to stages, and checked where a file gives them."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from inspect import Parameter, signature, unwrap

import pytest

from edgesym.architectures.locate import load
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.layers import LAYERS
from edgesym.layers.options import check_options, composed, options_of

#: Options that a function or a stage may have of its own.
MOST = 8


@dataclass(frozen=True, slots=True)
class Ends:
    bias: bool = False
    width: str = "hidden"


@dataclass(frozen=True, slots=True)
class Other:
    width: int = 1


@composed
def layered(
    build, part, x, *, ends: Ends, needed: str, taps: int = 1, tables: tuple[str, ...] = ()
):
    return ends, needed, taps, tables


def test_options_are_sorted_to_their_stage():
    made = layered(None, "part", None, needed="vocab", bias=True, taps=2)
    assert made == (Ends(bias=True), "vocab", 2, ())
    assert layered(None, "part", None, needed="a") == (Ends(), "a", 1, ())
    assert list(options_of(layered)) == ["needed", "taps", "tables", "bias", "width"]


def test_a_call_with_a_wrong_option_is_refused_as_python_refuses_it():
    with pytest.raises(TypeError, match="unexpected keyword argument 'biased'"):
        layered(None, "part", None, needed="a", biased=True)
    with pytest.raises(TypeError, match=r"missing a required .*argument: 'needed'"):
        layered(None, "part", None)


def test_an_option_belongs_to_one_stage():
    with pytest.raises(ValueError, match="duplicate parameter name: 'width'"):

        @composed
        def twice(build, part, x, *, ends: Ends, other: Other):
            """Both stages have a width."""


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        (
            {"widht": "a"},
            UnknownNameError,
            "option of layer mine in my.toml: 'widht'; nearest: width",
        ),
        ({"bias": "no"}, ConfigError, "my.toml: layer mine: bias = 'no' must be true or false"),
        ({"bias": 1}, ConfigError, "bias = 1 must be true or false"),
        ({"taps": True}, ConfigError, "taps = True must be a whole number"),
        ({"width": 7}, ConfigError, "width = 7 must be text"),
        ({"width": None}, ConfigError, "width = None must be text"),
        ({"tables": ["a", 2]}, ConfigError, "tables = .* must be a list of text"),
        ({}, ConfigError, "my.toml: layer mine needs needed, text"),
    ],
)
def test_a_wrong_option_in_a_file_is_one_clear_error(options, error, says):
    given = options | {"needed": "vocab"} if options else {}
    with pytest.raises(error, match=says):
        check_options(layered, "mine", given, "my.toml")


def test_an_option_that_a_config_does_not_use_is_off():
    check_options(layered, "mine", {"needed": "vocab", "bias": None, "tables": ["a"]}, "my.toml")


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        (
            '{ layer = "attention", rotry = true }',
            "option of layer attention in card llama-3.2-1b as",
        ),
        (
            '{ layer = "attention", rotary = "no" }',
            r"mine\.toml: layer attention: rotary = 'no' must",
        ),
        ('{ layer = "linear" }', r"mine\.toml: layer linear needs output, text"),
    ],
)
def test_a_users_architecture_file_with_a_wrong_option_names_it(tmp_path, layer, says):
    path = tmp_path / "mine.toml"
    head = 'extends = "llama"\nmodel_types = ["llama"]\nsource = "a test"\n[layers]\n'
    path.write_text(f"{head}attention = {layer}", encoding="utf-8")
    with pytest.raises((ConfigError, UnknownNameError), match=says) as caught:
        load("llama-3.2-1b", architecture=str(path))
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_says_what_its_options_are(name):
    for option in options_of(LAYERS[name]).values():
        assert option.annotation in (bool, bool | None, int, str, tuple[str, ...])
        if option.default is not Parameter.empty:
            check_options(
                LAYERS[name], name, required(name) | {option.name: option.default}, "here"
            )


def required(name):
    """Values of the options that a layer needs."""
    found = options_of(LAYERS[name]).values()
    return {option.name: "hidden" for option in found if option.default is Parameter.empty}


@pytest.mark.parametrize("name", LAYERS)
def test_no_function_and_no_stage_has_many_options(name):
    function = unwrap(LAYERS[name])
    own = signature(function, eval_str=True).parameters.values()
    given = [p for p in own if p.kind is Parameter.KEYWORD_ONLY]
    stages = [p.annotation for p in given if is_dataclass(p.annotation)]
    assert len(given) - len(stages) <= MOST
    for stage in stages:
        assert len(fields(stage)) <= MOST
        documented = stage.__doc__.partition("Attributes:")[2]
        assert all(f"{field.name}:" in documented for field in fields(stage))
