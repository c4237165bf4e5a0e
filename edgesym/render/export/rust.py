"""Closed forms as a Rust file: a structure of inputs, one of outputs, and a function."""

from __future__ import annotations

from collections.abc import Iterator
from math import isinf
from typing import Any

from edgesym.analysis.exported import Export
from edgesym.render.export.comments import header, meant
from edgesym.render.export.names import reserved
from edgesym.render.export.statements import Code, Spelling, bare, code_of, folded
from edgesym.render.export.statements import double as written

__all__ = ["write_rust"]

_WIDTH = 96


def _number(number: Any) -> str:
    if isinf(number):
        return "f64::INFINITY"
    return written(number)


def _power(base: str, exponent: str, known: Any) -> str:
    if isinstance(known, int) and abs(known) < 2**31:
        return f"f64::powi({bare(base)}, {known})"
    return f"f64::powf({bare(base)}, {bare(exponent)})"


_RUST = Spelling(
    _number,
    _power,
    {
        "maximum": "f64::max({0}, {1})",
        "minimum": "f64::min({0}, {1})",
        "remainder": "rest({0}, {1})",
        "floor": "f64::floor({0} / {1})",
        "ceiling": "f64::ceil({0} / {1})",
        "log": "f64::ln({0})",
        "power_sum": "(if {0} == 1.0 {{ {1} }} "
        "else {{ (1.0 - f64::powf({0}, {1})) / (1.0 - {0}) }})",
    },
)


def write_rust(found: Export) -> str:
    """A Rust file: ``evaluate(&Inputs) -> Outputs``, and a ``main`` that checks itself."""
    code = code_of(found, _RUST, reserved("rust"))
    return "\n".join([*header(found, "//"), *_file(found, code)]) + "\n"


def _file(found: Export, code: Code) -> Iterator[str]:
    yield from ["//", "// rustc -O FILE.rs", "", "#![allow(dead_code, unused_parens)]", ""]
    yield from ["#[derive(Clone, Copy, Debug)]", "pub struct Inputs {"]
    for name, one in zip(code.inputs, found.inputs, strict=True):
        yield f"    pub {name}: f64, // {meant(one)}"
    yield from ["}", "", "#[derive(Clone, Copy, Debug)]", "pub struct Outputs {"]
    for name, out in zip(code.outputs, found.outputs, strict=True):
        yield f"    pub {name}: f64, // [{out.unit}]"
    yield from ["}", "", "impl Default for Inputs {", "    fn default() -> Self {"]
    yield "        Inputs {"
    for name, one in zip(code.inputs, found.inputs, strict=True):
        yield f"            {name}: {_number(one.value)},"
    yield from ["        }", "    }", "}", ""]
    if "remainder" in code.operations:
        yield from ["fn rest(a: f64, b: f64) -> f64 {", "    a - b * f64::floor(a / b)", "}", ""]
    yield from _function(found, code)
    yield from _main(found, code)


def _function(found: Export, code: Code) -> Iterator[str]:
    counted = [name for name, one in zip(code.inputs, found.inputs, strict=True) if one.whole]
    yield "/// Panics where a count is 2^53 or more, which a double does not hold."
    given = "given" if code.inputs else "_given"
    yield f"pub fn evaluate({given}: &Inputs) -> Outputs {{"
    if code.inputs:
        yield "    let Inputs {"
        yield from (f"        {line}" for line in folded(", ".join(code.inputs), _WIDTH - 8))
        yield "    } = *given;"
    if counted:
        listed = folded(", ".join(counted), _WIDTH - 8)
        yield from ["    for value in [", *(f"        {line}" for line in listed), "    ] {"]
        yield '        assert!(value < 9007199254740992.0, "{} is no count below 2^53", value);'
        yield "    }"
    for line in code.statements:
        if line.note:
            yield f"    // {line.note}"
        whole = f"    let {line.name} = {line.text};"
        if len(whole) <= _WIDTH:
            yield whole
        else:
            yield f"    let {line.name} ="
            *first, last = folded(line.text, _WIDTH - 8)
            yield from (f"        {part}" for part in first)
            yield f"        {last};"
    yield "    Outputs {"
    for name, result in zip(code.outputs, code.results, strict=True):
        yield f"        {name}: {result}," if name != result else f"        {name},"
    yield from ["    }", "}", ""]


def _main(found: Export, code: Code) -> Iterator[str]:
    yield from [
        "fn check(name: &str, value: f64, expected: f64) -> bool {",
        "    let same = value == expected || (value - expected).abs() <= 1e-12 * expected.abs();",
        '    println!("{} {} {}", name, value, if same { "ok" } else { "differs" });',
        "    same",
        "}",
        "",
        "/// The test point: the inputs are the defaults.",
        "fn main() {",
        "    let found = evaluate(&Inputs::default());",
        "    let mut right = true;",
    ]
    for name, one in zip(code.outputs, found.outputs, strict=True):
        yield f'    right &= check("{name}", found.{name}, {_number(one.value)});'
    yield from ["    std::process::exit(if right { 0 } else { 1 });", "}"]
