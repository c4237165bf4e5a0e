"""``edgesym derive --training``: choices of training as text."""

from __future__ import annotations

from click.testing import CliRunner

import edgesym
from edgesym.cli.main import edgesym as cli


def test_the_way_of_training_is_an_option_and_an_argument():
    asked = ["derive", "gpt2", "-q", "training_state_memory", "--training", "zero=3"]
    shown = CliRunner().invoke(cli, asked).output
    formula = edgesym.derive(edgesym.load("gpt2"), "training_state_memory", training="zero=3")
    assert str(formula).partition(" = ")[2] in " ".join(shown.split())
    assert "d  " in shown


def test_a_choice_that_does_not_exist_is_one_clear_line():
    run = CliRunner().invoke(cli, ["derive", "gpt2", "--training", "recompute=some"])
    assert run.exit_code != 0
    assert "choice for recompute 'some'" in str(run.output or run.exception)
    assert "Traceback" not in run.output
