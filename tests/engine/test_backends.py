"""Every backend gives the number of the exact one, for every quantity and any axes."""

from __future__ import annotations

import pickle
from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st

from edgesym.architectures.locate import load
from edgesym.catalogue import REGISTRY
from edgesym.devices import find_device
from edgesym.engine import native
from edgesym.engine.backends import BACKENDS
from edgesym.engine.evaluate import evaluate
from edgesym.engine.fold import cost, folded
from edgesym.engine.program import program_of
from edgesym.engine.tape import tape_of
from edgesym.errors import ConfigError, EdgesymError, UnknownNameError
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.symbols import symbol
from tests.engine.expressions import SYMBOLS, expressions_with, points
from tests.support import letters

H, I, S, W, b = letters("H I S W b")
HAS_C = native.compiler() is not None
BACKENDS_HERE = [name for name in BACKENDS if name != "c" or HAS_C]
DOUBLES = [name for name in BACKENDS_HERE if not BACKENDS[name].is_exact]
needs_c = pytest.mark.skipif(not HAS_C, reason="no C compiler")
AXES = {
    "context": [1024, 4096, 131072],
    "batch": [1, 7, 64],
    "hidden": [2048, 4096, 3072],
    "layers": [16, 7, 80],
    "bandwidth": [1e10, 17.07e9, 1e12],
    "bits": [4, 4.5, 16],
}


def asked() -> tuple[Setup, list[str]]:
    """A setup, and the quantities that its model and device have numbers for."""
    setup = Setup(load("llama-3.2-1b"), find_device("raspberry-pi-5"), Run(weights="int4"))
    return setup, list(setup.known(REGISTRY))


@pytest.mark.parametrize("axes", [AXES, {"context": AXES["context"]}, {"batch": 8, "layers": 2}])
def test_all_backends_agree_to_a_part_in_a_million_million(axes):
    setup, names = asked()
    if "context" in axes:
        names = [n for n in names if symbol("context") in setup.expression(n).free_symbols]
    compiled = setup.compile(names, axes)
    exact = compiled(backend="exact", **axes)
    for backend in DOUBLES:
        found = compiled(backend=backend, **axes)
        for name in names:
            truth = np.asarray(exact[name], dtype=np.float64)
            assert found[name] == pytest.approx(truth, rel=1e-12), (backend, name)


def test_a_compiled_setup_is_the_setup_at_every_point():
    setup, names = asked()
    compiled = setup.compile(names, ["batch", "hidden", "bits", "bandwidth"])
    found = compiled(batch=3, hidden=4096, bits=8, bandwidth=2e10)
    given = ((symbol("hidden"), 4096), (symbol("weight_bytes_per_element"), 1))
    given += ((symbol("memory_bandwidth"), 2e10),)
    there = Setup(setup.model, setup.device, Run(weights="int4", batch=3, given=given))
    for name in names:
        assert found[name] == pytest.approx(float(there.number(name)), rel=1e-12), name


def test_the_context_follows_the_prompt_unless_it_is_given():
    setup = Setup(load("llama-3.2-1b"), run=Run(generate=100))
    assert setup.compile(["kv_cache_bytes"], ["prompt"])(prompt=924)["kv_cache_bytes"] == 2**25
    given = Setup(load("llama-3.2-1b"), run=Run(generate=100, context=2048))
    with pytest.raises(ConfigError, match=r"axis prompt: kv_cache_bytes does not depend"):
        given.compile(["kv_cache_bytes"], ["prompt"])


def test_a_compiled_setup_survives_pickle():
    setup, names = asked()
    compiled = setup.compile(names, AXES)
    again = pickle.loads(pickle.dumps(compiled))  # noqa: S301
    assert again == compiled
    here, there = compiled(**AXES), again(**AXES)
    assert all(np.array_equal(here[name], there[name]) for name in here)


@given(st.lists(expressions_with(), min_size=1, max_size=3), points, st.data())
def test_a_folded_tape_gives_the_same_number(forms, point, data):
    fixed = data.draw(st.sets(st.sampled_from(SYMBOLS)))
    tape = tape_of(forms, {s: point[s] for s in fixed})
    short = folded(tape)
    assert cost(short) <= cost(tape)
    assert program_of(forms).exact(point) == _row(short, point)


def _row(tape, point):
    found = np.empty((len(tape.results), 1), dtype=object)
    columns = [np.array([point[made]], dtype=object) for made in tape.inputs]
    BACKENDS["exact"].kernel(tape, tuple(True for _ in columns))(columns, found)
    return tuple(found[:, 0])


@needs_c
@given(expressions_with(), st.lists(points, min_size=3, max_size=3))
def test_machine_code_comes_close_to_the_exact_value(form, rows):
    # a difference may cancel
    assume(form.free_symbols and not form.has(sympy.Mod))
    if any(evaluate(form, row) < 1 for row in rows):
        assume(False)
    program = program_of([form], {})
    columns = {s: [row[s] for row in rows] for s in program.symbols}
    exact = [float(value) for value in program.columns(columns, "exact")[0]]
    numpy = program.columns(columns)[0]
    assume(numpy == pytest.approx(np.array(exact), rel=1e-12))
    assert program.columns(columns, "c")[0] == pytest.approx(np.array(exact), rel=1e-11)


