"""Closed forms as a JavaScript file, for Node.js and for a page."""

from __future__ import annotations

from collections.abc import Iterator
from math import isinf
from typing import Any

from edgesym.analysis.exported import Export
from edgesym.render.export.comments import header, meant
from edgesym.render.export.names import reserved
from edgesym.render.export.statements import Code, Spelling, code_of, double, folded

__all__ = ["write_javascript"]

_WIDTH = 96


def _number(number: Any) -> str:
    if isinf(number):
        return "Infinity"
    if isinstance(number, int) and abs(number) < 2**53:
        return str(number) if number >= 0 else f"({number})"
    return double(number)


_JAVASCRIPT = Spelling(
    _number,
    lambda base, exponent, known: f"{base} ** {exponent}",
    {
        "maximum": "Math.max({all})",
        "minimum": "Math.min({all})",
        "remainder": "rest({0}, {1})",
        "floor": "Math.floor({0} / {1})",
        "ceiling": "Math.ceil({0} / {1})",
        "log": "Math.log({0})",
        "power_sum": "({0} === 1 ? {1} : (1 - {0} ** {1}) / (1 - {0}))",
    },
)


def write_javascript(found: Export) -> str:
    """A file with ``evaluate(inputs)``; run by itself in Node.js, it checks itself."""
    code = code_of(found, _JAVASCRIPT, reserved("javascript"))
    return "\n".join([*header(found, "//"), *_file(found, code)]) + "\n"


def _file(found: Export, code: Code) -> Iterator[str]:
    yield from ["", '"use strict";', ""]
    if "remainder" in code.operations:
        yield from ["const rest = (a, b) => a - b * Math.floor(a / b);", ""]
    yield "// A count that a number does not hold (2^53 or more) is refused."
    yield "function evaluate({"
    for name, one in zip(code.inputs, found.inputs, strict=True):
        yield f"  {name} = {_number(one.value)}, // {meant(one)}"
    yield "} = {}) {"
    counted = [name for name, one in zip(code.inputs, found.inputs, strict=True) if one.whole]
    if counted:
        listed = folded(", ".join(counted), _WIDTH - 4)
        yield from ["  for (const value of [", *(f"    {line}" for line in listed), "  ]) {"]
        yield "    if (!(value <= Number.MAX_SAFE_INTEGER)) {"
        yield "      throw new RangeError(`${value} is no count below 2^53`);"
        yield from ["    }", "  }"]
    for line in code.statements:
        note = f" // {line.note}" if line.note else ""
        whole = f"  const {line.name} = {line.text};{note}"
        if len(whole) <= _WIDTH:
            yield whole
        else:
            yield f"  const {line.name} ={note}"
            *first, last = folded(line.text, _WIDTH - 4)
            yield from (f"    {part}" for part in first)
            yield f"    {last};"
    yield "  return {"
    for name, result in zip(code.outputs, code.results, strict=True):
        yield f"    {name}: {result},"
    yield from ["  };", "}", "", "// The test point: the inputs are the defaults."]
    yield "const EXPECTED = {"
    for name, out in zip(code.outputs, found.outputs, strict=True):
        yield f"  {name}: {_number(out.value)}, // {out.unit}"
    yield from ["};", "", *_CHECK.strip().splitlines()]


_CHECK = """
function check() {
  let right = true;
  for (const [name, value] of Object.entries(evaluate())) {
    const expected = EXPECTED[name];
    const same = value === expected || Math.abs(value - expected) <= 1e-12 * Math.abs(expected);
    right = right && same;
    console.log(name, value, same ? "ok" : `differs from ${expected}`);
  }
  return right;
}

if (typeof module !== "undefined") {
  module.exports = { evaluate, check, EXPECTED };
  if (typeof require !== "undefined" && require.main === module) {
    process.exitCode = check() ? 0 : 1;
  }
}
"""
