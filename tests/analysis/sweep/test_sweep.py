"""Sweeps: every row is the setup at that point, and what is kept is what brute force keeps."""

from __future__ import annotations

import csv
import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgesym import sweep
from edgesym.analysis.sweep import keep
from edgesym.analysis.sweep.best import Front, Top
from edgesym.analysis.sweep.sinks.csv import CsvSink
from edgesym.analysis.sweep.space import space_of
from edgesym.analysis.sweep.sweep import Stopped
from edgesym.analysis.sweep.tiles import tiling_of
from edgesym.architectures.locate import load
from edgesym.devices import find_device
from edgesym.engine.native import compiler
from edgesym.errors import (
    ConfigError,
    EdgesymError,
    ExpressionError,
    OutputError,
    UnitError,
    UnknownNameError,
)
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.symbols import symbol

ON_PI = Setup(load("llama-3.2-1b"), find_device("raspberry-pi-5"), Run(weights="int4"))
NAMES = ["tokens_per_second", "memory_footprint"]
OVER = {"context": "1k..16k:log:5", "batch": [1, 3, 8], "layers": "8..16:step:4"}


def there(**given):
    """The setup at a point, made as one."""
    run = {name: int(n) for name, n in given.items() if name in ("context", "batch", "prompt")}
    others = tuple((symbol(n), int(v)) for n, v in given.items() if n not in run)
    return replace(ON_PI, run=replace(ON_PI.run, **run, given=others))


@pytest.mark.parametrize("backend", ["numpy", "c"])
def test_every_row_is_the_setup_at_its_point(backend):
    if backend == "c" and compiler() is None:
        pytest.skip("no C compiler")
    found = sweep(ON_PI, OVER, NAMES, backend=backend)
    assert (found.points, found.kept) == (45, 45)
    points = list(zip(*(found[name].tolist() for name in OVER), strict=True))
    assert points == list(itertools.product(found["context"][::9].tolist(), [1, 3, 8], [8, 12, 16]))
    for row in range(0, 45, 7):
        setup = there(**{name: found[name][row] for name in OVER})
        for name in NAMES:
            assert found[name][row] == pytest.approx(float(setup.number(name)), rel=1e-12)


def test_names_are_axes_and_come_first():
    over = {"batch": [1, 2], "model": "llama-3.2-1b,gemma-3-1b", "recipe": ["int4", "q8_0"]}
    found = sweep(ON_PI, over, NAMES)
    assert found["model"].tolist() == ["llama-3.2-1b"] * 4 + ["gemma-3-1b"] * 4
    assert found["recipe"].tolist() == ["int4", "int4", "q8_0", "q8_0"] * 2
    setup = Setup(load("gemma-3-1b"), ON_PI.device, Run(weights="q8_0", batch=2))
    assert found["memory_footprint"][-1] == setup.number("memory_footprint")


def test_axes_that_go_together_are_not_multiplied():
    over = [{"layers": [16, 32], "hidden": [2048, 4096]}, {"batch": "1..3"}]
    found = sweep(ON_PI, over, ["weight_bytes"])
    assert found.points == 6
    assert list(zip(found["layers"], found["hidden"], strict=True))[::3] == [(16, 2048), (32, 4096)]
    named = [{"model": ["llama-3.2-1b", "llama-3.2-3b"], "batch": [1, 4]}]
    found = sweep(ON_PI, named, ["kv_cache_bytes"])
    assert found["batch"].tolist() == [1, 4]
    with pytest.raises(ConfigError, match="layers has 2, hidden has 1"):
        sweep(ON_PI, [{"layers": [1, 2], "hidden": [2048]}], ["weight_bytes"])


def test_a_symbol_may_follow_the_axes():
    over = {"hidden": "256..1024:step:128", "batch": [1]}
    ties = {"intermediate": "hidden * 8 / 3", "heads": "hidden/64", "kv_heads": "heads/4"}
    found = sweep(ON_PI, over, ["parameters", "kv_cache_bytes"], ties=ties)
    assert found["hidden"].tolist() == [768]
    assert [found[name][0] for name in ties] == [2048, 12, 3]
    setup = there(hidden=768, intermediate=2048, heads=12, kv_heads=3)
    assert found["parameters"][0] == setup.number("parameters")
    with pytest.raises(ExpressionError, match="follow one another in a circle"):
        sweep(ON_PI, over, NAMES, ties={"heads": "kv_heads*2", "kv_heads": "heads/2"})
    with pytest.raises(ConfigError, match=r"follows the axes .* no axis itself"):
        sweep(ON_PI, over, NAMES, ties={"hidden": "1024"})


