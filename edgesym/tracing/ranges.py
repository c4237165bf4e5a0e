"""Whole numbers of which there is one for each token, such as ``list(range(tokens))``.

A loop over tokens runs a few of its iterations; code that makes a list of them instead, cuts it
and asks for its length works on a list whose length is a size.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch

from edgesym.errors import ConfigError
from edgesym.tracing.record import Recorder, Short
from edgesym.tracing.sizes import line_of_code

__all__ = ["Numbers", "Tokens", "length", "listed"]

#: Iterations of a loop over tokens that are run: the first, and two that must be alike.
_ITERATIONS = 3


@dataclass(frozen=True, slots=True)
class Tokens:
    """What ``range`` of a number of tokens gives: a loop, of which a few iterations run."""

    recorder: Recorder
    count: torch.SymInt

    def __iter__(self) -> Iterator[int]:
        """The first iterations.

        Raises:
            Short: there is one token, so that no two iterations can be compared.
        """
        tokens = int(self.count.node.hint)
        if tokens < 2 and not self.recorder.is_last:
            raise Short
        if tokens < 2 or self.recorder.is_looping:
            return iter(builtins.range(tokens))
        return self.recorder.loop(self.count, min(_ITERATIONS, tokens))

    def __len__(self) -> int:
        """How many there are."""
        return int(self.count)


@dataclass(frozen=True, slots=True)
class Numbers:
    """A list of numbers: some as they stand, and as many more, evenly spaced, as a size says.

    Attributes:
        head: those before the others.
        start: the first of the others.
        step: from each of them to the next.
        count: how many others there are.
    """

    head: tuple[Any, ...]
    start: Any
    step: Any
    count: Any

    def __getitem__(self, place: Any) -> Any:
        """A number, or a part of the list."""
        if isinstance(place, slice):
            return self._part(place)
        if place < 0:
            return self.start + (self.count + place) * self.step
        if place < len(self.head):
            return self.head[place]
        return self.start + (place - len(self.head)) * self.step

    def _part(self, part: slice) -> Numbers:
        start, stop, step = part.start or 0, part.stop, part.step or 1
        if (start, stop, step) == (0, None, -1) and not self.head:
            return replace(self, start=self[-1], step=-self.step)
        is_known = all(isinstance(n, builtins.int) for n in (start, step, stop or 0))
        if not is_known or start < 0 or step < 1 or (stop or -1) >= 0:
            raise ConfigError(f"{line_of_code()}: this part of a list of tokens is not understood")
        skipped = max(start - len(self.head), 0)
        head, count = self.head[start:], self.count - skipped + (stop or 0)
        over = -len(head) % step  # of the others, before the first that is taken
        return Numbers(
            head[::step],
            self.start + (skipped + over) * self.step,
            self.step * step,
            count - over if step == 1 else (count - over + step - 1) // step,
        )

    def __radd__(self, before: Any) -> Numbers:
        """With numbers before it."""
        return replace(self, head=(*before, *self.head))

    def __iter__(self) -> Iterator[Any]:
        """Its numbers, where it has no other length than its loop.

        Raises:
            ConfigError: it is a part of a loop over tokens.
        """
        if self.head or Recorder.current is None:
            raise ConfigError(f"{line_of_code()}: a list of tokens is gone through one by one")
        loop = Tokens(Recorder.current, self.count)
        return (self.start + place * self.step for place in loop)

    @property
    def length(self) -> Any:
        """How many numbers there are, as a size."""
        return len(self.head) + self.count

    def tensor(self, **options: Any) -> torch.Tensor:
        """The same as a tensor."""
        made = self.start + self.step * torch.arange(self.count, **options)
        return torch.cat([torch.tensor(self.head, **options), made]) if self.head else made


def listed(given: Any = ()) -> Any:
    """What ``list`` gives in a traced module."""
    return Numbers((), 0, 1, given.count) if isinstance(given, Tokens) else builtins.list(given)


def length(given: Any) -> Any:
    """What ``len`` gives in a traced module."""
    return given.length if isinstance(given, Numbers) else builtins.len(given)
