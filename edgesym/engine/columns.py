"""What each operation of a formula does where NumPy columns are among its arguments."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np

from edgesym.engine.arithmetic import EXACT

__all__ = ["MIXED"]


def _floats(numbers: Iterable[Any]) -> list[Any]:
    """Plain numbers as floats, columns as they are, so that NumPy computes in doubles."""
    return [n if isinstance(n, np.ndarray) else float(n) for n in numbers]


def _multiply(*factors: Any) -> Any:
    """A product: numbers first and one division, so that a whole quotient is whole."""
    plain = [f for f in factors if not isinstance(f, np.ndarray)]
    above = math.prod(f.numerator if isinstance(f, Fraction) else f for f in plain)
    below = math.prod(f.denominator for f in plain if isinstance(f, Fraction))
    found: Any = math.prod(f for f in factors if isinstance(f, np.ndarray))
    found = found if above == 1 else float(above) * found
    return found if below == 1 else found / float(below)


def _power(base: Any, exponent: Any) -> Any:
    base, exponent = _floats([base, exponent])
    return np.power(np.asarray(base, dtype=np.float64), exponent)


def _ceiling(above: Any, below: Any = 1.0) -> Any:
    return -np.floor_divide(-above, below)


def _power_sum(ratio: Any, terms: Any) -> Any:
    below = 1.0 - ratio
    apart = np.where(below == 0, 1.0, below)
    return np.where(below == 0, terms, (1.0 - np.power(ratio, terms)) / apart)


_COLUMNS: dict[str, Callable[..., Any]] = {
    "add": lambda *terms: sum(_floats(terms)),
    "multiply": _multiply,
    "power": _power,
    "maximum": lambda *items: reduce(np.maximum, _floats(items)),
    "minimum": lambda *items: reduce(np.minimum, _floats(items)),
    "remainder": lambda *pair: np.mod(*_floats(pair)),
    "floor": lambda above, below=1.0: np.floor_divide(*_floats([above, below])),
    "ceiling": lambda above, below=1.0: _ceiling(*_floats([above, below])),
    "log": np.log,
    "power_sum": lambda *pair: _power_sum(*_floats(pair)),
}


def _either(name: str) -> Callable[..., Any]:
    exact, columns = EXACT[name], _COLUMNS[name]

    def rule(*arguments: Any) -> Any:
        mixed = any(isinstance(a, np.ndarray) for a in arguments)
        return (columns if mixed else exact)(*arguments)

    return rule


#: Operation -> what it does to columns and numbers: exact while there are only numbers.
MIXED: dict[str, Callable[..., Any]] = {name: _either(name) for name in EXACT}