def test_points_that_make_no_model_are_left_out():
    found = sweep(ON_PI, {"heads": "1..32", "kv_heads": [1, 3, 8]}, ["parameters"])
    pairs = zip(found["heads"].tolist(), found["kv_heads"].tolist(), strict=True)
    assert set(pairs) == {(a, k) for a in range(1, 33) for k in (1, 3, 8) if a % k == 0}


def test_the_prompt_follows_the_context_where_it_is_said_to():
    names = ["time_to_first_token", "tokens_per_second"]
    found = sweep(ON_PI, {"context": [512, 4096]}, names, ties={"prompt": "context"})
    for row, context in enumerate((512, 4096)):
        setup = there(context=context, prompt=context)
        assert found["time_to_first_token"][row] == pytest.approx(setup.number(names[0]))
    found = sweep(ON_PI, {"context": [512, 4096], "prompt": [128, 512]}, names)
    assert len(set(found["time_to_first_token"].tolist())) == 2


@pytest.mark.parametrize("word", ["compute_utilisation", "memory_utilisation", "launch_overhead"])
def test_an_efficiency_that_is_an_axis_is_that_of_a_setting(word):
    setup = replace(ON_PI, run=Run(weights="q4_0", kernels="llama.cpp", prompt=3000))
    for quantity in ("time_to_first_token", "time_per_output_token"):
        if word == "compute_utilisation" and quantity == "time_per_output_token":
            continue
        found = sweep(setup, {word: [0.2, 0.7]}, [quantity])
        for number, row in zip(found[word], found[quantity], strict=True):
            unit = "s" if word == "launch_overhead" else ""
            moved = replace(
                setup, device=setup.device.with_settings([f"{word}={float(number)}{unit}"])
            )
            assert row == pytest.approx(moved.number(quantity), rel=1e-12)


def brute(over, where, names=NAMES):
    rows = sweep(ON_PI, over, names)
    return rows, where(rows)


def test_conditions_keep_what_meets_them():
    rows, mask = brute(OVER, lambda r: (r["memory_footprint"] <= 2**30) & (r["batch"] > 1))
    found = sweep(ON_PI, OVER, NAMES, where=["memory_footprint <= 1GiB", "batch > 1"])
    assert 0 < found.kept < rows.kept
    for name in rows.columns:
        assert np.array_equal(found[name], rows[name][mask])


def test_the_best_are_those_of_a_sorted_list():
    rows = sweep(ON_PI, OVER, NAMES)
    for by, name, sign in (
        ("tokens_per_second", "tokens_per_second", -1),
        ("-tokens_per_second", "tokens_per_second", 1),
        ("memory_footprint", "memory_footprint", 1),
        ("layers", "layers", -1),
    ):
        order = np.argsort(sign * rows[name], kind="stable")[:7]
        found = sweep(ON_PI, OVER, NAMES, top=7, by=by)
        for column in rows.columns:
            assert np.array_equal(found[column], rows[column][order]), (by, column)
    assert found.objectives == ("most layers",)


@settings(max_examples=40)
@given(st.lists(st.tuples(*[st.integers(0, 6)] * 3), min_size=1, max_size=60), st.integers(1, 9))
def test_best_and_front_are_those_of_brute_force_however_they_come(points, size):
    scores = np.array(points, dtype=np.float64).T
    for count in (1, 2, 3):
        front, top = Front(), Top(4)
        for start in range(0, len(points), size):
            part = scores[:count, start : start + size]
            for best in (front, top):
                kept = np.flatnonzero(best.mask(part))
                if kept.size:
                    rows = {f"#{i}": row[kept] for i, row in enumerate(part)}
                    rows["#case"] = np.zeros(kept.size, dtype=np.int64)
                    rows["#place"] = kept + start
                    best.add(best.best_of(rows))
        known = scores[:count].T
        best = {tuple(p) for p in known if not any((q >= p).all() and (q > p).any() for q in known)}
        assert {tuple(known[i]) for i in front.rows["#place"]} == best
        assert len(front.rows["#place"]) == len(best)
        order = np.argsort(-scores[0], kind="stable")[:4]
        assert top.rows["#place"].tolist() == order.tolist()


