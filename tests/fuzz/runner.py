"""Trying inputs at doors: here, or in processes that may hang or die."""

from __future__ import annotations

import multiprocessing
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.fuzz.door import Door, Finding, attempt
from tests.fuzz.limits import bounded_memory, folder
from tests.fuzz.shrink import shrunk

__all__ = ["Tally", "run", "tried"]

#: Inputs and seconds of one process: what is remembered of them goes with it.
_SLICE, _SECONDS = 20_000, 20.0
#: Tries to make an input small; few where each takes as long as it may.
_TRIES = {"hang": 24, "memory": 24}
#: Seconds without a word, after which a process is taken for dead.
_SILENCE = 90.0


@dataclass(slots=True)
class Tally:
    """What was tried at a door.

    Attributes:
        inputs: how many.
        seconds: of processor time.
        kinds: how many inputs showed each kind of finding.
        findings: the first of each place, made small.
    """

    door: str
    inputs: int = 0
    seconds: float = 0.0
    kinds: Counter[str] = field(default_factory=Counter)
    findings: dict[tuple[str, str, str], Finding] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        """Take over what another tried."""
        self.inputs += other.inputs
        self.seconds += other.seconds
        self.kinds += other.kinds
        self.findings = {**other.findings, **self.findings}


def tried(
    door: Door,
    seed: object,
    numbers: Iterator[int] | range,
    *,
    until: Callable[[], bool] = bool,
    at: Callable[[int], None] = lambda number: None,
    shrinks: bool = True,
) -> Tally:
    """Inputs of these numbers at a door, in this process.

    Args:
        until: whether it is enough.
        at: is told the number of the input that is tried now.
        shrinks: whether what is found is made small.
    """
    tally = Tally(door.name)
    start = time.process_time()
    for number in numbers:
        at(number)
        given = door.given(seed, number)
        tally.inputs += 1
        found = attempt(door, given)
        if found is not None:
            tally.kinds[found.kind] += 1
            if found.key not in tally.findings:
                tally.findings[found.key] = _small(door, found) if shrinks else found
        if until():
            break
    tally.seconds = time.process_time() - start
    return tally


def _small(door: Door, found: Finding) -> Finding:
    last = found

    def shows(given: Any) -> bool:
        nonlocal last
        seen = attempt(door, given)
        is_it = seen is not None and seen.key == found.key
        if is_it and seen is not None:
            last = seen
        return is_it

    shrunk(found.given, shows, _TRIES.get(found.kind, 400))
    return last


def run(
    doors: Sequence[Door], seconds: float, seed: object, jobs: int, told: Callable[[Tally], None]
) -> None:
    """Inputs at doors for so many seconds each, in processes; tells of each door when it is done.

    A process that ends or falls silent is a finding of the input that it had.
    """
    waiting, running = list(doors), dict[Any, _Worker]()
    while waiting or running:
        while waiting and len(running) < jobs:
            worker = _Worker(waiting.pop(0), seconds, seed)
            running[worker.ear] = worker
        ears = multiprocessing.connection.wait(list(running), timeout=1.0)
        for ear in [*ears, *(ear for ear, worker in running.items() if worker.is_silent())]:
            worker = running.pop(ear, None)
            if worker is None:
                continue
            again = worker.heard()
            if again is None:
                told(worker.tally)
            else:
                running[again] = worker


class _Worker:
    """The processes of a door, one after the other."""

    def __init__(self, door: Door, seconds: float, seed: object) -> None:
        self.door, self.seed, self.left = door, seed, seconds
        self.tally = Tally(door.name)
        self.next = 0
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("fork")
        self.number = context.Value("q", self.next)
        self.ear, mouth = context.Pipe(duplex=False)
        self.began = self.spoke = time.monotonic()
        self.seen = self.next
        most = min(self.left, _SECONDS)
        given = (self.door, self.seed, self.next, most, self.number, mouth)
        self.process = context.Process(target=_work, args=given)
        self.process.start()
        mouth.close()

    def is_silent(self) -> bool:
        """Whether the process has been at one input for too long."""
        if self.number.value != self.seen:
            self.seen, self.spoke = self.number.value, time.monotonic()
        return time.monotonic() - self.spoke > _SILENCE

    def heard(self) -> Any:
        """Take what the process found; the next one's ear, or None where the door is done."""
        stuck = self.number.value
        try:
            part = self.ear.recv() if self.ear.poll() else None
        except EOFError:
            part = None
        if part is None:
            self.process.kill()
            self.process.join()
            given = _drawn(self.door, self.seed, stuck)
            said = f"the process ended, or was silent for {_SILENCE:.0f} s"
            lost = Finding(self.door.name, "hang", "the process", said, given)
            part = Tally(self.door.name, stuck + 1 - self.next, 0.0, Counter(hang=1))
            part.findings[lost.key] = lost
        self.process.join()
        self.ear.close()
        self.tally.add(part)
        self.left -= max(time.monotonic() - self.began, 0.1)
        self.next = stuck + 1
        if self.left <= 0:
            return None
        self._start()
        return self.ear


def _drawn(door: Door, seed: object, number: int) -> Any:
    """The input of a number; None where it is the drawing of it that ends a process."""
    try:
        return door.given(seed, number)
    except Exception:  # noqa: BLE001 - the other doors are tried all the same
        return None


def _work(door: Door, seed: object, first: int, seconds: float, number: Any, mouth: Any) -> None:
    """Inputs from a number on, for so many seconds."""
    start = time.monotonic()

    def at(now: int) -> None:
        number.value = now

    with bounded_memory():
        numbers = range(first, first + _SLICE)
        tally = tried(door, seed, numbers, until=lambda: time.monotonic() - start > seconds, at=at)
    mouth.send(tally)
    mouth.close()
    shutil.rmtree(folder(), ignore_errors=True)  # such a process ends without atexit
    sys.stdout.flush()
