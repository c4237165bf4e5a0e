"""Texts that a user types: equations, quantities, settings, conditions, sizes, names."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from random import Random
from typing import Any

from edgesym import Run, Setup, find_device, load, read_equation
from edgesym.analysis.inverse.conditions import read_condition
from edgesym.analysis.sweep.plan import axis_groups
from edgesym.catalogue import REGISTRY
from edgesym.claims.assumptions import assume, vocabulary
from edgesym.claims.derive import names_of
from edgesym.claims.words import read_symbols
from edgesym.cli.asked import _given, _is_figure, _spelled
from edgesym.cli.trace import _argument, _module_job
from edgesym.formats import find_format, find_recipe
from edgesym.graph.convention import convention
from edgesym.override import Change
from edgesym.pruning import read_pruning
from edgesym.runtimes import find_runtime
from edgesym.scenario.places import read_places
from edgesym.symbols import TABLE
from edgesym.tracing.job import Job, read_input, read_size
from edgesym.units import COUNTED, UNITS, count, parse
from tests.fuzz.door import Door, Wrong
from tests.fuzz.doors.seeds import finite
from tests.fuzz.mutate import NASTY, mutated_text

LETTERS = ["L", "H", "I", "V", "s", "b", "h", "n", "d_model", "n_layer", "d_ff", "Psi", "t_f", "W"]
EQUATIONS = (
    r"P = L(4H^2) + L(2HI) + 2VH",
    r"N \approx 2 d_{model} n_{\mathrm{layer}} (2 d_\text{model} + d_{ff})",
    r"12 L h^2 \left(1 + \frac{13}{12h} + \frac{V+s}{12 L h}\right)",
    r"\sum_{i=1}^{L} \left\lceil \frac{i n}{64} \right\rceil \cdot 2 H^2",
    r"\max\left(\frac{2 L H}{W}, \min(s, 1{,}024) b\right) \times 10^{9}",
    r"2\Psi + \frac{\sqrt{2}\Psi}{n_{layer}} \log_2 n - 5\% s^{-1/2}",
    r"\mathcal{O}(n \log n), \quad \text{where } n = 2^{h}",
    r"M &= \underbrace{2 b s L H}_{\text{cache}} \, \text{bytes} \label{eq:a} \\",
    "52e12 * 2 = 104e12 \\text{ bytes} \\approx 104GB",
    "Sum(2*i*H, (i, 1, L)) + Max(L, H, 3)**2 - log(n, 2)/Rational(9, 2)",
    "L*(4*H**2) + 2*V*H/(s - b) + ceil(n/64)*floor(h/2)",
    "__import__('os').system('true')",
    "().__class__.__bases__[0].__subclasses__()",
)
FRAGMENTS = (
    *("{", "}", "(", ")", "[", "]", "^", "_", "**", "*", "/", "+", "-", "=", ",", ".", "%", "&"),
    *("\\", "\\frac", "\\sqrt", "\\sum", "\\max", "\\left", "\\right", "\\text{", "\\lceil", "'"),
    *("\\log", "\\begin{", "\\underbrace", "0", "1", "9", "10**10**10", "^{99}", "1e300", "1e-9"),
    *("/0", "-1", "^{1/2}", "L", "H", "d_", "Sum(", "max(", "lambda", "eval(", "\x00", "\u00b2"),
    *("\u03a8", "\U0001f600", "\n", "\\,", "~", "GB", "47B", "i", "e", "|", "!", "\\rfloor"),
)
_SIGNS = (*"0123456789.eE+-*/=<>()[],_: %&", *NASTY[:24], "flops", "context", "hidden", "GB/s", "k")


def _equation(given: list[Any]) -> None:
    text, names, notation = given
    read_equation(text, names, notation)


def _equation_draw(random: Random) -> list[Any]:
    names = random.sample(LETTERS, random.choice((4, len(LETTERS), len(LETTERS))))
    text = mutated_text(random, EQUATIONS, FRAGMENTS)
    return [text, names, random.choice(("latex", "plain"))]


_NUMBER = re.compile(r"\s*([+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?)\s*(\S*)\s*\Z")
_EXPECTED = ("B", "B/s", "FLOP", "FLOP/s", "s", "J", "W", "1", "tokens", "J/B", "tokens/s")


def _quantity(given: list[str]) -> None:
    """A number with its unit is the number times the unit, and nothing else."""
    text, expected = given
    value = parse(text, expected)
    finite("the value", value, least=-float("inf"))
    seen = _NUMBER.match(text)
    if not seen or "_" in text:
        return
    counted = seen[2] in COUNTED and expected in ("1", "tokens")
    factor = COUNTED[seen[2]] if counted else UNITS[seen[2] or expected][1]
    exact = Fraction(seen[1]) * factor
    if abs(Fraction(value) - exact) > abs(exact) * Fraction(1, 2**50):
        raise Wrong(f"{text!r} is read as {value!r} {expected}")


def _quantity_draw(random: Random) -> list[str]:
    number = random.choice(("0", "1", "2.5", "17.07", "1e3", "-4", "1_000", "999999999999", "1E-9"))
    if random.random() < 0.5:
        number = f"{random.uniform(0, 1000):.{random.randint(0, 9)}f}e{random.randint(-12, 15)}"
    text = f"{number}{random.choice(('', ' '))}{random.choice([*UNITS, *COUNTED])}"
    if random.random() < 0.5:
        text = mutated_text(random, (text,), _SIGNS)
    return [text, random.choice(_EXPECTED)]


def _count(given: str) -> None:
    found = count(given)
    seen = _NUMBER.match(given)
    told = seen and "_" not in given
    if type(found) is not int or (told and found != Fraction(seen[1]) * COUNTED.get(seen[2], 1)):
        raise Wrong(f"{given!r} is read as {found!r}")


@cache
def _setup() -> Setup:
    return Setup(load("llama-3.2-1b"), find_device("raspberry-pi-5"), Run(weights="q4_0"))


def _setting(given: str) -> None:
    """A setting changes what it names, or is refused."""
    text = _spelled(given)
    if _is_figure(text):
        device = _setup().machine
        changed = device.with_settings((text,))
        for name, figure in changed.figures.items():
            finite(name, figure.value)
        same = changed.figures == device.figures and changed.peaks == device.peaks
        if same and not re.search(r"[*+/-]|=\s*0", text):
            raise Wrong(f"{given!r} sets nothing")
        return
    _, number = _given(text)
    if not isinstance(number, Change):
        finite(given, float(number))


_SETTINGS = (
    *("memory_bandwidth=20GB/s", "peak=0.5*peak", "idle_power=idle_power+1W", "hidden=4096"),
    *("peak.fp16=10TFLOP/s", "memory_size=8GiB", "bandwidth=1GB/s+-0.1GB/s", "window=4k"),
    *("head_dim.rotary=64", "launch_overhead=3us", "weight_bytes_per_element=0.5", "context=1"),
)


def _condition(given: str) -> None:
    read_condition(given, _setup())


_CONDITIONS = (
    *("time_per_output_token <= 50ms", "memory_footprint < 6GiB", "tokens_per_second >= 20"),
    *("flops*2 < 1e12", "2*context <= 4k", "weight_bytes + kv_cache_bytes <= 0.5*memory_size"),
    *("step_time - 1ms > 0s", "flops/memory_traffic = 3FLOP/B", "bits <= 4.5", "a == b"),
)


def _assumed(given: str) -> None:
    assume(given)


@cache
def _assumptions() -> tuple[str, ...]:
    own = ("kv_heads = heads", "intermediate = 8*hidden/3", "layers >= 2", "weights = q4_0")
    return (*vocabulary(), *own, "device = pi5", "hidden/heads <= head_dim", "context = 2**10")


def _axes(given: str) -> None:
    axis_groups((given,))


def _traced_words(given: list[str]) -> None:
    kind, text = given
    if kind == "size":
        read_size(text)
    elif kind == "input":
        read_input(text, {"hidden": 64})
    elif kind == "target":
        _module_job(text, ("hidden=64",), ("a=1",), ("x: (batch, hidden)",)).text()
    else:
        name, value = _argument(text)
        job = Job("x", "x", arguments={name: value})
        if repr(Job.of(job.text()).arguments) != repr(job.arguments):
            raise Wrong(f"{text!r} comes to the process as {Job.of(job.text()).arguments!r}")


_TRACED = {
    "size": ("hidden=768", "n=2"),
    "input": ("ids: (batch, context) token", "x: (batch, context, hidden)", "a: (1, 2)"),
    "arg": ("dropout=0", "name=x", 'a={"b": [1, 2.5, null]}', "eps=1e-6", "b=true", "c=NaN"),
    "target": ("torch.nn:Linear", "model.py:Made", "a.b.c:D", "./x.py:f"),
}


def _traced_draw(random: Random) -> list[str]:
    kind = random.choice([*_TRACED])
    return [kind, mutated_text(random, _TRACED[kind], _SIGNS, 4_000)]


def _pruned(given: str) -> None:
    """What is left of a model is no more than there was, and what it stores is a number."""
    setup = Setup(load("llama-3.2-1b"), None, Run(weights="q4_0", prune=given))
    left = setup.number("parameters")
    if left != int(left) or not 0 <= left <= _setup().number("parameters"):
        raise Wrong(f"{left} parameters are left")
    finite("stored", float(setup.number("weight_storage_bytes")))


_PRUNED = ("2:4", "0.3:bitmask", "layers=4,heads=0.5", "layers=1-3", "0.1:csr", "ffn=0.25", "4:8")

#: Kind of name -> what finds it, and names to begin with.
_NAMES: dict[str, tuple[Callable[[str], Any], tuple[str, ...]]] = {
    "model": (load, ("llama-3.2-1b", "llama3.1:8b", "meta-llama/Llama-3.2-1B", "gpt2", "./x.json")),
    "device": (find_device, ("pi5", "RTX 4090", "apple-m2@24GB", "m2@8-core", "x.toml")),
    "format": (find_format, ("q4_0", "int4-g128", "Q4_K", "fp16", "awq", "gptq-int4-g128-sym")),
    "recipe": (find_recipe, ("Q4_K_M", "awq", "int8", "mxfp4", "x.toml")),
    "runtime": (find_runtime, ("llama.cpp", "vllm", "fused", "ideal", "x.toml")),
    "convention": (convention, ("default", "pytorch", "default,elementwise=ignored", "paper,x=y")),
    "pruning": (read_pruning, ("2:4", "0.3:bitmask", "layers=4,heads=0.5", "0.1:csr")),
    "places": (read_places, ("gpu=40", "experts=all,storage=8", "host=3", "kv=all")),
    "quantity": (names_of, ("flops[phase = decode]", "parameters[experts]/parameters", "3*heads")),
    "symbols": (lambda text: read_symbols(text, "letters"), ("L=layers, H=hidden", "D = head_dim")),
    "word": (lambda text: Run(compute=text, composition=text), ("fp16", "sum", "max", "int8")),
}


def _named(given: list[str]) -> None:
    kind, text = given
    _NAMES[kind][0](text)


def _named_draw(random: Random) -> list[str]:
    kind = random.choice(list(_NAMES))
    pool = (*NASTY, *_SIGNS, "@", ":", ",", "=", "[", "]", "-g32", "/", "..", *list(TABLE)[:20])
    return [kind, mutated_text(random, (*_NAMES[kind][1], *REGISTRY), pool, 400)]


def _text(seeds: tuple[str, ...] | Callable[[], tuple[str, ...]], longest: int = 4_000) -> Any:
    """Texts out of seeds."""

    def draw(random: Random) -> str:
        pool = seeds() if callable(seeds) else seeds
        return mutated_text(random, pool, _SIGNS, longest)

    return draw


EQUATION = Door("equation", _equation_draw, _equation, 2500, 1.0)
DOORS = (
    EQUATION,
    Door("quantity", _quantity_draw, _quantity, 5000, 1.0),
    Door("count", _text(("8k", "1M", "512", "1.5k", "8192")), _count, 5000, 1.0),
    Door("set", _text(_SETTINGS), _setting, 2500, 1.0),
    Door("such that", _text(_CONDITIONS), _condition, 2000),
    Door("assume", _text(_assumptions), _assumed, 1500),
    Door(
        "over",
        _text(("batch=1,2,4", "layers=16,32 & hidden=2048,4096", "context=1k..128k:log:20")),
        _axes,
        2500,
        1.0,
    ),
    Door(
        "trace words",
        _traced_draw,
        _traced_words,
        2500,
        1.0,
    ),
    Door("prune", _text(_PRUNED, 400), _pruned, 300, 10.0),
    Door("names", _named_draw, _named, 1500),
)
