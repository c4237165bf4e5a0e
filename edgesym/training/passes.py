"""Training: FLOPs of an iteration, the forward pass, the backward pass and what is run again.

All are of a prefill of b sequences of S tokens, with logits of every position: a choice of
the last position, or of absorbed latents, has no meaning in training.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import sympy

from edgesym.errors import UnknownNameError
from edgesym.graph.block import Block
from edgesym.graph.operation import Operation
from edgesym.ledger import Kind, Ledger, Row
from edgesym.quantities.registry import Case, quantity
from edgesym.quantities.time import RATE
from edgesym.symbols import symbol
from edgesym.training.backward import backward_flops, run_again
from edgesym.training.dropout import with_dropout

__all__ = ["Pass", "book", "passes", "summed"]


@dataclass(frozen=True, slots=True)
class Pass:
    """A block as training runs it.

    Attributes:
        block: its graph, with dropout where that is asked for.
        place: ``front``, ``layer`` or ``end``.
        homes: the part of each dropout -> the part that it follows.
    """

    block: Block
    place: str
    homes: Mapping[str, str]

    @property
    def name(self) -> str:
        """The kind of block."""
        return self.block.name

    @property
    def operations(self) -> list[Operation]:
        """The operations in the order they run."""
        return self.block.operations

    @property
    def parts(self) -> set[str]:
        """The parts that costs are booked to."""
        return {self.homes.get(op.part, op.part) for op in self.operations}

    def row(self, part: str, amount: sympy.Expr, kind: Kind, tensor: str) -> Row:
        """A row of FLOPs or bytes; what dropout costs belongs to the part that it follows."""
        purpose = self.block.parts[part].purpose
        known = self.homes.get(part, part)
        repeat = self.block.repeat
        return Row(self.name, "", known, "", purpose, kind, repeat, amount, tensor=tensor)


def counted(case: Case) -> Case:
    """The case with the counting that training has: all logits, latents expanded."""
    logits = "all" if case.counting.logits == "last" else case.counting.logits
    return replace(case, counting=replace(case.counting, logits=logits, latent="expanded"))


def passes(case: Case) -> Iterator[Pass]:
    """The blocks of a model as training runs them."""
    place = "front"
    case = counted(case)
    for block in case.blocks():
        layered = frozenset([block.name]) in case.model.repeats
        place = "layer" if layered else "end" if place != "front" else "front"
        if case.training.dropout == "applied":
            dropped = with_dropout(block, case.counting)
            yield Pass(dropped.block, place, dropped.homes)
        else:
            yield Pass(block, place, {})


def book(case: Case, rows: Callable[[Pass], Iterator[Row]]) -> Ledger:
    """The rows of all blocks, of the part asked for, amounts in the unit of the quantity.

    Raises:
        UnknownNameError: the model has no such part.
    """
    blocks = list(passes(case))
    known = set[str]().union(*(block.parts for block in blocks))
    if not any(fnmatchcase(name, p) for name in known for p in (case.part, f"{case.part}.*")):
        prefixes = {name.partition(".")[0] for name in known}
        raise UnknownNameError(f"part of {case.model.name}:", case.part, prefixes | known)
    made = tuple(row for block in blocks for row in rows(block))
    return Ledger(made, case.model.repeats).filter(part=case.part)


def summed(rows: Ledger) -> sympy.Expr:
    """The sum of repeat x amount."""
    return sympy.Add(*(row.repeat * row.amount for row in rows.merged()))


def layers_of(case: Case) -> sympy.Expr:
    """How many layers there are, of whatever kind."""
    layered = [block for block in passes(case) if block.place == "layer"]
    known = case.model.repeats.get(frozenset(block.name for block in layered))
    return sympy.Add(*(found.block.repeat for found in layered)) if known is None else known


@quantity("FLOP", "training", of_part=True, phase="prefill")
def training_flops(case: Case) -> sympy.Expr:
    """FLOPs of training on b sequences: forward, backward, and what is run again.

    Three times the forward pass for contractions, four for the layers with
    ``recompute=full``. Source: Narayanan et al. 2021 (arXiv:2104.04473, appendix).
    """
    return _work(case, forward=True, backward=True)


@quantity("FLOP", "training", of_part=True, phase="prefill")
def training_flops_per_token(case: Case) -> sympy.Expr:
    """FLOPs of training over the tokens trained on, F / (b S)."""
    return sympy.expand(training_flops(case)) / case.workload.tokens


@quantity("FLOP", "training", of_part=True, phase="prefill")
def backward_pass_flops(case: Case) -> sympy.Expr:
    """FLOPs of the backward pass, with what it runs again.

    Gradients of data and of weights; 5/2 of the forward pass for a core of attention with
    ``recompute=flash`` (Dao 2023, arXiv:2307.08691, section 4.1), 2 without.
    """
    return _work(case, forward=False, backward=True)


def _work(case: Case, *, forward: bool, backward: bool) -> sympy.Expr:
    counting = counted(case).counting

    def rows(block: Pass) -> Iterator[Row]:
        layer = block.place == "layer"
        again = {
            operation.part
            for operation in run_again(block.operations, case.training.repeated, layer=layer)
        }
        for operation in block.operations:
            once = block.block.flops[operation.part]
            times = int(forward) + int(backward and operation.part in again)
            work = times * once + (backward_flops(operation, once, counting) if backward else 0)
            if work != 0:
                yield block.row(operation.part, work, Kind.FLOPS, operation.outputs[0].name)

    return summed(book(case, rows))


@quantity("s", "training", phase="prefill")
def training_time(case: Case) -> sympy.Expr:
    """Time to train on N_T tokens with G devices, all of them busy.

    Source: Narayanan et al. 2021 (arXiv:2104.04473, section 5.1), without its simplifications.
    """
    work = training_flops_per_token(case) * symbol("training_tokens")
    return work / (symbol("devices") * RATE)
