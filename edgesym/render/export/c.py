"""Closed forms as a C file: a structure of inputs, one of outputs, and a function between them."""

from __future__ import annotations

from collections.abc import Iterator
from math import isinf
from typing import Any

from edgesym.analysis.exported import Export
from edgesym.render.export.comments import header, meant
from edgesym.render.export.names import reserved
from edgesym.render.export.statements import Code, Spelling, bare, code_of, double, folded

__all__ = ["write_c"]

_WIDTH = 96


def _number(number: Any) -> str:
    if isinf(number):
        return "INFINITY"
    return double(number)


def _power(base: str, exponent: str, known: Any) -> str:
    if known == 2 and base.isidentifier():
        return f"{base} * {base}"
    return f"pow({bare(base)}, {bare(exponent)})"


_C = Spelling(
    _number,
    _power,
    {
        "maximum": "larger({0}, {1})",
        "minimum": "smaller({0}, {1})",
        "remainder": "rest({0}, {1})",
        "floor": "floor({0} / {1})",
        "ceiling": "ceil({0} / {1})",
        "log": "log({0})",
        "power_sum": "({0} == 1 ? {1} : (1 - pow({0}, {1})) / (1 - {0}))",
    },
)
_HELPERS = {
    "maximum": "static double larger(double a, double b) { return a > b ? a : b; }",
    "minimum": "static double smaller(double a, double b) { return a < b ? a : b; }",
    "remainder": "static double rest(double a, double b) { return a - b * floor(a / b); }",
}


def write_c(found: Export) -> str:
    """A C file (C99, also C++): ``edgesym_evaluate``, and a ``main`` that checks itself.

    ``-DEDGESYM_NO_MAIN`` leaves ``main`` out.
    """
    code = code_of(found, _C, reserved("c"))
    return "\n".join([*header(found, "//"), *_file(found, code)]) + "\n"


def _file(found: Export, code: Code) -> Iterator[str]:
    yield from ["//", "// cc -std=c99 -O2 FILE.c -lm && ./a.out", ""]
    yield from ["#include <math.h>", "#include <stdio.h>", "", "struct edgesym_inputs {"]
    for name, one in zip(code.inputs, found.inputs, strict=True):
        yield f"    double {name}; // {meant(one)}"
    yield from ["    char unused;"] if not code.inputs else []
    yield from ["};", "", "struct edgesym_outputs {"]
    for name, out in zip(code.outputs, found.outputs, strict=True):
        yield f"    double {name}; // [{out.unit}]"
    yield from ["};", "", "static const struct edgesym_inputs edgesym_defaults = {"]
    for name, one in zip(code.inputs, found.inputs, strict=True):
        yield f"    {_number(one.value)}, // {name}"
    yield from ["    0,"] if not code.inputs else []
    yield from ["};", ""]
    helpers = [_HELPERS[name] for name in _HELPERS if name in code.operations]
    yield from [*helpers, ""] if helpers else []
    yield "// All outputs are NaN where a count is 2^53 or more, which a double does not hold."
    yield "static struct edgesym_outputs edgesym_evaluate(const struct edgesym_inputs *in) {"
    yield "    struct edgesym_outputs out;"
    yield from _body(found, code)
    yield from ["    return out;", "}", "", "#ifndef EDGESYM_NO_MAIN"]
    yield from _main(found, code)
    yield "#endif"


def _body(found: Export, code: Code) -> Iterator[str]:
    counted = [name for name, one in zip(code.inputs, found.inputs, strict=True) if one.whole]
    yield from (f"    const double {name} = in->{name};" for name in code.inputs)
    if counted:
        wrong = folded(" || ".join(f"{name} >= 9007199254740992.0" for name in counted), _WIDTH)
        yield from ["    if (", *(f"        {line}" for line in wrong), "    ) {"]
        yield from (f"        out.{name} = NAN;" for name in code.outputs)
        yield from ["        return out;", "    }"]
    else:
        yield from ["    (void)in;"] if not code.inputs else []
    for line in code.statements:
        if line.note:
            yield f"    // {line.note}"
        whole = f"    const double {line.name} = {line.text};"
        if len(whole) <= _WIDTH:
            yield whole
        else:
            yield f"    const double {line.name} ="
            *first, last = folded(line.text, _WIDTH - 8)
            yield from (f"        {part}" for part in first)
            yield f"        {last};"
    for name, result in zip(code.outputs, code.results, strict=True):
        yield f"    out.{name} = {result};"


def _main(found: Export, code: Code) -> Iterator[str]:
    yield from [
        "static int check(const char *name, double value, double expected) {",
        "    int same = value == expected || fabs(value - expected) <= 1e-12 * fabs(expected);",
        '    printf("%s %.17g %s\\n", name, value, same ? "ok" : "differs");',
        "    return same;",
        "}",
        "",
        "// The test point: the inputs are the defaults.",
        "int main(void) {",
        "    struct edgesym_outputs out = edgesym_evaluate(&edgesym_defaults);",
        "    int right = 1;",
    ]
    for name, one in zip(code.outputs, found.outputs, strict=True):
        yield f'    right &= check("{name}", out.{name}, {_number(one.value)});'
    yield from ["    return right ? 0 : 1;", "}"]
