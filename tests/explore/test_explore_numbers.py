"""The page's numbers are Python's: its own modules, run by Node.js, at random points."""

from __future__ import annotations

import json
import math
import random

import pytest

from edgesym.analysis.crossovers.waits import kernel_forms, waits_from
from edgesym.analysis.estimate import estimate
from edgesym.analysis.inverse.solve import solve
from edgesym.analysis.pictures.roofline import roofline
from edgesym.analysis.sensitivity import sensitivity
from edgesym.analysis.uncertainty import uncertain_in
from edgesym.engine.program import program_of
from edgesym.quantities.registry import tagged
from edgesym.symbols import REAL, describe, symbol
from edgesym.units import human

CLOSE = 1e-12
POINTS = 1000
RUN = ("batch", "context", "prompt_tokens", "generated_tokens")


def drawn(setup, rng, words=None):
    """Random numbers for the symbols of a setup, those of some words alone where given."""
    found = {}
    for made, value in setup.values().items():
        row = describe(made)
        if not 0 < value < math.inf or (words and row.word not in words):
            continue
        if row.domain != REAL:
            found[made] = max(1, round(value * 4 ** rng.uniform(-1, 1)))
        elif value <= 1:
            found[made] = min(1.0, value * 2 ** rng.uniform(-1, 1))
        else:
            found[made] = value * 4 ** rng.uniform(-1, 1)
    return found


def by_letter(point):
    return {str(made): value for made, value in point.items()}


def close(one, other):
    if isinstance(one, str) or math.isinf(other):
        return float(one) == other
    return math.isclose(one, other, rel_tol=CLOSE, abs_tol=1e-300)


def forms_of(setup):
    import sympy

    known = setup.known(tagged("estimate"))
    return {name: form for name, form in known.items() if not form.has(sympy.Sum)}


def test_quantities_and_waits_are_pythons_at_a_thousand_random_points(ask, combinations):
    rng, every = random.Random(15), combinations  # noqa: S311 - points, not secrets
    count = POINTS // len(every) + 1
    points = [(one, [drawn(one.setup, rng) for _ in range(count)]) for one in every]
    found = ask(points=[{"key": o.key, "at": [by_letter(p) for p in at]} for o, at in points])
    compared = 0
    for (one, at), answers in zip(points, found["points"], strict=True):
        setup = one.setup
        forms = forms_of(setup)
        program = program_of([*forms.values(), *kernel_forms(setup)])
        for point, answer in zip(at, answers, strict=True):
            values = {**setup.values(), **point}
            numbers = program.exact(values)
            assert answer["quantities"].keys() == forms.keys()
            for name, number in zip(forms, numbers, strict=False):
                assert close(answer["quantities"][name], float(number)), (one.key, name, point)
            if symbol("smoothness") not in point:
                waits = waits_from(setup, numbers[len(forms) :])
                total = sum(waits.values())
                for name, seconds in waits.items():
                    assert abs(answer["waits"][name] - seconds) <= 1e-11 * total
            compared += 1
    assert compared >= POINTS


def test_what_is_shown_at_first_is_the_estimate(ask, combinations):
    # under transformers an estimate adds up the steps of a generation one by one
    every = [one for one in combinations if one.runtime != "transformers"]
    found = ask(points=[{"key": one.key, "at": [{}]} for one in every])
    for one, (answer,) in zip(every, found["points"], strict=True):
        expected = estimate(one.setup)
        for name, value in answer["quantities"].items():
            assert close(value, expected.quantities[name])
        total = sum(answer["waits"].values())
        for name, share in expected.shares.items():
            assert abs(answer["waits"][name] / total - share) <= CLOSE


def test_the_kernels_are_those_of_the_roofline(ask, combinations):
    every = combinations
    found = ask(points=[{"key": one.key, "at": [{}]} for one in every])
    for one, (answer,) in zip(every, found["points"], strict=True):
        marks = roofline(one.setup).marks
        assert len(marks) == len(answer["marks"])
        for mark, (flops, moved, repeat, seconds) in zip(marks, answer["marks"], strict=True):
            assert close(flops, mark.flops)
            assert close(moved, mark.bytes)
            assert close(repeat, mark.repeat)
            assert close(seconds, mark.seconds)


def test_the_weights_by_group_are_all_weights(ask, combinations):
    every = combinations
    found = ask(points=[{"key": one.key, "at": [{}]} for one in every])
    for one, (answer,) in zip(every, found["points"], strict=True):
        stored = float(one.setup.number("weight_storage_bytes"))
        extra = float(program_of([one.setup.formats.widths.extra]).exact(one.setup.values())[0])
        assert close(sum(size for _, size in answer["weights"]) + extra, stored)


