"""What the library offers at its top: a formula that evaluates, compiles and prints itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sympy

from edgesym.algebra.elasticity import elasticities
from edgesym.algebra.substitute import put_in
from edgesym.algebra.tidy import tidy
from edgesym.architectures.locate import as_model
from edgesym.architectures.model import Model
from edgesym.architectures.traced.domain import Condition
from edgesym.architectures.traced.plan import holding
from edgesym.catalogue import Case, find_quantity
from edgesym.document.plain import plain
from edgesym.domain import checked, checked_but
from edgesym.engine.compile import Compiled, compile_expression
from edgesym.engine.evaluate import evaluate
from edgesym.errors import ConfigError
from edgesym.frozen import FrozenMap
from edgesym.graph.convention import convention as find_convention
from edgesym.graph.training import training as find_training
from edgesym.ledger import Ledger, ledger
from edgesym.numbers import Number, checked_number, refuse_twice
from edgesym.quantities.composition import DEFAULT_SMOOTHNESS
from edgesym.runtimes import find_runtime
from edgesym.scenario.run import placed_in, stored
from edgesym.symbols import describe, find, symbol
from edgesym.workload import phase as find_phase

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["Formula", "derive", "graph_of", "ledger_of"]


#: Characters of a formula that is displayed.
_LONGEST = 4000


@checked
@dataclass(frozen=True, slots=True)
class Formula:
    """A quantity of a model in closed form: a value, equal when equal, hashable, picklable.

    Attributes:
        name: the quantity.
        unit: unit of its value.
        expression: the closed form, generic in the symbols of the table.
        values: the model's integers for some of the symbols, sizes of the runtime's memory, and
            the exponent of its composition.
        holds: where it holds, of a model out of its own code.
    """

    name: str
    unit: str
    expression: sympy.Expr
    values: FrozenMap[sympy.Symbol, Number]
    holds: tuple[Condition, ...] = ()

    @property
    def numeric(self) -> sympy.Expr:
        """The closed form with the model's integers put in."""
        return tidy(put_in(self.expression, self.values))

    def evaluate(self, **values: Any) -> Any:
        """The value at a point, exact for integers; symbols by word or by letter.

        Raises:
            UnknownNameError: no such symbol.
            ConfigError: a value that its symbol cannot have, or of a symbol that is not in the
                formula, or where that does not hold.
            EdgesymError: a symbol has no value.
        """
        return evaluate(self.expression, self._point(values))

    def compile(self, **values: Any) -> Compiled:
        """A function of NumPy columns, the model's integers and ``values`` put in beforehand."""
        return compile_expression(self.expression, self.unit, self._point(values))

    def elasticities(self, **values: Any) -> dict[sympy.Symbol, float]:
        """d ln Q / d ln x at a point for every symbol x, the strongest first."""
        return elasticities(self.expression, self._point(values))

    def _point(self, values: Mapping[str, Any]) -> dict[sympy.Symbol, Number]:
        """The model's integers, and the numbers given for symbols, a kind of one among them."""
        own = self.expression.free_symbols | self.values.keys()
        kinds = {name: s for s in own for name in (str(s), describe(s).word)}
        made = {name: kinds.get(name) or find(name) for name in values}
        refuse_twice(made)
        read = self.expression.free_symbols.union(*(c.relation.free_symbols for c in self.holds))
        for name in (name for name, each in made.items() if each not in read):
            letters = ", ".join(sorted(map(str, read)))
            raise ConfigError(f"{name} changes nothing of {self.name}: its symbols are {letters}")
        given = {made[n]: checked_number(made[n], v) for n, v in values.items()}
        point = {**self.values, **given}
        whole = {s: n for s, n in point.items() if isinstance(n, int)}
        for condition in self.holds:
            if condition.holds(whole) is False:
                raise ConfigError(f"{self.name}: the traced form holds only where {condition}")
        return point

    def __str__(self) -> str:
        """The formula in plain notation, and where it holds as far as the step decides it."""
        step = {symbol("new_tokens"), symbol("cached_tokens"), symbol("context")}
        asked = ", ".join(str(c) for c in self.holds if c.relation.free_symbols & step)
        where = f" where {asked}" if asked else ""
        return f"{self.name} [{self.unit}] = {plain(self.expression)}{where}"

    def __repr__(self) -> str:
        """The formula; of a long one its beginning, and how long it is."""
        text = str(self)
        if len(text) <= _LONGEST:
            return text
        return f"{text[:_LONGEST]}... ({len(text):,} characters; str() gives all)"

    def _repr_latex_(self) -> str:
        from edgesym.render.latex_text import formula_latex
        from edgesym.render.markup import Latex

        made = Latex(r"$\displaystyle \mathrm{%s} = %s$")
        return str(made % (self.name, formula_latex(self.expression)))


