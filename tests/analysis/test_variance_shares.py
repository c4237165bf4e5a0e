"""What is said of where a variance comes from: no share of it is negative."""

from __future__ import annotations

from edgesym.analysis.documents.estimate import _sources
from edgesym.analysis.uncertainty import Uncertain
from edgesym.symbols import symbol


def test_what_makes_up_for_another_takes_off():
    shares = {symbol("memory_bandwidth"): 0.7, symbol("launch_overhead"): -0.1}
    told = _sources(Uncertain(1.0, 0.1, shares, {}, 0.4, None))
    assert told == (
        "memory_bandwidth 70%, scatter of measured steps 40%, launch_overhead takes 10% off"
    )
