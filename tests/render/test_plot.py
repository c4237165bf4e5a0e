"""The tornado: its bars are the quantity evaluated anew, its files the same every time."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from edgesym.analysis.sensitivity import sensitivity
from edgesym.architectures.locate import load
from edgesym.devices import find_device
from edgesym.engine.evaluate import evaluate
from edgesym.errors import OutputError
from edgesym.render.style import ENDINGS, picture
from edgesym.render.tornado_plot import tornado
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.symbols import describe, find

pytest.importorskip("matplotlib")

SETUP = Setup(load("llama-3.2-1b"), find_device("raspberry-pi-5"), Run(kernels="fused"))


def drawn(found):
    """Word of each bar, from the top -> its ends, in milliseconds."""
    (axes,) = tornado(found).axes
    words = [label.get_text().split()[0] for label in axes.get_yticklabels()]
    smaller, larger = axes.containers
    ends = [
        tuple(bar.get_x() + bar.get_width() for bar in pair)
        for pair in zip(smaller, larger, strict=True)
    ]
    return dict(reversed(list(zip(words, ends, strict=True))))


def test_the_ends_of_a_bar_are_the_quantity_evaluated_anew():
    found = sensitivity(SETUP, "time_per_output_token")
    for word, ends in drawn(found).items():
        made = find(word)
        for factor, end in zip((0.9, 1.1), ends, strict=True):
            point = {**found.values, made: found.values[made] * factor}
            assert end / 1e3 == pytest.approx(evaluate(found.expression, point)), word


def test_the_longest_bar_is_on_top():
    found = sensitivity(SETUP, "time_per_output_token")
    reach = [max(abs(end / 1e3 - found.value) for end in ends) for ends in drawn(found).values()]
    assert reach == sorted(reach, reverse=True)
    assert reach[-1] > 0


def test_what_moves_nothing_has_no_bar():
    found = sensitivity(SETUP, "time_per_output_token")
    assert "peak_flops" in {describe(p.symbol).word for p in found.partials}
    assert "peak_flops" not in drawn(found)
    assert drawn(sensitivity(SETUP, "time_per_output_token", ["peak_flops"])) == {}


@pytest.mark.parametrize(
    ("ending", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")]
)
def test_the_same_plot_is_the_same_file(ending, start):
    found = sensitivity(SETUP, "memory_footprint")
    one, other = (picture(tornado(found), ending) for _ in range(2))
    assert one.startswith(start)
    assert one == other


def test_other_endings_are_refused():
    figure = tornado(sensitivity(SETUP, "memory_footprint"))
    with pytest.raises(OutputError, match=r"a plot ends in \.png, \.pdf, \.svg, not \.gif"):
        picture(figure, "gif")
    assert list(ENDINGS) == ["png", "pdf", "svg"]


def test_without_matplotlib_the_remedy_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(OutputError, match=r"pip install 'edgesym\[plot\]'"):
        tornado(sensitivity(SETUP, "memory_footprint"))


def test_settings_that_stop_matplotlib_are_named(tmp_path):
    command = ["plot", "line", "llama-3.2-1b", "-q", "flops", "--over", "context=1..4"]
    ran = subprocess.run(
        [sys.executable, "-m", "edgesym", *command, "--output", tmp_path / "a.png"],
        env={**os.environ, "MPLBACKEND": "nonsense"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    assert ran.stderr.startswith("Error: matplotlib does not start: ")
    assert "MPLBACKEND" in ran.stderr
    assert not list(tmp_path.iterdir())
