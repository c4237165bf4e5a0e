"""Traced models as files: what they say, and what is refused."""

import json
from pathlib import Path

import pytest
import sympy

from edgesym import derive, load
from edgesym.architectures.traced.domain import POWER_OF_TWO, Condition, Domain, conditions
from edgesym.architectures.traced.plan import TracedPlan
from edgesym.architectures.traced.saved import load_traced, written
from edgesym.catalogue import REGISTRY, Case
from edgesym.engine.evaluate import evaluate
from edgesym.errors import ConfigError
from edgesym.formats import Formats
from edgesym.graph.convention import convention
from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Tensor
from edgesym.runtimes import find_runtime
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.symbols import symbol
from edgesym.workload import phase

FILE = Path(__file__).parent.parent / "data" / "traced" / "gpt.traced.json"
A, C, H, L, S, T, V, W, b = (
    symbol(word)
    for word in (
        *("heads", "cached_tokens", "hidden", "layers", "context"),
        *("new_tokens", "vocab", "window", "batch"),
    )
)
N_p = symbol("positions")


def form(model, quantity, workload="prefill"):
    case = Case(model, phase(workload), convention("pytorch"), find_runtime("unfused"))
    return REGISTRY[quantity].expression(case)


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ("parameters", H * (L * (12 * H + 13) + N_p + 2 * V + 2)),
        ("flops", 2 * H * S * b * (2 * L * (6 * H + S) + V)),
    ],
)
def test_a_file_is_a_model(quantity, expected):
    # by hand: four H x H and two H x 4H matrices a layer, a full square of scores and values
    assert sympy.expand(form(load(str(FILE)), quantity) - expected) == 0


def test_a_file_is_written_as_it_was_read():
    traced = load_traced(FILE)
    again = written(traced, json.loads(FILE.read_text())["versions"])
    assert {**json.loads(json.dumps(again)), "origin": ""} == {
        **json.loads(FILE.read_text()),
        "origin": "",
    }


def test_every_operation_says_its_line_of_code():
    lines = load_traced(FILE).lines
    assert lines
    assert all(line.rpartition(":")[2].isdigit() for line in lines.values())


def test_the_copy_of_a_cast_is_no_work():
    flops = {
        data["operation"].family: data["flops"]
        for block in load(str(FILE)).blocks(phase("prefill"))
        for _, data in block.graph.nodes(data=True)
    }
    assert flops.get("copy", 0) == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "other"}, "format is 'other'"),
        ({"expressions": ["__import__('os')"]}, "an expression cannot be read"),
        ({"expressions": ["(" * 300 + "H" + ")" * 300]}, "an expression cannot be read"),
        ({"expressions": []}, "there is no expression"),
        ({"values": {"hiden": 3}}, "unknown symbol 'hiden'"),
        ({"values": []}, "values = [] must be a table"),
        (
            {"values": {"hidden": 1.5}},
            "x.traced.json:1: values.hidden = 1.5 must be a whole number from 1",
        ),
        ({"layers": ["a\u202eb"]}, "layers[1] = 'a\\u202eb' holds a control character"),
        ({"blocks": 3}, "blocks = 3 must be a list"),
        ({"domain": {"conditions": [{"relation": ["~", 0]}], "at_least_two": []}}, "no relation"),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_name(tmp_path, change, said):
    file = tmp_path / "x.traced.json"
    file.write_text(json.dumps({**json.loads(FILE.read_text()), **change}))
    with pytest.raises(ConfigError, match=r"x\.traced\.json") as caught:
        load(str(file))
    assert said in str(caught.value)


def without(key):
    """The file, whose first block makes nothing of what it gives; or an operation takes nothing."""
    data = json.loads(FILE.read_text())
    block = data["blocks"][0]
    if key == "exits":
        block["exits"] = [{**block["exits"][0], "name": "nobody's"}]
    else:
        block["operations"][0][key] = []
    return data


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("exits", 'gives "nobody\'s", which nothing in it makes'),
        ("inputs", "takes no tensor, or gives none"),
        ("outputs", "takes no tensor, or gives none"),
    ],
)
def test_tensors_that_are_not_there_are_refused(tmp_path, key, said):
    file = tmp_path / "x.traced.json"
    file.write_text(json.dumps(without(key)))
    with pytest.raises(ConfigError, match=said):
        load(str(file))


def within(window):
    """The file's model, on the condition that what is attended to lies within a window."""
    traced = load_traced(FILE)
    domain = Domain((Condition(sympy.Lt(C + T, window), "model.py:7"),))
    return written(traced, {}) | {
        "domain": {
            "conditions": [{"relation": ["<", 0, 1], "line": "model.py:7"}],
            "at_least_two": [],
        },
    }, domain


def test_outside_of_the_domain_a_run_is_refused_with_the_line_of_code(tmp_path):
    data, domain = within(sympy.Integer(1000))
    places = [*data["expressions"], "C + T", "S(1000)"]
    data["domain"]["conditions"][0]["relation"] = ["<", len(places) - 2, len(places) - 1]
    file = tmp_path / "windowed.traced.json"
    file.write_text(json.dumps({**data, "expressions": places}))
    model = load(str(file))
    assert model.domain == domain
    Setup(model, run=Run(prompt=128, generate=128))
    with pytest.raises(ConfigError, match=r"C \+ T < 1000 \(model.py:7\)"):
        Setup(model, run=Run(prompt=2000, generate=128))


