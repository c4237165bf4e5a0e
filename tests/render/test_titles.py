"""Titles of pictures end within them, however much there is to say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgesym.analysis.crossovers.regimes import regime_map
from edgesym.analysis.optimization.optimize import optimize
from edgesym.analysis.optimization.target import Target
from edgesym.analysis.optimization.technique import find_technique
from edgesym.analysis.sensitivity import sensitivity
from edgesym.architectures.locate import load
from edgesym.devices import find_device
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup

pytest.importorskip("matplotlib")

BOARD = find_device("raspberry-pi-5")
DEVICES = (
    replace(BOARD, name="A board of which there is much to say " * 4),
    replace(BOARD, name="X" * 300),
)


def drawn(kind, device):
    from edgesym.render.pareto_plot import pareto_figure
    from edgesym.render.regime_plot import regime_figure
    from edgesym.render.tornado_plot import tornado

    setup = Setup(load("llama-3.2-1b"), device, Run(weights="q4_k_m"))
    if kind == "regimes":
        ends = (np.geomspace(1, 64, 8), np.geomspace(128, 8192, 8))
        return regime_figure(regime_map(setup, *ends), {})
    if kind == "tornado":
        return tornado(sensitivity(setup, "flops"))
    return pareto_figure(optimize([setup], [find_technique("q4_0")], Target(device=device)))


@pytest.mark.parametrize("device", DEVICES, ids=["words", "one word"])
@pytest.mark.parametrize("kind", ["regimes", "tornado", "techniques"])
def test_a_title_ends_within_its_picture(kind, device):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = drawn(kind, device)
    FigureCanvasAgg(figure).draw()
    titles = [figure._suptitle, *(axes._left_title for axes in figure.axes)]
    said = [title for title in titles if title is not None and title.get_text()]
    assert device.name.split()[0][:20] in said[0].get_text()
    for title in said:
        box = title.get_window_extent()
        assert figure.bbox.x0 <= box.x0
        assert box.x1 <= figure.bbox.x1