@checked_but("model")
def derive(
    model: Model | str,
    quantity: str = "flops",
    *,
    phase: str = "decode",
    part: str = "*",
    kernels: str = "fused",
    convention: str = "default",
    training: str = "",
    composition: str = "",
    prune: str = "",
    weights: str = "",
    places: str = "",
) -> Formula:
    """The closed form of a quantity of a model.

    Args:
        model: a model, or what :func:`edgesym.load` takes: the name of a card, a path.
        quantity: a name of :data:`edgesym.REGISTRY`.
        phase: ``prefill`` (S tokens, empty cache), ``decode`` (one token, S - 1
            cached) or ``step`` (T tokens, C cached).
        part: a part of the model, such as ``attention``; ``*`` for all of it.
        kernels: a runtime: ``unfused``, ``fused``, ``ideal``, ``llama.cpp``... or a file.
        convention: a way of counting, such as ``pytorch`` or ``default,logits=all``.
        training: a way of training, such as ``recompute=full,zero=3``, for its quantities.
        composition: how compute and memory time are joined: ``max``, ``sum``, ``smooth`` or
            ``edgeprofiler``; by default as the runtime does.
        prune: what is pruned, such as ``2:4``, ``0.3:bitmask`` or ``layers=4``; the density of
            what is kept is the symbol rho.
        weights: a recipe, such as ``q4_k_m``, under which weights of another format have a
            symbol of their own; by default all share one.
        places: what lies elsewhere than on the device, such as ``gpu=40``, ``experts=all`` or
            ``storage=8``; L_o is how many layers do.

    Returns:
        The formula, tidied, with its unit.

    >>> from edgesym import derive
    >>> kv = derive("llama-3.1-8b", "kv_cache_bytes")
    >>> kv
    kv_cache_bytes [B] = 2*B_c*D*K*L*S*b
    >>> kv.evaluate(batch=1, context=8192, cache_bytes_per_element=2)
    1073741824

    Raises:
        UnknownNameError: an unknown model, quantity, phase, part, scheme or convention.
        ConfigError: no model.
    """
    model, widths = stored(as_model(model, "derive"), weights, prune)
    counting, way = find_convention(convention), find_training(training)
    runs = find_runtime(kernels)
    where = placed_in(runs, model, weights, places)
    case = Case(
        *(model, find_phase(phase), counting, runs, part, way, composition, widths),
        placement=where.placement,
    )
    found = find_quantity(quantity)
    form = tidy(found.expression(case))
    sizes = {symbol("smoothness"): runs.smoothness or DEFAULT_SMOOTHNESS}
    sizes |= {} if runs.memory is None else runs.memory.values()
    sizes |= where.numbers
    own = {made: size for made, size in sizes.items() if made in form.free_symbols}
    holds = holding(model, case.workload)
    return Formula(found.name, found.unit, form, FrozenMap({**model.values, **own}), holds)


@checked_but("model")
def graph_of(model: Model | str, *, phase: str = "step", convention: str = "default") -> nx.DiGraph:
    """The dataflow graph of a model, one copy of each distinct block.

    That of a ``step`` of a traced model whose code has a way of its own for one token, or for an
    empty cache, is of T >= 2 tokens on C >= 1 cached ones.

    Nodes carry ``operation``, ``flops``, ``read``, ``write`` (sympy, FLOPs and bytes) and
    ``repeat``; edges carry ``tensors``.

    >>> from edgesym import graph_of
    >>> graph_of("llama-3.2-1b").nodes["decoder/feed_forward.gate"]["flops"]
    2*H*I*T*b

    Raises:
        UnknownNameError: an unknown model, phase or convention.
        ConfigError: no model.
    """
    return as_model(model, "graph_of").graph(find_phase(phase), find_convention(convention))


@checked_but("model")
def ledger_of(
    model: Model | str,
    *,
    phase: str = "step",
    convention: str = "default",
    kernels: str = "unfused",
) -> Ledger:
    """The ledger of a model: its costs as rows, to be filtered, grouped and summed.

    It holds where :func:`graph_of` does.

    >>> from edgesym import ledger_of
    >>> from edgesym.ledger import Kind
    >>> ledger_of("llama-3.2-1b").filter(Kind.FLOPS, part="feed_forward.up").total()
    2*H*I*L*T*b

    Raises:
        UnknownNameError: an unknown model, phase, convention or runtime.
        ConfigError: no model.
    """
    asked = as_model(model, "ledger_of")
    counting, fusion = find_convention(convention), find_runtime(kernels).fusion
    return ledger(asked, find_phase(phase), counting, fusion)
