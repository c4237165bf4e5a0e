"""The axis of a picture: a symbol, and the numbers it takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sympy

from edgesym.engine.compile import Input
from edgesym.errors import ConfigError, UnitError, UnknownNameError
from edgesym.numbers import checked_number
from edgesym.scenario.axes import followers, refuse_beyond
from edgesym.scenario.names import ALIASES, BITS, symbol_of
from edgesym.scenario.setup import Setup
from edgesym.symbols import REAL, TABLE, describe, symbol
from edgesym.units import parse

__all__ = ["Axis", "along", "in_common", "read_axis", "series_labels"]

#: Points of an axis where nobody says how many, and at most.
_POINTS, _MOST_POINTS = 61, 2000
#: Ends further apart than this are spaced evenly on a logarithmic scale.
_WIDE = 20
_FORM = re.compile(
    r"(?P<name>[^=]+)=(?P<low>[^.:]*(?:\.\d[^.:]*)?)\.\.(?P<high>[^:]+)"
    r"(?::(?P<scale>\w+))?(?::(?P<count>\w+))?\Z"
)
_SHAPE = "give it as NAME=LOW..HIGH, NAME=LOW..HIGH:log or NAME=LOW..HIGH:lin:50"


@dataclass(frozen=True, slots=True)
class Axis:
    """Numbers of a symbol along an axis.

    Attributes:
        name: as the user calls it; ``unit`` is that of ``values`` as they are shown.
        values: in order; ``scale`` times the symbol's own.
        log: whether they are spaced, and drawn, on a logarithmic scale.
    """

    name: str
    symbol: sympy.Symbol
    unit: str
    values: tuple[float, ...]
    scale: int = 1
    log: bool = False

    @property
    def label(self) -> str:
        """The axis in words, with its unit."""
        return f"{self.name} ({describe(self.symbol).meaning})" if self.scale == 1 else self.name


def read_axis(text: str) -> Axis:
    """The axis that a text such as ``context=1k..128k:log:20`` gives.

    >>> axis = read_axis("context=1k..8k:log:4")
    >>> axis.values, axis.unit
    ((1024, 2048, 4096, 8192), 'tokens')

    Raises:
        ConfigError: no range, or one of no two numbers.
        UnknownNameError: no such symbol.
    """
    match = _FORM.match(text.strip())
    if match is None:
        raise ConfigError(f"--over {text}: {_SHAPE}")
    name = match["name"].strip()
    made, scale = _symbol(name)
    row = describe(made)
    low, high = (_number(text, name, made, match[end], scale) for end in ("low", "high"))
    if not low < high:
        raise ConfigError(f"--over {text}: {match['low']} is not below {match['high']}")
    scaling = match["scale"] or ("log" if low > 0 and high / low >= _WIDE else "lin")
    if scaling not in ("log", "lin") or (scaling == "log" and low <= 0):
        raise ConfigError(f"--over {text}: {scaling} is neither lin nor log above 0; {_SHAPE}")
    count = match["count"] or str(_POINTS)
    if not count.isdigit() or not 2 <= int(count) <= _MOST_POINTS:
        raise ConfigError(f"--over {text}: {count} points; give 2 to {_MOST_POINTS}")
    values = _spaced(low, high, int(count), scaling)
    if row.domain != REAL:
        values = sorted({round(value) for value in values})
    unit = "bits" if scale != 1 else row.unit
    return Axis(name, made, unit, tuple(values), scale, scaling == "log")


def _symbol(name: str) -> tuple[sympy.Symbol, int]:
    """The symbol of a name, and what its numbers are multiplied with to be shown."""
    if name in BITS:
        return symbol(BITS[name]), 8
    made = symbol_of(name)
    if made is None:
        raise UnknownNameError("axis", name, [*TABLE, *ALIASES, *BITS])
    return made, 1


def _number(text: str, name: str, made: sympy.Symbol, given: str, scale: int) -> float:
    row = describe(made)
    try:
        unit = "1" if scale != 1 or row.unit == "sequences" else row.unit
        number = parse(given.strip(), unit, bare=row.is_bare)
    except UnitError as error:
        raise UnitError(f"--over {text}: {error}") from error
    checked_number(made, number / scale, name)
    return number


def _spaced(low: float, high: float, count: int, scaling: str) -> list[float]:
    steps = [step / (count - 1) for step in range(count)]
    if scaling == "log":
        found = [low * (high / low) ** step for step in steps]
    else:
        found = [low + (high - low) * step for step in steps]
    return [low, *found[1:-1], high]


def along(setup: Setup, axes: Sequence[Axis], quantity: str) -> sympy.Expr:
    """A quantity of a setup whose axes are left open, checked to depend on each.

    Where the context is not given it follows the prompt and what is generated; layers of one kind
    follow those of all.

    Raises:
        ConfigError: an axis changes nothing, or goes beyond what there is.
        DeviceError: a figure is missing.
        UnknownNameError: the model has no such symbol.
    """
    wanted = {axis.symbol for axis in axes}
    form = setup.expression(quantity).xreplace(followers(setup, wanted))
    for axis in axes:
        refuse_beyond(setup, Input(axis.name, axis.symbol), axis.values[-1])
        row = describe(axis.symbol)
        setup.run.pruning.refuse_given(axis.symbol)
        if row.scope == "model" and axis.symbol not in setup.model.values:
            words = [describe(made).word for made in setup.model.values]
            raise UnknownNameError(f"axis of {setup.model.name}:", row.word, words)
        if axis.symbol not in form.free_symbols:
            known = ", ".join(sorted(describe(made).word for made in form.free_symbols))
            raise ConfigError(
                f"--over {axis.name}: {quantity} of {setup.title} does not depend on it; "
                f"it depends on {known}"
            )
    setup.require(quantity, form.free_symbols - wanted)
    return form


def series_labels(setups: Iterable[Setup]) -> list[str]:
    """What tells setups apart: their models, formats and devices, as far as these differ.

    >>> from edgesym import Run, Setup, load
    >>> model = load("llama-3.2-1b")
    >>> series_labels([Setup(model, run=Run(weights=name)) for name in ("q4_0", "q8_0")])
    ['q4_0', 'q8_0']
    """
    rows = [_called(setup) for setup in setups]
    differing = [key for key in rows[0] if len({row[key] for row in rows}) > 1] or ["model"]
    return [", ".join(row[key] for key in differing if row[key]) for row in rows]


def in_common(setups: Sequence[Setup], axes: Iterable[Axis] = ()) -> str:
    """What setups share, in a sentence; what is along an axis is left out.

    >>> from edgesym import Setup, load
    >>> in_common([Setup(load("llama-3.2-1b"))], [read_axis("context=1..9")])
    'llama-3.2-1b, bf16 weights; batch 1, prompt 128, 128 generated, fused kernels'
    """
    rows, run = [_called(setup) for setup in setups], setups[0].run
    same = {key: value for key, value in rows[0].items() if all(r[key] == value for r in rows)}
    if "weights" in same:
        same["weights"] += " weights"
    along_ = {describe(axis.symbol).word for axis in axes}
    counts = {
        "batch": f"batch {run.batch}",
        "prompt_tokens": f"prompt {run.prompt}",
        "generated_tokens": f"{run.generate} generated",
        "context": f"a token timed at a context of {run.timed_at}",
    }
    if run.context is None and along_ & {"prompt_tokens", "generated_tokens"}:
        along_.add("context")
    said = [text for word, text in counts.items() if word not in along_]
    extra = list(filter(None, (setups[0].pruned, setups[0].placed.described)))
    given = [str(override) for override in setups[0].overrides]
    kernels = dict.fromkeys(setup.kernels for setup in setups)
    said += [*extra, *given, f"{', '.join(kernels)} kernels"]
    return "; ".join(filter(None, (", ".join(filter(None, same.values())), ", ".join(said))))


def _called(setup: Setup) -> dict[str, str]:
    """A setup by the names of its model, formats and device."""
    return {
        "model": setup.model.name,
        "weights": setup.formats.weights.name,
        "device": "" if setup.device is None else setup.device.id,
    }
