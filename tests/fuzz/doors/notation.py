"""What is printed is read back as it was: closed forms, and random ones, plain and as LaTeX."""

from __future__ import annotations

import re
from functools import cache
from random import Random
from typing import Any

import sympy

from edgesym import derive, read_equation
from edgesym.architectures.naming import cards
from edgesym.catalogue import REGISTRY
from edgesym.document.latex import latex
from edgesym.document.plain import plain
from edgesym.engine.evaluate import evaluate
from edgesym.errors import EdgesymError
from edgesym.symbols import TABLE, declared, symbol
from tests.fuzz.door import Door, Wrong

_LETTERS = ("layers", "hidden", "heads", "context", "batch", "vocab", "weight_bytes_per_element")
#: Kinds of symbols that closed forms have.
_KINDS = ("head_dim.rotary", "layers.sliding", "intermediate.shared", "experts.routed")
#: Characters of a formula: longer ones are not read.
_LONGEST = 2_000
#: What is said of a form that is longer than what is read.
_TOO_LONG = re.compile(r"characters; \d+ at most|equation of more than \d+ ")
#: What symbols are put in at the points where two forms are held against each other.
_POINTS = 3


def _same(what: str, text: str, form: sympy.Expr, read: sympy.Expr, names: dict[Any, str]) -> None:
    """Refuse a form that is another at some point; ``names`` are those that it was read over."""
    random = Random(text)  # noqa: S311 - it draws points
    for _ in range(_POINTS):
        point = {made: random.choice((1, 2, 3, 5, 8, 17, 40, 64)) for made in names}
        there = {declared(name): point[made] for made, name in names.items()}
        try:
            one = evaluate(form, point)
        except ZeroDivisionError:
            continue
        other = evaluate(read, there)
        if one != other and not abs(one - other) <= 1e-12 * max(abs(one), abs(other)):
            raise Wrong(f"{what}: {text[:200]} is {one}, read back {other}", place=what)


def _read_back(form: sympy.Expr, origin: str) -> None:
    """Both ways of writing a form are read as the form."""
    made = sorted(form.free_symbols, key=str)
    for notation, written in (("plain", plain), ("latex", latex)):
        names = {each: written(each) for each in made}
        text = written(form)
        if len(set(names.values())) < len(names):
            raise Wrong(f"{names}: two symbols are written alike", place=f"{notation} names")
        try:
            read = read_equation(text, list(names.values()), notation)
        except EdgesymError as error:
            if _TOO_LONG.search(str(error)):
                return
            raise Wrong(f"{text[:300]}: {error}", place=f"{origin} {notation} unread") from error
        spelled = {each: str(_spelled(name, notation)) for each, name in names.items()}
        _same(f"{origin} {notation}", text, form, read, spelled)


def _spelled(name: str, notation: str) -> sympy.Symbol:
    """The symbol of a name that is declared."""
    return read_equation(name, [name], notation)


@cache
def _cards() -> tuple[str, ...]:
    return tuple(sorted(cards()))


def _derived_draw(random: Random) -> dict[str, str]:
    return {
        "model": random.choice(_cards()),
        "quantity": random.choice(list(REGISTRY)),
        "phase": random.choice(("prefill", "decode", "step")),
        "kernels": random.choice(("fused", "unfused", "ideal", "llama.cpp")),
    }


def _derived(given: dict[str, str]) -> None:
    _read_back(derive(given.pop("model"), **given).expression, "derived")


def _tree(random: Random, depth: int = 0) -> Any:
    """A random formula as nested lists: an operation and what it is of."""
    if depth > 5 or random.random() < 0.25:
        words = random.choice((_LETTERS, _LETTERS, _KINDS, tuple(TABLE)))
        return random.choice((random.choice(words), random.choice(words), *"12359", "1/3", "64"))
    kind = random.choice(
        ("+", "+", "*", "*", "-", "/", "^", "max", "min", "ceil", "floor", "log", "mod")
    )
    kinds = {"ceil": 1, "floor": 1, "log": 1, "^": 1, "-": 2, "/": 2, "mod": 2}
    times = kinds.get(kind, random.randint(2, 3))
    inner = [_tree(random, depth + 1) for _ in range(times)]
    return [kind, *inner, random.choice(("2", "3", "1/2", "-1"))] if kind == "^" else [kind, *inner]


def _form(tree: Any) -> sympy.Expr:
    if isinstance(tree, str):
        return symbol(tree) if tree[0].isalpha() else sympy.Rational(tree)
    kind, *inner = tree
    forms = [_form(each) for each in inner]
    match kind:
        case "+":
            return sympy.Add(*forms)
        case "*":
            return sympy.Mul(*forms)
        case "-":
            return forms[0] - forms[1]
        case "/":
            return forms[0] / (forms[1] + 1)
        case "^":
            return (forms[0] ** 2 + 1) ** forms[1]
        case "mod":
            return sympy.Mod(forms[0], forms[1] + 1)
        case "log":
            return sympy.log(forms[0] ** 2 + 1)
    made = {"max": sympy.Max, "min": sympy.Min, "ceil": sympy.ceiling, "floor": sympy.floor}
    return made[kind](*forms)


def _random(tree: Any) -> None:
    try:
        form = _form(tree)
        odd = form.has(sympy.I, sympy.zoo, sympy.nan, sympy.oo) or len(str(form)) > _LONGEST
    # sympy makes no such form: log(log(1)) in a Mod, the greatest of numbers and no number
    except (ZeroDivisionError, RecursionError, ValueError):
        return
    # numbers alone under a root or a logarithm are read within limits of their own
    if odd or any(not each.free_symbols for each in form.atoms(sympy.log, sympy.Pow)):
        return
    _read_back(form, "random")


DOORS = (
    Door("derived read back", _derived_draw, lambda given: _derived(dict(given)), 25, 30.0),
    Door("formula read back", _tree, _random, 150, 20.0),
)
