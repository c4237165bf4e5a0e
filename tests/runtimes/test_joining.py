"""How a runtime joins times: its composition and exponent, and launches that are queued."""

from __future__ import annotations

import pytest

from edgesym import Run, Setup, derive, explain, find_device, load
from edgesym.analysis.crossovers.waits import waits
from edgesym.catalogue import Case
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.quantities.composition import COMPOSITIONS
from edgesym.quantities.time import kernel_costs
from edgesym.runtimes import find_runtime
from edgesym.runtimes.runtime import JOININGS
from edgesym.symbols import symbol

HEAD = 'name = "mine"\nsummary = "a test"\nsource = "a test"\n'
t_0, q = symbol("launch_overhead"), symbol("smoothness")
TIMES = ("step_time", "time_to_first_token", "generation_time")


@pytest.fixture
def runtime(tmp_path):
    def write(text):
        path = tmp_path / f"mine{len(list(tmp_path.iterdir()))}.toml"
        path.write_text(HEAD + text, encoding="utf-8")
        return str(path)

    return write


def setup(path, **options):
    return Setup(load("llama-3.2-1b"), find_device("rtx-4090"), Run(kernels=path, **options))


def test_what_a_runtime_may_say_are_compositions_of_kernels():
    assert set(JOININGS) <= COMPOSITIONS.keys()
    assert not any(COMPOSITIONS[name].stated() for name in JOININGS)


def test_a_run_that_names_no_composition_has_its_runtimes(runtime):
    path = runtime('composition = "sum"\n')
    own, asked = setup(path), setup(path, composition="max")
    assert (own.composition, asked.composition) == ("sum", "max")
    assert own.labels()["composition"] == "sum"
    assert "composition sum" in own.describe()
    assert own.number("step_time") > asked.number("step_time")
    assert Case(load("llama-3.2-1b"), runtime=find_runtime(path)).composition == "sum"
    assert setup("fused").composition == "max"


def test_the_exponent_of_a_runtime_is_used_and_can_be_set(runtime):
    plain = setup(runtime('composition = "smooth"\n'), batch=64)
    sharper = setup(runtime('composition = "smooth"\nsmoothness = 4\n'), batch=64)
    given = setup(runtime('composition = "smooth"\n'), batch=64, given=((q, 4),))
    assert sharper.number("step_time") < plain.number("step_time")
    assert sharper.number("step_time") == given.number("step_time")
    formula = derive("llama-3.2-1b", "step_time", kernels=runtime('composition = "smooth"\n'))
    assert formula.values[q] == 2


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ('composition = "smoth"\n', UnknownNameError, "nearest: smooth"),
        ('composition = "edgeprofiler"\n', UnknownNameError, "composition in runtime"),
        ('composition = "smooth"\nsmoothness = 0.5\n', ConfigError, "must be a number from 1"),
        ('composition = "smooth"\nsmoothness = true\n', ConfigError, "must be a number"),
        ("smoothness = 2\n", ConfigError, 'composition = "smooth"'),
        ('queued = "yes"\n', ConfigError, "queued"),
    ],
)
def test_what_joins_nothing_is_refused(runtime, text, error, said):
    with pytest.raises(error, match=said):
        find_runtime(runtime(text))


@pytest.mark.parametrize("overhead", [1e-9, 1e-3])
def test_queued_launches_cost_what_running_does_not_hide(runtime, overhead):
    given = ((t_0, overhead),)
    queued = setup(runtime("queued = true\n"), batch=4, given=given)
    running = setup("unfused", batch=4, given=((t_0, 0.0),)).number("step_time")
    launches = sum(
        int(kernel.launches) * int(kernel.repeat.subs(queued.model.values))
        for kernel in kernel_costs(queued.case("decode"))
    )
    assert queued.number("step_time") == pytest.approx(max(running, launches * overhead))
    hidden = max(0.0, launches * overhead - running)
    assert queued.number("launch_time") == pytest.approx(hidden)


@pytest.mark.parametrize("overhead", [1e-9, 20e-6])
@pytest.mark.parametrize("name", TIMES)
def test_the_terms_of_queued_times_add_up(runtime, overhead, name):
    made = setup(runtime('queued = true\ncomposition = "smooth"\n'), given=((t_0, overhead),))
    link = explain(made, name).chain[-1]
    assert link.terms[-1].name.startswith("launches not hidden")
    assert sum(term.value for term in link.terms) == pytest.approx(float(link.value))
    assert sum(waits(made).values()) == pytest.approx(made.number("time_per_output_token"))


def test_a_generation_of_queued_steps_is_the_sum_of_them(runtime):
    path, given = runtime("queued = true\n"), ((t_0, 5e-6),)
    whole = setup(path, prompt=300, generate=40, given=given)
    steps = (setup(path, context=at, given=given).number("step_time") for at in range(301, 340))
    expected = whole.number("time_to_first_token") + sum(steps)
    assert whole.number("generation_time") == pytest.approx(expected)
