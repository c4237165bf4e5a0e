"""Techniques on models as a document: a table for each model, the best of each, the front."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from edgesym.analysis.estimate import as_counted, key_with_unit
from edgesym.analysis.optimization.optimize import Candidate, Optimization
from edgesym.analysis.optimization.technique import perplexity
from edgesym.catalogue import REGISTRY
from edgesym.document.nodes import (
    Amount,
    Block,
    Cell,
    Column,
    Columns,
    Document,
    Mark,
    Row,
    Section,
    Span,
    Table,
    Text,
    table,
)
from edgesym.units import human

__all__ = ["optimization_document", "optimization_section"]

#: Quantity -> the column that shows it, and whether a narrow page may leave it out.
_COLUMNS = {
    "size": ("size", False),
    "memory_footprint": ("memory", True),
    "time_to_first_token": ("first token", True),
    "time_per_output_token": ("per token", False),
    "energy_per_token": ("energy", True),
}
_RATIO = "In brackets: times the baseline."
_TIMES = (
    "On the front are those that fit and than which no other is smaller and as fast, or faster and "
    "as small. What a technique costs in accuracy follows from no formula."
)


def optimization_document(found: Optimization) -> Document:
    """The best of each model where there are several; then a table for each."""
    blocks: list[Block] = [Text(_asked(found))] if _asked(found) else []
    several = len(found.models) > 1
    blocks += [_answers(found)] if several else []
    for setup in found.setups:
        section = optimization_section(found, setup.model.name)
        blocks += [section] if several else section.blocks
    blocks += [Text(f"{_RATIO} {_TIMES if _has_times(found) else ''}".strip(), note=True)]
    published = _published(found)
    blocks += [Section("As published", published, detail=True)] if published else []
    what = " and ".join((", ".join(found.models[:-1]), found.models[-1])) if several else ""
    title = f"Techniques on {what or found.models[0]}"
    return Document(title, tuple(blocks), partial(_data, found), partial(_records, found))


def _asked(found: Optimization) -> str:
    said = [f"For {found.target.describe()}."] if found.target.describe() else []
    said += [f"Such that {' and '.join(found.conditions)}."] if found.conditions else []
    return " ".join(said)


def optimization_section(found: Optimization, model: str) -> Section:
    """What each technique makes of a model, and the best."""
    setup = next(setup for setup in found.setups if setup.model.name == model)
    baseline = f"Baseline: {setup.describe()}."
    return Section(model, (Text(baseline), _table(found, model), Text(_answer(found, model))))


def _has_times(found: Optimization) -> bool:
    return any(one.time is not None for one in found.candidates)


def _table(found: Optimization, model: str) -> Table:
    rows = found.of(model)
    shown = {name: how for name, how in _COLUMNS.items() if any(_has(one, name) for one in rows)}
    fits = any(one.fits is not None for one in rows)
    columns: Columns = (
        "technique",
        *(Column(title, "number", spare=spare) for title, spare in shown.values()),
        *(("fits",) if fits else ()),
        "",
    )
    best, front = found.best(model), found.front(model)

    def cells(one: Candidate) -> Row:
        name: Cell = Mark(one.technique.name, "good") if one is best else one.technique.name
        numbers = (_number(found, one, quantity) for quantity in shown)
        verdicts = (_fits(one),) if fits else ()
        below = (Text(Mark(one.why, "bad")),) if one.why else ()
        return Row((name, *numbers, *verdicts, _marks(found, one, best, one in front)), below)

    return table(columns, [cells(one) for one in rows])


def _has(one: Candidate, name: str) -> bool:
    return not one.why and (name == "size" or name in one.numbers)


def _value(one: Candidate, name: str) -> float | None:
    if not _has(one, name):
        return None
    return one.size if name == "size" else one.numbers[name]


def _number(found: Optimization, one: Candidate, name: str) -> Cell:
    """A quantity, and its ratio to the baseline."""
    value, ratio = _value(one, name), found.ratio(one, name)
    if value is None:
        return "-"
    amount = Amount(value, "B" if name == "size" else REGISTRY[name].unit)
    return amount if ratio is None else (amount, " (", Amount(ratio, form=".2f"), ")")


def _fits(one: Candidate) -> Cell:
    if one.fits is None:
        return "-"
    return Mark("yes", "good") if one.fits else Mark("no", "bad")


def _marks(found: Optimization, one: Candidate, best: Candidate | None, on_front: bool) -> Cell:
    if one.why:
        return Mark("not possible", "bad")
    spans: list[Span] = [Mark("best", "good")] if one is best else []
    if on_front:
        spans += [", front" if spans else "front"]
    if one.missed:
        spans += [", " if spans else "", Mark(_unmet(found, one), "caution")]
    return tuple(spans) or ""


def _unmet(found: Optimization, one: Candidate) -> str:
    """What it does not meet; in a word where only one thing is asked."""
    return "not met" if len(found.conditions) == 1 else f"not {' nor '.join(one.missed)}"


def _answer(found: Optimization, model: str) -> Cell:
    """How many will do, and which is best."""
    rows, best = found.of(model), found.best(model)
    able = sum(one.will_do for one in rows)
    if best is None:
        failed = [one for one in rows if not one.why]
        least = min(failed, key=lambda one: one.numbers["memory_footprint"], default=None)
        none = f"none of {len(rows)} will do"
        if least is None or found.target.room is None or least.fits:
            return none
        needs = human(least.numbers["memory_footprint"], "B")
        return f"{none}; the smallest, {least.technique.name}, needs {needs} of memory"
    asked = found.target.room is not None or bool(found.conditions)
    said: list[Span] = [f"{able} of {len(rows)} will do; " if asked else ""]
    said += ["smallest is " if best.time is None else "fastest is ", best.technique.name, ": "]
    said += [Amount(best.size, "B")]
    if best.time is not None:
        said += [", ", Amount(best.time, "s"), " per token"]
        ratio = found.ratio(best, "time_per_output_token")
        if ratio:
            said += [", ", Amount(1 / ratio, form=".2f"), " times as fast as the baseline"]
    return tuple(said)


def _answers(found: Optimization) -> Table:
    """A row per model: what is best of it."""

    def cells(model: str) -> tuple[Cell, ...]:
        best, rows = found.best(model), found.of(model)
        able = f"{sum(one.will_do for one in rows)} of {len(rows)}"
        if best is None:
            return model, able, Mark("none", "bad"), "-", "-", "-"
        time: Cell = "-" if best.time is None else Amount(best.time, "s")
        memory = Amount(best.numbers["memory_footprint"], "B")
        return model, able, Mark(best.technique.name, "good"), Amount(best.size, "B"), memory, time

    titles = ("size", "memory", "per token")
    columns: Columns = ("model", "will do", "best", *(Column(title, "number") for title in titles))
    return table(columns, [cells(model) for model in found.models])


def _published(found: Optimization) -> tuple[Block, ...]:
    """Figures of accuracy, as published, of the techniques that have one."""
    known = {one.technique for one in found.candidates if one.technique.perplexity is not None}
    if not known:
        return ()
    what, source = perplexity()
    rows = sorted((one.perplexity or 0.0, one.name) for one in known)
    columns: Columns = ("technique", Column("perplexity", "number"))
    cells = [(name, Amount(more, form="+.4f")) for more, name in rows]
    return (Text(f"{what} ({source}); other models differ"), table(columns, cells))


def _data(found: Optimization) -> dict[str, Any]:
    target = found.target
    return {
        "models": list(found.models),
        "device": None if target.device is None else target.device.id,
        "speed": target.speed,
        "memory_bytes": None if target.room is None else round(target.room),
        "such_that": list(found.conditions),
        "baselines": [setup.labels() for setup in found.setups],
        "best": {model: _name(found.best(model)) for model in found.models},
        "front": {model: [_name(one) for one in found.front(model)] for model in found.models},
        "rows": list(_rows(found)),
    }


def _name(one: Candidate | None) -> str | None:
    return None if one is None else one.technique.name


def _rows(found: Optimization) -> Iterator[dict[str, Any]]:
    for one in found.candidates:
        numbers = {key_with_unit(name): as_counted(name, x) for name, x in one.numbers.items()}
        ratios = {name: found.ratio(one, name) for name in _COLUMNS}
        yield {
            "model": one.model,
            "technique": one.technique.name,
            "changes": dict(one.technique.run),
            **numbers,
            "ratios": {name: ratio for name, ratio in ratios.items() if ratio is not None},
            "fits": one.fits,
            "missed": list(one.missed),
            "will_do": one.will_do,
            "why": one.why,
        }


def _records(found: Optimization) -> Table:
    """A row per candidate, numbers in full."""
    heads = [key if key != "size" else "size_bytes" for key in map(_key, _COLUMNS)]
    columns: Columns = ("model", "technique", *heads, *(f"{n}_ratio" for n in _COLUMNS))
    rows = [_record(found, one) for one in found.candidates]
    return table((*columns, "fits", "front", "best", "why"), rows)


def _key(name: str) -> str:
    return name if name == "size" else key_with_unit(name)


def _record(found: Optimization, one: Candidate) -> Iterable[Cell]:
    values = (_value(one, name) for name in _COLUMNS)
    ratios = (found.ratio(one, name) for name in _COLUMNS)
    fits = "" if one.fits is None else str(one.fits).lower()
    on_front, best = one in found.front(one.model), one is found.best(one.model)
    flags = (fits, str(on_front).lower(), str(best).lower(), one.why)
    return (one.model, one.technique.name, *map(Amount, values), *map(Amount, ratios), *flags)
