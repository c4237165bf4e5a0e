"""Definitions: what a quantity is in terms of others, put together again, is its closed form."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy

from edgesym.architectures.locate import load
from edgesym.catalogue import REGISTRY, Case
from edgesym.engine.evaluate import evaluate
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.graph.training import training
from edgesym.quantities.energy import energy_per_step
from edgesym.quantities.registry import quantities_in
from edgesym.runtimes import find_runtime
from edgesym.symbols import declared, describe, symbol
from edgesym.workload import phase
from tests.support import letters

LLAMA = load("llama-3.2-1b")
CASES = [
    Case(LLAMA),
    Case(load("gemma-3-1b"), phase("prefill"), runtime=find_runtime("unfused")),
    Case(load("mixtral-8x7b"), phase("step"), training=training("zero=3,pipeline=interleaved")),
]
b, U_c, P, N_T, G, p, t, m = letters("b U_c P N_T G p t m")
U_m, W_m, e_f, e_b, p_0, P_0, B_g, d = letters("U_m W_m e_f e_b p_0 P_0 B_g d")

#: Quantity -> its definition over others, by name.
DEFINED = [
    ("memory_footprint", "weight_storage_bytes kv_cache_bytes activation_bytes", sympy.Add),
    ("storage_bytes", "weight_storage_bytes kv_cache_bytes", sympy.Add),
    ("arithmetic_intensity", "flops memory_traffic", lambda f, q: f / q),
    ("flops_per_token", "flops", lambda f: f / b),
    ("compute_time", "flops", lambda f: f / (U_c * P)),
    ("memory_time", "memory_traffic", lambda q: q / (U_m * W_m)),
    ("time_to_first_token", "step_time", lambda time: time),
    ("tokens_per_second", "step_time", lambda time: b / time),
    (
        *("energy_per_step", "flops memory_traffic step_time"),
        lambda f, q, time: sympy.Min(e_f * f + e_b * q + p_0 * time, P_0 * time),
    ),
    ("energy_per_token", "energy_per_step", lambda energy: energy / b),
    ("training_time", "training_flops_per_token", lambda f: N_T * f / (G * U_c * P)),
    ("data_parallel_traffic", "parameters_per_device", lambda n: 2 * B_g * n * (d - 1) / d),
    ("attainable_rate", "arithmetic_intensity", lambda i: sympy.Min(U_c * P, i * U_m * W_m)),
]


def random_point(symbols, seed):
    """Exact values, small enough for exact powers; more experts than a token uses."""
    generator = np.random.default_rng(seed)
    point = {}
    for made in sorted(symbols, key=str):
        row = describe(made)
        number = int(generator.integers(1, 8)) + (8 if row.word == "experts" else 0)
        below = 1 if row.domain.endswith("integer") else int(generator.integers(1, 10))
        point[made] = Fraction(number, below)
    return point


def put_together(name, case, values):
    """The value of a definition, each quantity in it replaced by the value of its own."""
    definition = REGISTRY[name].definition(case)
    fixed = REGISTRY[name].phase
    inner = case if fixed in ("", case.workload.name) else case.during(fixed)
    below = {
        declared(each): put_together(each, inner, values) for each in quantities_in(definition)
    }
    return evaluate(definition, {**values, **below})


@pytest.mark.parametrize("name", REGISTRY)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.model.name)
def test_definitions_put_together_are_the_closed_form(name, case):
    expression = REGISTRY[name].expression(case)
    for seed in range(3):
        values = random_point(expression.free_symbols, seed)
        # what cancels in the closed form may stand in a definition
        every = random_point({symbol("batch"), symbol("context"), symbol("new_tokens")}, seed)
        values = {**every, **values}
        assert put_together(name, case, values) == evaluate(expression, values)


@pytest.mark.parametrize(("name", "parts", "composed"), DEFINED)
def test_a_definition_speaks_of_other_quantities_by_name(name, parts, composed):
    definition = REGISTRY[name].definition(Case(LLAMA))
    expected = composed(*(declared(part) for part in parts.split()))
    assert sympy.expand(definition - expected) == 0
    assert set(quantities_in(definition)) == set(parts.split())


@pytest.mark.parametrize("name", ["parameters", "flops", "kv_cache_bytes", "load_time"])
def test_what_comes_from_the_graph_has_its_closed_form_for_a_definition(name):
    definition = REGISTRY[name].definition(Case(LLAMA))
    expected = ["weight_storage_bytes"] if name == "load_time" else []
    assert quantities_in(definition) == expected


def test_a_quantity_of_another_case_is_computed_and_not_named():
    case = Case(LLAMA)
    name = "of_another_case"
    other = REGISTRY["flops"].expression(case.during("prefill"))

    def formula(asked):
        return energy_per_step(asked) + energy_per_step(asked.during("prefill"))

    quantity = type(REGISTRY["flops"])(name, "J", "", formula)
    definition = quantity.definition(case)
    assert quantities_in(definition) == ["energy_per_step"]
    assert other.free_symbols <= definition.free_symbols


def test_after_a_definition_quantities_are_computed_again():
    case = Case(LLAMA, part="atention")
    with pytest.raises(UnknownNameError):
        REGISTRY["flops"].definition(case)
    with pytest.raises(ConfigError, match="load_time is of the whole model"):
        REGISTRY["load_time"].definition(case)
    plain = Case(LLAMA)
    REGISTRY["energy_per_step"].definition(plain)
    assert quantities_in(energy_per_step(plain)) == []


def test_a_registered_function_keeps_its_name_and_its_docstring():
    assert energy_per_step.__name__ == "energy_per_step"
    assert energy_per_step.__doc__.startswith("Energy of a step")
