"""Values left out of matrices: bytes stored and read, break-even, and what is computed."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import ceil, comb, log2

import numpy as np
import pytest
import sympy

from edgesym import Run, Setup, derive, find_device, load
from edgesym.architectures.weights import facts_of
from edgesym.devices import device_names
from edgesym.errors import ConfigError, EdgesymError, UnknownNameError
from edgesym.formats import find_recipe, format_of
from edgesym.graph.meaning import Group
from edgesym.pruning import DENSITY, find_storage, read_pruning, storages
from edgesym.pruning.skip import skips
from edgesym.runtimes import runtime_names
from edgesym.symbols import find
from tests.support import assert_equal_expression

MODEL = "llama-3.2-1b"
B_w, H, I, L, rho = map(find, ("B_w", "H", "I", "L", "rho"))
ROWS = 4 * (I + 1)  # row pointers of I rows, 32 bits each and one more

#: Pruning -> bytes of the gate, of I rows of H, in one layer; the density where pruned matrices
#: take as much as dense ones, where it is the same for every shape.
GATE = {
    "1:dense": (H * I * B_w, 1),
    "0.3": (H * I * B_w, 1),
    "0.3:bitmask": (H * I * (rho * B_w + sympy.Rational(1, 8)), 1 - 1 / (8 * B_w)),
    "0.1:csr": (H * I * rho * (B_w + 4) + ROWS, None),
    "0.1:csr16": (H * I * rho * (B_w + 2) + ROWS, None),
    "2:4": (H * I * rho * (B_w + sympy.Rational(2, 8)), B_w / (B_w + sympy.Rational(1, 4))),
    "1:4": (H * I * rho * (B_w + sympy.Rational(2, 8)), B_w / (B_w + sympy.Rational(1, 4))),
    "4:8": (H * I * rho * (B_w + sympy.Rational(3, 8)), B_w / (B_w + sympy.Rational(3, 8))),
    "2:4:bitmask": (H * I * (rho * B_w + sympy.Rational(1, 8)), 1 - 1 / (8 * B_w)),
    "2:4:codes": (H * I * (rho * B_w + sympy.Rational(3, 32)), 1 - 3 / (32 * B_w)),
}


@pytest.mark.parametrize("prune", GATE)
def test_bytes_and_break_even_in_closed_form(prune):
    stored, even = GATE[prune]
    part = {"part": "feed_forward.gate", "prune": prune}
    assert_equal_expression(derive(MODEL, "weight_storage_bytes", **part).expression, L * stored)
    assert_equal_expression(derive(MODEL, "weight_bytes", **part).expression, L * stored)
    if even is not None:
        found = derive(MODEL, "break_even_density", prune=prune).expression
        assert sympy.cancel(found - even) == 0


def test_every_storage_is_in_the_table():
    used = {read_pruning(prune).sparsity.storage.name for prune in GATE}
    assert used == storages().keys()
    assert all(row.summary and row.source for row in storages().values())


@pytest.mark.parametrize("prune", [p for p in GATE if "dense" not in p and p != "0.3"])
@pytest.mark.parametrize("weights", ["bf16", "int8"])
def test_at_the_break_even_density_as_much_is_stored_as_dense(prune, weights):
    setup = Setup(load(MODEL), run=Run(weights=weights, prune=prune))
    even = setup.number("break_even_density")
    whole = Setup(load(MODEL), run=Run(weights=weights)).number("weight_storage_bytes")
    form = setup.program(["weight_storage_bytes"])
    assert form.exact({**setup.values(), DENSITY: even})[0] == whole


def packed(matrix, storage, m):
    """Bytes of the parts that really hold a matrix of 16-bit values with zeros."""
    kept, (rows, columns) = matrix != 0, matrix.shape
    values = matrix[kept].nbytes
    beside = {
        "dense": matrix.nbytes - values,
        "bitmask": np.packbits(kept).nbytes,
        "csr": (np.nonzero(kept)[1].astype(np.int32).nbytes + np.zeros(rows + 1, np.int32).nbytes),
        "csr16": np.nonzero(kept)[1].astype(np.uint16).nbytes + np.zeros(rows + 1, np.int32).nbytes,
        "index": kept.sum() * ceil(log2(m or 2)) // 8,
        "codes": rows * columns // (m or 1) * ceil(log2(comb(m, m // 2)) if m else 0) // 8,
    }
    return values + int(beside[storage])


@pytest.mark.parametrize("prune", ["0.25", "0.25:bitmask", "0.25:csr", "0.25:csr16", "2:4", "4:8"])
def test_bytes_are_those_of_a_packed_matrix(prune):
    sparsity = read_pruning(prune).sparsity
    facts = facts_of(load(MODEL))
    weight = next(w for w in facts.weights if w.group is Group.LINEAR)
    rows, row, m = 64, 128, (sparsity.pattern or (0, 0))[1]
    values = {str(s): n for s, n in zip(("r", "c"), (rows, row), strict=True)}
    extents = (sympy.Integer(1), sympy.Integer(values["r"]), sympy.Integer(values["c"]))
    kept = sparsity.kept(replace(weight, rows=rows, row=row, extents=extents))
    mask = np.zeros((rows, row), bool)
    mask[:, :: int(1 / sparsity.density)] = True
    matrix = np.where(mask, np.float16(1), np.float16(0))
    density = sympy.Rational(*sparsity.density.as_integer_ratio())
    width = kept.width(sympy.Integer(2)).xreplace({DENSITY: density})
    assert width * rows * row == packed(matrix, sparsity.storage.name, m)


@pytest.mark.parametrize("recipe", ["q4_k_m", "q8_0", "awq", "mlx_4bit", "int4"])
@pytest.mark.parametrize(("prune", "kept", "beside"), [("2:4", "1/2", "1/8"), ("0.3", "1", "0")])
def test_any_recipe_can_be_pruned(recipe, prune, kept, beside):
    """The bytes of the matrices of layers times what is kept, and metadata; the rest as it is."""
    facts, found = facts_of(load("llama-3.1-8b")), find_recipe(recipe)
    total = Setup(load("llama-3.1-8b"), run=Run(weights=recipe)).number("weight_storage_bytes")
    for weight in facts.weights:
        for layer in weight.layers if weight.group is Group.LINEAR else ():
            layout = format_of(found, facts, weight, layer)
            whole = layout.stored(weight.rows, weight.row, weight.matrices)
            total += (Fraction(kept) - 1) * whole + Fraction(beside) * weight.elements
    setup = Setup(load("llama-3.1-8b"), run=Run(weights=recipe, prune=prune))
    assert setup.number("weight_storage_bytes") == total


def test_what_is_left_is_counted_however_it_is_stored():
    model = load(MODEL)
    facts = facts_of(model)
    pruned = sum(w.elements * len(w.layers) for w in facts.weights if w.group is Group.LINEAR)
    whole = Setup(model).number("parameters")
    for prune in ("0.25", "0.25:bitmask", "1:4"):
        setup = Setup(model, run=Run(prune=prune))
        assert setup.number("nonzero_parameters") == whole - pruned * Fraction(3, 4)
        assert setup.number("parameters") == whole
    assert Setup(model).number("nonzero_parameters") == whole
    assert Setup(model).number("break_even_density") == 1


def test_groups_say_what_is_pruned():
    model = load("mixtral-8x7b")
    experts = sum(
        w.elements * len(w.layers) for w in facts_of(model).weights if w.group is Group.EXPERT
    )
    saved = Setup(model).number("nonzero_parameters")
    saved -= Setup(model, run=Run(prune="0.5:bitmask@expert")).number("nonzero_parameters")
    assert saved == Fraction(experts, 2)


#: (device, run) -> whether products with pruned values of linear layers are skipped.
SKIPPED = [
    ("rtx-4090", {}, True),
    ("rtx-4090", {"kernels": "torch-eager"}, True),
    ("rtx-4090", {"compute": "fp32"}, False),
    ("rtx-4090", {"kernels": "fused"}, False),
    ("rtx-4090", {"kernels": "vllm"}, False),
    ("rtx-4090", {"kernels": "llama.cpp"}, False),
    ("rtx-4090", {"prune": "2:4:bitmask"}, False),
    ("rtx-4090", {"prune": "4:8"}, False),
    ("rtx-4090", {"prune": "0.5:bitmask"}, False),
    ("jetson-orin-nano-super", {}, True),
    ("jetson-nano", {}, False),
    ("raspberry-pi-5", {}, False),
    ("apple-m2", {}, False),
]


@pytest.mark.parametrize(("device", "run", "skipped"), SKIPPED)
def test_flops_fall_only_where_products_are_skipped(device, run, skipped):
    run = Run(**{"prune": "2:4", "kernels": "ideal", **run})
    whole = Setup(load(MODEL), find_device(device), replace(run, prune=""))
    setup = Setup(load(MODEL), find_device(device), run)
    products = 2 * sum(
        w.elements * len(w.layers) for w in facts_of(load(MODEL)).weights if w.group is Group.LINEAR
    )
    saved = products // 2 if skipped else 0
    assert whole.number("flops") - setup.number("flops") == saved
    assert ("sparse tensor cores skip products" in setup.describe()) is skipped
    assert ("all products computed" in setup.describe()) is not skipped


def test_products_of_experts_are_not_skipped():
    run = Run(prune="2:4", weights="int4", compute="fp16", kernels="ideal")
    device, model = find_device("rtx-4090"), load("mixtral-8x7b")
    whole = Setup(model, device, replace(run, prune=""))
    for quantity, part, falls in (("flops", "experts", False), ("flops", "attention", True)):
        forms = [derived(setup, quantity, part) for setup in (whole, Setup(model, device, run))]
        assert (forms[0] != forms[1]) is falls


def derived(setup, quantity, part):
    from edgesym.catalogue import find_quantity

    return find_quantity(quantity).expression(replace(setup.case("decode"), part=part))


def test_rows_of_skips_name_what_there_is():
    dtypes = {name for device in device_names() for name in find_device(device).peaks}
    assert skips()
    for row in skips():
        assert set(row.devices) <= set(device_names())
        assert set(row.runtimes) <= set(runtime_names())
        assert set(row.dtypes) <= dtypes
        assert find_storage(row.storage)
        assert row.source


def test_the_density_is_differentiated_and_solved_for():
    from edgesym.analysis.inverse.solve import solve
    from edgesym.analysis.sensitivity import sensitivity

    setup = Setup(load(MODEL), run=Run(prune="0.3:bitmask"))
    (partial,) = sensitivity(setup, "weight_storage_bytes", ["density"]).partials
    A, D, K = map(find, ("A", "D", "K"))
    assert_equal_expression(partial.derivative, B_w * H * L * (2 * A * D + 2 * D * K + 3 * I))
    found = solve(setup, "density", ["weight_storage_bytes <= 1.5GiB"])
    (interval,) = found.intervals
    at = replace(setup.run, given=((DENSITY, interval.high),))
    assert Setup(load(MODEL), run=at).number("weight_storage_bytes") == pytest.approx(1.5 * 2**30)


#: What is asked -> the error, and a part of its text.
REFUSED = [
    ("1.5:csr", ConfigError, "a density of 1.5 must be above 0 and at most 1"),
    ("0:csr", ConfigError, "a density of 0 must be above 0"),
    ("0.3:bitmsk", UnknownNameError, "storage of pruned weights 'bitmsk'; nearest: bitmask"),
    ("0.3:index", ConfigError, "index is for N:M, such as 2:4:index; a density has dense, bitmask"),
    ("4:2", ConfigError, "keeps 4 of every 2 values"),
    ("0:4", ConfigError, "N must be 1 or more"),
    ("1:9999", ConfigError, "M at most 256"),
    ("2:4,0.5", ConfigError, "prune values in one way"),
    ("2:4,", ConfigError, "nothing beside a comma"),
    ("half", ConfigError, "'half' is no number; write N:M"),
    ("1/0", ConfigError, "division by zero"),
    ("-0.5", ConfigError, "'-0.5' is no number"),
    ("nan", ConfigError, "'nan' is no number"),
    ("0.3@linaer", UnknownNameError, "'linaer'; nearest: linear"),
    ("0.3@expert", ConfigError, "no weight is of group expert; there are embedding, linear, norm"),
    ("3:7", ConfigError, "rows of 2048 values, no multiple of 7; choose an M that divides 2048"),
]


@pytest.mark.parametrize(("prune", "error", "text"), REFUSED, ids=str)
def test_what_makes_no_sense_is_refused(prune, error, text):
    with pytest.raises(error) as raised:
        Setup(load(MODEL), run=Run(prune=prune))
    assert text in str(raised.value)


def test_rows_longer_than_their_columns_count_are_refused():
    long = Run(prune="0.1:csr16", given=())
    model = load("llama-3.1-405b")
    assert Setup(model, run=long).number("weight_storage_bytes")
    weight = next(w for w in facts_of(model).weights if w.group is Group.LINEAR)
    with pytest.raises(ConfigError, match="csr16 holds rows of 65536 at most; choose csr"):
        read_pruning("0.1:csr16").sparsity.kept(replace(weight, row=65537))


def test_a_density_above_one_is_no_number_of_it():
    with pytest.raises(ConfigError, match=r"density = 1.5 must be .* above 0 and at most 1"):
        Run(given=((DENSITY, 1.5),))
    with pytest.raises(EdgesymError, match=r"2:4:index keeps 0\.5 of the values"):
        Setup(load(MODEL), run=Run(prune="2:4", given=((DENSITY, 0.4),)))
