"""The one registry of quantities: named functions from a case to a closed form with a unit."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, fields
from functools import wraps
from importlib import import_module

import sympy

from edgesym.domain import checked
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.memo import memo
from edgesym.plain import shown
from edgesym.quantities.case import Case
from edgesym.quantities.composition import find_composition
from edgesym.symbols import declared, symbol

__all__ = [
    "REGISTRY",
    "Case",
    "Quantity",
    "computed",
    "decided_by",
    "find_quantity",
    "quantities_in",
    "quantity",
    "tagged",
]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A row of the registry.

    Attributes:
        name: what everything else calls it.
        unit: unit of its value.
        meaning: one line.
        formula: the closed form, as a function of a case.
        of_part: whether it can be limited to a part of the model.
        phase: the phase that its meaning fixes, if any.
        drafted: what a draft adds to it: what its steps take (``taken``), what it holds
            (``held``), or nothing of its own.
        tags: what else is so of it, such as ``training``: see :data:`TAGS`.
    """

    name: str
    unit: str
    meaning: str
    formula: Callable[[Case], sympy.Expr]
    of_part: bool = False
    phase: str = ""
    drafted: str = ""
    tags: frozenset[str] = frozenset()

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, str]]:
        """A quantity is pickled as its name, and the module that registers it."""
        return _registered, (self.formula.__module__, self.name)

    def expression(self, case: Case) -> sympy.Expr:
        """The closed form for a case.

        Raises:
            ConfigError: a part is asked of a quantity that has none.
        """
        return computed(self.name, self.formula, self._asked(case))

    def definition(self, case: Case) -> sympy.Expr:
        """The formula over other quantities, each as a symbol of its name.

        Of a quantity that comes from the graph itself it is the closed form.

        >>> from edgesym import load
        >>> REGISTRY["tokens_per_second"].definition(Case(load("llama-3.2-1b")))
        b/step_time

        Raises:
            ConfigError: a part is asked of a quantity that has none.
        """
        return _defined(self.name, self.formula, self._asked(case))

    def _asked(self, case: Case) -> Case:
        """The case in the phase that the quantity fixes."""
        if case.part != "*" and not self.of_part:
            able = ", ".join(q.name for q in REGISTRY.values() if q.of_part)
            raise ConfigError(
                f"{self.name} is of the whole model, not of {case.part!r}; of a part are {able}"
            )
        fixed = self.phase not in ("", case.workload.name)
        return case.during(self.phase) if fixed else case


def _registered(module: str, name: str) -> Quantity:
    import_module(module)
    return REGISTRY[name]


#: What a quantity may be besides, and what follows.
TAGS = {
    "usual": "derived where no quantity is named",
    "estimate": "part of an estimate",
    "training": "counts as training does: logits of every position, latents expanded",
    "over kernels": "a sum over the kernels of a step, and not over parts",
}


class _Registry(dict[str, "Quantity"]):
    """Quantities by name, displayed by their names; nothing else can be put in."""

    def __setitem__(self, name: str, made: Quantity) -> None:
        if not isinstance(made, Quantity) or made.name != name:
            raise ConfigError(
                f"REGISTRY[{shown(name)}] holds a Quantity of that name, which @quantity makes of "
                f"a function (docs/house.md); {shown(made)} is none"
            )
        super().__setitem__(name, made)

    def __repr__(self) -> str:
        return f"<{len(self)} quantities: {', '.join(self)}>"


#: Every quantity by name, in reading order.
REGISTRY: dict[str, Quantity] = _Registry()

Formula = Callable[[Case], sympy.Expr]

#: The case whose definition is being taken: a quantity called of it answers with its name.
_DEFINED: ContextVar[Case | None] = ContextVar("defined", default=None)


def quantity(
    unit: str, *tags: str, of_part: bool = False, phase: str = "", drafted: str = ""
) -> Callable[[Formula], Formula]:
    """Register a function as a quantity; its docstring's first line is the meaning."""
    unknown = set(tags) - TAGS.keys()
    if unknown:
        raise UnknownNameError("tag of a quantity", min(unknown), TAGS)

    def register(formula: Formula) -> Formula:
        meaning = (formula.__doc__ or "").partition("\n")[0].rstrip(".")
        name = formula.__name__
        whole = _with_draft(formula, drafted) if drafted else formula
        REGISTRY[name] = Quantity(
            name, unit, meaning, whole, of_part, phase, drafted, frozenset(tags)
        )

        @wraps(formula)
        def called(case: Case) -> sympy.Expr:
            return declared(name) if _DEFINED.get() is case else computed(name, whole, case)

        return called

    return register


def _with_draft(formula: Formula, drafted: str) -> Formula:
    """The formula of the model, and of its draft beside it."""

    @wraps(formula)
    def both(case: Case) -> sympy.Expr:
        if case.drafting is None:
            return formula(case)
        draft = case.drafting.beside(case) if case.part == "*" else None
        own = formula(case.alone)
        return own if draft is None else own + draft.of(both, held=drafted == "held")

    return both


def decided_by(case: Case) -> tuple[object, ...]:
    """What the closed forms of a case depend on: of the model its structure alone."""
    rest = (getattr(case, f.name) for f in fields(case) if f.name != "model")
    return case.model.structure, *rest


def _decided_by(name: str, formula: Formula, case: Case) -> tuple[object, ...]:
    """What a closed form depends on."""
    return name, formula, *decided_by(case)


@memo(key=_decided_by, size=4096)
def computed(name: str, formula: Formula, case: Case) -> sympy.Expr:
    """The closed form, computed once for all models of one structure.

    Many quantities are made of the same ones. A formula reads nothing of the case's model but its
    structure, save its name for errors.
    """
    stated = _stated(name, case)
    return formula(case) if stated is None else stated


def _stated(name: str, case: Case) -> sympy.Expr | None:
    """The form that the composition itself gives for a quantity of the whole model, if any."""
    stated = find_composition(case.composition).stated()
    if name not in stated or case.part != "*":
        return None
    return stated[name].xreplace({symbol("context"): case.workload.context})


@checked
def tagged(tag: str) -> list[str]:
    """Names of the quantities that have a tag, in reading order."""
    return [name for name, row in REGISTRY.items() if tag in row.tags]


@memo(key=_decided_by, size=1024)
def _defined(name: str, formula: Formula, case: Case) -> sympy.Expr:
    """The formula over the names of the quantities that it calls of this case."""
    stated = _stated(name, case)
    if stated is not None:
        return stated
    token = _DEFINED.set(case)
    try:
        return formula(case)
    finally:
        _DEFINED.reset(token)


@checked
def quantities_in(definition: sympy.Expr) -> list[str]:
    """Names of the quantities that a definition is made of, in reading order.

    >>> quantities_in(declared("flops") / declared("memory_traffic"))
    ['flops', 'memory_traffic']
    """
    return [name for name in REGISTRY if declared(name) in definition.free_symbols]


@checked
def find_quantity(name: str) -> Quantity:
    """The quantity of that name.

    Raises:
        UnknownNameError: with the nearest names.
    """
    if name not in REGISTRY:
        raise UnknownNameError("quantity", name, REGISTRY)
    return REGISTRY[name]
