"""The registry: every quantity has a unit and a meaning, and a positive value everywhere."""

from __future__ import annotations

import math

import pytest
import sympy

from edgesym.architectures.locate import load
from edgesym.catalogue import REGISTRY, Case, find_quantity
from edgesym.devices import find_device
from edgesym.engine.evaluate import evaluate
from edgesym.errors import EdgesymError, UnknownNameError
from edgesym.formats import Formats
from edgesym.runtimes import find_runtime, runtime_names
from edgesym.runtimes.runtime import EFFICIENCY, FIXED
from edgesym.symbols import describe, symbol
from edgesym.units import UNITS
from edgesym.workload import PHASES, phase
from tests.support import CLUSTER, assert_equal_expression, letters

b, T, C, S, S_p, T_g = letters("b T C S S_p T_g")
CARDS = ("llama-3.2-1b", "gemma-3-1b", "llama-4-maverick")
DEVICE = find_device("rtx-4090")
#: None in a model without experts, or where training runs nothing again.
MAY_BE_NOTHING = {
    "additional_expert_bytes",
    "drafting_time",
    "expert_parallel_traffic",
    "rerun_activation_memory",
    # what lies on the device alone is copied nowhere, and takes no memory of a host
    "copy_time",
    "host_memory",
}


def values_of(model, **run):
    step = {b: 2, T: 3, C: 600, S: 700, S_p: 700, T_g: 9} | {
        letters(k)[0]: v for k, v in run.items()
    }
    trained = {symbol(word): value for word, value in CLUSTER.items()}
    device = DEVICE.values("fp16") | {symbol(word): 1e-6 for word in FIXED}
    formats = Formats.of("q4_0").values()
    runs = {symbol("smoothness"): 2, symbol("sequence_overhead"): 1e-5}
    return {**model.values, **formats, **device, **trained, **runs, **step}


@pytest.mark.parametrize("name", REGISTRY)
def test_a_quantity_has_a_name_a_unit_and_a_meaning(name):
    found = find_quantity(name)
    assert found.name == name
    assert found.unit in UNITS
    assert found.meaning
    assert not found.meaning.endswith(".")
    assert found.phase in {"", *PHASES}


@pytest.mark.parametrize("name", REGISTRY)
@pytest.mark.parametrize(("card", "phase_name"), list(zip(CARDS, PHASES, strict=True)))
def test_a_quantity_has_a_closed_form_with_a_value_in_every_phase(name, card, phase_name):
    model = load(card)
    formula = REGISTRY[name].expression(Case(model, phase(phase_name)))
    assert all(describe(s).meaning for s in formula.free_symbols)
    value = float(evaluate(formula, values_of(model)))
    assert math.isfinite(value)
    assert value >= 0
    assert value > 0 or name in MAY_BE_NOTHING


@pytest.mark.parametrize("scheme", runtime_names())
def test_time_is_at_least_that_of_computing_and_that_of_moving(scheme):
    model = load("llama-3.1-8b")
    kinds = [apart.kind for apart in find_runtime(scheme).efficiency]
    for phase_name in ("prefill", "decode"):
        for batch in (1, 64):
            values = values_of(model, b=batch)
            values |= {symbol(word, k): values[symbol(word)] for word in EFFICIENCY for k in kinds}
            step, compute, memory = (
                evaluate(
                    REGISTRY[n].expression(
                        Case(model, phase(phase_name), runtime=find_runtime(scheme))
                    ),
                    values,
                )
                for n in ("step_time", "compute_time", "memory_time")
            )
            assert step >= compute
            assert step >= memory
            assert step <= compute + memory + evaluate(
                REGISTRY["launch_time"].expression(
                    Case(model, phase(phase_name), runtime=find_runtime(scheme))
                ),
                values,
            )


IDENTITIES = [
    ("flops_per_token", lambda q: q("flops") / (b * 1)),
    ("memory_traffic", lambda q: q("weight_bytes") + q("input_bytes") + q("output_bytes")),
    ("arithmetic_intensity", lambda q: q("flops") / q("memory_traffic")),
    ("storage_bytes", lambda q: q("weight_storage_bytes") + q("kv_cache_bytes")),
    ("memory_footprint", lambda q: q("storage_bytes") + q("activation_bytes")),
    ("tokens_per_second", lambda q: b / q("time_per_output_token")),
    ("energy_per_token", lambda q: q("energy_per_step") / b),
    ("weight_storage_bytes", lambda q: q("parameters") * letters("B_w")[0]),
]


@pytest.mark.parametrize(("name", "composed"), IDENTITIES)
@pytest.mark.parametrize("card", CARDS)
def test_quantities_are_composed_of_each_other(name, composed, card):
    model = load(card)
    case = Case(model, phase("decode"))
    values = values_of(model)

    def quantity(part):
        return REGISTRY[part].expression(case)

    assert float(evaluate(quantity(name), values)) == pytest.approx(
        float(evaluate(composed(quantity), values)), rel=1e-12
    )


SUMS = [name for name, q in REGISTRY.items() if q.of_part and q.unit != "FLOP/B"]


@pytest.mark.parametrize("name", SUMS)
def test_a_quantity_of_a_part_is_no_more_than_the_whole(name):
    model = load("llama-3.2-1b")
    values = values_of(model)
    whole = evaluate(REGISTRY[name].expression(Case(model, phase("step"))), values)
    for part in ("feed_forward", "head"):
        case = Case(model, phase("step"), part=part)
        assert evaluate(REGISTRY[name].expression(case), values) <= whole


def test_flops_of_the_parts_add_up_to_those_of_the_model():
    model = load("gemma-3-1b")
    parts = {row.part.partition(".")[0] for row in Case(model).rows()}
    flops = REGISTRY["flops"]
    total = sympy.Add(*(flops.expression(Case(model, part=part)) for part in sorted(parts)))
    assert_equal_expression(total, flops.expression(Case(model)))


def test_what_nobody_registered_is_refused():
    with pytest.raises(UnknownNameError, match="unknown quantity 'flop'; nearest: flops"):
        find_quantity("flop")


def test_a_part_that_the_model_lacks_is_refused():
    case = Case(load("llama-3.2-1b"), part="atention")
    with pytest.raises(UnknownNameError, match=r"part of llama-3\.2-1b: 'atention'"):
        REGISTRY["flops"].expression(case)


def test_a_quantity_of_the_whole_has_no_part():
    case = Case(load("llama-3.2-1b"), part="attention")
    with pytest.raises(EdgesymError, match="load_time"):
        REGISTRY["load_time"].expression(case)
