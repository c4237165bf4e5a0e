"""Verbs as functions, and how answers are displayed."""

from __future__ import annotations

import inspect

import pytest

import edgesym
from edgesym import Queries, Run, Setup, find_device, load, verbs
from edgesym.cli.main import VERBS
from edgesym.document.shown import Shown
from edgesym.errors import ConfigError, EdgesymError, OutputError, UnknownNameError

MODEL = "llama-3.2-1b"
SETUP = Setup(MODEL, "pi5", Run(weights="q4_0"))
#: Answers of every kind, from functions and from verbs.
ANSWERS = {
    "estimate": lambda: edgesym.estimate(SETUP),
    "sensitivity": lambda: edgesym.sensitivity(SETUP, "time_per_output_token"),
    "solve": lambda: edgesym.solve(SETUP, "context", ["memory_footprint <= memory_size"]),
    "compare": lambda: edgesym.compare(["a", "b"], [SETUP, Setup("gemma-3-1b", "pi5")]),
    "explain": lambda: edgesym.explain(SETUP, "time_per_output_token"),
    "sweep": lambda: edgesym.sweep(SETUP, {"context": "1k..64k:log:300"}, ["step_time"]),
    "operators": lambda: edgesym.operator_table(
        SETUP.model, Queries.of([127], [1], 1), SETUP.formats, SETUP.run.counting, "fused"
    ),
    "crossover": lambda: edgesym.crossover(MODEL, device="pi5", weights="q4_0"),
    "devices": verbs.devices,
    "roofline": lambda: edgesym.plot("roofline", MODEL, device="pi5"),
}
#: Other values of the library.
VALUES = {
    "model": lambda: load("deepseek-v3"),
    "device": lambda: find_device("pi5"),
    "setup": lambda: SETUP,
    "run": lambda: SETUP.run,
    "ledger": lambda: edgesym.ledger_of("deepseek-v3"),
    "registry": lambda: edgesym.REGISTRY,
    "formula": lambda: edgesym.derive("deepseek-v3", "generation_time"),
    "graph": lambda: edgesym.graph_of(MODEL),
    "crossings": lambda: edgesym.crossings(SETUP)[0][0],
}


@pytest.mark.parametrize("name", [*ANSWERS, *VALUES])
def test_no_repr_is_long(name):
    assert 0 < len(repr((ANSWERS | VALUES)[name]())) < 10_000


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_display_themselves(name):
    found = ANSWERS[name]()
    assert isinstance(found, Shown)
    assert found._repr_html_().startswith('<article class="edgesym">')
    assert "<table>" in found._repr_html_() or "<dl>" in found._repr_html_()
    assert found._repr_markdown_()
    assert found._repr_latex_().startswith("% needs")


@pytest.mark.parametrize("name", ["sweep", "crossover", "operators", "devices"])
def test_answers_are_tables_of_pandas(name):
    pandas = pytest.importorskip("pandas")
    found = ANSWERS[name]().to_dataframe()
    assert isinstance(found, pandas.DataFrame)
    assert len(found) > 2
    if name == "sweep":
        assert found["context [tokens]"].iloc[-1] == 65536


def test_pictures_go_into_axes():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    figure, axes = pyplot.subplots(1, 4)
    asked = [
        ANSWERS["roofline"](),
        edgesym.plot("breakdown", MODEL, device="pi5"),
        edgesym.plot("line", MODEL, device="pi5", over="context=1k..8k"),
        ANSWERS["sensitivity"](),
    ]
    for found, ax in zip(asked, axes, strict=True):
        assert found.plot(ax=ax) is ax
        assert ax.has_data()
    pyplot.close(figure)
    assert asked[0].plot().axes
    with pytest.raises(OutputError, match="no picture"):
        ANSWERS["estimate"]().plot()


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_is_a_function_with_the_words_of_its_options(name):
    function = getattr(verbs, name)
    assert function.__name__ == name
    assert inspect.signature(function)
    assert function.__doc__


def test_words_are_those_of_the_command_line(edgesym_prints):
    words = {"device": "pi5", "weights": "q4_0", "context": "8k", "set": ["peak=0.5*peak"]}
    found = verbs.estimate(MODEL, **words)
    typed = ["--device", "pi5", "--weights", "q4_0", "--context", "8k", "--set", "peak=0.5*peak"]
    assert found.data == edgesym_prints("estimate", MODEL, *typed)
    assert verbs.table(load(MODEL)).data == edgesym_prints("table", MODEL)


def test_a_function_of_values_takes_values_and_words():
    assert edgesym.estimate(SETUP).setup == SETUP
    assert edgesym.estimate(MODEL, device="pi5", weights="q4_0").data["device"] == "raspberry-pi-5"
    assert edgesym.estimate(MODEL, device=find_device("pi5")).data["device"] == "raspberry-pi-5"


@pytest.mark.parametrize(
    ("call", "kind", "said"),
    [
        (lambda: verbs.estimate(MODEL, devce="pi5"), UnknownNameError, "nearest: device"),
        (lambda: verbs.estimate(MODEL, device="pi55"), UnknownNameError, "pi55"),
        (lambda: verbs.estimate(MODEL, device="pi5", batch="x"), ConfigError, "--batch"),
        (lambda: verbs.table(MODEL, brief=3), ConfigError, "True or False"),
        (verbs.plot, ConfigError, "say which"),
        (lambda: verbs.plot("rooflin", MODEL), EdgesymError, "roofline"),
        (lambda: verbs.table("--help"), EdgesymError, "--help"),
        (lambda: edgesym.crosover, AttributeError, "crosover"),
    ],
)
def test_what_is_wrong_is_told(call, kind, said):
    with pytest.raises(kind, match=said):
        call()


@pytest.fixture
def edgesym_prints(capsys):
    """What the command line prints as JSON."""
    import json

    from edgesym.cli.main import edgesym as command

    def run(*arguments):
        command.main([*arguments, "--json"], standalone_mode=False)
        return json.loads(capsys.readouterr().out)

    return run
