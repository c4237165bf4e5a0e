"""Where kernels run, what is copied to where they do, and what lies in which memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import sympy

from edgesym.frozen import FrozenMap
from edgesym.graph.block import Block
from edgesym.graph.tensor import Role
from edgesym.ledger import Kind, Ledger, Row
from edgesym.quantities.registry import Case
from edgesym.runtimes.memory import MICRO_BATCH
from edgesym.runtimes.placement import Place, Section

__all__ = ["Copy", "Side", "copies", "crossing_bytes", "lying", "sections_of", "sides", "units"]

#: Place -> the ways that its weights are copied over to be computed with, one after the other.
_ROUTES = {Place.STREAMED: ("link",), Place.STORAGE: ("storage", "link")}


@dataclass(frozen=True, slots=True)
class Side:
    """The rows of a kernel as it runs in one place.

    Attributes:
        beside: whether it runs on the processor beside the device.
        left: whether its block runs on the device, and leaves it to that processor.
        count: how often it runs so.
        whole: whether that is as often as its block is repeated.
    """

    rows: Ledger
    count: sympy.Expr
    beside: bool = False
    left: bool = False
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Copy:
    """Bytes that are copied each time that one of some layers runs.

    Attributes:
        what: in a word.
        route: what they are copied over: ``link`` or ``storage``.
        count: how often.
        role: of the tensors.
    """

    what: str
    route: str
    count: sympy.Expr
    role: Role
    amount: sympy.Expr


def sections_of(case: Case, block: str) -> tuple[Section, ...]:
    """The sections of a block in the phase of a case; none where all of it is on the device."""
    placement = case.placement.during(case.workload.name)
    return placement.blocks.get(block, ())


def sides(kernel: Ledger, case: Case) -> tuple[Side, ...]:
    """Where a kernel runs, by where its block lies and the weights that its products read.

    One weight that is left to the host takes the kernel with it. Where that is so in some
    layers, the kernel runs in two places. Under a recipe of places weights that layers store
    otherwise are told apart; else their mean is taken, over the layers of one place.
    """
    first = kernel.rows[0]
    sections = sections_of(case, first.block)
    if not sections:
        return (Side(kernel, first.repeat),)
    weights = kernel.filter(Kind.READ, role=Role.WEIGHT).rows
    products = {row.tensor for row in weights if row.weighted}
    groups: dict[tuple[bool, bool, object], list[Section]] = {}
    for section in sections:
        beside = section.place is Place.HOST or any(
            section.of(tensor) is Place.HOST for tensor in products
        )
        widths = tuple(section.widths.get(row.tensor) for row in weights)
        told = widths if case.placement.asked else ()
        key = (beside, beside and section.place is not Place.HOST, told)
        groups.setdefault(key, []).append(section)
    if len(groups) == 1:
        (beside, left, _), _ = next(iter(groups.items()))
        return (Side(kernel, first.repeat, beside, left),)
    found = [
        Side(
            _stored_in(kernel, group, case),
            sympy.Add(*(section.count for section in group)),
            beside,
            left,
            whole=False,
        )
        for (beside, left, _), group in groups.items()
    ]
    return tuple(sorted(found, key=lambda side: not side.beside))


def copies(rows: Ledger, case: Case) -> Iterator[Copy]:
    """What is copied for the rows of a block: weights that are streamed, activations that cross.

    A prompt of more tokens than run at once reads the streamed weights as often as it is cut.
    """
    block = rows.rows[0].block
    weights = rows.filter(Kind.READ, role=Role.WEIGHT)
    for section in sections_of(case, block):
        for place, routes in _ROUTES.items():
            there = [row for row in weights if section.of(row.tensor) is place]
            moved = sympy.Add(*(row.amount * _width(row, (section,), case) for row in there))
            for route in routes if moved != 0 else ():
                if route != "link" or case.placement.linked:
                    times = section.count * _passes(case)
                    yield Copy("weights", route, times, Role.WEIGHT, moved)
        left = any(section.of(row.tensor) is Place.HOST for row in weights if row.weighted)
        if left and section.place is not Place.HOST and case.placement.linked:
            there_and_back = 2 * crossing_bytes(case, block)
            yield Copy("activations", "link", section.count, Role.ACTIVATION, there_and_back)


def crossing_bytes(case: Case, block: str) -> sympy.Expr:
    """Bytes of what enters a block, as the runtime hands it from one place to another."""
    memory = case.runtime.memory
    known = None if memory is None else memory.activation_bytes
    width = (
        case.widths(Role.ACTIVATION)
        if known is None
        else sympy.Rational(known.numerator, known.denominator)
    )
    found = next(each for each in case.blocks() if each.name == block)
    entering = (t.elements for t in found.entries if t.role is Role.ACTIVATION)
    return next(entering, sympy.S.Zero) * width


def _passes(case: Case) -> sympy.Expr:
    """How often a step reads its weights: once for each of the parts a prompt is cut into."""
    memory, step = case.runtime.memory, case.workload
    if memory is None or not memory.tokens or step.new == 1:
        return sympy.S.One
    return sympy.ceiling(step.batch * step.new / MICRO_BATCH)


def lying(rows: Ledger, case: Case, memory: str) -> Ledger:
    """The rows of what lies in a memory, ``device``, ``host`` or ``storage``, as often as it does.

    Keys and values lie where their layer is computed.
    """

    def there() -> Iterator[Row]:
        for row in rows:
            sections = case.placement.blocks.get(row.block, ())
            if not sections and memory == Place.DEVICE:
                yield row
            for section in sections:
                if _memory_of(row, section, case) == memory:
                    width = _width(row, (section,), case)
                    yield replace(row, repeat=section.count, width=width)

    return Ledger(tuple(there()), FrozenMap())


def _memory_of(row: Row, section: Section, case: Case) -> str:
    """The memory that holds a tensor; the host's is the device's where nothing links the two."""
    place = section.of(row.tensor) if row.role is Role.WEIGHT else section.place
    copied = row.role is not Role.WEIGHT and place is not Place.HOST
    found = Place.DEVICE if copied else place.memory
    return found if case.placement.linked or found == Place.STORAGE else Place.DEVICE


def units(case: Case) -> list[list[Block]]:
    """The blocks of the device, and those of the processor beside it; some are of both.

    A block without a product is the device's.
    """
    here, there = [], []
    for block in case.blocks():
        sections = case.placement.blocks.get(block.name, ())
        products = _products(block)
        left = [
            [s.place is Place.HOST] + [s.of(name) is Place.HOST for name in products]
            for s in sections
        ]
        if any(any(each) for each in left):
            there.append(block)
        if not left or not products or any(not all(each[1:]) for each in left):
            here.append(block)
    return [here, there]


def _products(block: Block) -> list[str]:
    """The weights that products of a block read."""
    return [
        tensor.name
        for operation in block.operations
        if operation.family == "contraction"
        for tensor in operation.inputs
        if tensor.role is Role.WEIGHT
    ]


def _stored_in(kernel: Ledger, sections: list[Section], case: Case) -> Ledger:
    """The rows with the bytes that weights take in the layers of some sections."""
    rows = (replace(row, width=_width(row, sections, case)) for row in kernel.rows)
    return replace(kernel, rows=tuple(rows))


def _width(row: Row, sections: list[Section] | tuple[Section, ...], case: Case) -> sympy.Expr:
    """Bytes per element of a row in the layers of some sections."""
    found = [section.widths.get(row.tensor) for section in sections]
    if row.role is not Role.WEIGHT or None in found:
        return row.width
    if len(set(found)) == 1:
        whole = found[0]
    else:
        layers = sympy.Add(*(section.count for section in sections))
        terms = (s.count * width for s, width in zip(sections, found, strict=True))
        whole = sympy.Add(*terms) / layers
    kept = case.widths.kept.get((row.block, row.tensor))
    return whole if kept is None else kept.width(whole)
