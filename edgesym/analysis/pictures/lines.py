"""A quantity against an axis or two, throughput against latency, and points with their front."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import isfinite
from typing import Any

import numpy as np
import sympy

from edgesym.analysis.pictures.axis import Axis, along, in_common, series_labels
from edgesym.analysis.pictures.chart import Chart, HeatMap, Line, Scale, refuse_many
from edgesym.analysis.uncertainty import uncertain_figures, uncertain_in
from edgesym.catalogue import find_quantity
from edgesym.engine.program import program_of
from edgesym.errors import ConfigError, EdgesymError
from edgesym.quantities.registry import Quantity
from edgesym.scenario.setup import Setup

__all__ = ["MOST_LINES", "heat_map", "line_chart", "pareto_chart", "throughput_chart"]

#: Lines that can be told apart, and points that have room for their names.
MOST_LINES, _MOST_POINTS = 8, 60
#: Numbers further apart are drawn on a logarithmic scale.
_WIDE = 50
_BAND = "band: 90 % interval"
#: Units of which more is better.
_MORE = ("tokens/s", "FLOP/s", "FLOP/B")


def line_chart(setups: Sequence[Setup], axis: Axis, name: str) -> Chart:
    """A quantity of each setup along an axis, with what 90 % of its spread lies between.

    The interval is that of an estimate at each point.

    Raises:
        ConfigError, DeviceError, UnknownNameError: an axis or a quantity that cannot be drawn,
            see :func:`edgesym.analysis.pictures.axis.along`.
        OutputError: too many lines, or none.
    """
    refuse_many("lines", setups, MOST_LINES)
    quantity = find_quantity(name)
    setups = [setup.placing([axis.symbol]) for setup in setups]
    lines = tuple(
        _line(setup, axis, name, label)
        for setup, label in zip(setups, series_labels(setups), strict=True)
    )
    numbers = [value for line in lines for value in line.y]
    scale = Scale(name, quantity.unit, _is_wide(numbers))
    band = _BAND if any(line.low for line in lines) else ""
    return Chart(_title(quantity), in_common(setups, [axis]), _scale(axis), scale, lines, band=band)


def _line(setup: Setup, axis: Axis, name: str, label: str) -> Line:
    # the scatter of a generation is that of its first token and of the others
    names = (name, "time_to_first_token") if name == "generation_time" else (name,)
    forms = {one: along(setup, [axis] if one == name else [], one) for one in names}
    values: dict[sympy.Symbol, Any] = setup.values()
    known = _without_spread(setup, axis)
    program = program_of(forms.values())
    y, low, high = [], [], []
    for number in axis.values:
        at = {**values, axis.symbol: _own(axis, number)}
        point = program.at(at)
        y.append(float(point.results[0]))
        spread = uncertain_in(known, forms, point, at).get(name)
        ends = (y[-1], y[-1]) if spread is None else spread.interval
        low.append(max(ends[0], 0.0))
        high.append(ends[1])
    certain = low == y == high
    bands = ((), ()) if certain else (tuple(low), tuple(high))
    return Line(label, axis.values, tuple(y), *bands)


def _without_spread(setup: Setup, axis: Axis) -> Setup:
    """The setup whose figure along an axis is given, and so has no spread."""
    if axis.symbol not in uncertain_figures(setup):
        return setup
    given = (*setup.run.given, (axis.symbol, _own(axis, axis.values[0])))
    return replace(setup, run=replace(setup.run, given=given))


def heat_map(setup: Setup, across: Axis, up: Axis, name: str) -> HeatMap:
    """A quantity over two axes.

    Raises:
        ConfigError, DeviceError, UnknownNameError: as for :func:`line_chart`; or one axis twice.
    """
    if across.symbol == up.symbol:
        raise ConfigError(f"--over {across.name} is given twice; a map has two axes")
    quantity = find_quantity(name)
    setup = setup.placing([across.symbol, up.symbol])
    form = along(setup, [across, up], name)
    x, y = (np.array([float(_own(a, v)) for v in a.values]) for a in (across, up))
    at = {**setup.values(), across.symbol: x[None, :], up.symbol: y[:, None]}
    if form.has(sympy.Sum):
        raise EdgesymError(f"{name} adds up steps without a closed form; a map needs one")
    found = program_of([form]).columns({s: at[s] for s in form.free_symbols})[0]
    rows = tuple(tuple(row) for row in found.tolist())
    wide = _is_wide(number for row in rows for number in row)
    z = Scale(name, quantity.unit, wide)
    note = in_common([setup], [across, up])
    axes = (_scale(across), _scale(up))
    return HeatMap(_title(quantity), note, *axes, z, across.values, up.values, rows)


def throughput_chart(setups: Sequence[Setup], batch: Axis) -> Chart:
    """Tokens per second of all sequences against the time that each waits for a token, by batch.

    Raises:
        DeviceError: a setup has no device; OutputError: too many lines, or none.
    """
    refuse_many("lines", setups, MOST_LINES)
    lines = []
    for setup, label in zip(setups, series_labels(setups), strict=True):
        _ = setup.machine
        x, y = (
            _numbers(setup, batch, name) for name in ("time_per_output_token", "tokens_per_second")
        )
        lines.append(Line(label, x, y, marks=tuple(f"{int(b)}" for b in batch.values)))
    latency = Scale("time_per_output_token", "s", log=True)
    rate = Scale("tokens_per_second", "tokens/s", log=True)
    title = "Throughput against latency, over batch"
    return Chart(title, in_common(setups, [batch]), latency, rate, tuple(lines), mark="batch")


def _numbers(setup: Setup, axis: Axis, name: str) -> tuple[float, ...]:
    form, values = along(setup, [axis], name), setup.values()
    program = program_of([form])
    return tuple(
        float(program.exact({**values, axis.symbol: _own(axis, number)})[0])
        for number in axis.values
    )


def pareto_chart(setups: Sequence[Setup], names: Sequence[str]) -> Chart:
    """Setups by two quantities, and the front: those than which no other is better in both.

    Less is better, but of rates and intensities.

    Raises:
        ConfigError: not two quantities; OutputError: too many points, or none.
    """
    refuse_many("points", setups, _MOST_POINTS)
    if len(names) != 2:
        raise ConfigError(f"a front has two quantities, not {len(names)}; give -q twice")
    quantities = [find_quantity(name) for name in names]
    points = [tuple(float(setup.number(name)) for name in names) for setup in setups]
    labels = series_labels(setups)
    signs = [-1 if quantity.unit in _MORE else 1 for quantity in quantities]
    front = [place for place in range(len(points)) if _leads(points, place, signs)]
    front.sort(key=lambda place: points[place])
    rest = [place for place in range(len(points)) if place not in front]
    lines = tuple(
        _points(title, [points[place] for place in places], [labels[place] for place in places])
        for title, places in (("front", front), ("not on the front", rest))
        if places
    )
    x, y = (
        Scale(quantity.name, quantity.unit, _is_wide(point[row] for point in points))
        for row, quantity in enumerate(quantities)
    )
    return Chart(f"{names[1]} against {names[0]}", in_common(setups), x, y, lines, mark="setup")


def _points(title: str, found: list[tuple[float, ...]], marks: list[str]) -> Line:
    x, y = zip(*found, strict=True)
    return Line(title, x, y, marks=tuple(marks), joined=title == "front")


def _leads(points: Sequence[tuple[float, ...]], place: int, signs: Sequence[int]) -> bool:
    """Whether no other point is as good in both, and better in one."""
    here = [sign * number for sign, number in zip(signs, points[place], strict=True)]
    others = ([s * n for s, n in zip(signs, point, strict=True)] for point in points)
    return not any(
        other != here and all(a <= b for a, b in zip(other, here, strict=True)) for other in others
    )


def _own(axis: Axis, number: float) -> float:
    """A number of an axis in the unit of its symbol."""
    return number if axis.scale == 1 else number / axis.scale


def _scale(axis: Axis) -> Scale:
    counted = axis.unit in ("tokens", "sequences", "1") and all(v == int(v) for v in axis.values)
    return Scale(axis.name, axis.unit, axis.log, counted)


def _is_wide(numbers: Iterable[float]) -> bool:
    known = [number for number in numbers if isfinite(number)]
    return bool(known) and min(known) > 0 and max(known) / min(known) > _WIDE


def _title(quantity: Quantity) -> str:
    return f"{quantity.name}: {quantity.meaning[0].lower()}{quantity.meaning[1:]}"
