"""An immutable mapping: equal when equal, hashable, picklable, so that values can hold it."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Any, TypeVar

__all__ = ["Frozen", "FrozenMap", "freeze"]

K = TypeVar("K")
V = TypeVar("V")


class FrozenMap(Mapping[K, V]):
    """A mapping that keeps the order it was made in, and never changes.

    It is equal to every mapping of the same items, a ``dict`` among them; ``|`` joins it with
    another to a new one.

    >>> sizes = FrozenMap({"hidden": 2048}) | {"layers": 16}
    >>> sizes, sizes == {"layers": 16, "hidden": 2048}, {**sizes}
    (FrozenMap({'hidden': 2048, 'layers': 16}), True, {'hidden': 2048, 'layers': 16})

    Raises:
        TypeError: ``hash`` of a map that holds something unhashable.
    """

    __slots__ = ("_hash", "_table")

    _hash: int | None
    _table: dict[K, V]

    def __init__(self, items: Mapping[K, V] | Iterable[tuple[K, V]] = ()) -> None:
        self._table = dict(items)
        self._hash = None

    def __getitem__(self, key: K) -> V:
        return self._table[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)

    def __contains__(self, key: object) -> bool:
        return key in self._table

    def keys(self) -> KeysView[K]:
        """The keys, as of a ``dict``."""
        return self._table.keys()

    def items(self) -> ItemsView[K, V]:
        """The items, as of a ``dict``."""
        return self._table.items()

    def values(self) -> ValuesView[V]:
        """The values, as of a ``dict``."""
        return self._table.values()

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if isinstance(other, FrozenMap):
            return self._table == other._table
        return self._table == other if isinstance(other, Mapping) else NotImplemented

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self._table.items()))
        return self._hash

    def __or__(self, other: Mapping[K, V]) -> FrozenMap[K, V]:
        return FrozenMap({**self._table, **other})

    def __ror__(self, other: Mapping[K, V]) -> FrozenMap[K, V]:
        return FrozenMap({**other, **self._table})

    def __reduce__(self) -> tuple[Any, ...]:
        """The items alone: a hash of text is another one in another process."""
        return FrozenMap, (self._table,)

    def __repr__(self) -> str:
        return f"FrozenMap({self._table!r})"


class Frozen:
    """Of a dataclass: mappings in its fields are immutable, so that it can be hashed."""

    __slots__ = ()

    def __post_init__(self) -> None:
        """Put a map that never changes in place of each mapping."""
        for name in self.__dataclass_fields__:  # type: ignore[attr-defined]
            held = getattr(self, name)
            if isinstance(held, Mapping) and not isinstance(held, FrozenMap):
                object.__setattr__(self, name, FrozenMap(held))


def freeze(value: Any) -> Any:
    """What a data file holds as a value: its tables and lists, however deep, made immutable.

    >>> freeze({"extents": [1, {"of": []}]})
    FrozenMap({'extents': (1, FrozenMap({'of': ()}))})
    """
    if isinstance(value, Mapping):
        return FrozenMap({key: freeze(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(freeze(item) for item in value)
    return value
