"""The axis of a picture: a symbol, and the numbers it takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import sympy

from edgesym.analysis.sweep.numbers import WIDE, Listed, numbers_of
from edgesym.analysis.sweep.plan import axis_groups
from edgesym.analysis.sweep.question import is_counted
from edgesym.engine.compile import Input
from edgesym.errors import ConfigError
from edgesym.scenario.axes import axis_of, followers, refuse_beyond, refuse_idle
from edgesym.scenario.setup import Setup
from edgesym.symbols import describe, symbol

__all__ = ["Axis", "along", "in_common", "read_axis", "series_labels"]

#: Points of an axis where nobody says how many, and at most.
_POINTS, _MOST_POINTS = 61, 2000
_S_p, _C = symbol("prompt_tokens"), symbol("cached_tokens")


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
    """The axis that a text such as ``context=1k..128k:log:20`` gives, as one of a sweep.

    A range that does not say how many numbers it has is given enough for a line.

    >>> axis = read_axis("context=1k..8k:log:4")
    >>> axis.values, axis.unit
    ((1024, 2048, 4096, 8192), 'tokens')

    Raises:
        ConfigError, UnitError: no axis of a picture, or of fewer than two numbers.
        UnknownNameError: no such symbol.
    """
    (group,) = axis_groups((text,))
    if len(group) > 1:
        raise ConfigError(f"--over {text}: a picture has one symbol along an axis; leave out &")
    ((name, given),) = group.items()
    axis = axis_of(name)
    found = numbers_of(axis, given, _POINTS)
    if not 2 <= len(found) <= _MOST_POINTS:
        raise ConfigError(f"--over {text}: {len(found)} points; give 2 to {_MOST_POINTS}")
    listed = found.part(0, len(found)).tolist()
    values = tuple(map(int, listed)) if is_counted(axis) else tuple(listed)
    if any(low >= high for low, high in pairwise(values)):
        raise ConfigError(f"--over {text}: give the numbers in order, the lowest first")
    wide = values[0] > 0 and values[-1] / values[0] >= WIDE
    log = isinstance(found, Listed) and (wide or ":log" in given)
    return Axis(name, axis.symbol, axis.unit, values, axis.scale, log)


def along(setup: Setup, axes: Sequence[Axis], quantity: str) -> sympy.Expr:
    """A quantity of a setup whose axes are left open, checked to depend on each.

    What follows an axis, such as the context that of the prompt, does so as in a sweep.

    Raises:
        ConfigError: an axis changes nothing, or goes beyond what there is.
        DeviceError: a figure is missing.
        UnknownNameError: the model has no such symbol.
    """
    wanted = {axis.symbol for axis in axes}
    form = setup.expression(quantity).xreplace(followers(setup, wanted))
    inputs = [Input(axis.name, axis.symbol, axis.scale) for axis in axes]
    for axis, given in zip(axes, inputs, strict=True):
        refuse_beyond(setup, given, max(axis.values))
    refuse_idle(setup, inputs, {quantity: form})
    _refuse_beyond(setup, axes)
    setup.require(quantity, form.free_symbols - wanted)
    return form


def _refuse_beyond(setup: Setup, axes: Sequence[Axis]) -> None:
    """Refuse axes on which more of a prompt would be cached than there is, less its last token.

    Raises:
        ConfigError: naming the axis.
    """
    given = {_S_p: setup.run.prompt, _C: setup.run.cached or 0}
    least = min((a.values[0] for a in axes if a.symbol == _S_p), default=given[_S_p])
    most = max((a.values[-1] for a in axes if a.symbol == _C), default=given[_C])
    if most >= least:
        name = next((a.name for a in axes if a.symbol in given), "")
        raise ConfigError(
            f"--over {name}: {most:g} cached tokens of a prompt of {least:g} leave nothing to run; "
            "keep what is cached below the prompt"
        )


def series_labels(setups: Iterable[Setup]) -> list[str]:
    """What tells setups apart: their models, formats and devices, as far as these differ.

    >>> from edgesym import Run, Setup, load
    >>> model = load("llama-3.2-1b")
    >>> series_labels([Setup(model, run=Run(weights=name)) for name in ("q4_0", "q8_0")])
    ['q4_0', 'q8_0']
    """
    rows = [_called(setup) for setup in setups]
    keys = dict.fromkeys(key for row in rows for key in row)
    differing = [key for key in keys if len({row.get(key) for row in rows}) > 1] or ["model"]
    return [", ".join(row[key] for key in differing if row.get(key)) for row in rows]


def in_common(setups: Sequence[Setup], axes: Iterable[Axis] = ()) -> str:
    """What setups share, in a sentence; what is along an axis is left out.

    >>> from edgesym import Setup, load
    >>> in_common([Setup(load("llama-3.2-1b"))], [read_axis("context=1..9")])
    'llama-3.2-1b, bf16 weights; batch 1, prompt 128, 128 generated, fused kernels'
    """
    rows, run = [_called(setup) for setup in setups], setups[0].run
    same = {key: value for key, value in rows[0].items() if all(r.get(key) == value for r in rows)}
    same.pop("draft", None)
    if "weights" in same:
        same["weights"] += " weights"
    along_ = {describe(axis.symbol).word for axis in axes}
    counts = {
        "batch": f"batch {run.batch}",
        "prompt_tokens": f"prompt {run.prompted}",
        "generated_tokens": f"{run.generate} generated",
        "context": f"a token timed at a context of {run.timed_at}",
    }
    if run.context is None and along_ & {"prompt_tokens", "generated_tokens"}:
        along_.add("context")
    said = [text for word, text in counts.items() if word not in along_]
    said_of = (setups[0].pruned, setups[0].placed.described, run.drafts(along_))
    extra = [text for text in said_of if text]
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
        **({"draft": f"draft {setup.run.draft}"} if setup.run.draft else {}),
    }