@needs_c
def test_rounding_is_exact_in_machine_code():
    program = program_of([sympy.floor(S / W), sympy.ceiling(S / W), sympy.Mod(S, W)])
    generator = np.random.default_rng(0)
    over = generator.integers(1, 2**26, 5000)
    quotient = generator.integers(0, 2**26, 5000)
    rest = generator.integers(-1, 2, 5000)
    number = np.maximum(over * quotient + rest, 1)
    at = {S: number, W: over}
    for found, truth in zip(
        program.columns(at, "c"),
        (number // over, -(-number // over), number % over),
        strict=True,
    ):
        assert np.array_equal(found, truth.astype(np.float64))


LARGE = 2**53 + 1


@pytest.mark.parametrize("backend", DOUBLES)
@pytest.mark.parametrize("column", [[1, LARGE], np.array([LARGE], dtype=np.int64), 3**50])
def test_a_whole_number_that_no_double_is_is_refused(backend, column):
    program = program_of([H * 2])
    with pytest.raises(ConfigError, match=r"hidden = \d+ is beyond 2\^53.*backend exact"):
        program.columns({H: column}, backend)
    exact = program.columns({H: column}, "exact")[0]
    assert [int(n) for n in np.ravel(exact)] == [2 * int(n) for n in np.ravel(column)]
    with pytest.raises(ConfigError, match=r"beyond 2\^53"):
        program.floats({H: LARGE})
    assert program.columns({H: 2**60}, backend)[0] == 2.0**61


def test_constants_beyond_a_double_are_computed_before_they_are_rounded():
    form = H * 2**60 + I - H * (2**60 - 1)
    program = program_of([form], {H: 2**20 + 1})
    assert program.columns({I: [1, 2]})[0].tolist() == [2**20 + 2, 2**20 + 3]


def test_infinity_is_a_number_of_every_backend():
    form = sympy.Min(symbol("power_limit"), H) + I / symbol("storage_bandwidth")
    limits = {symbol("power_limit"): float("inf"), symbol("storage_bandwidth"): float("inf")}
    program = program_of([form], limits)
    for backend in BACKENDS_HERE:
        found = program.columns({H: [3, 4], I: [5, 6]}, backend)[0]
        assert [float(n) for n in found] == [3, 4]


def test_a_backend_that_is_not_there_says_what_is(monkeypatch):
    program = program_of([H + 2], {I: 4})
    with pytest.raises(UnknownNameError, match=r"unknown backend 'cuda'; known: c, exact"):
        program.columns({H: [1]}, "cuda")
    monkeypatch.setattr(native, "compiler", lambda: None)
    with pytest.raises(ConfigError, match=r"no C compiler was found.*take the backend numpy"):
        program_of([H + 3], {I: 5}).columns({H: [1]}, "c")


@needs_c
def test_a_compiler_that_fails_is_said_with_its_message(monkeypatch):
    monkeypatch.setattr(native, "_HEAD", "#error no\n")
    with pytest.raises(ConfigError, match=r"backend c: .* failed .*take the backend numpy"):
        program_of([H + 4], {I: 6}).columns({H: [1]}, "c")


BAD = [
    (["contxt"], UnknownNameError, r"unknown axis 'contxt'; nearest: context"),
    (["context", "S"], ConfigError, r"axis S: context is an axis already"),
    (["density"], ConfigError, r"does not depend on density; prune values"),
    (["layers.sliding"], UnknownNameError, r"axis of llama-3.2-1b 'layers.sliding'; nearest: lay"),
    (["batch", "new_tokens"], ConfigError, r"axis new_tokens: .* leave the axis out"),
]


@pytest.mark.parametrize(("axes", "error", "message"), BAD)
def test_an_axis_that_is_none_is_refused_by_name(axes, error, message):
    with pytest.raises(error, match=message):
        Setup(load("llama-3.2-1b")).compile(["kv_cache_bytes"], axes)


def test_a_model_of_kinds_names_them():
    with pytest.raises(ConfigError, match=r"axis layers: .* it depends on layers.full, layers."):
        Setup(load("gemma-3-1b")).compile(["kv_cache_bytes"], ["layers"])


def test_a_quantity_that_lacks_a_figure_is_refused():
    with pytest.raises(EdgesymError, match=r"needs .* of a device; name one with --device"):
        Setup(load("llama-3.2-1b")).compile(["tokens_per_second"], ["batch"])


def test_exact_columns_are_fractions_where_they_are():
    found = program_of([H / 3]).columns({H: [1, 3]}, "exact")[0]
    assert found.tolist() == [Fraction(1, 3), 1]