def test_intervals_are_pythons(ask, combinations):
    rng, every = random.Random(16), combinations  # noqa: S311 - points, not secrets
    names = ["time_per_output_token", "tokens_per_second", "time_to_first_token"]
    points = [(one, [drawn(one.setup, rng, RUN) for _ in range(12)]) for one in every]
    asked = [{"key": o.key, "at": [by_letter(p) for p in at], "names": names} for o, at in points]
    compared = 0
    for (one, at), answers in zip(points, ask(spreads=asked)["spreads"], strict=True):
        forms = {name: one.setup.expression(name) for name in names}
        program = program_of(forms.values())
        for point, answer in zip(at, answers, strict=True):
            values = {**one.setup.values(), **point}
            expected = uncertain_in(one.setup, forms, program.at(values), values)
            for name in names:
                std = expected[name].std if name in expected else 0.0
                assert math.isclose(answer[name]["std"], std, rel_tol=1e-10, abs_tol=1e-300)
                for mine, theirs in zip(
                    answer[name]["interval"], expected[name].interval, strict=True
                ):
                    assert math.isclose(mine, theirs, rel_tol=1e-11)
                compared += 1
    assert compared >= 200


@pytest.mark.parametrize("name", ["time_per_output_token", "memory_footprint"])
def test_elasticities_are_those_of_sensitivity(ask, combinations, name):
    every = [one for one in combinations if one.runtime != "transformers"]
    found = ask(slopes=[{"key": one.key, "name": name} for one in every])["slopes"]
    for one, answer in zip(every, found, strict=True):
        expected = sensitivity(one.setup, name).partials
        strong = {str(p.symbol): p.elasticity for p in expected if abs(p.elasticity) >= 1e-3}
        for letter, elasticity in strong.items():
            assert math.isclose(answer[letter], elasticity, rel_tol=1e-9), (one.key, letter)


def test_a_conclusion_that_is_dragged_gives_back_the_number_it_came_from(ask, combinations):
    (one, *_) = combinations
    values = one.setup.values()
    wanted, inverses = [], []
    for word, scale in {"memory_bandwidth": 1.5, "context": 8, "layers": 2, "batch": 4}.items():
        made = symbol(word)
        there = values[made] * scale
        form = one.setup.expression("time_per_output_token")
        target = float(program_of([form]).exact({**values, made: there})[0])
        whole = word != "memory_bandwidth"
        low, high = values[made] / 32, values[made] * 32
        inverses.append(
            {
                "key": one.key,
                "name": "time_per_output_token",
                "target": target * (1 + 1e-9 * whole),
                "letter": str(made),
                "range": [max(low, 1), high],
                "whole": whole,
            }
        )
        wanted.append(there)
    found = ask(inverses=inverses)["inverses"]
    assert found == pytest.approx(wanted, rel=1e-9)


def test_a_count_that_is_solved_for_is_the_solvers(ask, combinations):
    (one, *_) = combinations
    target = 0.3
    solved = solve(one.setup, "context", [f"time_per_output_token <= {target}s"])
    asked = {"name": "time_per_output_token", "target": target, "letter": "S"}
    (found,) = ask(inverses=[{"key": one.key, **asked, "range": [1, 131072], "whole": True}])[
        "inverses"
    ]
    assert found == solved.answer


def test_what_nothing_gives_is_not_found(ask, combinations):
    (one, *_) = combinations
    asked = {"name": "time_per_output_token", "target": 1e-9, "letter": "W_m"}
    assert ask(inverses=[{"key": one.key, **asked, "range": [1e9, 1e15]}])["inverses"] == [None]


def test_numbers_are_written_as_everywhere(ask):
    shown = [
        (2471493632, "FLOP"),
        (2471493632, "B"),
        (0.00042, "s"),
        (17.07e9, "B/s"),
        (4.04, "tokens/s"),
        (1536, "tokens"),
        (0.75, "J"),
        (3e-12, "J/FLOP"),
        (0, "B"),
    ]
    expected = [human(value, unit).replace(" us", " µs") for value, unit in shown]
    assert ask(human=shown)["human"] == expected


def test_a_recomputation_takes_less_than_two_milliseconds(ask, data):
    assert ask(timed=json.loads(data.index)["first"])["milliseconds"] < 2
