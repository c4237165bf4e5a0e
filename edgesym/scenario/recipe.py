"""A recipe of places on a model: which layers leave the device, and in what sections of blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import sympy

from edgesym.architectures.model import Model
from edgesym.errors import ConfigError
from edgesym.frozen import FrozenMap
from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.tensor import Role
from edgesym.runtimes import Runtime
from edgesym.runtimes.placement import HOST, NOWHERE_ELSE, Leaving, Place, Placement, Section
from edgesym.scenario.cells import Cell, groups_of, kinds_of, left_to_host, shared_in, weights_in
from edgesym.scenario.items import ALL, GPU
from edgesym.scenario.places import KINDS, Places
from edgesym.symbols import describe, symbol

__all__ = ["NOTHING", "OFFLOADED", "Placed", "Recipe"]

#: The word of the symbols that count layers elsewhere than on the device.
OFFLOADED = "offloaded_layers"
_NONE: FrozenMap[sympy.Symbol, Any] = FrozenMap()


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the layers of a model lie.

    Attributes:
        numbers: the number of each symbol that counts layers.
        follow: symbols that count layers of one kind or format, in terms of those of all kinds.
        most: the layers that each symbol can count at most.
        head: whether the head is on the device.
        layers: layers of the model.
    """

    placement: Placement = NOWHERE_ELSE
    numbers: FrozenMap[sympy.Symbol, int] = _NONE
    follow: FrozenMap[sympy.Symbol, sympy.Expr] = _NONE
    most: FrozenMap[sympy.Symbol, int] = _NONE
    head: bool = True
    layers: int = 0

    @property
    def described(self) -> str:
        """What leaves the device, in words; empty where nothing does."""
        if not self.placement.asked:
            return ""
        told = [
            f"{self.numbers[made]} {KINDS[kind].meaning}"
            for kind in KINDS
            if (made := symbol(OFFLOADED, kind)) in self.most and self.numbers[made]
        ]
        if not self.most:
            told = ["some elsewhere, as a file lists them"]
        told += [] if self.head else ["the head on the host"]
        return f"of {self.layers} layers {', '.join(told)}" if told else ""


#: All of a model on the device.
NOTHING = Placed()


