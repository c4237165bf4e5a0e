"""Every value of a setup that nobody gave: what was taken, and who says so.

What a user gives, a config says or the file of a device states is no default. What is taken where
these are silent is one: what an architecture's class has, a format that follows from another, the
usual runtime, a figure that a device has from its class, from a runtime or from a fit.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from typing import Any

import sympy

from edgesym.architectures.default import Default
from edgesym.devices import Figure
from edgesym.devices.figure import UNSURE
from edgesym.formats import Format, Recipe
from edgesym.graph.tensor import BYTES, Role
from edgesym.scenario.run import FIELDS, Run
from edgesym.scenario.setup import Setup
from edgesym.scenario.silent import silent_of
from edgesym.symbols import TABLE, describe, symbol

__all__ = ["defaults_of", "defaults_rows"]

_DEFAULT = Run()
#: Fields of a run that are taken as a number where they are left out.
_COUNTS = ("batch", "prompt", "generate", "context", "source")
#: What a config says of how weights are stored, which an option says too.
_STORED = (
    *("dtype", "quantization_config", "bits", "group_size"),
    *("rope_factors", "partial_rotary_factor"),
)
#: Formats that a run may name -> the role of what is in them.
_ROLES = {"weights": Role.WEIGHT, "activations": Role.ACTIVATION, "cache": Role.CACHE}


def defaults_of(
    setup: Setup, symbols: Collection[sympy.Symbol] | None = None, *, is_held: bool = True
) -> tuple[Default, ...]:
    """The defaults of a setup; of those that numbers of symbols rest on, of these symbols alone.

    >>> from edgesym import Run, load
    >>> found = defaults_of(Setup(load("llama-3.2-1b"), run=Run(batch=2)), {symbol("context")})
    >>> print(found[0])
    context = 256: --prompt + --generate

    Args:
        setup: what is asked.
        symbols: whose numbers enter; by default all that the setup has.
        is_held: whether what the runtime holds in memory enters.
    """
    asked = setup.values().keys() if symbols is None else symbols
    words = {describe(made).word for made in asked}
    found = [
        *_of_run(setup),
        *_of_formats(setup, asked),
        *_of_choices(setup, timed=any(describe(s).scope == "device" for s in asked)),
        *_of_figures(setup, asked),
        *silent_of(setup, asked, is_held=is_held),
    ]
    return tuple(
        default
        for default in (*found, *_of_model(setup, asked))
        if default.name not in TABLE or default.name in words
    )


def defaults_rows(found: Collection[Default]) -> list[dict[str, Any]]:
    """Defaults for programs."""
    return [{"name": d.name, "value": d.value, "from": d.origin} for d in found]


def _of_run(setup: Setup) -> Iterator[Default]:
    """Counts of the run that were left out."""
    run, values = setup.run, setup.values()
    words = {field: word for word, field in FIELDS.items()}
    given = {describe(made).word for made, _ in run.given}
    for field in _COUNTS:
        word, option = words[field], f"--{field}"
        number = values.get(symbol(word))
        if number is None or word in given:
            continue
        if field == "context":
            if run.context is None:
                yield Default(word, number, "--prompt + --generate")
        elif field == "source":
            if run.source is None and symbol(word) not in setup.model.values:
                yield Default(word, number, "as many as the prompt")
        elif getattr(run, field) == getattr(_DEFAULT, field):
            yield Default(word, number, f"{option}, the default")
        elif run.context == run.prompt + run.generate and field == "prompt":
            yield Default(word, number, "--context - --generate")


def _of_formats(setup: Setup, asked: Collection[sympy.Symbol]) -> Iterator[Default]:
    """Formats that no option names, where bytes of their role enter."""
    run, formats = setup.run, setup.formats
    floating = formats.weights.kind == "float"
    follows = "as the weights" if floating else "fp16, as the weights are in no float"
    published = setup.model.quantized is not None and not run.weights
    why = {
        "weights": "as the model is published",
        "activations": "the dtype of the model" if published else follows,
        "cache": "as the activations",
    }
    taken: dict[str, Format | Recipe] = {
        "weights": formats.weights,
        "activations": formats.activations,
        "cache": formats.cache,
    }
    for option, role in _ROLES.items():
        if not getattr(run, option) and BYTES[role] in asked:
            yield Default(f"--{option}", taken[option].name, why[option])
    if BYTES[Role.STATE] in asked:
        yield Default("state", formats.state.name, "recurrent states add up in it")


def _of_choices(setup: Setup, *, timed: bool) -> Iterator[Default]:
    """The runtime, the convention and, where a device is timed, how it computes."""
    run, device = setup.run, setup.device
    if not run.kernels:
        usual = device is not None and device.runtimes
        why = f"the usual one of {setup.machine.id}" if usual else "no runtime is named"
        yield Default("--kernels", setup.kernels, why)
    if run.counting.name == _DEFAULT.counting.name:
        yield Default("--convention", run.counting.name, "no convention is named")
    if not timed or device is None:
        return
    if not run.compute:
        yield Default("--compute", setup.dtype, "suits the weights on the device")
    if not run.composition:
        runtime = setup.runtime
        silent = "" if "composition" in runtime.stated else " does not say"
        yield Default("--composition", setup.composition, f"runtime {runtime.id}{silent}")
    if setup.host is not None and not run.host:
        why = "assumed" if device.host_assumed else f"as {device.id} says"
        yield Default("--host", setup.host.id, why)


def _of_figures(setup: Setup, asked: Collection[sympy.Symbol]) -> Iterator[Default]:
    """Figures that are not of the device's own file, nor set; and what stands for an absent one."""
    figures, exact = setup.figures(), []
    for made, number in setup.values().items():
        row = describe(made)
        if row.scope not in ("device", "runtime") or made not in asked:
            continue
        figure = figures.get(made)
        if figure and not figure.std and figure.kind not in ("override", "absent"):
            exact.append(row.word)
        why = _of_figure(setup, made, figure) if figure else _of_none(setup, made)
        if why:
            yield Default(row.word, None if number == math.inf else number, why)
    if exact:
        yield Default("std", 0, f"no range is stated of {', '.join(exact)}")


