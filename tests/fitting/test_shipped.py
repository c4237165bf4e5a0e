"""The fits that ship are those of the published rows, where these are at hand."""

from __future__ import annotations

import numpy as np
import pytest

from edgesym.fits import find_fit
from edgesym.fits.lookup import place_in
from edgesym.fitting.classes import by_class, fit_class
from edgesym.fitting.predict import beside_seconds
from edgesym.fitting.sample import samples
from edgesym.validation import read_corpus
from tests.support import CORPUS

pytest.importorskip("scipy")
FILES = ("measurements.csv", "gpu_steps.csv", "cpu_steps.csv")


@pytest.mark.skipif(not CORPUS.exists(), reason="needs ../shared")
def test_the_fits_that_ship_are_those_of_the_published_rows():
    rows = [row for name in FILES for row in read_corpus(CORPUS / name)]
    of_class = by_class(list(samples(rows)))
    assert of_class
    for name, steps in of_class.items():
        shipped = find_fit(name)
        assert shipped is not None, name
        assert shipped.count == len(steps), name
        if any(each.beside for each in steps):
            continue  # by the fits of the processors beside
        again = fit_class(name, steps, beside_seconds(steps, {}), "test")
        for place in {each.place for each in steps}:
            one, other = (place_in(fit, place) for fit in (shipped, again))
            for word, figure in one.figures.items():
                off = np.log(figure.value / other.figures[word].value)
                spread = figure.std / figure.value
                assert abs(off) < 0.01 + 0.1 * spread, (place, word)
