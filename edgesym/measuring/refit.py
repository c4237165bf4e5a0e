"""A device file whose efficiencies are those that a run here shows.

The figures are those of the file, each with its spread, and the run is what is learnt of them: with
x the logarithms of the figures over what they were,

    minimise  sum over runs of (ln t(x) - ln t)^2 / sigma^2  +  sum over figures of x^2 / s^2

where s is a figure's relative spread before and sigma the run's. What a run says little of stays
where it was; the spread afterwards is that of the posterior, from the curvature at the minimum.

References:
    Gelman et al. 2013, Bayesian Data Analysis, 4.1: normal approximation to the posterior.
"""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgesym.devices import Figure, find_device
from edgesym.engine.program import program_of
from edgesym.errors import ConfigError
from edgesym.files.read import read_text
from edgesym.measuring.calibration.device_file import table
from edgesym.measuring.measure import Measured
from edgesym.scenario.setup import Setup
from edgesym.symbols import symbol

__all__ = ["Fitted", "fitted", "refitted"]

Floats = NDArray[np.float64]
_WORDS = ("memory_utilisation", "compute_utilisation", "launch_overhead")
_UNITS = {"launch_overhead": ("us", 1e-6)}
#: Relative error of a run that its repeats do not show: half of what two sources of published
#: measurements of the same model, format and device differ by (17 %).
_LEAST = 0.08
#: Steps towards the minimum, what a slope is taken over, and a step that ends the search.
_STEPS, _TANGENT, _ENOUGH = 50, 1e-4, 1e-9
_TABLE = re.compile(r"^\s*\[")


@dataclass(frozen=True, slots=True)
class Fitted:
    """A figure before and after.

    Attributes:
        name: in a device file, such as ``compute_utilisation.int8``.
        std: one standard deviation afterwards, in the figure's unit.
    """

    name: str
    before: Figure
    value: float
    std: float


def fitted(setup: Setup, runs: Iterable[tuple[str, float, float]]) -> list[Fitted]:
    """The figures of a setup's device after runs of it.

    Args:
        runs: of each its phase, seconds, and their relative spread.

    Raises:
        ConfigError: every figure is exact, so that nothing is left to fit, or the runtime has
            its own, which are in place of a device file's.
    """
    own = sorted({name.partition(".")[0] for name in setup.runtime.figures} & set(_WORDS))
    if own:
        raise ConfigError(
            f"{setup.runtime.name} has {', '.join(own)} of its own, which no device file changes; "
            "refit with --runtime llama.cpp"
        )
    figures = {w: f for w, f in _figures(setup) if f.std and f.value}
    if not figures:
        raise ConfigError(
            f"{setup.machine.name}: {', '.join(_WORDS)} are exact there; give them a range"
        )
    rows = list(runs)
    prior = np.array([f.std / f.value for f in figures.values()])
    # what is a share is at most 1
    most = np.array([math.inf if w in _UNITS else -math.log(f.value) for w, f in figures.items()])
    noise = np.array([max(_LEAST, spread) for *_, spread in rows])
    names = {"prefill": "time_to_first_token", "decode": "time_per_output_token"}
    program = program_of([setup.expression(names[phase]) for phase, *_ in rows])
    values, seconds = setup.values(), np.array([taken for _, taken, _ in rows])

    # kernels that the runtime sets apart, and has no number for, have the same figure
    alike = {
        word: [made for made, one in setup.figures().items() if one is figure]
        for word, figure in figures.items()
    }

    def off(x: Floats) -> Floats:
        numbers = dict(zip(figures, x, strict=True))
        moved = {
            made: figures[word].value * math.exp(numbers[word])
            for word, symbols in alike.items()
            for made in symbols
        }
        found = np.array([float(n) for n in program.at({**values, **moved}).results])
        error: Floats = np.log(found / seconds) / noise
        return error

    x, slopes = _solved(off, prior, most)
    spread = np.sqrt(np.diag(np.linalg.inv(slopes.T @ slopes + np.diag(prior**-2.0))))
    return [
        Fitted(
            _named(word, setup),
            figure,
            figure.value * math.exp(at),
            figure.value * math.exp(at) * s,
        )
        for (word, figure), at, s in zip(figures.items(), x, spread, strict=True)
    ]


