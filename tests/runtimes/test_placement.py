"""Products with weights that a backend does not run, left to the processor beside the device."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from statistics import median

import pytest
import sympy

import edgesym
from edgesym import Run, Setup, find_device, load
from edgesym.analysis.estimate import estimate
from edgesym.architectures.naming import cards
from edgesym.architectures.weights import facts_of
from edgesym.engine.evaluate import evaluate
from edgesym.errors import DeviceError
from edgesym.graph.meaning import Group
from edgesym.graph.tensor import Role
from edgesym.quantities.time import kernel_costs
from edgesym.runtimes import find_runtime
from edgesym.symbols import describe, symbol
from tests.support import CORPUS

HOST = "snapdragon-8-gen-2"
PHONE = replace(find_device("snapdragon-8-gen-3"), host=HOST)
L, t_0, t_h = symbol("layers"), symbol("launch_overhead"), symbol("handover_overhead")


def on_phone(weights, kernels="llama.cpp-hexagon", model="qwen2.5-1.5b"):
    return Setup(load(model), PHONE, Run(kernels=kernels, weights=weights))


def beside(setup):
    """Weights on the host, with their share of the layers that have them."""
    found = {}
    for sections in setup.placement.blocks.values():
        layers = sympy.Add(*(section.count for section in sections))
        for name in {name for section in sections for name in section.apart}:
            left = sympy.Add(*(each.count for each in sections if name in each.apart))
            found[name] = sympy.cancel(left / layers)
    return found


def test_a_format_without_a_kernel_is_left_to_the_host():
    assert beside(on_phone("Q4_K_M", "llama.cpp-opencl")) == {}
    left = beside(on_phone("Q2_K", "llama.cpp-opencl"))
    assert left["feed_forward.gate.weight"] == 1
    assert "embedding.lookup.weight" not in left
    # and on an NPU that does not take so many rows, the head whatever its format
    assert beside(on_phone("Q8_0")) == {"embedding.lookup.weight": 1}


def test_in_some_layers_here_and_in_others_there():
    made = on_phone("q4_0_imatrix")
    share = beside(made)["feed_forward.down.weight"]
    assert share.subs(made.values()) == sympy.Rational(3, 28)
    down = [k for k in kernel_costs(made.case("decode")) if k.name == "feed_forward.down"]
    assert [k.kind for k in down] == ["host", ""]
    values = made.values()
    assert sum(k.repeat for k in down).subs(values) == 28
    moved = [k.traffic[Role.WEIGHT].subs(values) for k in down]
    assert [float(bytes_ / (1536 * 8960)) for bytes_ in moved] == [20 / 32, 18 / 32]


def test_closed_forms_stay_closed_forms():
    launches = edgesym.derive(
        "qwen2.5-1.5b", "launch_time", kernels="llama.cpp-hexagon", weights="Q8_0"
    ).expression
    host = symbol("launch_overhead", "host")
    assert sympy.expand(launches - (t_0 * (22 * L + 3) + host + t_h)) == 0
    made = on_phone("Q3_K_M", "llama.cpp-opencl")
    form = made.expression("step_time")
    assert symbol("memory_bandwidth", "host") in form.free_symbols
    slower = Setup(made.model, made.device, replace(made.run, given=((t_h, 0.01),)))
    gained = float(slower.number("step_time")) - float(made.number("step_time"))
    assert gained == pytest.approx(28 * 0.005)
    found = estimate(made).uncertain["time_per_output_token"]
    assert describe(next(iter(found.contributions))).word == "handover_overhead"


def test_what_runs_beside_has_the_hosts_figures():
    made = on_phone("Q2_K", "llama.cpp-opencl")
    host = find_runtime("llama.cpp-cpu").on(find_device(HOST))
    values = made.values()
    assert values[symbol("memory_bandwidth", "host")] == host.figures["memory_bandwidth"].value
    assert values[symbol("peak_flops", "host")] == host.peaks["int8"].value
    assert "host" not in " ".join(describe(s).word for s in on_phone("Q4_0", "fused").values())


def test_a_device_without_a_host_says_so():
    alone = replace(PHONE, host="")
    assert Setup(load("qwen2.5-1.5b"), alone, Run(kernels="llama.cpp-opencl", weights="Q4_0"))
    made = Setup(load("qwen2.5-1.5b"), alone, Run(kernels="llama.cpp-opencl", weights="Q2_K"))
    with pytest.raises(DeviceError, match=r'names no processor beside it.*add host = "\.\.\."'):
        made.number("step_time")


BENCHMARK = CORPUS / "measurements.csv"
published = pytest.mark.skipif(not BENCHMARK.exists(), reason="the corpus is not here")
BACKENDS = {"OpenCL": "llama.cpp-opencl", "Hexagon": "llama.cpp-hexagon"}


def rows(metric):
    """Rows of a phone's benchmark, with the backend of each."""
    with BENCHMARK.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found = [name for word, name in BACKENDS.items() if word in row["framework"]]
            model = row["model"].replace("-instruct", "")
            known = "llama.rn" in row["framework"] and model in cards()
            if known and row["metric"] == metric and row["phase"] == "decode":
                yield row, model, found[0] if found else "llama.cpp-cpu"


