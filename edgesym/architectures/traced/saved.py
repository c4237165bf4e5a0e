"""Traced models as files: JSON that is a MODEL anywhere, with no PyTorch.

Expressions are text over the letters of the table of symbols, each written once and referred to
by its place; they are read by the whitelist reader of formulas (:mod:`edgesym.expression`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import sympy

from edgesym.architectures.model import Model, Structure
from edgesym.architectures.traced.domain import Condition, Domain
from edgesym.architectures.traced.plan import Traced, TracedPlan
from edgesym.errors import ConfigError, EdgesymError, ExpressionError
from edgesym.expression import read
from edgesym.files.parse import json_text, parse_json
from edgesym.fileschema import held_to
from edgesym.frozen import FrozenMap
from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.operation import Operation
from edgesym.graph.rules import RULES
from edgesym.graph.tensor import Cache, Role, Tensor
from edgesym.plain import shown
from edgesym.symbols import describe, symbol

__all__ = ["ENDING", "load_traced", "of_data", "written"]

#: What the name of such a file ends in.
ENDING = ".traced.json"
#: Symbols of expressions that are no sizes of a model.
_WORKLOAD = (
    "batch",
    "new_tokens",
    "cached_tokens",
    "context",
    "layers",
    "source_tokens",
    "new_source_tokens",
    "cached_source_tokens",
)
_FORMAT = "edgesym traced model, version 1"
_REMEDY = "write the file anew with edgesym trace"
#: Functions of expressions.
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "S": sympy.Integer,
    "Min": sympy.Min,
    "Max": sympy.Max,
    "floor": sympy.floor,
    "ceiling": sympy.ceiling,
    "Mod": sympy.Mod,
    "log": sympy.log,
}
_RELATIONS: dict[str, type[sympy.Basic]] = {
    "==": sympy.Eq,
    "!=": sympy.Ne,
    "<": sympy.Lt,
    "<=": sympy.Le,
    ">": sympy.Gt,
    ">=": sympy.Ge,
    "and": sympy.And,
    "or": sympy.Or,
    "not": sympy.Not,
}


class _Pool:
    """Expressions, each once."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._places: dict[sympy.Basic, int] = {}

    def place(self, expression: sympy.Expr) -> int:
        if expression not in self._places:
            self._places[expression] = len(self.texts)
            self.texts.append(sympy.sstr(expression, sympy_integers=True))
        return self._places[expression]


def written(traced: Traced, versions: Mapping[str, str]) -> dict[str, Any]:
    """A traced model as plain data, for a file whose name ends in ``.traced.json``.

    Args:
        versions: of what traced it, such as that of torch.
    """
    pool = _Pool()
    model = traced.model
    plans = [plan for plan in model.plans if isinstance(plan, TracedPlan)]
    blocks = [_block(plan, pool, traced.lines) for plan in plans]
    domain = {
        "conditions": [
            {"relation": _relation(c.relation, pool), "line": c.line}
            | ({"case": c.case} if c.case else {})
            for c in model.domain.conditions
        ],
        "at_least_two": [describe(s).word for s in model.domain.at_least_two],
    }
    repeats = [[sorted(kinds), pool.place(counted)] for kinds, counted in model.repeats.items()]
    return {
        "format": _FORMAT,
        "name": model.name,
        "origin": model.origin,
        "sources": list(model.sources),
        "content": model.content,
        "dtype": model.dtype,
        "context_limit": model.context_limit,
        "versions": dict(versions),
        "values": {describe(s).word: n for s, n in model.values.items()},
        "order": [list(run) for run in model.order],
        "notes": list(model.notes),
        "layers": list(traced.layers),
        "repeats": repeats,
        "domain": domain,
        "blocks": blocks,
        "expressions": pool.texts,
    }


