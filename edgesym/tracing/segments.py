"""A recorded run divided into blocks: what lies before, in, between and after the layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgesym.tracing.layers import Stack
from edgesym.tracing.record import Recorded
from edgesym.tracing.run import Pass

__all__ = ["Segment", "segments"]


@dataclass(frozen=True, slots=True)
class Segment:
    """The operations of one block.

    Attributes:
        stack: the list of layers it is of, None outside of all.
        kind: the first layer of its kind.
        repeat: how often the run entered layers of this kind.
        operations: in the order they ran.
        again: whether its layers had run before in the same call: their weights are shared.
        of_first: whether its operations are those that ran the first time: the layers that ran
            again are like one that did not.
        turn: how many layers had been entered before what lies outside of all.
    """

    stack: Stack | None
    kind: int
    repeat: int
    operations: tuple[Recorded, ...]
    again: bool = False
    turn: int = 0
    of_first: bool = False

    @property
    def key(self) -> tuple[str, int, bool, int]:
        """What it shares with the same block of another call."""
        return (self.stack.path if self.stack else "", self.kind, self.again, self.turn)


def segments(run: Pass, stacks: Sequence[Stack]) -> list[Segment]:
    """The blocks of a run, in order; of layers of one kind that run alike, the first.

    What a model's own forward does between two layers of a list belongs to the first of them;
    where it does not do the same after each layer of a kind, it is a block of its own each time.
    """
    place = {path: (stack, i) for stack in stacks for i, path in enumerate(stack.layers)}
    turns: list[list[Recorded]] = [[] for _ in range(len(run.entered) + 1)]
    outside: dict[int, list[Recorded]] = {}
    for operation in run.operations:
        turn = operation.turn
        last = turn == len(run.entered) or (
            place[run.entered[turn - 1]][0] is not place[run.entered[turn]][0] if turn else False
        )
        if not operation.layer and (turn == 0 or last):
            outside.setdefault(turn, []).append(operation)
        else:
            turns[turn].append(operation)
    _without_ends(turns, outside)
    found: dict[tuple[str, int, bool], list[int]] = {}
    order: list[tuple[str, int, bool]] = []
    for turn, path in enumerate(run.entered, start=1):
        stack, index = place[path]
        key = (stack.path, stack.kinds[index], _again(run, turn, path))
        if key not in found:
            order.append(key)
        found.setdefault(key, []).append(turn)
    for entered in found.values():
        _part(turns, outside, entered)
    made: list[Segment] = []
    if 0 in outside:
        made.append(Segment(None, 0, 1, tuple(outside[0])))
    for key in order:
        # of layers that run again, one that is traced itself: the others let their input through
        traced = (t for t in found[key] if place[run.entered[t - 1]][1] == key[1])
        turn = next(traced, found[key][0])
        stack, kind = place[run.entered[turn - 1]][0], key[1]
        of_first = key[2] and place[run.entered[turn - 1]][1] != kind
        ran = turns[found[key[0], kind, False][0]] if of_first else turns[turn]
        made.append(Segment(stack, kind, len(found[key]), tuple(ran), key[2], of_first=of_first))
    made += [
        Segment(None, 0, 1, tuple(operations), turn=turn)
        for turn, operations in outside.items()
        if turn
    ]
    return made


def _part(
    turns: Sequence[list[Recorded]], outside: dict[int, list[Recorded]], ran: Sequence[int]
) -> None:
    """Set what runs after the layers of a kind apart from them, where it is not always the same."""
    after = {turn: [op for op in turns[turn] if not op.layer] for turn in ran}
    forms = {
        tuple((op.name, op.path, op.line) for op in operations)
        for turn, operations in after.items()
        if turn not in outside  # behind the last layer lies what lies outside of all
    }
    if len(forms) < 2:
        return
    for turn, operations in after.items():
        if operations:
            outside[turn] = operations
            turns[turn][:] = [op for op in turns[turn] if op.layer]


def _without_ends(turns: Sequence[list[Recorded]], outside: dict[int, list[Recorded]]) -> None:
    """Leave out, before the first layer and after the last, what runs between each two.

    Between layers a model may do something for the one before and something for the one after,
    such as keeping their states. As that belongs to the layer before, it runs once for each layer,
    and what the first and the last one have of it must not count once more.
    """
    between = [op for op in turns[1] if not op.layer] if len(turns) > 2 else []
    last = len(turns) - 1
    if not between or last not in outside or any(turn not in (0, last) for turn in outside):
        return
    after, before = outside[last], outside.get(0, [])
    head = _alike(between, after)
    tail = _alike(between[head:][::-1], before[::-1])
    if head + tail == len(between):
        del after[:head]
        del before[len(before) - tail :]


def _alike(wanted: Sequence[Recorded], ran: Sequence[Recorded]) -> int:
    """How many of the first operations are the same, of the same line."""
    for count, (one, other) in enumerate(zip(wanted, ran, strict=False)):
        if (one.name, one.path, one.line) != (other.name, other.path, other.line):
            return count
    return min(len(wanted), len(ran))


def _again(run: Pass, turn: int, path: str) -> bool:
    """Whether the same layer was entered before: one of shared weights, run again."""
    return path in run.entered[: turn - 1]
