"""The regime map as a plot: what is in it follows from the map."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from edgesym.analysis.crossovers.crossover import lines_over
from edgesym.analysis.crossovers.regimes import regime_map
from edgesym.analysis.crossovers.waits import REGIMES
from edgesym.architectures.locate import load
from edgesym.devices import find_device
from edgesym.errors import OutputError
from edgesym.render.regime_plot import regime_figure
from edgesym.render.style import picture
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup

#: Each ending -> how such a file begins.
MAGIC = {"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml"}


def mapped(card="llama-3.2-1b", device="raspberry-pi-5", batches=(1, 1024), contexts=(128, 131072)):
    made = Setup(load(card), find_device(device), Run(weights="q4_0"))
    return regime_map(made, *(np.geomspace(*ends, 40) for ends in (batches, contexts)))


def labels(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_the_legend_names_what_is_in_the_map():
    found = mapped()
    named = labels(regime_figure(found, lines_over(found)))
    present = {REGIMES[place] for place in found.bound.ravel()}
    assert present == set(REGIMES) & set(named)
    assert {"does not fit in memory", "cache passes weights", "batch 1, context 256"} <= set(named)


def test_what_is_not_in_the_map_is_not_in_the_legend():
    # a corner in which everything fits, nothing crosses, and the setup does not stand
    found = mapped(batches=(1, 2), contexts=(300, 400))
    assert found.fits.all()
    assert labels(regime_figure(found, lines_over(found))) == ["weights"]


def test_a_line_lies_where_the_sides_are_equal():
    found = mapped()
    figure = regime_figure(found, {"line": np.log(found.contexts / 1000)[None, :]})
    (contour,) = [c for c in figure.axes[0].collections if hasattr(c, "levels") and 0 in c.levels]
    drawn = np.concatenate([path.vertices for path in contour.get_paths()])
    assert np.allclose(drawn[:, 0], 1000, rtol=0.01)


@pytest.mark.parametrize("ending", MAGIC)
def test_a_picture_is_of_the_kind_asked_for(ending):
    found = mapped()
    content = picture(regime_figure(found, lines_over(found)), ending)
    assert content.startswith(MAGIC[ending])


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(OutputError, match=r"edgesym\[plot\]"):
        regime_figure(mapped(), {})
