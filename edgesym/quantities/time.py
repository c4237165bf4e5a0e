"""Times: what a step takes on a device, and what is paid once.

A kernel takes a composition of F / (U_c P) and Q / (U_m W_m), by default the longer of the two:
the roofline (Williams et al. 2009, doi:10.1145/1498765.1498785); and t_0 for each launch. A
step is the sum of its kernels, and of t_s for each sequence where the runtime schedules them.
A kernel whose weights the runtime leaves to the processor beside the device has that one's
figures, U_c_host P_host and so on; a block with such kernels is handed over, once, for t_h.
What lies in another memory than it is computed from is copied over the link or from storage,
bytes / (U_l W_l) and bytes / (U_s W_s), before it is computed with.
What is paid once (loading, copying) is never part of a step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import sympy

from edgesym.graph.tensor import Role
from edgesym.ledger import Kind
from edgesym.memo import memo
from edgesym.quantities.case import Draft
from edgesym.quantities.composition import find_composition
from edgesym.quantities.counts import flops
from edgesym.quantities.memory import (
    activation_bytes,
    kv_cache_bytes,
    memory_traffic,
    weight_storage_bytes,
)
from edgesym.quantities.placed import Copy, Side, copies, crossing_bytes, lying, sides
from edgesym.quantities.registry import Case, decided_by, quantity
from edgesym.runtimes.placement import HOST
from edgesym.symbols import symbol

__all__ = ["KernelCost", "fixed_costs", "kernel_costs", "step_parts"]

RATE = symbol("compute_utilisation") * symbol("peak_flops")
BANDWIDTH = symbol("memory_utilisation") * symbol("memory_bandwidth")
_HANDOVER = symbol("handover_overhead")
_SEQUENCE = symbol("sequence_overhead")


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
        kind: the kind of its efficiency, where the runtime sets it apart, or it runs beside the
            device.
        handed: whether its block is handed over when it runs: the first there that is.
        whole: whether it runs as often as its block is repeated, and so in one place.
        route: what it copies its bytes over, ``link`` or ``storage``; empty if it computes.
        sequences: sequences that the runtime schedules; of no kernel, but of the step.
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
    handed: bool = False
    whole: bool = True
    route: str = ""
    sequences: sympy.Expr = sympy.S.Zero
    queued: bool = False

    @property
    def place(self) -> str:
        """The kind of the symbols of where it runs: none for the device itself."""
        return HOST if self.kind == HOST else ""

    @property
    def compute_time(self) -> sympy.Expr:
        """F / (U_c P), seconds."""
        reached = symbol("compute_utilisation", self.kind) * symbol("peak_flops", self.place)
        return self.flops / reached

    @property
    def memory_time(self) -> sympy.Expr:
        """Q / (U_m W_m), seconds; of a copy over a link or from storage, Q over that rate."""
        moved = sympy.Add(*self.traffic.values())
        if self.route:
            return moved / rate_of(self.route)
        reached = symbol("memory_utilisation", self.kind) * symbol("memory_bandwidth", self.place)
        return moved / reached

    @property
    def time(self) -> sympy.Expr:
        """The two joined, seconds; what only moves data has but one."""
        joined = find_composition(self.composition)
        return joined.time(self.compute_time, self.memory_time)

    @property
    def overhead(self) -> sympy.Expr:
        """What is paid for its launches, unless they are queued, and for handing it over, s."""
        return sympy.Add(*(cost * count for cost, count in self.overheads.items()))

    @property
    def overheads(self) -> dict[sympy.Symbol, sympy.Expr]:
        """How often each fixed cost is paid when it runs once."""
        own = (
            {}
            if self.queued or self.route
            else {symbol("launch_overhead", self.place): self.launches}
        )
        handed = {_HANDOVER: sympy.S.One} if self.handed else {}
        scheduled = {_SEQUENCE: self.sequences} if self.sequences != 0 else {}
        return own | handed | scheduled


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
        layered = frozenset([block]) in case.model.repeats
        costs = [_copied(block, copy, case) for copy in copies(rows, case)]
        handed = False
        for name, kernel in rows.group(lambda row: row.kernel).items():
            for side in sides(kernel, case):
                cost = _cost(block, name, side, case)
                costs.append(replace(cost, handed=side.left and not handed))
                handed = handed or side.left
        for cost in costs:
            key: tuple[object, ...] = (layered or block, cost.name, cost.kind, cost.handed)
            key += (cost.whole, cost.route, cost.launches, cost.flops, *cost.traffic.items())
            merged.setdefault(key, []).append(cost)
    found = (_joined(costs, case) for costs in merged.values())
    return (*found, *_crossing(case), *_scheduling(case))


def rate_of(route: str) -> sympy.Expr:
    """Bytes per second that a way reaches: the link's U_l W_l, or storage's U_s W_s."""
    return symbol(f"{route}_utilisation") * symbol(f"{route}_bandwidth")


def step_parts(case: Case) -> tuple[tuple[Case, Draft | None], ...]:
    """The step of the model, and that of a draft beside it where there is one."""
    draft = case.drafting.beside(case) if case.drafting and case.part == "*" else None
    own = (case.alone, None)
    return (own,) if draft is None else (own, (draft.case, draft))


def fixed_costs(case: Case) -> list[sympy.Symbol]:
    """The symbols of the fixed costs of a step: t_0, and what else is paid for."""
    return list(dict.fromkeys(cost for kernel in kernel_costs(case) for cost in kernel.overheads))


def _joined(costs: list[KernelCost], case: Case) -> KernelCost:
    """The kernel that equal ones of several kinds of blocks are."""
    blocks = frozenset(cost.block for cost in costs)
    known = case.model.repeats.get(blocks) if costs[0].whole and len(costs) > 1 else None
    repeat = sympy.Add(*(cost.repeat for cost in costs)) if known is None else known
    return replace(costs[0], block=", ".join(sorted(blocks)), repeat=repeat)


def _cost(block: str, name: str, side: Side, case: Case) -> KernelCost:
    kernel = side.rows
    moved = kernel.filter(Kind.READ, Kind.WRITE)
    traffic = {
        role: sympy.Add(*(row.bytes for row in moved.filter(role=role)))
        for role in Role
        if moved.filter(role=role).rows
    }
    work = sympy.Add(*(row.amount for row in kernel.filter(Kind.FLOPS)))
    purposes = {row.purpose for row in kernel}
    launched = case.runtime.launched(purposes)
    kind = HOST if side.beside else case.runtime.kind_of(purposes)
    launches = sympy.Rational(launched.numerator, launched.denominator)
    queued = case.runtime.queued and not side.beside
    return KernelCost(
        *(block, name, side.count, launches, work, traffic, case.composition, kind),
        whole=side.whole,
        queued=queued,
    )


def _copied(block: str, copy: Copy, case: Case) -> KernelCost:
    """What is copied over a link or from storage, as a kernel that only moves bytes."""
    none, name = sympy.Integer(0), f"{copy.what} over {copy.route}"
    return KernelCost(
        *(block, name, copy.count, none, none, {copy.role: copy.amount}, case.composition),
        whole=False,
        route=copy.route,
    )


def _crossing(case: Case) -> tuple[KernelCost, ...]:
    """Activations that cross between layers of the host and of the device, and the handing over.

    There and back is handed over once.
    """
    placement = case.placement.during(case.workload.name)
    if not placement.crossings or case.part != "*":
        return ()
    one, none = sympy.Integer(1), sympy.Integer(0)
    layered = next(block.name for block in case.text_blocks() if block.repeat != 1)
    moved = placement.crossings * crossing_bytes(case, layered)
    traffic = {Role.ACTIVATION: moved} if placement.linked else {}
    cost = KernelCost("step", "activations over link", one, none, none, traffic, case.composition)
    return (replace(cost, route="link", handed=True),)


def _scheduling(case: Case) -> tuple[KernelCost, ...]:
    """What a step costs for each of its sequences, where the runtime schedules them."""
    if not case.runtime.schedules or case.part != "*":
        return ()
    one, none = sympy.Integer(1), sympy.Integer(0)
    return (KernelCost("step", "sequences", one, none, none, {}, sequences=case.workload.batch),)


def _whole_step(case: Case) -> KernelCost:
    """A step as one kernel, its bytes those that the composition states must be held."""
    traffic = {
        Role.WEIGHT: weight_storage_bytes(case),
        Role.ACTIVATION: activation_bytes(case),
        Role.CACHE: kv_cache_bytes(case),
    }
    one, none = sympy.Integer(1), sympy.Integer(0)
    return KernelCost("step", "step", one, none, flops(case), traffic, case.composition)


@quantity("s", "estimate", of_part=True, drafted="taken")
def compute_time(case: Case) -> sympy.Expr:
    """FLOPs of a step over the rate reached, F / (U_c P); of each that is set apart by itself."""
    if case.placement.blocks or case.runtime.efficiency:
        return sympy.Add(*(kernel.repeat * kernel.compute_time for kernel in kernel_costs(case)))
    return flops(case) / RATE


@quantity("s", "estimate", of_part=True, drafted="taken")
def memory_time(case: Case) -> sympy.Expr:
    """Bytes of a step over the bandwidth reached, Q / (U_m W_m); of each set apart by itself."""
    if case.placement.blocks or case.runtime.efficiency:
        kernels = (kernel for kernel in kernel_costs(case) if not kernel.route)
        return sympy.Add(*(kernel.repeat * kernel.memory_time for kernel in kernels))
    return memory_traffic(case) / BANDWIDTH


@quantity("s", "over kernels", of_part=True)
def copy_time(case: Case) -> sympy.Expr:
    """Copying in a step what lies elsewhere than it is computed with: weights, activations.

    Bytes over the link's U_l W_l or storage's U_s W_s; 0 where all lies on the device.
    """
    copied = (kernel for kernel in kernel_costs(case) if kernel.route)
    return sympy.Add(*(kernel.repeat * kernel.memory_time for kernel in copied))


@quantity("s", "estimate", "over kernels", of_part=True, drafted="taken")
def launch_time(case: Case) -> sympy.Expr:
    """Launches of a step at t_0 each, queued ones as far as nothing hides them; and sequences."""
    if not case.runtime.queued:
        return _paid(case)
    hidden = sympy.Max(_queued(case) - _running(case), 0, evaluate=False)
    return hidden + _paid(case)


@quantity("s", "over kernels", of_part=True, drafted="taken")
def step_time(case: Case) -> sympy.Expr:
    """Sum over the kernels of compute and memory time joined, and of their launches.

    Launches that are queued go ahead of the kernels: the longer of the two sums.
    """
    if not case.runtime.queued:
        return _running(case) + launch_time(case)
    return sympy.Max(_running(case), _queued(case), evaluate=False) + _paid(case)


def _running(case: Case) -> sympy.Expr:
    """What the kernels of a step take, one after the other."""
    return sympy.Add(*(kernel.repeat * kernel.time for kernel in kernel_costs(case)))


def _paid(case: Case) -> sympy.Expr:
    """What kernels pay besides, each when it runs."""
    paid: dict[sympy.Symbol, list[sympy.Expr]] = {}
    for kernel in kernel_costs(case):
        for cost, count in kernel.overheads.items():
            paid.setdefault(cost, []).append(kernel.repeat * count)
    return sympy.Add(*(sympy.Add(*counts) * cost for cost, counts in paid.items()))


def _queued(case: Case) -> sympy.Expr:
    """What starting the kernels takes whose launches are queued."""
    queued = (k.repeat * k.launches for k in kernel_costs(case) if k.queued)
    return sympy.Add(*queued) * symbol("launch_overhead")


@quantity("s", "estimate", phase="prefill")
def time_to_first_token(case: Case) -> sympy.Expr:
    """Time of the prefill step over the prompt."""
    return step_time(case)


@quantity("s", "estimate", phase="decode")
def time_per_output_token(case: Case) -> sympy.Expr:
    """Time of a decode step; each sequence gets one token from it.

    With drafts, which are part of the step, it gets the expected number: it is the time over that.
    """
    return step_time(case) / case.yields


@quantity("tokens/s", "estimate", phase="decode")
def tokens_per_second(case: Case) -> sympy.Expr:
    """Tokens that all sequences together get in a second, b over the time of a decode step.

    With drafts a step gives each sequence the expected number.
    """
    return case.workload.batch * case.yields / step_time(case)


@quantity("s", "estimate")
def load_time(case: Case) -> sympy.Expr:
    """Reading the weights from storage, once."""
    return weight_storage_bytes(case) / rate_of("storage")


@quantity("s", "estimate")
def transfer_time(case: Case) -> sympy.Expr:
    """Copying the weights from host to device, once; none where memory is unified.

    Those that lie elsewhere stay there.
    """
    if not case.placement.split:
        return weight_storage_bytes(case) / rate_of("link")
    return lying(case.rows(Kind.STORED), case, "device").bytes() / rate_of("link")


@quantity("s", "estimate")
def network_time(case: Case) -> sympy.Expr:
    """Sending what passes from one block to the next over the network, once per step.

    The price of a pipeline cut in two: b T H activations.
    """
    rate = symbol("network_utilisation") * symbol("network_bandwidth")
    left = (sympy.Add(*(tensor.elements for tensor in block.exits)) for block in case.text_blocks())
    crossing = next(elements for elements in left if elements != 0)
    return crossing * case.widths(Role.ACTIVATION) / rate