@pytest.mark.parametrize("lengths", [(5,), (3, 4), (2, 30, 7), (4, 5, 3, 2), (1, 1), (40, 1, 3)])
@pytest.mark.parametrize("chunk", [1, 4, 13, 1000])
def test_tiles_are_every_point_once_in_order(lengths, chunk):
    names = ("layers", "hidden", "batch", "context")
    over = [{name: list(range(1, n + 1))} for name, n in zip(names, lengths, strict=False)]
    space = space_of(over)
    tiling = tiling_of(space.dimensions, chunk)
    rows, first = [], 0
    for place in range(tiling.tiles):
        tile = tiling.tile(place)
        assert tile.first == first
        assert tile.rows <= max(chunk, 1)
        columns = [tile.at(axis, None) for axis in space.axes]
        odd = np.arange(0, tile.rows, 2)
        assert all(
            np.array_equal(tile.at(axis, odd), column[odd])
            for axis, column in zip(space.axes, columns, strict=True)
        )
        rows += list(zip(*(column.tolist() for column in columns), strict=True))
        first += tile.rows
    assert rows == list(itertools.product(*(range(1, n + 1) for n in lengths)))


@pytest.mark.parametrize("ending", [".csv", ".npz", ".parquet"])
def test_a_file_holds_the_rows(tmp_path, ending):
    if ending == ".parquet":
        pytest.importorskip("pyarrow")
    over = {**OVER, "recipe": "int4,q8_0"}
    rows = sweep(ON_PI, over, NAMES)
    target = tmp_path / f"rows{ending}"
    found = sweep(ON_PI, over, NAMES, out=target)
    assert (found.kept, found.path) == (90, target)
    for name, column in read(target).items():
        assert list(column) == rows[name].tolist()
    assert [p.name for p in tmp_path.iterdir()] == [target.name]
    best = sweep(ON_PI, over, NAMES, top=3, by="batch", out=tmp_path / f"best{ending}")
    assert best.kept == 3
    assert list(read(best.path)["batch"]) == [8, 8, 8]
    none = sweep(ON_PI, over, NAMES, where=["batch > 99"], out=tmp_path / f"none{ending}")
    assert (none.kept, len(read(none.path)["batch"])) == (0, 0)


def read(path: Path):
    """The columns of a file, by name."""
    if path.suffix == ".csv":
        with path.open(newline="") as stream:
            head, *lines = csv.reader(stream)
        names = [title.partition(" ")[0] for title in head]
        columns = zip(*lines, strict=True) if lines else [[] for _ in names]
        number = {"recipe": str}
        return {
            n: [number.get(n, float)(cell) for cell in column]
            for n, column in zip(names, columns, strict=True)
        }
    if path.suffix == ".npz":
        with np.load(path) as archive:
            found = {n: archive[n] for n in archive if n != "units" and not n.endswith(".names")}
            found["recipe"] = (
                archive["recipe.names"][found["recipe"]]
                if len(found["recipe"])
                else found["recipe"]
            )
            assert dict(archive["units"])["tokens_per_second"] == "tokens/s"
        return found
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    assert table.schema.field("tokens_per_second").metadata == {b"unit": b"tokens/s"}
    return {name: table[name].to_pylist() for name in table.column_names}


@pytest.mark.parametrize("ending", [".csv", ".npz", ".parquet"])
@pytest.mark.parametrize("kept", [{}, {"where": ["batch > 2"]}, {"top": 9, "by": "batch"}])
def test_what_is_broken_off_goes_on_without_losing_or_repeating_a_row(
    tmp_path, monkeypatch, ending, kept
):
    if ending == ".parquet":
        pytest.importorskip("pyarrow")
    monkeypatch.setattr(keep, "_EVERY", 0.0)
    over = {"bandwidth": "10GB/s..99GB/s:lin:90001", "batch": [1, 2, 3, 4], "recipe": "int4,q8_0"}
    whole = sweep(ON_PI, over, ["tokens_per_second"], out=tmp_path / f"whole{ending}", **kept)
    target = tmp_path / f"part{ending}"
    broken = 0
    for after in (1, 3, 0):
        calls = itertools.count(1)

        def stop(done, points, rows, after=after, calls=calls):
            if next(calls) == after:
                raise RuntimeError("as if killed")

        try:
            sweep(ON_PI, over, ["tokens_per_second"], out=target, report=stop, **kept)
        except RuntimeError:
            broken += 1
            assert not target.exists()
            litter(tmp_path / f"part{ending}.partial")
    assert broken == 2
    one, other = read(whole.path), read(target)
    assert one.keys() == other.keys()
    assert all(np.array_equal(one[name], other[name]) for name in one)


