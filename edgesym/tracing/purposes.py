"""What operations of traced code are for, where their neighbours say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from edgesym.graph.meaning import Purpose
from edgesym.graph.operation import Operation

__all__ = ["with_purposes"]

#: Families that hand on what a product or a softmax made.
_PASSING = ("view", "copy", "pointwise")
_PLAIN = (Purpose.VIEW, Purpose.COPY, Purpose.ELEMENTWISE)


def with_purposes(operations: Sequence[Operation]) -> list[Operation]:
    """Attention's scores, what is done to them, and its values: around each softmax of products."""
    made = {t.name: i for i, op in enumerate(operations) for t in op.outputs}
    readers: dict[str, list[int]] = {}
    for i, op in enumerate(operations):
        for tensor in op.inputs:
            readers.setdefault(tensor.name, []).append(i)
    found = [op.purpose for op in operations]

    def mark(start: int, *, is_back: bool) -> None:
        """The nearest products before or after a softmax, and what lies between."""
        waiting, seen = [start], {start}
        while waiting:
            op = operations[waiting.pop()]
            near = (
                (made[t.name] for t in op.inputs if t.name in made)
                if is_back
                else (at for t in op.outputs for at in readers.get(t.name, ()))
            )
            for at in near:
                if at in seen:
                    continue
                seen.add(at)
                family = operations[at].family
                if family == "contraction" and found[at] is Purpose.MIXING:
                    found[at] = Purpose.SCORES if is_back else Purpose.VALUES
                elif family in _PASSING and (not is_back or found[at] in _PLAIN):
                    if is_back and family == "pointwise":
                        found[at] = Purpose.SCORE_MODIFIER
                    waiting.append(at)

    for i, op in enumerate(operations):
        if op.purpose is Purpose.SOFTMAX and op.family == "normalisation":
            mark(i, is_back=True)
            mark(i, is_back=False)
    return [replace(op, purpose=purpose) for op, purpose in zip(operations, found, strict=True)]