def _block(plan: TracedPlan, pool: _Pool, lines: Mapping[str, str]) -> dict[str, Any]:
    def tensor(given: Tensor) -> dict[str, Any]:
        made: dict[str, Any] = {
            "name": given.name,
            "shape": [pool.place(extent) for extent in given.shape],
            "role": str(given.role),
        }
        for key in ("touched", "active", "copies"):
            if getattr(given, key) is not None:
                made[key] = pool.place(getattr(given, key))
        if given.cache is not None:
            parts = (given.cache.held, given.cache.fresh, given.cache.kept)
            made["cache"] = [pool.place(part) for part in parts]
        if given.group is not None:
            made["group"] = str(given.group)
        return made

    cases = {"first": plan.first, "single": plan.single}
    return {
        **{word: _block(case, pool, lines) for word, case in cases.items() if case},
        "name": plan.name,
        "repeat": pool.place(plan.repeat),
        "over": plan.over,
        "entries": [tensor(t) for t in plan.entries],
        "exits": [tensor(t) for t in plan.exits],
        "operations": [
            {
                "part": op.part,
                "family": op.family,
                "function": op.function,
                "purpose": str(op.purpose),
                "inputs": [tensor(t) for t in op.inputs],
                "outputs": [tensor(t) for t in op.outputs],
                "line": lines.get(f"{plan.name}/{op.part}", ""),
            }
            for op in plan.operations
        ],
    }


def _relation(relation: sympy.Basic, pool: _Pool) -> list[Any] | int:
    for sign, kind in _RELATIONS.items():
        if relation.func is kind:
            return [sign, *(_relation(argument, pool) for argument in relation.args)]
    return pool.place(relation)


def load_traced(path: Path) -> Traced:
    """The traced model of a file.

    Raises:
        ConfigError: no such file, or none that :func:`written` wrote.
    """
    from edgesym.architectures.traced.schema import TracedFile

    text, origin = json_text(path, "traced model"), str(path)
    data = parse_json(text, origin, "traced model")
    made = data.get("format") if isinstance(data, dict) else None
    if made != _FORMAT:
        said = f"format is {shown(made)}, not {_FORMAT!r}" if made else "is no traced model"
        raise ConfigError(f"{origin}: {said}; {_REMEDY}")
    return of_data(held_to(data, TracedFile, origin, text), origin)


def of_data(data: Mapping[str, Any], origin: str) -> Traced:
    """The traced model of data that :func:`written` made, or that its schema holds of.

    Raises:
        ConfigError: it names a symbol, a rule or an expression that there is not.
    """
    return _Reading(data, origin).traced()