def litter(folder: Path):
    """What a killed process may leave behind its last note."""
    for path in (*folder.glob("*.raw"), *folder.glob("rows.csv")):
        with path.open("ab") as stream:
            stream.write(b"1,2")
    for path in folder.glob("parts"):
        (path / "part-000099.parquet").write_bytes(b"PAR1")
        (path / "part-000100.part").write_bytes(b"")


def test_another_sweep_does_not_go_on_with_it(tmp_path):
    target = tmp_path / "rows.csv"

    def stop(done, points, rows):
        raise KeyboardInterrupt

    with pytest.raises(Stopped, match="the same command goes on from there"):
        sweep(ON_PI, OVER, NAMES, out=target, report=stop)
    with pytest.raises(OutputError, match=r"rows\.csv\.partial is what another sweep"):
        sweep(ON_PI, {**OVER, "batch": [1, 2]}, NAMES, out=target)
    assert sweep(ON_PI, OVER, NAMES, out=target).kept == 45
    with pytest.raises(OutputError, match="exists; choose another name, or give --overwrite"):
        sweep(ON_PI, OVER, NAMES, out=target)
    assert sweep(ON_PI, {"batch": [1]}, NAMES, out=target, overwrite=True).kept == 1
    assert len(read(target)["batch"]) == 1


def test_two_sweeps_do_not_write_one_file(tmp_path):
    target = tmp_path / "rows.csv"

    def again(done, points, rows):
        with pytest.raises(OutputError, match=r"is in use: another sweep writes rows\.csv now"):
            sweep(ON_PI, OVER, NAMES, out=target)

    assert sweep(ON_PI, OVER, NAMES, out=target, report=again).kept == 45


def test_a_full_disk_keeps_what_is_written(tmp_path, monkeypatch):
    target = tmp_path / "rows.csv"

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(CsvSink, "write", full)
        with pytest.raises(OutputError, match=r"No space left on device.*same command goes on"):
            sweep(ON_PI, OVER, NAMES, out=target)
    assert not target.exists()
    assert sweep(ON_PI, OVER, NAMES, out=target).kept == 45


def test_what_was_noted_and_is_lost_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(keep, "_EVERY", 0.0)
    target = tmp_path / "rows.csv"

    def stop(done, points, rows):
        raise KeyboardInterrupt

    with pytest.raises(Stopped):
        sweep(ON_PI, OVER, NAMES, out=target, report=stop)
    (tmp_path / "rows.csv.partial" / "rows.csv").write_bytes(b"")
    with pytest.raises(OutputError, match=r"has lost \d+ bytes .* begin anew, with --overwrite"):
        sweep(ON_PI, OVER, NAMES, out=target)
    note = tmp_path / "rows.csv.partial" / "note.json"
    changed = json.loads(note.read_text())
    changed["rows"] += 1
    for text in (json.dumps(changed), "[1]"):
        note.write_text(text)
        with pytest.raises(OutputError, match=r"note\.json is no note of a sweep"):
            sweep(ON_PI, OVER, NAMES, out=target)


def test_a_sweep_is_the_same_value_where_its_rows_are():
    one, same, other = (sweep(ON_PI, {"batch": [1, n]}, NAMES) for n in (8, 8, 9))
    assert one == same
    assert one != other
    assert one != "rows"
    lost = replace(one, columns={**one.columns, "batch": np.array([np.nan, 1.0])})
    assert lost == replace(lost, columns={**lost.columns, "batch": np.array([np.nan, 1.0])})
    assert lost != replace(lost, columns={**lost.columns, "batch": np.array([1, 1])})


def test_rows_come_as_frames_and_grids():
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("xarray")
    found = sweep(ON_PI, OVER, NAMES)
    frame = found.to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert frame.attrs["units"]["memory_footprint"] == "B"
    grid = found.to_xarray()
    assert dict(grid.sizes) == {"context": 5, "batch": 3, "layers": 3}
    assert grid["memory_footprint"].attrs["unit"] == "B"
    at = grid.sel(context=16384, batch=3, layers=12)
    setup = there(context=16384, batch=3, layers=12)
    assert float(at["memory_footprint"]) == setup.number("memory_footprint")
    with pytest.raises(ConfigError, match="to_xarray needs a product of axes"):
        sweep(ON_PI, OVER, NAMES, where=["batch > 1"]).to_xarray()


