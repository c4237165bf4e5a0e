"""Closed forms as a Python file: of exact numbers, or of NumPy columns."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Iterator
from fractions import Fraction
from math import isinf
from typing import Any

from edgesym.analysis.exported import Export
from edgesym.render.export.comments import header, meant
from edgesym.render.export.statements import (
    Code,
    Spelling,
    Statement,
    bare,
    code_of,
    double,
    folded,
)

__all__ = ["write_numpy", "write_python"]

_WIDTH = 96
_RESERVED = {
    *keyword.kwlist,
    *keyword.softkwlist,
    *dir(builtins),
    *("math", "sys", "numpy", "fraction", "over", "power", "column", "evaluate", "check"),
    *("inputs", "expected", "name", "outputs"),
}


def _exact(number: Any) -> str:
    """A number as Python writes it, fractions as such."""
    if isinstance(number, Fraction) and number.denominator == 1:
        number = number.numerator
    if isinstance(number, Fraction):
        return f"Fraction({number.numerator}, {number.denominator})"
    if isinstance(number, float) and isinf(number):
        return "math.inf"
    return str(number) if isinstance(number, int) and number >= 0 else _negative(number)


def _negative(number: Any) -> str:
    return f"({number!r})" if number < 0 else repr(number)


def _exact_power(base: str, exponent: str, known: Any) -> str:
    if known is None:
        return f"power({bare(base)}, {bare(exponent)})"
    return f"{base}**{exponent}" if isinstance(known, int) else f"{base}**{float(known)!r}"


_PYTHON = Spelling(
    _exact,
    _exact_power,
    {
        "maximum": "max({all})",
        "minimum": "min({all})",
        "remainder": "({0} % {1})",
        "floor": "({0} // {1})",
        "ceiling": "(-(-{0} // {1}))",
        "log": "math.log({0})",
        "power_sum": "({1} if {0} == 1 else over(1 - power({0}, {1}), 1 - {0}))",
    },
    "over({0}, {1})",
    exact=True,
)


def _plain(number: Any) -> str:
    if isinstance(number, float) and isinf(number):
        return "numpy.inf"
    return str(number) if isinstance(number, int) and 0 <= number < 2**53 else double(number)


_NUMPY = Spelling(
    _plain,
    lambda base, exponent, known: f"{base}**{exponent}",
    {
        "maximum": "numpy.maximum({0}, {1})",
        "minimum": "numpy.minimum({0}, {1})",
        "remainder": "numpy.mod({0}, {1})",
        "floor": "numpy.floor({0} / {1})",
        "ceiling": "numpy.ceil({0} / {1})",
        "log": "numpy.log({0})",
        "power_sum": "numpy.where({0} == 1, {1}, "
        "(1 - numpy.power({0}, {1})) / numpy.where({0} == 1, 1.0, 1.0 - {0}))",
    },
)

_OVER = '''
def over(above, below):
    """A quotient: a whole number or a fraction where both are exact."""
    if isinstance(above, (int, Fraction)) and isinstance(below, (int, Fraction)):
        quotient = Fraction(above) / Fraction(below)
        return quotient.numerator if quotient.denominator == 1 else quotient
    return above / below
'''
_POWER = '''
def power(base, exponent):
    """A power: exact up to an exponent of 64."""
    return base**exponent if abs(exponent) <= 64 else float(base) ** float(exponent)
'''
_COLUMN = '''
def column(values, whole):
    """Numbers in double precision; counts that it does not hold are refused."""
    found = numpy.asarray(values, dtype=numpy.float64)
    if whole and numpy.any(found >= 2**53):
        raise ValueError("a count of 2^53 or more is not held in double precision")
    return found
'''


def write_python(found: Export) -> str:
    """A Python file that computes exactly where its inputs are whole numbers and fractions."""
    code = code_of(found, _PYTHON, _RESERVED)
    body = "\n".join(_body(found, code))
    needs = [
        "import math" if "math." in body else "",
        "import sys",
        "from fractions import Fraction" if "Fraction(" in body or "over(" in body else "",
    ]
    helpers = [
        *([_OVER] if "over(" in body else []),
        *([_POWER] if "power(" in body else []),
    ]
    return _file(found, [line for line in needs if line], helpers, body, _CHECK_EXACT)


def write_numpy(found: Export) -> str:
    """A Python file whose inputs are NumPy columns, of shapes that go together."""
    code = code_of(found, _NUMPY, _RESERVED)
    columns = [
        f"    {name} = column({name}, whole={one.whole})"
        for name, one in zip(code.inputs, found.inputs, strict=True)
    ]
    body = "\n".join(_body(found, code, columns))
    return _file(found, ["import sys", "", "import numpy"], [_COLUMN], body, _CHECK_COLUMNS)


def _file(found: Export, needs: list[str], helpers: list[str], body: str, check: str) -> str:
    head = "\n".join([*header(found, "#"), "", *needs])
    parts = [head, *(helper.strip() for helper in helpers), body, check.strip()]
    return "\n\n\n".join(parts) + "\n"


def _body(found: Export, code: Code, before: list[str] | None = None) -> Iterator[str]:
    """The function, and its test point."""
    numpy = before is not None
    number = _plain if numpy else _exact
    yield "def evaluate("
    yield from ["    *,"] if code.inputs else []
    for name, one in zip(code.inputs, found.inputs, strict=True):
        yield f"    {name}={number(one.value)},  # {meant(one)}"
    yield "):"
    names = ", ".join(one.name for one in found.outputs)
    yield f'    """{names}, by name."""'
    yield from before or []
    for line in code.statements:
        yield from _statement(line)
    yield "    return {"
    for name, result in zip(code.outputs, code.results, strict=True):
        yield f'        "{name}": {result},'
    yield "    }"
    yield ""
    yield ""
    yield "# the inputs of the test point are the defaults"
    yield "EXPECTED = {"
    for name, out in zip(code.outputs, found.outputs, strict=True):
        yield f'    "{name}": {number(out.value)},  # {out.unit}'
    yield "}"


def _statement(line: Statement) -> Iterator[str]:
    note = f"  # {line.note}" if line.note and line.note != line.text else ""
    whole = f"    {line.name} = {line.text}{note}"
    if len(whole) <= _WIDTH:
        yield whole
        return
    yield f"    {line.name} = ({note}"
    yield from (f"        {part}" for part in folded(line.text, _WIDTH - 8))
    yield "    )"


_CHECK = '''
def check():
    """Compare with the test point; what is printed is each output, and whether it is right."""
    right = True
    for name, value in evaluate().items():
        expected = EXPECTED[name]
        same = SAME
        right = right and same
        print(name, value, "ok" if same else f"differs from {expected}")
    return right


if __name__ == "__main__":
    sys.exit(0 if check() else 1)
'''
_CHECK_EXACT = _CHECK.replace(
    "SAME", "abs(value - expected) <= 1e-12 * abs(expected) or value == expected"
)
_CHECK_COLUMNS = _CHECK.replace(
    "SAME", "bool(numpy.all(numpy.isclose(value, expected, rtol=1e-12, atol=0)))"
)
