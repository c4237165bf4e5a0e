"""Long closed forms written short: what occurs in them several times gets a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

import sympy

from edgesym.symbols import declared

__all__ = ["named_repeats", "spelled_out"]

#: Names begin with a letter that no symbol of the table has.
_LETTER = "X"
#: What a name costs, in characters: a line of its own, and that it must be looked up there.
_OVERHEAD, _NAME = 40, len("X_1")
#: More names are harder to read than what they stand for.
_MOST = 6

#: Maxima and minima -> functions that stand for them.
_OF = {made: sympy.Function(made.__name__) for made in (sympy.Max, sympy.Min)}
#: The whole, among the names that stand for parts of it.
_WHOLE = sympy.Dummy("whole")


def named_repeats(
    expression: sympy.Expr, length: Callable[[sympy.Expr], int], shortest: int
) -> tuple[sympy.Expr, dict[sympy.Symbol, sympy.Expr]]:
    """An expression with what it repeats named, and what the names stand for.

    Names that do not make the whole shorter are not given. A name stands for an expression
    over symbols and over names that follow it.

    >>> from edgesym.symbols import symbol
    >>> H, L, S = (symbol(w) for w in ("hidden", "layers", "context"))
    >>> x = sympy.sqrt(2 * H + 3 * L + 5 * S + 7 * H * L * S + 11 * H * L)
    >>> named_repeats(x / (1 + x) + S * x, lambda form: len(str(form)), 10)
    (S*X_1 + X_1/(X_1 + 1), {X_1: sqrt(7*H*L*S + 11*H*L + 2*H + 3*L + 5*S)})

    Args:
        expression: a closed form.
        length: how long an expression is where it is written.
        shortest: shorter expressions are left as they are.
    """
    if length(expression) < shortest or expression.has(sympy.Sum):
        return expression, {}
    repeats, (short,) = sympy.cse(_inert(expression), order="none")
    forms = dict(repeats)
    kept = _worth_a_name({**forms, _WHOLE: short}, length)
    if not kept:
        return expression, {}
    dropped = [name for name in reversed(forms) if name not in kept]
    short = _with(short, dropped, forms)
    names = [name for name in reversed(forms) if name in kept]
    renamed = {old: declared(f"{_LETTER}_{i}") for i, old in enumerate(names, 1)}
    where = {n: _with(forms[n], dropped, forms).xreplace(renamed) for n in names}
    return (
        _restored(short.xreplace(renamed)),
        {renamed[name]: _restored(form) for name, form in where.items()},
    )


def spelled_out(names: Mapping[sympy.Symbol, sympy.Expr]) -> dict[sympy.Symbol, sympy.Expr]:
    """What the names of :func:`named_repeats` stand for, over symbols alone.

    >>> from edgesym.symbols import symbol
    >>> H, X_1, X_2 = symbol("hidden"), declared("X_1"), declared("X_2")
    >>> spelled_out({X_1: 2 * X_2, X_2: H + 1})
    {X_1: 2*H + 2, X_2: H + 1}
    """
    full: dict[sympy.Symbol, sympy.Expr] = {}
    for name in reversed(names):
        full[name] = _inert(names[name]).xreplace(full)
    return {name: _restored(full[name]) for name in names}


def _inert(form: sympy.Expr) -> sympy.Expr:
    """Maxima and minima as functions without meaning: comparing their sides takes seconds."""
    return form.replace(lambda node: type(node) in _OF, lambda node: _OF[type(node)](*node.args))


def _restored(form: sympy.Expr) -> sympy.Expr:
    """Maxima and minima again, as they stood."""
    for real, inert in _OF.items():
        form = form.replace(inert, lambda *sides, real=real: real(*sides, evaluate=False))
    return form


def _worth_a_name(
    forms: dict[sympy.Symbol, sympy.Expr], length: Callable[[sympy.Expr], int]
) -> set[sympy.Symbol]:
    """The names that stay when the least useful are put back in, one after the other."""
    uses = {made: Counter(_atoms(form)) for made, form in forms.items()}
    size = {made: length(form) for made, form in forms.items()}
    names = set(forms) - {_WHOLE}
    while names:

        def saving(name: sympy.Symbol) -> int:
            count = sum(found[name] for found in uses.values())
            return (count - 1) * size[name] - count * _NAME - _OVERHEAD

        worst = min(sorted(names, key=str), key=saving)
        if saving(worst) > 0 and len(names) <= _MOST:
            break
        names.remove(worst)
        inside, grown = uses.pop(worst), size[worst] - _NAME
        for made, found in uses.items():
            count = found.pop(worst, 0)
            size[made] += count * grown
            for name, times in inside.items():
                found[name] += count * times
    return names


def _with(
    form: sympy.Expr, dropped: list[sympy.Symbol], forms: dict[sympy.Symbol, sympy.Expr]
) -> sympy.Expr:
    """A form with names put back in; a name stands for what comes after it in the list."""
    for name in dropped:
        if name in form.free_symbols:
            form = form.xreplace({name: forms[name]})
    return form


def _atoms(form: sympy.Expr) -> list[sympy.Symbol]:
    return [node for node in sympy.preorder_traversal(form) if node.is_Symbol]
