"""Crossovers against both sides put in by hand, every whole number looked at, and algebra."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy

from edgesym.algebra.prove import prove_equal
from edgesym.analysis.crossovers.crossover import CROSSOVERS, lines_over, sides
from edgesym.analysis.crossovers.passing import crossings
from edgesym.analysis.crossovers.regimes import regime_map
from edgesym.architectures.locate import load
from edgesym.architectures.reader import read_model
from edgesym.catalogue import REGISTRY
from edgesym.engine.evaluate import evaluate
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from tests.support import letters, rounded

b, S, S_p, L, H, I, V, A, K, D, B_w, B_c = letters("b S S_p L H I V A K D B_w B_c")


def setup(card="llama-3.2-1b", device="raspberry-pi-5", settings=(), **run):
    chosen = rounded(device).with_settings(settings) if device else None
    model = load(card) if isinstance(card, str) else card
    return Setup(model, chosen, Run(**run))


def found(made, name, unknown):
    return next(
        crossing
        for crossing in crossings(made)[0]
        if crossing.crossover.name == name and crossing.crossover.unknown == unknown
    )


SETUPS = [
    ("llama-3.2-1b", "raspberry-pi-5", {"weights": "q4_0"}),
    ("llama-3.1-70b", "rtx-4090", {"weights": "int8", "batch": 7}),
    ("gemma-3-1b", "apple-m2", {"context": 700}),
    ("mistral-7b-v0.1", "raspberry-pi-5", {"weights": "q4_0", "kernels": "unfused"}),
    ("qwen3-30b-a3b", "rtx-4090", {}),
    ("llama-4-scout", "raspberry-pi-5", {"weights": "q4_0"}),
    ("deepseek-v3", "rtx-4090", {"weights": "q4_0", "kernels": "ideal"}),
]


@pytest.mark.parametrize(("card", "device", "run"), SETUPS, ids=str)
def test_both_sides_agree_at_the_root_and_swap_around_it(card, device, run):
    made = setup(card, device, **run)
    all_, needing = crossings(made)
    assert not needing
    assert [crossing.crossover for crossing in all_] == list(CROSSOVERS)
    assert any(crossing.passings for crossing in all_)
    for crossing in all_:
        left, right = sides(crossing.crossover, made)

        def lead(n, left=left, right=right, unknown=crossing.crossover.unknown):
            point = {**made.values(), unknown: n}
            return evaluate(left, point) - evaluate(right, point)

        assert (lead(1) > 0) == crossing.ahead
        assert bool(crossing.passings) != bool(crossing.reason)
        for passing in crossing.passings:
            before, after = lead(passing.first - 1), lead(passing.first)
            assert (before <= 0 < after) if passing.ahead else (before > 0 >= after)
            if passing.at is None:
                continue
            assert passing.first - 1 <= passing.at <= passing.first
            point = {**made.values(), crossing.crossover.unknown: passing.at}
            for side in (left, right):
                assert float(evaluate(side, point)) == pytest.approx(float(passing.value), rel=1e-9)


@pytest.mark.parametrize(("card", "device", "run"), [SETUPS[0], SETUPS[2]], ids=str)
def test_a_closed_form_put_back_into_the_equation_solves_it(card, device, run):
    made = setup(card, device, **run)
    proved = 0
    for crossing in crossings(made)[0]:
        unknown = crossing.crossover.unknown
        for passing in crossing.passings:
            if passing.formula is None:
                continue
            taken = dict(passing.branch)
            sides_there = [side.xreplace(taken) for side in (crossing.left, crossing.right)]
            assert unknown not in passing.formula.expression.free_symbols
            if passing.formula.where:
                # the short form is a root of a polynomial with its coefficients, and that
                # polynomial is the equation, but for a factor that the unknown is not in
                names = passing.formula.where
                short = sum(c * passing.formula.short**n for n, c in enumerate(names))
                assert sympy.expand(short) == 0
                polynomial = sum(c * unknown**n for n, c in enumerate(names.values()))
                factor = sympy.cancel((sides_there[0] - sides_there[1]) / polynomial)
                assert unknown not in factor.free_symbols
            else:
                root = passing.formula.expression
                there = [side.xreplace({unknown: root}) for side in sides_there]
                assert prove_equal(*there, steps=10**8).answer == "yes"
            proved += 1
    assert proved >= 1


def test_the_closed_forms_of_llama_are_those_found_by_hand():
    made = setup(device=None)
    weights = B_w * (H * (V + b + 1) + L * (2 * A * D * H + 2 * D * H * K + 3 * H * I + 2 * H))
    by_hand = [
        ("cache passes weights", S, weights / (2 * L * K * D * B_c * b) - 1),
        (
            "cache passes weights",
            b,
            (weights - B_w * H * b) / (2 * L * K * D * B_c * (S + 1) - B_w * H),
        ),
        (
            "attention passes all projections",
            S,
            (L * (4 * D * H * (A + K) + 6 * H * I) + 2 * V * H) / (L * A * (4 * D + 6)),
        ),
        ("attention passes its projections", S, 2 * D * H * (A + K) / (A * (2 * D + 3))),
        (
            "attention passes its projections, prefill",
            S_p,
            4 * D * H * (A + K) / (A * (2 * D + 3)) - 1,
        ),
    ]
    for name, unknown, expected in by_hand:
        (passing,) = found(made, name, unknown).passings
        assert prove_equal(passing.formula.expression, expected).answer == "yes"
        assert isinstance(passing.at, int | Fraction)
        assert passing.at == evaluate(expected, made.values())


@pytest.mark.parametrize(
    ("name", "unknown", "phase"),
    [("decode turns compute-bound", b, "decode"), ("prefill turns compute-bound", S_p, "prefill")],
)
@pytest.mark.parametrize("card", ["llama-3.2-1b", "qwen3-30b-a3b"])
def test_a_step_turns_compute_bound_at_the_ridge_point(name, unknown, phase, card):
    made = setup(card, weights="q4_0", context=64)
    (passing,) = found(made, name, unknown).passings
    values = {**made.values(), unknown: passing.at}
    case = made.case(phase)
    intensity, ridge = (
        evaluate(REGISTRY[quantity].expression(case), values)
        for quantity in ("arithmetic_intensity", "ridge_point")
    )
    assert float(intensity) == pytest.approx(float(ridge), rel=1e-9)


@pytest.mark.parametrize(
    ("card", "name"),
    [
        ("llama-4-scout", "cache passes weights"),
        ("llama-4-scout", "attention passes all projections"),
        ("llama-4-scout", "attention passes its projections"),
        ("gemma-3-1b", "attention passes its projections"),
    ],
)
def test_every_change_of_order_is_found(card, name):
    made = setup(card, None, weights="q4_0")
    crossing = found(made, name, S)
    contexts = np.arange(1, 250_000, dtype=np.float64)
    left, right = (
        evaluate(side, {**made.values(), S: contexts}) for side in (crossing.left, crossing.right)
    )
    ahead = np.broadcast_to(left > right, contexts.shape)
    changes = contexts[1:][ahead[1:] != ahead[:-1]]
    assert [passing.first for passing in crossing.passings] == changes.tolist()
    assert len(changes) >= 1


ENCODER = {
    "model_type": "bert",
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "vocab_size": 100,
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
}
RECURRENT = {
    "model_type": "mamba",
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "state_size": 16,
    "vocab_size": 100,
}
SLOW = ("peak.fp32=1MFLOP/s",)
WINDOWED, LARGE, OWN = ("mistral-7b-v0.1", "rtx-4090", "attention passes its projections")
#: setup, crossover, unknown, what the reason says
NEVER = [
    ({"card": ENCODER, "device": None}, "cache passes weights", S, "there is no cache traffic"),
    ({"card": RECURRENT, "device": None}, OWN, S, "there is no attention core FLOPs"),
    ({"card": WINDOWED, "device": None}, OWN, S, "in the end there is 0.809 times as much"),
    (
        {"device": LARGE, "weights": "q4_0"},
        "decode turns compute-bound",
        b,
        "times as much memory time as compute time in the end: no batch is large enough",
    ),
    (
        {"compute": "fp32", "settings": SLOW},
        "decode turns compute-bound",
        b,
        "times as much compute time as memory time at 1 already",
    ),
]


@pytest.mark.parametrize(("made", "name", "unknown", "words"), NEVER)
def test_never_has_a_reason(made, name, unknown, words):
    made = dict(made)
    card = made.pop("card", "llama-3.2-1b")
    model = read_model(card, name="made", origin="test") if isinstance(card, dict) else card
    crossing = found(setup(model, **made), name, unknown)
    assert crossing.passings == ()
    assert words in crossing.reason


def test_the_reason_for_no_ridge_is_the_slope_of_both_times():
    made = setup(device="rtx-4090", weights="q4_0")
    reason = found(made, "decode turns compute-bound", b).reason

    def slope(name):
        one, two = (setup(device="rtx-4090", weights="q4_0", batch=n) for n in (10**5, 2 * 10**5))
        return two.number(name) - one.number(name)

    ratio = slope("memory_time") / slope("compute_time")
    assert ratio > 1
    assert reason.startswith(f"each further sequence brings {ratio:.3g} times as much memory time")


def test_without_a_device_what_needs_none_is_the_same():
    bare, needing = crossings(setup(device=None, weights="q4_0"))
    whole, none = crossings(setup(weights="q4_0"))
    assert [crossover.name for crossover in needing] == [
        "decode turns compute-bound",
        "prefill turns compute-bound",
    ]
    assert none == []
    assert bare == [crossing for crossing in whole if crossing.crossover not in needing]


def test_lines_over_a_map_change_sign_at_the_crossings():
    made = setup(weights="q4_0")
    for name in ("cache passes weights", "attention passes all projections"):
        first = found(made, name, S).passings[0].first
        drawn = lines_over(regime_map(made, [1], [first - 1, first]))
        before, after = np.broadcast_to(drawn[name], (1, 2))[0]
        assert before <= 0 < after
    first = found(made, "decode turns compute-bound", b).passings[0].first
    drawn = lines_over(regime_map(made, [first - 1, first], [made.run.timed_at]))
    before, after = drawn["decode turns compute-bound"][:, 0]
    assert before <= 0 < after


def test_a_prompt_takes_twice_the_context_for_attention_to_pass_its_projections():
    """A causal prompt has half the pairs of its square: the context of decode, twice, less one."""
    made = setup("llama-2-7b", None)
    (decode,) = found(made, OWN, S).passings
    (prefill,) = found(made, f"{OWN}, prefill", S_p).passings
    one, other = prefill.formula.expression, decode.formula.expression
    assert prove_equal(one, 2 * other - 1).answer == "yes"
