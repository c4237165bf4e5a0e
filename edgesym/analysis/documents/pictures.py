"""What a picture shows as a document: the numbers that are drawn."""

from __future__ import annotations

from functools import partial
from typing import Any

from edgesym.analysis.pictures.chart import Bars, Chart, HeatMap
from edgesym.analysis.pictures.roofline import Roofline
from edgesym.document.nodes import Amount, Column, Columns, Document, Table, Text, table

__all__ = ["bars_document", "chart_document", "heat_document", "roofline_document"]

_MOST = 12


def chart_document(found: Chart) -> Document:
    """A row per point."""
    spread = any(line.low for line in found.lines)
    columns: Columns = (
        "series",
        *([found.mark] if found.mark else []),
        Column(found.x.name, "number"),
        Column(found.y.name, "number"),
        *([Column("low", "number"), Column("high", "number")] if spread else []),
    )
    rows = []
    for line in found.lines:
        for place, (x, y) in enumerate(zip(line.x, line.y, strict=True)):
            mark = [line.marks[place]] if found.mark else []
            low, high = (ends[place] if ends else y for ends in (line.low, line.high))
            ends = [Amount(low, found.y.unit), Amount(high, found.y.unit)] if spread else []
            rows.append((line.label, *mark, _x(x, found), Amount(y, found.y.unit), *ends))
    return _document(found.title, found.note, table(columns, rows, _MOST), partial(_chart, found))


def _x(number: float, found: Chart) -> Amount:
    return Amount(number, found.x.unit, form="digits" if found.x.counted else "")


def _chart(found: Chart) -> dict[str, Any]:
    return {
        "title": found.title,
        "note": found.note,
        "x": {"name": found.x.name, "unit": found.x.unit},
        "y": {"name": found.y.name, "unit": found.y.unit},
        "series": [
            {
                "label": line.label,
                "x": list(line.x),
                "y": list(line.y),
                **({"low": list(line.low), "high": list(line.high)} if line.low else {}),
                **({found.mark: list(line.marks)} if line.marks else {}),
            }
            for line in found.lines
        ],
    }


def heat_document(found: HeatMap) -> Document:
    """A row per point of the map."""
    columns: Columns = tuple(Column(scale.name, "number") for scale in (found.x, found.y, found.z))
    rows = [
        (Amount(x, found.x.unit), Amount(y, found.y.unit), Amount(value, found.z.unit))
        for y, row in zip(found.ys, found.values, strict=True)
        for x, value in zip(found.xs, row, strict=True)
    ]
    return _document(found.title, found.note, table(columns, rows, _MOST), partial(_heat, found))


def _heat(found: HeatMap) -> dict[str, Any]:
    return {
        "title": found.title,
        "note": found.note,
        "x": {"name": found.x.name, "unit": found.x.unit, "values": list(found.xs)},
        "y": {"name": found.y.name, "unit": found.y.unit, "values": list(found.ys)},
        "z": {"name": found.z.name, "unit": found.z.unit, "rows": list(map(list, found.values))},
    }


def bars_document(found: Bars) -> Document:
    """A row per bar, a column per part."""
    panels = found.panels != [""]
    columns: Columns = (
        *(["panel"] if panels else []),
        "of",
        *(["from"] if any(bar.faint for bar in found.bars) else []),
        *(Column(name, "number") for name in found.parts),
        Column("total", "number"),
    )
    rows = []
    for bar in found.bars:
        known = dict(bar.parts)
        source = ["printed" if bar.faint else "edgesym"] if any(b.faint for b in found.bars) else []
        cells = [Amount(known[n], found.unit) if n in known else "" for n in found.parts]
        head = [bar.panel] if panels else []
        rows.append(
            (*head, f"{bar.label}{bar.mark}", *source, *cells, Amount(bar.total, found.unit))
        )
    return _document(found.title, found.note, table(columns, rows, _MOST), partial(_bars, found))


def _bars(found: Bars) -> dict[str, Any]:
    return {
        "title": found.title,
        "note": found.note,
        "of": found.of,
        "unit": found.unit,
        "bars": [
            {
                "panel": bar.panel,
                "label": bar.label,
                "source": "printed" if bar.faint else "edgesym",
                "parts": dict(bar.parts),
                "total": bar.total,
            }
            for bar in found.bars
        ],
        "limits": dict(found.limits),
    }


def roofline_document(found: Roofline) -> Document:
    """A row per kernel and phase, those that take longest first."""
    columns: Columns = (
        *("phase", "kernel"),
        *(Column(name, "number", spare=True) for name in ("runs", "FLOPs", "bytes")),
        *(Column(name, "number") for name in ("intensity", "rate", "time", "share")),
    )
    marks = sorted(found.marks, key=lambda mark: (mark.phase != "prefill", -mark.seconds))
    rows = [
        (
            mark.phase,
            mark.kernel,
            Amount(mark.repeat, form="g"),
            Amount(mark.flops, "FLOP"),
            Amount(mark.bytes, "B"),
            Amount(mark.intensity, "FLOP/B"),
            Amount(mark.rate, "FLOP/s"),
            Amount(mark.seconds, "s"),
            Amount(mark.share, form=".1%"),
        )
        for mark in marks
    ]
    title = f"Roofline: {found.setup.title}"
    note = found.setup.describe()
    return _document(title, note, table(columns, rows, _MOST), partial(_roofline, found))


def _roofline(found: Roofline) -> dict[str, Any]:
    return {
        **found.setup.labels(),
        "peak_flop_per_s": found.peak,
        "bandwidth_bytes_per_s": found.bandwidth,
        "rate_reached_flop_per_s": found.rate,
        "bandwidth_reached_bytes_per_s": found.moved,
        "ridge_flop_per_byte": found.ridge,
        "kernels": [
            {
                "phase": mark.phase,
                "kernel": mark.kernel,
                "runs": mark.repeat,
                "flops": mark.flops,
                "bytes": mark.bytes,
                "intensity": mark.intensity,
                "rate": mark.rate,
                "seconds": mark.seconds,
                "share": mark.share,
            }
            for mark in found.marks
        ],
    }


def _document(title: str, note: str, found: Table, answer: Any) -> Document:
    return Document(title, (Text(note), found), answer, lambda: found)