def on_device(setup):
    """MiB of weights in the memory of the backend."""
    values, total = setup.values(), 0.0
    facts = facts_of(setup.model)
    for weight in facts.weights:
        if weight.group is Group.EMBEDDING and not facts.tied:
            continue
        for each in setup.formats.assigned.stored[weight.names[0]]:
            if setup.runtime.runs(each.found, each.rows):
                layers = float(evaluate(each.share * weight.repeat, values))
                total += layers * weight.elements * float(values[each.width])
    return total / 2**20


@published
def test_the_weights_on_the_device_are_those_that_were_loaded_there():
    """The tables of a benchmark name the buffers that llama.cpp loaded tensors to.

    Left out are files that are made otherwise than our recipes say: dynamic mixes, an importance
    matrix, widths that are no multiple of 256, hybrids.
    """
    compared = 0
    for row, model, kernels in rows("GB"):
        plain = model in ("qwen2.5-1.5b", "smollm2-1.7b", "lfm2.5-1.2b") and row["quant"] != "Q4_0"
        if kernels == "llama.cpp-cpu" or not plain:
            continue
        held = json.loads(re.search(r"MiB (\{.*?\})", row["source_note"])[1])
        found = sum(size for name, size in held.items() if name.startswith(("OpenCL", "HTP")))
        made = Setup(load(model), None, Run(kernels=kernels, weights=row["quant"]))
        assert on_device(made) == pytest.approx(found, rel=1e-3, abs=0.01), row
        compared += 1
    assert compared > 20


@published
def test_the_rule_explains_what_a_phones_accelerator_does():
    """With one bandwidth for the accelerator, and the CPU's own time for what it is left.

    Measured, of 52 rows each: 15 % on Hexagon and 17 % on OpenCL in the median, where one
    bandwidth for all rows leaves 52 and 68 %.
    """
    decoded = list(rows("tok_s"))
    alone = {
        (row["device"], model, row["quant"]): 1 / float(row["value"])
        for row, model, kernels in decoded
        if kernels == "llama.cpp-cpu"
    }
    for kernels, rate, handing in (
        ("llama.cpp-hexagon", 29e9, 5e-5),
        ("llama.cpp-opencl", 15e9, 5e-3),
    ):
        with_rule, here_alone = [], []
        for row, model, named in decoded:
            key = (row["device"], model, row["quant"])
            if named != kernels or key not in alone:
                continue
            here, there, handed = bytes_of(model, row["quant"], kernels)
            seconds = 1 / float(row["value"])
            split = here / rate + alone[key] * there / (here + there) + handing * handed
            with_rule.append(abs(split / seconds - 1))
            here_alone.append((here + there) / seconds)
        one = median(here_alone)
        without = median(abs(rate / one - 1) for rate in here_alone)
        assert len(with_rule) > 20
        assert median(with_rule) < 0.2
        assert median(with_rule) < without / 2


def bytes_of(model, weights, kernels):
    """Bytes of a decode step moved by the device and beside it, and blocks handed over."""
    made = Setup(load(model), None, Run(context=288, kernels=kernels, weights=weights))
    values, here, there, handed = made.values(), 0.0, 0.0, 0.0
    for kernel in kernel_costs(made.case("decode")):
        repeat = float(evaluate(kernel.repeat, values))
        moved = repeat * float(evaluate(sympy.Add(*kernel.traffic.values()), values))
        here, there = (here, there + moved) if kernel.place else (here + moved, there)
        handed += repeat * kernel.handed
    return here, there, handed