class Recipe:
    """A recipe of places, put on a model.

    Args:
        asked: the recipe.
        cells: the layers of every block by how they store their weights.
        numbers: the numbers of symbols that count these.
        shared_by: the device whose memory is the host's as well; empty where it is another.

    Raises:
        ConfigError: a runtime that leaves nothing elsewhere, or layers that are not told apart.
    """

    def __init__(
        self,
        runtime: Runtime,
        model: Model,
        asked: Places,
        cells: list[Cell],
        numbers: Mapping[sympy.Symbol, int],
        shared_by: str,
    ) -> None:
        self.runtime, self.model, self.asked, self.cells = runtime, model, asked, cells
        self.shared_by, self.numbers = shared_by, dict(numbers)
        self.order = [layer for layer, _ in sorted(kinds_of(model).items())]
        self.groups = groups_of(model)
        self.follow: dict[sympy.Symbol, sympy.Expr] = {}
        self.most: dict[sympy.Symbol, int] = {}
        if runtime.leaving is None:
            raise ConfigError(
                f"{runtime.name} keeps all layers on the device; a runtime file of your own says "
                "with [places] how it leaves some elsewhere, as that of llama.cpp does"
            )
        if not self.order:
            raise ConfigError(f"{model.name}: its layers are not told apart; leave places out")
        self.leaving: Leaving = runtime.leaving

    def placed(self, tokens: tuple[tuple[str, int], ...]) -> Placed:
        """Where all of it lies."""
        head = not self.asked.head
        counts = dict(self.asked.counts)
        if self.asked.gpu is not None:
            counts[""], head = self._staying(self.asked.gpu)
        self._refuse(counts)
        sections = {cell: list(self._listed(cell)) for cell in self.cells if cell.layers}
        if not self.asked.rules:
            sections = self._counted(counts)
        made: dict[str, list[Section]] = {}
        for cell, found in sections.items():
            made.setdefault(cell.block, []).extend(found)
        made |= {} if head else self._head()
        left = left_to_host(self.runtime, self.cells, made)
        from_tokens = self.leaving.copies_from
        copied = frozenset(name for name, count in tokens if 0 < from_tokens <= count)
        blocks = FrozenMap({name: tuple(found) for name, found in left.items()})
        crossings = self._crossings(head) if self._meet(sections, head) else 0
        layered = frozenset(cell.block for cell in sections)
        placement = Placement(blocks, True, not self.shared_by, crossings, copied, layered)
        return Placed(
            placement,
            FrozenMap(self.numbers),
            FrozenMap(self.follow),
            FrozenMap(self.most),
            head,
            len(self.order),
        )

    def _meet(self, sections: Mapping[Cell, list[Section]], head: bool) -> bool:
        """Whether whole layers run on the host, and anything on the device."""
        found = [section for each in sections.values() for section in each]
        on_host = any(section.place is Place.HOST for section in found)
        left = self.numbers.get(symbol(OFFLOADED)) != len(self.order)
        return on_host and (head or left)

    def _staying(self, gpu: int | str) -> tuple[int, bool]:
        """Layers on the host, and whether the head is on the device, where so many stay there."""
        layers, more = len(self.order), int(self.leaving.head)
        if gpu == ALL:
            return 0, True
        assert isinstance(gpu, int)
        if gpu > layers + more:
            beside = f", {layers + 1} with its head" if more else ""
            raise ConfigError(
                f"{GPU}-layers = {gpu}: {self.model.name} has {layers} layers{beside}; give at "
                f"most {layers + more}, or {ALL}"
            )
        return min(layers, layers + more - gpu), gpu > 0

    def _refuse(self, counts: Mapping[str, int | None]) -> None:
        """Refuse what the runtime, the device or the model cannot do.

        Raises:
            ConfigError: naming it.
        """
        places = {KINDS[kind].place for kind in counts} | {r.place for r in self.asked.rules}
        name = self.model.name
        if Place.HOST in places and not self.leaving.runs:
            raise ConfigError(
                f"{self.runtime.name} computes nothing on the host; have the device compute with "
                "weights that are copied there: streamed=N, or storage=N"
            )
        if Place.STREAMED in places and self.shared_by:
            raise ConfigError(
                f"streamed: {self.shared_by} has no link_bandwidth, and so one memory with its "
                "host, where nothing is copied; add [link_bandwidth] to the device's file, or give "
                "--set link_bandwidth=... and link_utilisation=...; storage=N reads from storage"
            )
        routed = any(self._has(layer, KINDS["experts"].groups) for layer in self.order)
        if "experts" in counts and not routed:
            raise ConfigError(f"experts: {name} has none; leave whole layers to the host: {GPU}=N")
        shared = next(shared_in(self.model), None)
        if shared:
            raise ConfigError(f"{name}: layers share {shared}, which lies in one place; leave out")
        for rule in self.asked.rules:
            if rule.layers and max(rule.layers) >= len(self.order):
                raise ConfigError(
                    f"layer {max(rule.layers)}: {name} has layers 0 to {len(self.order) - 1}"
                )

    def _counted(self, counts: Mapping[str, int | None]) -> dict[Cell, list[Section]]:
        """The sections of each cell, by how many layers of each kind leave."""
        free = list(self.order)
        taking: list[tuple[str, list[int], int]] = []
        for kind in sorted(counts, key=list(KINDS).index):
            able = [layer for layer in free if self._has(layer, KINDS[kind].groups)]
            # storage is behind the host's memory: it is filled from the far end
            far = self.leaving.last or KINDS[kind].place is Place.STORAGE
            able = able[::-1] if far and kind != "experts" else able
            wanted, most = counts[kind], len(able)
            if kind == "experts" and wanted is not None:
                self._at_most(kind, wanted, len(self.order))
                wanted = sum(layer < wanted for layer in able)
            count = most if wanted is None else wanted
            self._at_most(kind, count, most)
            taking.append((kind, able, count))
            free = [layer for layer in free if layer not in able[:count]]
            made = symbol(OFFLOADED, kind)
            self.numbers[made], self.most[made] = count, most
        found: dict[Cell, list[Section]] = {}
        for cell in self.cells:
            if not cell.layers:
                continue
            mine = [
                (kind, self._count(kind, able, count, cell))
                for kind, able, count in taking
                if set(able) & set(cell.layers)
            ]
            away = [self._section(cell, kind, made) for kind, made in mine]
            stays = cell.count - sympy.Add(*(made for _, made in mine))
            found[cell] = [*away, cell.section(stays, Place.DEVICE)]
        return found

    def _at_most(self, kind: str, count: int, most: int) -> None:
        if count > most:
            what = kind or "host"
            raise ConfigError(
                f"{what} = {count}: {self.model.name} has {most} layers that can be so "
                f"({len(self.order)} in all); give at most {most}, or {ALL}"
            )

    def _count(self, kind: str, able: list[int], count: int, cell: Cell) -> sympy.Symbol:
        """The symbol that counts the layers of a cell that leave, with its number."""
        total = symbol(OFFLOADED, kind)
        if set(able) <= set(cell.layers):
            return total
        label = describe(cell.count).word.partition(".")[2] or "rest"
        made = symbol(OFFLOADED, f"{kind or HOST}_{label}")
        mine = [layer in cell.layers for layer in able]
        self.numbers[made] = sum(mine[:count])
        self.follow[made] = _among(total, mine)
        return made

    def _section(self, cell: Cell, kind: str, count: sympy.Expr) -> Section:
        found = KINDS[kind]
        if not found.groups:
            return cell.section(count, found.place)
        apart = {
            name: found.place for name, g in self.groups[cell.block].items() if g in found.groups
        }
        return replace(cell.section(count, Place.DEVICE), apart=FrozenMap(apart))

    def _listed(self, cell: Cell) -> Iterator[Section]:
        """The sections of a cell, by what a file says of its layers."""
        alike: dict[tuple[tuple[str, Place], ...], list[int]] = {}
        groups = self.groups[cell.block]
        for layer in cell.layers:
            where = dict.fromkeys(("", *groups), Place.DEVICE)
            for rule in reversed(self.asked.rules):
                if not rule.layers or layer in rule.layers:
                    names = [n for n, g in groups.items() if not rule.groups or g in rule.groups]
                    where |= dict.fromkeys([*names, *([] if rule.groups else [""])], rule.place)
            alike.setdefault(tuple(where.items()), []).append(layer)
        for where_, having in alike.items():
            places = dict(where_)
            whole = places.pop("")
            apart = {name: place for name, place in places.items() if place is not whole}
            count = sympy.Integer(len(having))
            yield replace(cell.section(count, whole), apart=FrozenMap(apart))

    def _has(self, layer: int, groups: frozenset[Group]) -> bool:
        block = kinds_of(self.model)[layer]
        return not groups or bool(groups & set(self.groups[block].values()))

    def _head(self) -> dict[str, list[Section]]:
        """The head on the host, with the table that it reads."""
        found: dict[str, list[Section]] = {}
        reading = [
            (block, tensor)
            for block in self.model.blocks()
            for operation in block.operations
            if operation.purpose is Purpose.HEAD
            for tensor in operation.inputs
            if tensor.role is Role.WEIGHT
        ]
        tables = {tensor.name for _, tensor in reading}
        for block in self.model.blocks():
            one = sympy.S.One
            if any(block is reader for reader, _ in reading):
                found[block.name] = [Section(one, Place.HOST)]
            elif block.repeat == 1 and (held := tables & {t.name for t in weights_in(block)}):
                found[block.name] = [Section(one, apart=FrozenMap(dict.fromkeys(held, Place.HOST)))]
        return found

    def _crossings(self, head: bool) -> int:
        """How often activations cross between host and device, from the embedding to the head.

        Tokens are embedded where their table lies: with the host where the runtime keeps it there.
        """
        memory = self.runtime.memory
        embedded = memory is not None and memory.table
        layers = [False, True] if self.leaving.last else [True, False]
        if self.asked.rules:
            whole = [rule for rule in self.asked.rules if not rule.groups]
            layers = [
                next((r.place for r in whole if not r.layers or layer in r.layers), None)
                is Place.HOST
                for layer in self.order
            ]
        path = [embedded, *layers, not head]
        return sum(one != other for one, other in pairwise(path))


def _among(total: sympy.Symbol, mine: list[bool]) -> sympy.Expr:
    """How many of the first layers are of a kind: a sum over the runs of those that are.

    >>> L_o = symbol("offloaded_layers")
    >>> [_among(L_o, [True, False, True, True]).subs(L_o, n) for n in range(5)]
    [0, 1, 1, 2, 3]
    """
    terms, start = [], 0
    for place, is_mine in enumerate([*mine, False]):
        if not is_mine:
            if place > start:
                after = total if start == 0 else sympy.Max(total - start, 0)
                terms.append(after if place == len(mine) else sympy.Min(after, place - start))
            start = place + 1
    return sympy.Add(*terms)
