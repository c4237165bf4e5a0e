"""Numbers that a user gives symbols: converted exactly, or refused at the door."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import sympy

from edgesym.domain import Number, Real, checked, exact, held
from edgesym.errors import ConfigError
from edgesym.plain import shown
from edgesym.symbols import COUNT, NATURAL, Entry, describe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "Number",
    "as_double",
    "as_doubles",
    "checked_column",
    "checked_number",
    "refuse_twice",
]

_WHOLE = {COUNT: "a whole number of 1 or more", NATURAL: "a whole number of 0 or more"}
#: Above this some whole numbers are no doubles.
_DOUBLE = 2**53


@checked
def checked_number(made: sympy.Symbol, value: Any, name: str = "") -> Number:
    """The number of a symbol, exact: an ``int``, a ``Fraction``, or a finite ``float``.

    NumPy's scalars become Python's, which do not wrap around, and a float that is whole becomes
    an ``int`` where the symbol counts something.

    Args:
        made: the symbol that is given the number.
        value: what a user gave for it.
        name: how the user calls it; by default the symbol's word.

    >>> from edgesym.symbols import symbol
    >>> checked_number(symbol("batch"), 8.0), checked_number(symbol("peak_flops"), 2.5e12)
    (8, 2500000000000.0)

    Raises:
        ConfigError: no number, or one that the symbol cannot have; the text says what it can.
    """
    row, number = describe(made), exact(value)
    if row.domain in _WHOLE and isinstance(number, float) and number.is_integer():
        number = int(number)
    broken = row.domain in _WHOLE and not isinstance(number, int)
    if number is None or broken or not _fits(row, number):
        raise _refused(row, value, name)
    return number


@checked
def checked_column(made: sympy.Symbol, column: Any) -> NDArray[np.float64]:
    """A column of numbers of a symbol in double precision; one number is a column of no axis.

    What counts something may take fractions here: curves are drawn between whole numbers.

    >>> from edgesym.symbols import symbol
    >>> checked_column(symbol("batch"), [1, 2])
    array([1., 2.])

    Raises:
        ConfigError: no numbers, or some that the symbol cannot have; the text shows the first.
    """
    import numpy as np  # one number is checked without

    row = describe(made)
    if isinstance(column, list | tuple) and any(isinstance(value, bool) for value in column):
        raise _refused(row, column)
    try:
        given = np.asarray(column)
        if given.dtype == object and all(exact(value) is not None for value in given.flat):
            given = as_doubles(made, given)
    except (ValueError, OverflowError) as error:
        raise _refused(row, column) from error
    if given.dtype.kind not in "iuf":
        raise _refused(row, column)
    floats = as_doubles(made, given)
    fitting = _fits(row, floats)
    if not np.all(fitting):
        raise _refused(row, given[~fitting].flat[0].item())
    return floats


@checked
def as_double(made: sympy.Symbol, number: Any) -> float:
    """A number in double precision.

    >>> from edgesym.symbols import symbol
    >>> as_double(symbol("vocab"), 2**60)
    1.152921504606847e+18

    Raises:
        ConfigError: a whole number that no double is.
    """
    number = held("as_double", describe(made).word, number, Real)
    try:
        found = float(number)
    except OverflowError:  # told below as what no double is
        found = math.inf
    if isinstance(number, int) and abs(number) > _DOUBLE and found != number:
        raise _beyond(made, number)
    return found


@checked
def as_doubles(made: sympy.Symbol, column: Any, *, exact: bool = False) -> NDArray[Any]:
    """A column in double precision, or as it is in Python's own numbers.

    Raises:
        ConfigError: it holds a whole number that no double is, or rows of other lengths.
    """
    import numpy as np

    try:
        given = np.asarray(column)
    except ValueError as error:
        raise _refused(describe(made), column) from error
    if exact:
        return given if given.dtype == object else given.astype(object)
    if given.dtype.kind not in "iufO":
        raise _refused(describe(made), column)
    if given.dtype == object:
        values = [as_double(made, value) for value in given.reshape(-1).tolist()]
        return np.array(values, dtype=np.float64).reshape(given.shape)
    floats = given.astype(np.float64, copy=False)
    if given.dtype.kind in "iu" and given.dtype.itemsize > 4 and given.size:
        large = (given > _DOUBLE) | (given < -_DOUBLE)
        if large.any():
            for value in given[large].tolist():
                as_double(made, value)
    return floats


def refuse_twice(made: Mapping[str, sympy.Symbol]) -> None:
    """Refuse a symbol that is given by two of its names, such as ``b`` and ``batch``.

    Raises:
        ConfigError: naming both.
    """
    called: dict[sympy.Symbol, str] = {}
    for name, each in made.items():
        if each in called:
            raise ConfigError(
                f"{called[each]} and {name} are one symbol ({describe(each).meaning}); give it once"
            )
        called[each] = name


def _beyond(made: sympy.Symbol, number: int) -> ConfigError:
    return ConfigError(
        f"{describe(made).word} = {shown(number)} is beyond 2^53, and no number of double "
        "precision; evaluate it exactly, in the backend exact"
    )


def _fits(row: Entry, value: Any) -> Any:
    """Whether a number, or each of a column, lies between what the symbol allows."""
    below = (value <= math.inf) if row.may_be_infinite else (value < math.inf)
    most = (value <= 1) if row.is_share else below
    return below & most & ((value >= 0) if row.may_be_zero else (value > 0))


def _refused(row: Entry, value: Any, name: str = "") -> ConfigError:
    floor = "of 0 or more" if row.may_be_zero else "above 0"
    floor += " and at most 1" if row.is_share else ""
    unit = "" if row.unit == "1" or row.domain in _WHOLE else f", in {row.unit}"
    wanted = _WHOLE.get(row.domain, f"a finite number {floor}")
    called = name or row.word
    return ConfigError(f"{called} = {shown(value)} must be {wanted} ({row.meaning}{unit})")
