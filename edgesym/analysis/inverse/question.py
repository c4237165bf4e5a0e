"""An inverse question as it is put: an unknown, conditions, and numbers for everything else."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, NoReturn

import sympy

from edgesym.analysis.inverse.conditions import Condition, read_conditions, refuse_contradictions
from edgesym.analysis.inverse.measured import Measured
from edgesym.analysis.inverse.unknown import Unknown, unknown_of
from edgesym.engine.evaluate import evaluate
from edgesym.engine.grid import Values
from edgesym.errors import ExpressionError
from edgesym.scenario.axes import followers_in_prompt
from edgesym.scenario.names import symbol_of
from edgesym.scenario.setup import Setup
from edgesym.symbols import describe, symbol
from edgesym.units import human

__all__ = ["Question", "exact_values", "misfit", "read_question", "tied_in"]

_S, _S_p, _T_g = symbol("context"), symbol("prompt_tokens"), symbol("generated_tokens")
_S_x = symbol("source_tokens")
_SIZE, _RESERVE = symbol("memory_size"), symbol("memory_reserve")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Attributes:
        setup: what it is put to, what the unknown counts left open.
        values: a number for every symbol, exact.
        tied: what follows the unknown, in terms of it: the context the prompt, where it is not
            given; layers of one kind those of all kinds.
    """

    setup: Setup
    unknown: Unknown
    conditions: tuple[Condition, ...]
    values: Values
    tied: Mapping[sympy.Symbol, sympy.Expr]

    @property
    def moving(self) -> tuple[Condition, ...]:
        """The conditions that depend on the unknown."""
        return tuple(c for c in self.conditions if self.unknown.symbol in c.free_symbols)

    @property
    def fixed(self) -> tuple[Condition, ...]:
        """The conditions that do not."""
        return tuple(c for c in self.conditions if self.unknown.symbol not in c.free_symbols)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of how the question is understood."""
        name, word = self.unknown.name, describe(self.unknown.symbol).word
        said = ["the context is the prompt and what is generated"] if _S in self.tied else []
        present = {describe(s).word for c in self.conditions for s in c.free_symbols}
        kinds = sorted(w for w in present if w.startswith(f"{word}."))
        if kinds:
            said.append(f"{', '.join(kinds)} stay as they are")
        said += [
            f"{c} does not depend on {name}: it holds for every value"
            for c in self.fixed
            if c.holds(self.values)
        ]
        return tuple(said)


def read_question(
    setup: Setup,
    unknown: str,
    conditions: Sequence[str],
    between: tuple[str, str] | None = None,
) -> Question:
    """The question that texts put to a setup; see :func:`edgesym.analysis.inverse.solve.solve`.

    Raises:
        EdgesymError: a text that is no condition, an unknown that none depends on, a symbol
            without a number.
    """
    made = symbol_of(unknown)
    setup = setup if made is None else setup.placing([made])
    values = exact_values(setup)
    wanted = unknown_of(unknown, values, between, setup.placed.most)
    read = read_conditions(conditions, setup)
    if not read:
        raise ExpressionError("no condition; give one such as 'time_per_output_token <= 50ms'")
    refuse_contradictions(read)
    tied = _tied(wanted.symbol, setup, {s for c in read for s in c.free_symbols})
    read = tuple(tied_in(condition, tied) for condition in read)
    values.setdefault(wanted.symbol, wanted.within.low)
    question = Question(setup, wanted, read, values, tied)
    if not question.moving:
        _refuse(wanted, read[0])
    for condition in read:
        setup.require(str(condition), condition.free_symbols - {wanted.symbol})
    return question


def exact_values(setup: Setup) -> dict[sympy.Symbol, Any]:
    """The number of every symbol of a setup, as the decimal that was written."""
    return {s: _exact(v) for s, v in setup.values().items()}


def _exact(value: Any) -> Any:
    """A number as the decimal that was written, so that comparisons are exact."""
    if not isinstance(value, float) or math.isinf(value):
        return value
    exact = Fraction(str(value))
    return int(exact) if exact.denominator == 1 else exact


def _tied(
    unknown: sympy.Symbol, setup: Setup, asked: AbstractSet[sympy.Symbol]
) -> dict[sympy.Symbol, sympy.Expr]:
    """What follows the unknown: layers of one kind those of all, the context the prompt."""
    follow = setup.placed.follow.items()
    if layers := {made: form for made, form in follow if unknown in form.free_symbols}:
        return layers
    found = followers_in_prompt(setup, [unknown])
    return {made: form for made, form in found.items() if made in asked}


def tied_in(condition: Condition, tied: Mapping[sympy.Symbol, sympy.Expr]) -> Condition:
    """A condition with what follows an unknown in terms of it."""

    def put(side: Measured) -> Measured:
        return replace(side, expression=side.expression.xreplace(tied))

    return replace(condition, left=put(condition.left), right=put(condition.right))


def misfit(setup: Setup, unknown: sympy.Symbol, there: Values) -> list[str]:
    """That the model does not fit on its device with these numbers, as ``estimate`` says it."""
    if setup.device is None:
        return []
    form = setup.expression("memory_footprint")
    form = form.xreplace(_tied(unknown, setup, form.free_symbols))
    if not form.free_symbols <= there.keys():
        return []
    kept = _RESERVE in there
    over = float(evaluate(form - _SIZE + (_RESERVE if kept else 0), there))
    room = f"memory_size{' - memory_reserve' * kept}"
    return [f"it does not fit there: {human(over, 'B')} more than {room}"] if over > 0 else []


def _refuse(wanted: Unknown, first: Condition) -> NoReturn:
    """Refuse an unknown that has no part in any condition."""
    symbols = sorted((describe(s) for s in first.free_symbols), key=lambda r: r.word)
    depends = [row.word for row in symbols if row.scope in ("workload", "device")]
    others = ["formats and the model's own numbers"] if len(depends) < len(symbols) else []
    hint = ""
    if wanted.symbol == _S and _S_p in first.free_symbols:
        hint = "; it is of the prefill, so ask --for prompt"
    elif wanted.symbol == _S_x:
        hint = "; the source is as long as the prompt unless --source is given"
    elif wanted.symbol in (_S_p, _T_g) and _S in first.free_symbols:
        hint = "; --context fixes what it attends to, so leave that out or ask --for context"
    elif wanted.symbol == symbol("cached_tokens"):
        hint = "; it is of the prefill, and of a prompt of which --cached 0 or more is given"
    elif wanted.symbol == symbol("density"):
        hint = "; prune values in a storage that saves some, such as --prune 0.5:bitmask"
    raise ExpressionError(
        f"{first} does not depend on {wanted.name}; it depends on "
        f"{', '.join([*depends, *others])}{hint}"
    )
