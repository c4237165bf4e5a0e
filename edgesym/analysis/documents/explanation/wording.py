"""What an explanation says, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from edgesym.analysis.explanation.explain import Explanation, Link
from edgesym.analysis.explanation.provenance import Given
from edgesym.document.nodes import Cell, Math
from edgesym.document.numbers import exact, literal, substituted
from edgesym.document.plain import plain
from edgesym.quantities.composition import find_composition
from edgesym.symbols import declared
from edgesym.units import human

__all__ = [
    "LONGEST",
    "PHASES",
    "choices",
    "definition_of",
    "headline",
    "letters_of",
    "moment",
    "symbol_rows",
    "with_numbers",
]

#: What is counted in a phase.
PHASES = {
    "prefill": "the prefill of b sequences: S_p tokens enter for each, nothing is cached before",
    "decode": "a decode step of b sequences: one token enters for each, S - 1 are cached, "
    "and it attends to S, itself included",
    "drafted": "a decode step of b sequences: gamma tokens that were drafted and the one that "
    "follows enter for each, S - 1 are cached",
    "cached": "the prefill of b sequences: of S_p tokens the first C are cached, the others enter",
    "generation": "the prefill of b prompts of S_p tokens, then T_g - 1 decode steps at contexts S "
    "from S_p + 1 to S_p + T_g - 1; shapes are those of a decode step",
}
#: A sign in an einsum -> what it says.
_SIGNS = {
    "(t s)": "in an einsum, (t s) is one axis over the pairs of tokens t and s that attend",
    "e/j": "in an einsum, e/j is an axis of e experts, of which each token uses j",
}
#: Formulas with more characters are shown term by term.
LONGEST = 1000


def letters_of(found: Explanation) -> dict[str, Any]:
    """The number of every letter, and of every quantity of the chain, by name."""
    letters = {str(row.symbol): row.value for row in found.symbols}
    return letters | {link.quantity.name: _shortened(link.value) for link in found.chain}


def _shortened(value: Any) -> Any:
    """A number that is not whole, with the digits that mean something."""
    return value if value == int(value) else float(f"{float(value):.12g}")


def headline(found: Explanation) -> str:
    """The number, of which model, and on which device where that matters."""
    link, setup = found.chain[0], found.setup
    timed = any(row.entry.scope == "device" for row in found.symbols)
    place = f" on {setup.device.name}" if timed and setup.device else ""
    name, unit = link.quantity.name, link.quantity.unit
    return f"{name} of {setup.model.name}{place}: {exact(link.value, unit)}"


def choices(found: Explanation) -> list[str]:
    """What is counted and how, a sentence for each choice."""
    run = found.setup.run
    terms = [term for link in found.chain for term in link.terms if not term.run]
    functions = [operation.function for term in terms for operation in term.operations]
    moved = "moved are the tensors that cross the boundary of a kernel, each once"
    phase = "drafted" if run.draft and found.phase == "decode" else found.phase
    phase = "cached" if run.cached is not None and phase == "prefill" else phase
    return [
        PHASES.get(phase, phase),
        f"{found.setup.kernels} kernels: {found.setup.runtime.summary}; {moved}",
        f"convention {run.counting.name}: {'; '.join(run.counting.describe())}",
        *(text for sign, text in _SIGNS.items() if any(sign in name for name in functions)),
    ]


def definition_of(link: Link) -> str:
    """What a quantity is the sum of, in words, where its definition is too long to be read."""
    if link.terms and link.terms[0].run:
        joined = find_composition(link.terms[0].run.composition)
        sides = ("F/(U_c*P)", "Q/(U_m*W_m)")
        form = plain(joined.time(*map(declared, sides)))
        if any(term.run is None for term in link.terms):
            ran = f"the sum over the kernels of repeat * ({form})"
            return f"the longer of {ran} and launches*t_0, which are queued"
        return f"the sum over the kernels of repeat * ({form} + launches*t_0)"
    length = len(plain(link.definition))
    if length > LONGEST and link.terms:
        return f"the sum of the terms below (in one formula {length:,} characters)"
    return ""


def with_numbers(link: Link, numbers: Mapping[str, Any]) -> str:
    """The definition with numbers put in, where it is shown."""
    if definition_of(link) or link.definition.is_number or link.definition.is_symbol:
        return ""
    return substituted(plain(link.definition), numbers)


def moment(link: Link) -> str:
    """When the tensors of a peak are live; nothing for other terms."""
    term = link.terms[0]
    if not term.tensor:
        return ""
    return f"At the peak, while {term.during} of block {term.blocks[0]} runs, there are"


def symbol_rows(found: Explanation) -> list[tuple[Cell, ...]]:
    """A row for each symbol, with the numbers of its sources."""
    numbered = {source: index for index, source in enumerate(found.sources, 1)}
    return [
        (
            Math(row.symbol),
            row.entry.word,
            _valued(row),
            row.entry.meaning,
            " ".join([row.origin, *_references(numbered[s] for s in row.sources)]),
        )
        for row in found.symbols
    ]


def _references(numbers: Iterable[int]) -> Sequence[str]:
    listed = ", ".join(map(str, numbers))
    return [f"[{listed}]"] if listed else []


def _valued(row: Given) -> str:
    if row.entry.scope == "device":
        return human(float(row.value), row.entry.unit, 10)
    unit = row.entry.unit if row.entry.unit == "B" else ""
    return f"{literal(row.value).strip('()')} {unit}".strip()
