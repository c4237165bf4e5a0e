"""What EdgeProfiler says of its numbers in words, held against its tables and our derivation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from edgesym.claims.edgeprofiler import derived_at, script_at
from edgesym.claims.edgeprofiler_sizes import four_bits, published, sizes, table_of
from edgesym.claims.printed import read_printed, unit_powers
from edgesym.quantities.stated import paper

__all__ = ["Ground", "Remark", "Statement", "remarks", "statements"]

#: Bytes of a number in 16 and in 4 bits, where equations speak of one for all.
_WIDE, _NARROW = 2, 0.5


@dataclass(frozen=True, slots=True)
class Ground:
    """What one source gives for a statement.

    Attributes:
        what: the source.
        low, high: the ends over models and devices; a share, or how many times.
    """

    what: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement in words on 4 bits against 16, with what is so.

    Attributes:
        measure: ``share`` of what is saved, or ``times`` what is gained.
        low, high: what it says.
        grounds: what is so: by the paper's table, by its script, by our derivation.
    """

    id: str
    where: str
    says: str
    measure: str
    low: float
    high: float
    grounds: tuple[Ground, ...]

    def verdict(self, ground: Ground) -> str:
        """Whether all of a ground lies in what is said: ``holds``, ``in part`` or ``wrong``."""
        if self.low <= ground.low and ground.high <= self.high:
            return "holds"
        apart = ground.high < self.low or self.high < ground.low
        return "wrong" if apart else "in part"


@dataclass(frozen=True, slots=True)
class Remark:
    """A number of the text beside what the script's formulas give.

    Attributes:
        named: the quantity that the text calls it, and ``value`` of that.
        found: the quantity that it really is; empty where it is none, or just what it says.
    """

    id: str
    says: str
    printed: str
    named: str
    value: float
    found: str
    found_value: float | None


def statements() -> Iterator[Statement]:
    """The abstract's statements on 4 bits."""
    for row in published()["statement"]:
        grounds = [_derived(row["quantity"], row["measure"])]
        script = _script(row.get("script", row["quantity"]), row["measure"])
        grounds = [*([_table()] if row.get("table") else []), *script, *grounds]
        yield Statement(
            row["id"],
            row["where"],
            row["says"],
            row["measure"],
            row["low"],
            row["high"],
            tuple(grounds),
        )


def _gain(measure: str, before: float, after: float) -> float:
    return 1 - after / before if measure == "share" else before / after


def _over(what: str, gains: Iterable[float]) -> Ground:
    found = list(gains)
    return Ground(what, min(found), max(found))


def _table() -> Ground:
    """By the printed sizes of table II, 4 bits against 16."""
    label = table_of(2)["label"]
    middle = {(cell.card, cell.label): sum(cell.bounds) / 2 for cell in sizes()}
    cards = dict.fromkeys(card for card, _ in middle)
    gains = (float(1 - middle[card, label] / middle[card, "FP16"]) for card in cards)
    return _over("its table II", gains)


def _script(quantity: str, measure: str) -> tuple[Ground, ...]:
    """By the script, which has no 4 bits: 8 against 16, and its formulas with half a byte."""
    inputs = paper("edgeprofiler")["inputs"]
    places = [(device, model) for device in inputs["devices"] for model in inputs["models"]]

    def gains(width: float) -> Iterator[float]:
        for device, model in places:
            wide, narrow = (script_at(device, model, each) for each in (_WIDE, width))
            yield _gain(measure, wide[quantity], narrow[quantity])

    return (
        _over("its script, INT8", gains(inputs["precisions"]["INT8"])),
        _over("its formulas, half a byte", gains(_NARROW)),
    )


def _derived(quantity: str, measure: str) -> Ground:
    """By our derivation: the files of table II on the devices of the paper."""
    devices = [row["device"] for row in paper("edgeprofiler")["inputs"]["devices"].values()]

    def gains() -> Iterator[float]:
        for card, recipe in four_bits().items():
            for device in devices:
                wide, narrow = (
                    float(derived_at(device, card, weights).number(quantity))
                    for weights in (table_of(2)["printed"]["FP16"], recipe)
                )
                yield _gain(measure, wide, narrow)

    return _over("edgesym", gains())


def remarks() -> Iterator[Remark]:
    """Numbers of the text that are not what it calls them."""
    widths = paper("edgeprofiler")["inputs"]["precisions"]
    for row in published()["remark"]:
        unit = "s" if "among" in row else "1"
        printed = read_printed(row["printed"], unit_powers(unit))
        device, model, precision = row["row"]
        numbers = script_at(device, model, widths[precision])
        if "over" in row:
            device, model, precision = row["over"]
            below = script_at(device, model, widths[precision])
            numbers = {row["named"]: numbers[row["named"]] / below[row["named"]]}
        real = [name for name in row.get("among", ()) if printed.fits(numbers[name])]
        found = real[0] if real else ""
        yield Remark(
            row["id"],
            row["says"],
            row["printed"],
            row["named"],
            numbers[row["named"]],
            found,
            numbers.get(found),
        )
