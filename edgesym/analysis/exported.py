"""Closed forms that leave edgesym: formulas, inputs with defaults, steps, and a test point."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isinf

import sympy

from edgesym.algebra.tidy import tidy
from edgesym.architectures.model import Model
from edgesym.catalogue import REGISTRY, Case, find_quantity
from edgesym.engine.program import program_of
from edgesym.engine.tape import Tape
from edgesym.errors import ConfigError, EdgesymError, UnknownNameError
from edgesym.numbers import Number
from edgesym.quantities.generation import generation_cases
from edgesym.quantities.registry import tagged
from edgesym.quantities.time import BANDWIDTH, RATE, kernel_costs
from edgesym.scenario.names import symbol_of
from edgesym.scenario.setup import Setup, as_setup
from edgesym.symbols import REAL, describe, symbol

__all__ = ["LARGEST_COUNT", "Export", "Input", "Output", "exported"]

#: Counts from here on are not all numbers of double precision.
LARGEST_COUNT = 2**53


@dataclass(frozen=True, slots=True)
class Input:
    """A symbol that what is exported takes.

    Attributes:
        word: its name, with its kind behind a dot.
        value: its default, the number of the setup, in its unit.
        whole: whether it counts something.
    """

    symbol: sympy.Symbol
    word: str
    meaning: str
    unit: str
    value: Number
    whole: bool


@dataclass(frozen=True, slots=True)
class Output:
    """A quantity: its closed form, and what it is where the inputs have their defaults."""

    name: str
    meaning: str
    unit: str
    formula: sympy.Expr
    value: Number


@dataclass(frozen=True, slots=True)
class Export:
    """Quantities of a setup, to be written in another language.

    Attributes:
        fixed: symbols whose numbers are put in.
        tape: the steps; its first results are the outputs.
        called: what steps compute, by place: the time of a kernel, another quantity.
    """

    setup: Setup
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    fixed: tuple[Input, ...]
    tape: Tape
    called: Mapping[int, str]

    @property
    def results(self) -> tuple[int, ...]:
        """The places of the outputs."""
        return self.tape.results[: len(self.outputs)]


def exported(
    setup: Setup | Model | str, names: Sequence[str], inputs: Iterable[str] = ()
) -> Export:
    """Quantities of a setup as steps over inputs that have defaults.

    Args:
        names: quantities.
        inputs: words or letters of the symbols to be left open; by default all are.

    >>> made = exported("llama-3.2-1b", ["kv_cache_bytes"], ["context"])
    >>> [(one.word, one.value) for one in made.inputs], made.outputs[0].value
    ([('context', 256)], 8388608)

    Raises:
        UnknownNameError: no such quantity, or input of these quantities.
        DeviceError, ConfigError: a symbol has no number.
        EdgesymError: a quantity adds up steps without a closed form.
    """
    setup = as_setup(setup, "export")
    names = tuple(dict.fromkeys(names))
    if not names:
        raise ConfigError("nothing is named to export; name a quantity with -q")
    forms = [setup.expression(name) for name in names]
    needed = sorted({s for form in forms for s in form.free_symbols}, key=str)
    setup.require(", ".join(names), needed)
    values = setup.values()
    open_ = _chosen(needed, inputs)
    fixed = {s: values[s] for s in needed if s not in open_}
    for name, form in zip(names, forms, strict=True):
        if form.has(sympy.Sum):
            raise EdgesymError(
                f"{name} adds up steps without a closed form under the composition "
                f"{setup.run.composition}, and cannot be exported; those of one step can be"
            )
    parts = dict(_parts(setup, names))
    tape = program_of([*forms, *parts], fixed).tape
    found = program_of(forms, fixed).exact(values)
    outputs = [
        Output(name, REGISTRY[name].meaning, REGISTRY[name].unit, tidy(form), value)
        for name, form, value in zip(names, forms, found, strict=True)
    ]
    called = dict(zip(tape.results, names, strict=False))
    plain = _plain_products(tape)
    for place, name in zip(tape.results[len(forms) :], parts.values(), strict=True):
        if place not in plain:
            called.setdefault(place, name)
    return Export(
        setup,
        tuple(_input(s, values[s]) for s in needed if s in open_),
        tuple(outputs),
        tuple(_input(s, values[s]) for s in fixed),
        tape,
        called,
    )


def _plain_products(tape: Tape) -> set[int]:
    """Products of inputs alone, such as H b: they mean many things at once."""
    leaves = {*tape.inputs.values(), *tape.constants}
    return leaves | {
        step.place
        for step in tape.steps
        if step.operation == "multiply" and leaves.issuperset(step.arguments)
    }


def _chosen(needed: Sequence[sympy.Symbol], asked: Iterable[str]) -> list[sympy.Symbol]:
    """The symbols to be left open.

    Raises:
        UnknownNameError: none of what is needed.
    """
    by_name = {name: s for s in needed for name in (str(s), describe(s).word)}
    chosen = []
    for name in asked:
        made = by_name.get(name, symbol_of(name))
        if made not in needed:
            raise UnknownNameError("input of these quantities", name, by_name)
        chosen.append(made)
    return chosen or list(needed)


def _input(made: sympy.Symbol, value: Number) -> Input:
    row = describe(made)
    whole = row.domain != REAL
    if whole and not isinf(value) and value >= LARGEST_COUNT:
        raise ConfigError(
            f"{row.word} = {value} is a count that double precision does not hold; "
            f"give one below 2^53 = {LARGEST_COUNT}"
        )
    return Input(made, row.word, row.meaning, row.unit, value, whole)


def _parts(setup: Setup, names: Sequence[str]) -> Iterator[tuple[sympy.Expr, str]]:
    """What the quantities may be made of, each with its name."""
    yield RATE, "rate_reached"
    yield BANDWIDTH, "bandwidth_reached"
    for prefix, case in _cases(setup, names):
        for kernel in kernel_costs(case):
            named = f"{prefix}{kernel.name}"
            yield kernel.time, f"{named}_time"
            yield kernel.compute_time, f"{named}_compute_time"
            yield kernel.memory_time, f"{named}_memory_time"
            yield kernel.flops, f"{named}_flops"
            yield sympy.Add(*kernel.traffic.values()), f"{named}_bytes"
        for name in (*tagged("usual"), *tagged("estimate")):
            quantity = REGISTRY[name]
            if quantity.phase in ("", case.workload.name) and "generation" not in name:
                yield quantity.expression(case), f"{prefix}{name}"


def _cases(setup: Setup, names: Sequence[str]) -> Iterator[tuple[str, Case]]:
    """The steps that quantities are of, the prefix of a name with each."""
    phases = {find_quantity(name).phase or "decode" for name in names}
    whole = any(symbol("generated_tokens") in setup.expression(name).free_symbols for name in names)
    decode = setup.case("decode")
    if "prefill" in phases:
        yield "prefill_", setup.case("prefill")
    elif whole:
        yield "prefill_", generation_cases(decode)[0]
    yield "", decode
