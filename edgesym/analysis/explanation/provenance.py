"""Where the number of each symbol comes from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import sympy

from edgesym.devices import Figure
from edgesym.formats import Format
from edgesym.graph.tensor import BYTES, Role
from edgesym.runtimes.memory import TABLE_COPIES
from edgesym.runtimes.placement import HOST
from edgesym.scenario.run import FIELDS, Run
from edgesym.scenario.setup import Setup
from edgesym.symbols import TABLE, Entry, describe

__all__ = ["Given", "given"]

_TOKEN_IDS = "a token id is an int32 (llama.cpp, llama.h: llama_token)"  # noqa: S105 - no password


@dataclass(frozen=True, slots=True)
class Given:
    """The number of a symbol, and who says so.

    Attributes:
        origin: who gives it, in words: a card, an option, a format's arithmetic, a device.
        sources: what that rests on; none for what the user chose.
        condition: the arithmetic of a figure, or what it holds for.
    """

    symbol: sympy.Symbol
    value: Any
    origin: str
    sources: tuple[str, ...] = ()
    condition: str = ""

    @property
    def entry(self) -> Entry:
        """What the symbol stands for."""
        return describe(self.symbol)


def given(setup: Setup, symbols: Iterable[sympy.Symbol]) -> list[Given]:
    """The numbers of these symbols, in the order of the table of symbols."""
    order = list(TABLE)
    found = sorted(symbols, key=lambda s: (order.index(_word(s)), str(s)))
    return [_given(setup, made) for made in found]


def _word(made: sympy.Symbol) -> str:
    return describe(made).word.partition(".")[0]


def _given(setup: Setup, made: sympy.Symbol) -> Given:
    value = setup.values()[made]
    if made in dict(setup.run.given):
        return Given(made, value, "--set")
    if made in setup.model.values:
        word = describe(made).word
        taken = next((d for d in setup.model.defaults if d.name == word), None)
        origin = setup.model.origin if taken is None else f"{setup.model.origin}: {taken.origin}"
        return Given(made, value, origin, setup.model.sources)
    if setup.draft is not None and setup.drafting is not None:
        names = {own: named for named, own in setup.drafting.own.items()}
        if made in names or made in setup.draft.model.values:
            return replace(_given(setup.draft, names.get(made, made)), symbol=made)
    if made in setup.formats.assigned.values and made not in BYTES.values():
        recipe = setup.formats.weights
        return Given(made, value, f"recipe {recipe.name}", (f"{recipe.name}: {recipe.source}",))
    match describe(made).scope:
        case "format":
            return _of_format(setup, made, value)
        case "device":
            return _of_device(setup, made, value)
        case "runtime":
            return _of_runtime(setup, made, value)
        case _ if made in setup.placed.numbers:
            return Given(made, value, f"places {setup.run.places}")
        case _:
            return Given(made, value, _option(setup.run, _word(made)))


def _of_format(setup: Setup, made: sympy.Symbol, value: Any) -> Given:
    formats = setup.formats
    by_symbol: dict[sympy.Symbol, Format] = {
        BYTES[Role.WEIGHT]: formats.weights.main,
        BYTES[Role.ACTIVATION]: formats.activations,
        BYTES[Role.CACHE]: formats.cache,
        BYTES[Role.STATE]: formats.state,
    }
    if made not in by_symbol:
        return Given(made, value, "int32", (_TOKEN_IDS,))
    used = by_symbol[made]
    unit = "byte" if used.per == 1 and used.bytes_per_element <= 1 else "bytes"
    per = f"per {used.per} elements" if used.per > 1 else "per element"
    return Given(
        made, value, f"{used.name}: {used.layout} {unit} {per}", (f"{used.name}: {used.source}",)
    )


def _of_device(setup: Setup, made: sympy.Symbol, value: Any) -> Given:
    word = _word(made)
    figure: Figure | None = setup.figures().get(made)
    if figure is None:  # a part that the device does not have, such as a link to a host
        return Given(made, value, f"{setup.machine.id} has none, and nothing waits for it")
    if figure.kind == "override":
        return Given(made, value, "--set")
    sources = (figure.source,) if figure.source else ()
    one = word == "peak_flops" or f"{word}.{setup.dtype}" in setup.machine.figures
    of = f"{setup.machine.id} in {setup.dtype}" if one else setup.machine.id
    if describe(made).word.endswith(f".{HOST}") and setup.host is not None:
        of = setup.host.id
    return Given(made, value, f"{of}, {figure.kind}", sources, figure.explained)


def _of_runtime(setup: Setup, made: sympy.Symbol, value: Any) -> Given:
    """A size of the runtime's memory, or the exponent of a composition."""
    memory = setup.runtime.memory
    if memory is None or made not in (*memory.values(), TABLE_COPIES):
        return Given(made, value, f"composition {setup.composition}, the default")
    told = f"{setup.runtime.name}: {memory.source}"
    return Given(made, value, f"runtime {setup.runtime.id}", (told,))


def _option(run: Run, word: str) -> str:
    field = FIELDS[word]
    option = f"--{field.replace('_', '-')}"
    chosen = getattr(run, field)
    if word == "context":
        return option if chosen is not None else "--prompt + --generate"
    if word == "prompt_tokens" and run.context == run.prompt + run.generate:
        return "--context - --generate"
    default = getattr(Run(), field)
    return f"{option}, the default" if chosen == default else option