HUGE = {"bandwidth": "1GB/s..1TB/s:lin:100000000", "peak": "1GFLOP/s..1TFLOP/s:lin:10000000"}
BAD = [
    ({"over": {"contxt": "1,2"}}, UnknownNameError, "unknown axis 'contxt'; nearest: context"),
    ({"over": {"modl": "1,2"}}, UnknownNameError, "unknown axis 'modl'; nearest: model"),
    ({"over": {"batch": []}}, ConfigError, "axis batch: no numbers"),
    ({"over": {"batch": "8..1"}}, ConfigError, "'8..1' is empty: give the lower number first"),
    ({"over": {"batch": "0..4"}}, ConfigError, "axis batch: 0 = .* whole number of 1 or more"),
    ({"over": {"batch": "1,x"}}, UnitError, "axis batch: 'x' is not a number"),
    ({"over": {"batch": "1..9:cub:3"}}, ConfigError, "'1..9:cub:3' is no range; write"),
    ({"over": {"batch": "1..9:step:0"}}, ConfigError, "axis batch: 0 = 0.0 must be a whole|a step"),
    ({"over": {"bandwidth": "1GB/s..2GB/s"}}, ConfigError, "is no range, for numbers that are not"),
    ({"over": {"bandwidth": "1..2:lin:3"}}, UnitError, "axis bandwidth: 1 has no unit; write one"),
    ({"over": {"bandwidth": "1s,2s"}}, UnitError, "unit 's' measures s, where B/s is needed"),
    ({"over": {"prompt": "1,2"}, "names": ["kv_cache_bytes"]}, None, ""),
    ({"over": {"labels": "1,2"}}, UnknownNameError, "axis of llama-3.2-1b 'labels'"),
    (
        {"over": {"storage_bandwidth": "1GB/s,2GB/s"}},
        ConfigError,
        "none of .* depends on storage_b",
    ),
    ({"over": {"recipe": "int4", "weights": "q8_0"}}, ConfigError, "recipe is an axis already"),
    ({"over": {"recipe": "int4,int4"}}, ConfigError, "axis recipe: a name is there twice"),
    ({"over": {"recipe": "int5x"}}, EdgesymError, "int5x"),
    ({"over": {"device": "no-such"}}, EdgesymError, "no-such"),
    ({"over": HUGE}, OutputError, "1,000,000,000,000,000 points of 4 numbers .* --where, --top"),
    ({"over": HUGE, "out": "x.csv"}, OutputError, r"1,000,000,000,000,000 points make .* GB"),
    ({"over": OVER, "out": "x.txt"}, OutputError, "the name must end in one of .csv, .npz, .parq"),
    ({"over": OVER, "where": ["batch"]}, ExpressionError, "'batch' is not a condition"),
    ({"over": OVER, "where": ["memory_footprint <= 3"]}, UnitError, "3 has no unit"),
    ({"over": OVER, "top": 3}, ConfigError, "--top N goes with --by"),
    ({"over": OVER, "by": "batch"}, ConfigError, "--top N goes with --by"),
    ({"over": OVER, "top": 3, "by": "batsh"}, UnknownNameError, "'batsh'; nearest: batch"),
    ({"over": OVER, "names": []}, ConfigError, "no quantity is asked for"),
    ({"over": OVER, "names": ["flps"]}, UnknownNameError, "unknown quantity 'flps'"),
    (
        {"over": OVER, "names": ["tokens_per_second", "time_to_first_token"]},
        ConfigError,
        "axis context: time_to_first_token is of the prompt, .*--tie prompt=context",
    ),
    (
        {"over": OVER, "where": ["time_to_first_token <= 1s"]},
        ConfigError,
        "axis context: time_to_first_token is of the prompt",
    ),
    ({"over": OVER, "engine": "spark"}, UnknownNameError, "unknown engine 'spark'"),
    ({"over": OVER, "scheduler": "tcp://a:1"}, ConfigError, "is of the engine dask; give"),
    ({"over": OVER, "workers": 0}, ConfigError, "workers = 0 must be a whole number of 1 or more"),
    ({"over": OVER, "backend": "cuda"}, UnknownNameError, "unknown backend 'cuda'"),
]


@pytest.mark.parametrize(("asked", "error", "message"), BAD)
def test_what_is_not_understood_is_refused_by_name(tmp_path, monkeypatch, asked, error, message):
    monkeypatch.chdir(tmp_path)
    asked = dict(asked)
    over, names = asked.pop("over"), asked.pop("names", NAMES)
    if error is None:
        assert sweep(ON_PI, over, names, **asked).kept == 2
        return
    with pytest.raises(error, match=message):
        sweep(ON_PI, over, names, **asked)
    assert list(tmp_path.iterdir()) == []
