"""The operator table: what each operator of a step costs, in numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sympy

from edgesym.architectures.model import Model
from edgesym.architectures.tower import said_of_media
from edgesym.architectures.traced.plan import TracedPlan
from edgesym.catalogue import REGISTRY, Case
from edgesym.document.shown import Shown
from edgesym.domain import checked
from edgesym.engine.evaluate import evaluator
from edgesym.errors import ConfigError
from edgesym.formats import Formats
from edgesym.frozen import Frozen
from edgesym.graph.convention import Convention
from edgesym.graph.tensor import Role
from edgesym.ledger import Kind, Ledger, Row
from edgesym.runtimes import find_runtime
from edgesym.symbols import symbol
from edgesym.workload import Queries, Workload, is_tokenwise

__all__ = ["Operator", "OperatorTable", "operator_table"]

#: Column of a row -> the ledger rows that it sums.
COLUMNS = {
    "flops": lambda row: row.kind is Kind.FLOPS,
    "weight_bytes": lambda row: row.kind is Kind.READ and row.role is Role.WEIGHT,
    "input_bytes": lambda row: row.kind is Kind.READ and row.role is not Role.WEIGHT,
    "output_bytes": lambda row: row.kind is Kind.WRITE,
}


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator: its cost each time it runs, and how often it runs.

    Attributes:
        part: name of the kernel, with the kinds of block where they differ.
        kernel: its bare name.
        repeat: how many blocks have it.
        of: how many blocks there are; 0 outside the layers.
    """

    part: str
    kernel: str
    repeat: int
    of: int
    flops: int
    weight_bytes: int
    input_bytes: int
    output_bytes: int

    @property
    def intensity(self) -> float:
        """FLOPs per byte moved."""
        moved = self.weight_bytes + self.input_bytes + self.output_bytes
        return self.flops / moved if moved else 0.0


@dataclass(frozen=True, slots=True, repr=False)
class OperatorTable(Shown, Frozen):
    """The operators of a step and their totals.

    Attributes:
        storage: bytes that must be held anywhere: weights that the step reads from,
            KV cache, experts it does not read, embedding table.
    """

    model: Model
    queries: Queries
    formats: Formats
    counting: Convention
    kernels: str
    rows: tuple[Operator, ...]
    totals: Mapping[str, float]
    storage: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """Rows and totals with exact integers."""
        return {
            "model": self.model.name,
            **({"counted": said_of_media(self.model)} if self.model.counted else {}),
            "workload": {
                "queries": [
                    {"cached_tokens": cached, "input_tokens": new, "count": count}
                    for cached, new, count in self.queries.groups
                ],
                "batch_size": self.queries.sequences,
                "dtype": self.formats.weights.name,
                "kernels": self.kernels,
            },
            "convention": {"name": self.counting.name, "choices": self.counting.describe()},
            "rows": [
                {
                    "part": row.part,
                    "repeat": row.repeat,
                    "flops": row.flops,
                    "weight_bytes": row.weight_bytes,
                    "input_bytes": row.input_bytes,
                    "output_bytes": row.output_bytes,
                    "intensity": row.intensity,
                }
                for row in self.rows
            ],
            "totals": dict(self.totals),
            "storage": dict(self.storage),
        }


class _Adder:
    """Adds up costs over queries of different lengths; what costs share is computed once."""

    def __init__(
        self,
        queries: Queries,
        values: Mapping[sympy.Symbol, Any],
        tables: Mapping[str, Row],
    ) -> None:
        self.at = evaluator(values)
        self._queries, self._values, self._tables = queries, values, tables
        self._known: dict[sympy.Expr, Any] = {}

    def of(self, row: Row) -> Any:
        """What a row costs each time its block runs.

        The closed form of what a look-up reads, a row of the table per token, is that of few
        tokens; here the table is read at most once, min(V, tokens) rows.
        """
        cost = self.total([row.measure])
        if row.kind is not Kind.READ or row.family != "lookup" or row.tensor not in self._tables:
            return cost
        return min(cost, self.at(self._tables[row.tensor].bytes))

    def total(self, amounts: Iterable[sympy.Expr]) -> Any:
        """The sum of amounts over the queries."""
        asked = list(amounts)
        self.learn(asked)
        return sum(self._known[amount] for amount in asked)

    def learn(self, amounts: Iterable[sympy.Expr]) -> None:
        """Add each of the amounts up, all of them at a query, so that none is kept in between."""
        unknown = {amount for amount in amounts if amount not in self._known}
        for tokenwise in (True, False):
            chosen = [amount for amount in unknown if is_tokenwise(amount) is tokenwise]
            for case in self._queries.cases(tokenwise) if chosen else ():
                at = evaluator({**self._values, **case})
                for amount in chosen:
                    self._known[amount] = self._known.get(amount, 0) + at(amount)


