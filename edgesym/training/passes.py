"""Training: FLOPs of an iteration, the forward pass, the backward pass and what is run again.

All are of a prefill of b sequences of S tokens, with logits of every position: a choice of
the last position, or of absorbed latents, has no meaning in training.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import sympy

from edgesym.errors import UnknownNameError
from edgesym.graph.operation import Operation
from edgesym.graph.rules import flops
from edgesym.graph.tensor import Tensor
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
        name: kind of block.
        repeat: how many of them there are.
        place: ``front``, ``layer`` or ``end``.
    """

    name: str
    repeat: sympy.Expr
    place: str
    operations: Sequence[Operation]
    entries: Sequence[Tensor]
    exits: Sequence[Tensor]

    def row(self, part: str, amount: sympy.Expr, kind: Kind, tensor: str) -> Row:
        """A row of FLOPs or bytes; what dropout costs belongs to the part that it follows."""
        known = part.removesuffix("_dropout")
        return Row(self.name, "", known, "", kind, None, tensor, self.repeat, amount)


def counted(case: Case) -> Case:
    """The case with the counting that training has: all logits, latents expanded."""
    logits = "all" if case.counting.logits == "last" else case.counting.logits
    return replace(case, counting=replace(case.counting, logits=logits, latent="expanded"))


def passes(case: Case) -> Iterator[Pass]:
    """The blocks of a model as training runs them."""
    place = "front"
    case = counted(case)
    for block in case.model.blocks(case.workload, case.counting):
        layered = frozenset([block.name]) in case.model.repeats
        place = "layer" if layered else "end" if place != "front" else "front"
        if case.training.dropout == "applied":
            operations, exits = with_dropout(block)
        else:
            operations, exits = block.operations, block.exits
        yield Pass(block.name, block.repeat, place, operations, block.entries, exits)


def book(case: Case, rows: Callable[[Pass], Iterator[Row]]) -> Ledger:
    """The rows of all blocks, of the part asked for, amounts in the unit of the quantity.

    Raises:
        UnknownNameError: the model has no such part.
    """
    blocks = list(passes(case))
    known = {op.part.removesuffix("_dropout") for block in blocks for op in block.operations}
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
    return sympy.Add(*(block.repeat for block in layered)) if known is None else known


@quantity("FLOP", of_part=True, phase="prefill")
def training_flops(case: Case) -> sympy.Expr:
    """FLOPs of training on b sequences: forward, backward, and what is run again.

    Three times the forward pass for contractions, four for the layers with
    ``recompute=full``. Source: Narayanan et al. 2021 (arXiv:2104.04473, appendix).
    """
    return _work(case, forward=True, backward=True)


@quantity("FLOP", of_part=True, phase="prefill")
def training_flops_per_token(case: Case) -> sympy.Expr:
    """FLOPs of training over the tokens trained on, F / (b S)."""
    return sympy.expand(training_flops(case)) / case.workload.tokens


@quantity("FLOP", of_part=True, phase="prefill")
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
            for operation in run_again(block.operations, case.training.recompute, layer=layer)
        }
        for operation in block.operations:
            once = flops(operation, counting)
            times = int(forward) + int(backward and operation.part in again)
            work = times * once + (backward_flops(operation, counting) if backward else 0)
            if work != 0:
                yield block.row(operation.part, work, Kind.FLOPS, operation.outputs[0].name)

    return summed(book(case, rows))


@quantity("s", phase="prefill")
def training_time(case: Case) -> sympy.Expr:
    """Time to train on N_T tokens with G devices, all of them busy.

    Source: Narayanan et al. 2021 (arXiv:2104.04473, section 5.1), without its simplifications.
    """
    work = training_flops_per_token(case) * symbol("training_tokens")
    return work / (symbol("devices") * RATE)
