"""Times: what a step takes on a device, and what is paid once.

A kernel takes a composition of F / (U_c P) and Q / (U_m W_m), by default the longer of the two:
the roofline (Williams et al. 2009, doi:10.1145/1498765.1498785); and t_0 for each launch. A
step is the sum of its kernels. What is paid once (loading, copying) is never part of a step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import sympy

from edgesym.graph.tensor import Role
from edgesym.ledger import Kind, Ledger
from edgesym.memo import memo
from edgesym.quantities.composition import find_composition
from edgesym.quantities.counts import flops
from edgesym.quantities.memory import (
    activation_bytes,
    kv_cache_bytes,
    memory_traffic,
    weight_storage_bytes,
)
from edgesym.quantities.registry import Case, decided_by, quantity
from edgesym.symbols import symbol

__all__ = ["KernelCost", "kernel_costs"]

RATE = symbol("compute_utilisation") * symbol("peak_flops")
BANDWIDTH = symbol("memory_utilisation") * symbol("memory_bandwidth")
_OVERHEAD = symbol("launch_overhead")


@dataclass(frozen=True, slots=True)
class KernelCost:
    """What one kernel costs, each time it runs.

    Attributes:
        block: kind of block it is in.
        name: its name.
        repeat: how often it runs in a step.
        launches: kernels that the runtime starts for it each time.
        flops: FLOPs.
        traffic: bytes by role of the tensors that cross its boundary.
        composition: how its two times are joined.
        kind: the kind of its efficiency, where the runtime sets it apart.
        queued: whether its launches are queued, and so paid for by the step as a whole.
    """

    block: str
    name: str
    repeat: sympy.Expr
    launches: sympy.Rational
    flops: sympy.Expr
    traffic: dict[Role, sympy.Expr]
    composition: str = "max"
    kind: str = ""
    queued: bool = False

    @property
    def compute_time(self) -> sympy.Expr:
        """F / (U_c P), seconds."""
        return self.flops / (symbol("compute_utilisation", self.kind) * symbol("peak_flops"))

    @property
    def memory_time(self) -> sympy.Expr:
        """Q / (U_m W_m), seconds."""
        reached = symbol("memory_utilisation", self.kind) * symbol("memory_bandwidth")
        return sympy.Add(*self.traffic.values()) / reached

    @property
    def time(self) -> sympy.Expr:
        """The two joined, seconds; what only moves data has but one."""
        joined = find_composition(self.composition)
        return joined.time(self.compute_time, self.memory_time)

    @property
    def overhead(self) -> sympy.Expr:
        """What is paid for its own launches, seconds; nothing where they are queued."""
        return sympy.S.Zero if self.queued else self.launches * _OVERHEAD


@memo(key=decided_by, size=256)
def kernel_costs(case: Case) -> tuple[KernelCost, ...]:
    """The cost of every kernel of a step, in the order they run, equal ones merged.

    A composition that states the time of a whole step has the step as its one kernel.
    """
    stated = find_composition(case.composition).stated()
    if "step_time" in stated:
        return (_whole_step(case),)
    merged: dict[tuple[object, ...], list[KernelCost]] = {}
    kinds = case.rows(Kind.FLOPS, Kind.READ, Kind.WRITE)
    for block, rows in kinds.group(lambda row: row.block).items():
        for name, kernel in rows.group(lambda row: row.kernel).items():
            cost = _cost(block, name, kernel, case)
            layered = frozenset([block]) in case.model.repeats
            key = (layered or block, name, cost.launches, cost.flops, *cost.traffic.items())
            merged.setdefault(key, []).append(cost)
    return tuple(_joined(costs, case) for costs in merged.values())


def _joined(costs: list[KernelCost], case: Case) -> KernelCost:
    """The kernel that equal ones of several kinds of blocks are."""
    blocks = frozenset(cost.block for cost in costs)
    known = case.model.repeats.get(blocks) if len(costs) > 1 else costs[0].repeat
    repeat = sympy.Add(*(cost.repeat for cost in costs)) if known is None else known
    return replace(costs[0], block=", ".join(sorted(blocks)), repeat=repeat)


def _cost(block: str, name: str, kernel: Ledger, case: Case) -> KernelCost:
    moved = kernel.filter(Kind.READ, Kind.WRITE)
    traffic = {
        role: sympy.Add(*(row.bytes for row in moved.filter(role=role)))
        for role in Role
        if moved.filter(role=role).rows
    }
    work = sympy.Add(*(row.amount for row in kernel.filter(Kind.FLOPS)))
    purposes = {row.purpose for row in kernel}
    launched, kind = case.runtime.launched(purposes), case.runtime.kind_of(purposes)
    launches = sympy.Rational(launched.numerator, launched.denominator)
    repeat = kernel.rows[0].repeat
    joined, queued = case.composition, case.runtime.queued
    return KernelCost(block, name, repeat, launches, work, traffic, joined, kind, queued)


def _whole_step(case: Case) -> KernelCost:
    """A step as one kernel, its bytes those that the composition states must be held."""
    traffic = {
        Role.WEIGHT: weight_storage_bytes(case),
        Role.ACTIVATION: activation_bytes(case),
        Role.CACHE: kv_cache_bytes(case),
    }
    one, none = sympy.Integer(1), sympy.Integer(0)
    return KernelCost("step", "step", one, none, flops(case), traffic, case.composition)


@quantity("s", "estimate", of_part=True)
def compute_time(case: Case) -> sympy.Expr:
    """FLOPs of a step over the rate reached, F / (U_c P)."""
    return flops(case) / RATE


@quantity("s", "estimate", of_part=True)
def memory_time(case: Case) -> sympy.Expr:
    """Bytes of a step over the bandwidth reached, Q / (U_m W_m)."""
    return memory_traffic(case) / BANDWIDTH


@quantity("s", "estimate", "over kernels", of_part=True)
def launch_time(case: Case) -> sympy.Expr:
    """What launches add to a step: t_0 each; of queued ones, what running does not hide."""
    paid = _launching(case)
    return sympy.Max(paid - _running(case), 0, evaluate=False) if case.runtime.queued else paid


@quantity("s", "over kernels", of_part=True)
def step_time(case: Case) -> sympy.Expr:
    """Sum over the kernels of compute and memory time joined, and of their launches.

    Launches that are queued go ahead of the kernels: the longer of the two sums.
    """
    if case.runtime.queued:
        return sympy.Max(_running(case), _launching(case), evaluate=False)
    return _running(case) + launch_time(case)


def _running(case: Case) -> sympy.Expr:
    return sympy.Add(*(kernel.repeat * kernel.time for kernel in kernel_costs(case)))


def _launching(case: Case) -> sympy.Expr:
    launches = sympy.Add(*(kernel.repeat * kernel.launches for kernel in kernel_costs(case)))
    return launches * _OVERHEAD


@quantity("s", "estimate", phase="prefill")
def time_to_first_token(case: Case) -> sympy.Expr:
    """Time of the prefill step over the prompt."""
    return step_time(case)


@quantity("s", "estimate", phase="decode")
def time_per_output_token(case: Case) -> sympy.Expr:
    """Time of a decode step; each sequence gets one token from it."""
    return step_time(case)


@quantity("tokens/s", "estimate", phase="decode")
def tokens_per_second(case: Case) -> sympy.Expr:
    """Tokens that all sequences together get in a second, b over the time of a decode step."""
    return case.workload.batch / step_time(case)


@quantity("s", "estimate")
def load_time(case: Case) -> sympy.Expr:
    """Reading the weights from storage, once."""
    rate = symbol("storage_utilisation") * symbol("storage_bandwidth")
    return weight_storage_bytes(case) / rate


@quantity("s", "estimate")
def transfer_time(case: Case) -> sympy.Expr:
    """Copying the weights from host to device, once; none where memory is unified."""
    rate = symbol("link_utilisation") * symbol("link_bandwidth")
    return weight_storage_bytes(case) / rate


@quantity("s", "estimate")
def network_time(case: Case) -> sympy.Expr:
    """Sending what passes from one block to the next over the network, once per step.

    The price of a pipeline cut in two: b T H activations.
    """
    rate = symbol("network_utilisation") * symbol("network_bandwidth")
    left = (sympy.Add(*(tensor.elements for tensor in block.exits)) for block in case.blocks())
    crossing = next(elements for elements in left if elements != 0)
    return crossing * case.widths(Role.ACTIVATION) / rate