class _Reading:
    """Reads a file; every complaint names it."""

    def __init__(self, data: Mapping[str, Any], origin: str) -> None:
        self.origin = origin
        self.data = data
        self.expressions = self._expressions()

    def _error(self, what: str) -> ConfigError:
        return ConfigError(f"{self.origin}: {what}; {_REMEDY}")

    def _expressions(self) -> list[sympy.Expr]:
        names = {}
        for word in self.data["values"]:
            made = self._symbol(word)
            names[made.name] = made
        for word in _WORKLOAD:
            names[symbol(word).name] = symbol(word)
        found = []
        for text in self.data["expressions"]:
            try:
                made = read(str(text), names, _FUNCTIONS)
                found.append(sympy.sympify(made, strict=True))
            except (ExpressionError, sympy.SympifyError) as error:
                raise self._error(f"an expression cannot be read: {error}") from error
        return found

    def _symbol(self, word: Any) -> sympy.Symbol:
        try:
            return symbol(str(word))
        except EdgesymError as error:
            raise self._error(str(error)) from error

    def _at(self, place: Any) -> sympy.Expr:
        if not isinstance(place, int) or not 0 <= place < len(self.expressions):
            raise self._error(f"there is no expression {place!r:.20}")
        return self.expressions[place]

    def _word(self, kind: Any, name: Any) -> Any:
        try:
            return kind(name)
        except ValueError as error:
            raise self._error(str(error)) from error

    def traced(self) -> Traced:
        """The model, its domain and its lines."""
        data = self.data
        plans, lines = [], {}
        for block in data["blocks"]:
            plans.append(self._plan(block))
            for op in block["operations"]:
                lines[f"{block['name']}/{op['part']}"] = str(op.get("line", ""))
        repeats = {}
        for kinds, place in data["repeats"]:
            repeats[frozenset(map(str, kinds))] = self._at(place)
        values = {self._symbol(word): data["values"][word] for word in data["values"]}
        model = Model(
            name=data["name"],
            architecture="traced",
            values=FrozenMap(values),
            structure=Structure(tuple(plans), FrozenMap(repeats)),
            origin=self.origin,
            sources=tuple(map(str, data["sources"])),
            content=data["content"],
            context_limit=data.get("context_limit"),
            dtype=data["dtype"],
            order=tuple((str(kind), int(count)) for kind, count in data["order"]),
            notes=tuple(map(str, data["notes"])),
            domain=self._domain(data["domain"]),
        )
        layers = tuple(map(str, data["layers"]))
        return Traced(model, FrozenMap(lines), layers)

    def _plan(self, block: Any) -> TracedPlan:
        entries, exits = (
            tuple(self._tensor(t) for t in block[key]) for key in ("entries", "exits")
        )
        operations = tuple(self._operation(op) for op in block["operations"])
        name, repeat = block["name"], self._at(block.get("repeat"))
        made = {t.name for t in entries}.union(t.name for op in operations for t in op.outputs)
        for given in (t.name for t in exits if t.name not in made):
            raise self._error(
                f"block {shown(name)} gives {shown(given)}, which nothing in it makes"
            )
        first, single = (
            self._plan(block[word]) if word in block else None for word in ("first", "single")
        )
        over = block["over"]
        return TracedPlan(name, repeat, operations, entries, exits, over, first, single)

    def _operation(self, op: Any) -> Operation:
        family = op["family"]
        if family not in RULES:
            raise self._error(f"family {family!r} has no cost rule")
        if family == "custom":
            self._symbol(f"operator_flops.{op['function']}")
        taken, given = (tuple(map(self._tensor, op[key])) for key in ("inputs", "outputs"))
        if not (taken and given):
            raise self._error(f"{shown(op['part'])} takes no tensor, or gives none")
        purpose = self._word(Purpose, op.get("purpose"))
        return Operation(op["part"], family, op["function"], taken, given, purpose)

    def _tensor(self, given: Any) -> Tensor:
        shape = tuple(self._at(place) for place in given["shape"])
        more: dict[str, Any] = {
            key: self._at(given[key]) for key in ("touched", "active", "copies") if key in given
        }
        if "cache" in given:
            more["cache"] = Cache(*(self._at(place) for place in given["cache"]))
        if "group" in given:
            more["group"] = self._word(Group, given["group"])
        return Tensor(given["name"], shape, self._word(Role, given.get("role")), **more)

    def _domain(self, table: Mapping[str, Any]) -> Domain:
        conditions = tuple(
            Condition(
                self._relation(row.get("relation")),
                str(row.get("line", "")),
                str(row.get("case", "")),
            )
            for row in table["conditions"]
        )
        least = tuple(self._symbol(w) for w in table["at_least_two"])
        return Domain(conditions, least)

    def _relation(self, given: Any) -> sympy.Basic:
        if not isinstance(given, Sequence) or isinstance(given, str) or not given:
            return self._at(given)
        sign, *arguments = given
        if not isinstance(sign, str) or sign not in _RELATIONS:
            raise self._error(f"{shown(sign)} is no relation")
        sides = [self._relation(argument) for argument in arguments]
        try:
            return _RELATIONS[sign](*sides)
        except (TypeError, ValueError) as error:  # of two sizes, or of relations; sympy says which
            raise self._error(f"{sign} of {len(sides)} is no relation") from error
