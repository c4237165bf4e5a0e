"""The closed forms of a report give the setup's numbers, whatever the weights are stored in."""

from __future__ import annotations

import pytest

from edgesym.analysis.documents.report.model import HEADINGS, model_section
from edgesym.architectures.locate import load
from edgesym.devices import find_device
from edgesym.document.nodes import Formula, Section
from edgesym.engine.evaluate import evaluate
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup

RUNS = [
    ("llama-3.2-1b", Run(weights="int4")),
    ("llama-3.2-1b", Run(weights="q4_k_m")),
    ("llama-3.2-1b", Run(weights="gptq", prune="2:4")),
    ("gpt-oss-20b", Run()),
]


def sections(section):
    """A section and all inside it."""
    yield section
    for inside in section.blocks:
        if isinstance(inside, Section):
            yield from sections(inside)


@pytest.mark.parametrize(("model", "run"), RUNS)
def test_the_formulas_of_a_report_give_its_numbers(model, run):
    setup = Setup(load(model), run=run)
    (decode,) = (s for s in sections(model_section([setup])) if s.title == HEADINGS["decode"])
    forms = {b.left: b.sides[0].expression for b in decode.blocks if isinstance(b, Formula)}
    for name in ("flops", "weight_bytes", "memory_traffic", "memory_footprint"):
        assert evaluate(forms[name], setup.values()) == setup.number(name), name


@pytest.mark.parametrize("name", ["raspberry-pi-5", "rtx-4090"])
def test_what_a_report_says_fits_leaves_what_the_system_keeps(name):
    setup = Setup(load("llama-3.2-1b"), find_device(name))
    text = str(model_section([setup]))
    assert "memory_footprint <= memory_size - memory_reserve" in text