def refitted(found: Measured, path: Path) -> tuple[str, list[str]]:
    """The text of a device file after a run on it, and what changed, in words.

    Raises:
        ConfigError, DeviceError: the file is not one of a device, or nothing can be fitted.
    """
    times = {"prefill": found.prompt, "decode": found.token}
    steps = {"prefill": found.prompt.median, "decode": found.token.median}
    runs = [(phase, steps[phase], took.std / took.median) for phase, took in times.items()]
    after = fitted(found.setup, runs)
    setup = found.setup
    what = f"{setup.model.name} {setup.formats.weights.name}, {found.by}, {found.threads} threads"
    text = _replaced(read_text(path, "device file"), {one.name: _row(one, what) for one in after})
    with tempfile.TemporaryDirectory(prefix="edgesym-") as folder:
        tried = Path(folder) / path.name
        tried.write_text(text, "utf-8")
        find_device(str(tried))  # what cannot be read is not written
    return text, [f"{one.name} {one.before.value:.3g} to {one.value:.3g}" for one in after]


def _figures(setup: Setup) -> Iterator[tuple[str, Figure]]:
    known = setup.figures()
    return ((word, known[symbol(word)]) for word in _WORDS if symbol(word) in known)


def _named(word: str, setup: Setup) -> str:
    return f"{word}.{setup.dtype}" if word == "compute_utilisation" else word


def _solved(off: Callable[[Floats], Floats], prior: Floats, most: Floats) -> tuple[Floats, Floats]:
    """Where the sum of squares is least, and the slopes of the runs there (Gauss and Newton)."""
    x = np.zeros(len(prior))
    slopes = _slopes(off, x)
    for _ in range(_STEPS):
        at = off(x)
        curvature = slopes.T @ slopes + np.diag(prior**-2.0)
        step = -np.linalg.solve(curvature, slopes.T @ at + x / prior**2)
        lost = at @ at + float(np.sum((x / prior) ** 2))
        for _ in range(_STEPS):
            moved = np.minimum(x + step, most)
            then = off(moved)
            if then @ then + float(np.sum((moved / prior) ** 2)) <= lost:
                break
            step = step / 2
        else:
            break
        x, before = moved, x
        slopes = _slopes(off, x)
        if np.max(np.abs(x - before)) < _ENOUGH:
            break
    return x, slopes


def _slopes(off: Callable[[Floats], Floats], x: Floats) -> Floats:
    each = np.eye(len(x)) * _TANGENT
    return np.array([(off(x + e) - off(x - e)) / (2 * _TANGENT) for e in each]).T


def _row(one: Fitted, what: str) -> list[str]:
    """The lines of a figure that was fitted."""
    unit, factor = _UNITS.get(one.name, ("1", 1.0))
    return table(
        one.name,
        value=float(f"{one.value / factor:.4g}"),
        std=float(f"{one.std / factor:.3g}"),
        unit=unit,
        kind="derived",
        condition=f"at which a prompt and tokens take as long as measured; {what}; "
        f"before it was {one.before.value / factor:.4g}",
        source="edgesym measure --refit",
    )


def _replaced(text: str, tables: Mapping[str, list[str]]) -> str:
    """A device file with tables in place of those of the same names, or behind all others."""
    kept: list[str] = []
    dropped = False
    for line in text.splitlines():
        if _TABLE.match(line):
            name = re.sub(r"[\s\"']", "", line.partition("#")[0]).strip("[]")
            dropped = name in tables
        if not dropped:
            kept.append(line)
    body = "\n".join(kept).rstrip() + "\n"
    return body + "".join("\n" + "\n".join(lines) + "\n" for lines in tables.values())
