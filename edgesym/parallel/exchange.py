"""What devices exchange that share out experts, or the tokens of a sequence.

In an all-to-all of g devices each keeps 1/g of what it holds and sends the rest; around a
ring each piece is handed on g - 1 times. Amounts are what a device sends in a forward step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sympy

from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.operation import Operation
from edgesym.graph.tensor import Role
from edgesym.parallel.communication import scattered
from edgesym.quantities.registry import Case, quantity
from edgesym.symbols import symbol

__all__ = ["expert_parallel_traffic", "ring_attention_traffic", "sequence_exchange_traffic"]


def _summed(case: Case, elements: Callable[[Operation], Iterator[sympy.Expr]]) -> sympy.Expr:
    found = (
        block.repeat * sympy.Add(*elements(operation))
        for block in case.blocks()
        for operation in block.operations
    )
    return sympy.Add(*found) * case.widths(Role.ACTIVATION)


@quantity("B", "training")
def expert_parallel_traffic(case: Case) -> sympy.Expr:
    """Bytes a device sends in a forward step so that tokens meet experts on g_e devices.

    Of the b T tokens of a device k copies each go to their experts, and as many results back:
    2 b T k H (g_e - 1) / g_e elements in a layer with experts, where tokens are shared out
    evenly (Lepikhin et al. 2020, arXiv:2006.16668, section 3.2).
    """

    def sent(operation: Operation) -> Iterator[sympy.Expr]:
        weights = [t for t in operation.inputs if t.group is Group.EXPERT]
        if weights and operation.purpose is Purpose.UP:
            copies = sympy.Mul(*operation.outputs[0].shape[:-1])
            yield copies * operation.inputs[0].shape[-1]
        if weights and operation.purpose is Purpose.DOWN:
            yield operation.outputs[0].elements

    return scattered(symbol("expert_parallel")) * _summed(case, sent)


@quantity("B", "training", phase="prefill")
def ring_attention_traffic(case: Case) -> sympy.Expr:
    """Bytes a device sends so that keys and values of a sequence pass all g_c devices once.

    Each holds b S / g_c tokens' keys and values and hands on what it gets g_c - 1 times:
    2 b S K D (g_c - 1) / g_c elements in a layer (Liu et al. 2023, arXiv:2310.01889).
    """
    return scattered(symbol("context_parallel")) * _summed(case, _keys_and_values)


@quantity("B", "training", phase="prefill")
def sequence_exchange_traffic(case: Case) -> sympy.Expr:
    """Bytes a device sends to turn shares of a sequence into shares of the heads, and back.

    Four all-to-alls in a layer, of queries, keys, values and what leaves the heads:
    2 b S D (A + K) / g_c elements, (g_c - 1) / g_c of which are sent (Jacobs et al. 2023,
    arXiv:2309.14509, section 3.2).
    """

    def held(operation: Operation) -> Iterator[sympy.Expr]:
        yield from _keys_and_values(operation)
        if operation.purpose is Purpose.SCORES:
            yield operation.inputs[0].elements
        if operation.purpose is Purpose.VALUES:
            yield operation.outputs[0].elements

    devices = symbol("context_parallel")
    return scattered(devices) / devices * _summed(case, held)


def _keys_and_values(operation: Operation) -> Iterator[sympy.Expr]:
    """Elements of the keys that a product of scores takes, or of the values of the next."""
    if operation.purpose in (Purpose.SCORES, Purpose.VALUES):
        yield operation.inputs[1].elements