@pytest.mark.parametrize(
    ("relations", "kept"),
    [
        ([sympy.Gt(H, 0), sympy.Ge(A * H + 1, 2)], []),
        ([sympy.Lt(C, W), sympy.Lt(C + T + 1, W)], ["C + T + 1 < W"]),
        ([sympy.Eq(sympy.Mod(H, A), 0)], ["A divides H"]),
        ([sympy.Lt(1 - W, -C - T)], ["C + T + 1 < W"]),
        ([sympy.Ne(H / A, 1)], ["H is not A"]),
        ([sympy.Ne(H, 1)], []),
    ],
)
def test_a_domain_says_what_is_not_always_so(relations, kept):
    domain = conditions([(relation, "", "step") for relation in relations], {C: 0})
    assert [str(condition) for condition in domain.conditions] == kept


def test_a_size_of_one_is_another_case():
    domain = conditions([(sympy.Ne(H, 1), "", ""), (sympy.Ne(b, 1), "", "step")], {C: 0})
    domain.check({H: 2, b: 1}, "m")  # one sequence is looked at where a model is traced
    with pytest.raises(ConfigError, match="H >= 2"):
        domain.check({H: 1, b: 1}, "m")


def test_a_condition_is_asked_of_the_call_that_it_is_of():
    domain = conditions([(sympy.Lt(C, W), "", "first"), (sympy.Lt(C + T, W), "", "step")], {C: 0})
    inside = {W: 8, C: 0, T: 7, b: 1}
    domain.check(inside, "m")
    domain.check({**inside, C: 9, T: 1}, "m")
    for outside in ({C: 0, T: 8}, {C: 4, T: 4}):
        with pytest.raises(ConfigError, match="holds only where"):
            domain.check({**inside, **outside}, "m")


def test_a_block_is_what_the_code_is_for_one_token_and_on_an_empty_cache():
    def plan(extent, **cases):
        made = Tensor("y", (b, T, extent))
        ran = Operation("p", "copy", "rows", (), (made,))
        return TracedPlan("decoder", sympy.Integer(1), (ran,), (), (made,), **cases)

    whole = plan(H, first=plan(H * 2), single=plan(H * 3))
    shapes = {
        word: whole.build(phase(word), convention("pytorch")).operations[0].outputs[0].shape[2]
        for word in ("step", "prefill", "decode")
    }
    assert shapes == {"step": H, "prefill": 2 * H, "decode": 3 * H}


#: What FlopCounterMode counts of transformers 5.24's class at its default config and 8 layers, for
#: two sequences: a prefill of 24 tokens, a step of one token after it, and the bf16 cache then.
MAMBA = {"prefill": 6600130560, "decode": 275177472, "cache": 1769472, "parameters": 68788992}


def test_a_recurrence_over_tokens_equals_what_pytorch_counts():
    model = load_traced(FILE.parent / "mamba.traced.json").model
    asked = {
        "prefill": ("flops", "prefill", 24),
        "decode": ("flops", "decode", 25),
        "cache": ("kv_cache_bytes", "decode", 25),
        "parameters": ("parameters", "decode", 25),
    }
    found = {}
    for name, (quantity, word, tokens) in asked.items():
        values = {**model.values, **Formats.of("bf16").values(), b: 2, S: tokens}
        found[name] = int(evaluate(form(model, quantity, word), values))
    assert found == MAMBA


def test_a_formula_says_where_it_holds_and_is_not_evaluated_elsewhere():
    file = str(FILE.parent / "mamba.traced.json")
    step, first = (derive(file, "flops", phase=name) for name in ("step", "prefill"))
    assert str(step).endswith("where 2 <= T, 1 <= C, 2 < T")
    assert str(first).endswith("where K_c <= S, 2 < S")
    assert step.evaluate(batch=1, new_tokens=5, cached_tokens=8) > 0
    with pytest.raises(ConfigError, match="holds only where 2 <= T"):
        step.evaluate(batch=1, new_tokens=1, cached_tokens=8)
    with pytest.raises(ConfigError, match="holds only where 1 <= C"):
        step.evaluate(batch=1, new_tokens=5, cached_tokens=0)
    assert derive("llama-3.2-1b", "flops", phase="step").holds == ()


def test_a_power_of_two_is_a_condition_that_is_read_back():
    power = Condition(sympy.Eq(sympy.Mod(POWER_OF_TWO, A), 0))
    assert str(power) == "A is a power of 2"
    assert [power.holds({A: n}) for n in (1, 12, 16, 24, 4096)] == [True, False, True, False, True]


def test_a_rounding_whose_number_is_known_is_that_number():
    chunks = sympy.ceiling(T / W)
    asked = [(sympy.Eq(chunks + 1, 2), "a.py:1", "step"), (sympy.Ne(H * chunks, H), "a.py:2", "")]
    asked += [(sympy.Lt(V, H * (chunks + 2)), "a.py:3", "step")]
    found = [(str(c), c.case) for c in conditions(asked, {}).conditions]
    assert ("T <= W", "step") in found
    assert ("V < 3*H", "") in found
    assert not any("ceiling" in said for said, case in found if case)