def _of_figure(setup: Setup, made: sympy.Symbol, figure: Figure) -> str:
    """Who gives a figure; empty where the device's own file does, or the user."""
    if figure.kind == "override":
        return ""
    told = f"{figure.kind}: {figure.explained}" if figure.explained else figure.kind
    if any(made in part.figures for part in setup.fits):
        return f"fit of class {setup.machine.device_class or setup.machine.id}, {told}"
    runtime = setup.runtime
    apart = (f for each in runtime.efficiency for f in each.figures.values())
    if figure in (*runtime.figures.values(), *apart):
        return f"runtime {runtime.id}, {told}"
    word = describe(made).word.partition(".")[0]
    named = "peak" if word == "peak_flops" else word
    if {named, f"{named}.{setup.dtype}"} & setup.machine.of_class:
        return f"class {setup.machine.device_class}, {told}"
    return told if figure.kind in (*UNSURE, "absent") else ""


def _of_none(setup: Setup, made: sympy.Symbol) -> str:
    """What stands for a figure that there is none of."""
    if made == symbol("smoothness"):
        named = setup.runtime.smoothness is not None
        return f"runtime {setup.runtime.id}" if named else f"composition {setup.composition}"
    if describe(made).scope == "device":
        return f"{setup.machine.id} has none, and nothing waits for it"
    return ""


def _of_model(setup: Setup, asked: Collection[sympy.Symbol]) -> Iterator[Default]:
    """What the config of the model does not say."""
    given = {describe(made).word for made, _ in setup.run.given}
    run = setup.run
    left = [role for option, role in _ROLES.items() if not getattr(run, option)]
    stored = not run.weights and any(BYTES[role] in asked for role in left)
    for default in setup.model.defaults:
        if default.name == "quantization_config" and setup.model.quantized is not None:
            continue  # a file of weights says it
        if default.name not in given and (stored or default.name not in _STORED):
            origin = f"{default.origin} (default of {setup.model.architecture})"
            yield Default(default.name, default.value, origin)