@checked
def operator_table(
    model: Model, queries: Queries, formats: Formats, counting: Convention, kernels: str = "unfused"
) -> OperatorTable:
    """The operator table of one step over the queries.

    Expected numbers (of experts hit) are rounded to whole bytes. Of an embedding table no more
    is read than the table, however many tokens look it up; the closed form of ``weight_bytes``
    counts a row for each, which is right for few tokens.

    Raises:
        UnknownNameError: no such runtime.
        ConfigError: queries outside of the domain of a traced model.
    """
    if queries.source is None:
        queries = replace(queries, source=model.values.get(symbol("source_tokens")))
    for step in queries.cases(tokenwise=False):
        model.domain.check({**model.values, **step}, model.name)
    work, runtime = _work(model, queries), find_runtime(kernels)
    case = Case(model, work, counting, runtime, widths=formats.widths)
    book = case.rows()
    tables = {row.tensor: row for row in book.filter(Kind.STORED)}
    adder = _Adder(queries, {**model.values, **formats.values()}, tables)
    adder.learn(row.measure for row in book.filter(Kind.FLOPS, Kind.READ, Kind.WRITE))
    operators = [
        (block, name, _cost(rows, adder))
        for block, of_block in book.filter(Kind.FLOPS, Kind.READ, Kind.WRITE)
        .group(lambda row: row.block)
        .items()
        for name, rows in of_block.group(lambda row: row.kernel).items()
    ]
    rows = tuple(_merge_kinds(model, operators, adder))
    totals: dict[str, float] = {
        name: _count(case, name, adder) for name in ("parameters", "active_parameters")
    }
    for column, wanted in COLUMNS.items():
        chosen = book.filter(where=wanted).merged()
        adder.learn(row.measure for row in chosen)
        totals[column] = round(sum(adder.at(row.repeat) * adder.of(row) for row in chosen))
    held = book.filter(Kind.KEPT).merged()
    totals["kv_cache_bytes"] = round(adder.total(row.repeat * row.measure for row in held))
    moved = totals["weight_bytes"] + totals["input_bytes"] + totals["output_bytes"]
    totals["intensity"] = totals["flops"] / moved
    storage = _storage(case, totals, adder)
    totals["storage_bytes"] = sum(storage.values())
    return OperatorTable(model, queries, formats, counting, kernels, rows, totals, storage)


def _work(model: Model, queries: Queries) -> Workload:
    """The step of the queries; of code with branches of its own for them, the branch that it is.

    Raises:
        ConfigError: queries of different lengths take different branches.
    """
    work = queries.workload
    if not any(isinstance(plan, TracedPlan) and plan.has_cases for plan in model.plans):
        return work
    if len(queries.groups) > 1:
        raise ConfigError(
            f"{model.name}: its code runs one token, or a prompt, in another way than several "
            "tokens on a cache; give queries of one length"
        )
    ((cached, new, _),) = queries.groups
    if cached == 0:
        return replace(work, cached=sympy.Integer(0))
    return replace(work, new=sympy.Integer(1)) if new == 1 else work


def _cost(rows: Ledger, adder: _Adder) -> tuple[int, ...]:
    return tuple(
        round(sum(adder.of(row) for row in rows.filter(where=wanted)))
        for wanted in COLUMNS.values()
    )


def _merge_kinds(
    model: Model, operators: Iterable[tuple[str, str, tuple[int, ...]]], adder: _Adder
) -> Iterable[Operator]:
    """Operators that cost the same in several kinds of blocks are one row."""
    repeats = {plan.name: int(adder.at(plan.repeat)) for plan in model.plans}
    stacks = {
        block: int(adder.at(count))
        for blocks, count in sorted(model.repeats.items(), key=lambda item: len(item[0]))
        for block in blocks
    }
    merged: dict[tuple[str, tuple[int, ...]], list[str]] = {}
    costs: dict[str, set[tuple[int, ...]]] = {}
    for block, name, cost in operators:
        merged.setdefault((name, cost), []).append(block)
        costs.setdefault(name, set()).add(cost)
    for (name, cost), blocks in merged.items():
        label = name if len(costs[name]) == 1 else f"{name} ({', '.join(blocks)})"
        count, stack = sum(repeats[b] for b in blocks), stacks.get(blocks[0], 0)
        yield Operator(label, name, count, stack, *cost)


def _count(case: Case, name: str, adder: _Adder) -> int:
    total: int = round(adder.total([REGISTRY[name].expression(case)]))
    return total


def _storage(case: Case, totals: Mapping[str, float], adder: _Adder) -> dict[str, int]:
    """The lines of minimum storage: weights, KV cache, additional experts, embedding table."""
    table = _count(case, "embedding_table_bytes", adder)
    experts = _count(case, "additional_expert_bytes", adder)
    stored = _count(case, "weight_storage_bytes", adder)
    return {
        "weights": stored - experts - table,
        "kv_cache": int(totals["kv_cache_bytes"]),
        "additional_experts": experts,
        "embedding_table": table,
    }
