"""The data of the page: what can be chosen, and of each combination its closed forms and numbers.

Closed forms are those of :mod:`edgesym.explore.program`, packed, each unpacked by the page when
it is chosen; combinations whose forms are equal share them, and numbers are shared likewise.
"""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sympy

from edgesym.catalogue import REGISTRY
from edgesym.document.version import edgesym_version
from edgesym.errors import ConfigError, OutputError
from edgesym.explore.choices import Choices, Combination
from edgesym.explore.numbers import setup_data, spread_data, symbol_data
from edgesym.explore.program import PHASES, program_data
from edgesym.memo import Key
from edgesym.quantities.registry import decided_by, tagged
from edgesym.scenario.setup import Setup
from edgesym.units import UNITS

__all__ = ["LARGEST", "Data", "data_of"]

#: Bytes of a page: what browsers open without delay, several times over.
LARGEST = 32_000_000
#: Characters of closed forms before they are packed, of which less than a tenth is left.
_UNPACKED = 10 * LARGEST


@dataclass(frozen=True, slots=True)
class Data:
    """The data of a page.

    Attributes:
        index: all but the closed forms, as JSON.
        programs: the closed forms, each JSON, gzipped, in base64.
    """

    index: str
    programs: tuple[str, ...]


def data_of(
    choices: Choices, told: Callable[[int, int, str], None] = lambda number, count, what: None
) -> Data:
    """The data of what can be chosen.

    Args:
        told: is told of each model as it begins: its number, how many there are, its name.

    Raises:
        OutputError: more than a browser can hold.
        ConfigError: nothing of what is asked for can be run.
    """
    made = _Data(choices)
    last = -1
    for combination in choices.combinations():
        if combination.model != last:
            last = combination.model
            told(last + 1, len(choices.models), choices.models[last].name)
        made.add(combination)
    return made.finished()


@dataclass(slots=True)
class _Shared:
    """Texts, each kept once."""

    texts: dict[str, int] = field(default_factory=dict)

    def place(self, value: Any) -> int:
        text = json.dumps(value, separators=(",", ":"), allow_nan=False)
        return self.texts.setdefault(text, len(self.texts))

    @property
    def values(self) -> list[Any]:
        return [json.loads(text) for text in self.texts]


@dataclass(slots=True)
class _Data:
    """Data as it is gathered, combination by combination."""

    choices: Choices
    programs: _Shared = field(default_factory=_Shared)
    numbers: _Shared = field(default_factory=_Shared)
    spreads: _Shared = field(default_factory=_Shared)
    setups: dict[str, Any] = field(default_factory=dict)
    symbols: set[sympy.Symbol] = field(default_factory=set)
    runtimes: dict[str, str] = field(default_factory=dict)
    forms: dict[Key, int] = field(default_factory=dict)

    def add(self, one: Combination) -> None:
        """One more combination."""
        if one.setup is None:
            self.setups[one.key] = {"refused": one.refused}
            return
        decides = _decides(one.setup)
        if decides not in self.forms:
            self.forms[decides] = self.programs.place(program_data(one.setup))
            if sum(map(len, self.programs.texts)) > _UNPACKED:
                raise OutputError(
                    f"{one.setup.title}: its closed forms are more than a browser can hold; "
                    "name fewer models, devices or recipes, or a model of fewer kinds of layers"
                )
        numbers, said = setup_data(one.setup)
        self.symbols |= one.setup.values().keys()
        self.runtimes.setdefault(one.runtime, one.setup.runtime.summary)
        self.setups[one.key] = {
            "program": self.forms[decides],
            "numbers": [self.numbers.place(part) for part in numbers.values()],
            "spread": self.spreads.place(spread_data(one.setup)),
            **said,
        }

    def finished(self) -> Data:
        """All of it."""
        ready = [key for key, setup in self.setups.items() if "refused" not in setup]
        if not ready:
            raise ConfigError(next(iter(self.setups.values()))["refused"])
        index = {
            "edgesym": edgesym_version(),
            "models": [
                {"name": model.name, "limit": model.context_limit} for model in self.choices.models
            ],
            "devices": [
                {"id": device.id, "name": device.name, "usual": self.choices.usual(device)}
                for device in self.choices.devices
            ],
            "runtimes": self.runtimes,
            "recipes": list(self.choices.recipes),
            "quantities": {
                name: {"unit": row.unit, "meaning": row.meaning, "phase": row.phase}
                for name in tagged("estimate")
                for row in [REGISTRY[name]]
            },
            "symbols": symbol_data(self.symbols),
            "units": {name: [base, float(factor)] for name, (base, factor) in UNITS.items()},
            "numbers": self.numbers.values,
            "spreads": self.spreads.values,
            "setups": self.setups,
            "first": ready[0],
        }
        packed = tuple(_packed(text) for text in self.programs.texts)
        return Data(json.dumps(index, separators=(",", ":"), allow_nan=False), packed)


def _decides(setup: Setup) -> Key:
    """What the closed forms of a setup follow from."""
    known = tuple(setup.known(tagged("estimate")))
    return Key((known, *(decided_by(setup.case(phase)) for phase in PHASES)))


def _packed(text: str) -> str:
    """A text gzipped, in base64; the same for the same text."""
    return b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()
