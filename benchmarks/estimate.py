"""Time of an estimate: warm, where only numbers change, and as a command from a cold start.

Warm is a setup that has not been asked before, of a structure that has: the same model on the
same device at another batch or context, in other formats, and on another device. Cold is a
whole process, beside one that imports sympy and networkx and no more.

Run as ``python -m benchmarks.estimate``.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import count

from benchmarks.timing import seconds
from edgesym.analysis.estimate import estimate
from edgesym.architectures.locate import load
from edgesym.devices import find_device
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup

CARDS = ("llama-3.2-1b", "gemma-3-1b", "llama-4-scout")
DEVICE, OTHER = "raspberry-pi-5", "jetson-orin-nano-super"
RUNS = 50
#: At most this many milliseconds warm, and this many times the import cold.
WARM, COLD = 3.0, 1.5
IMPORT = ("-c", "import sympy, networkx")
COMMAND = ("-c", "from edgesym.cli.main import main; main()")
ARGUMENTS = ("estimate", "llama-3.2-1b", "--device", DEVICE)


def warm(setups: Iterator[Setup]) -> float:
    """Milliseconds of an estimate of a setup that is new each time, the fastest of many."""
    estimate(next(setups))
    return 1000 * seconds(lambda: estimate(next(setups)), RUNS)


def cold(*arguments: str) -> float:
    """Seconds of a process, the fastest of several; what is imported is compiled, as installed."""
    command = [sys.executable, *arguments]
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        env["PYTHONPYCACHEPREFIX"] = folder
        process = partial(subprocess.run, command, check=True, capture_output=True, env=env)
        return seconds(process, 9)


def main() -> None:
    print(f"{'warm, milliseconds':20} {'batch':>7} {'context':>8} {'weights':>8} {'device':>7}")
    worst = 0.0
    for card in CARDS:
        made = Setup(load(card), find_device(DEVICE), Run(weights="q4_0"))
        elsewhere = replace(made, device=find_device(OTHER))

        def run(change: Callable[[int], dict[str, object]], made: Setup = made) -> Iterator[Setup]:
            return (replace(made, run=replace(made.run, **change(n))) for n in count(2))

        other = run(lambda n: {"batch": n}, elsewhere)
        formats = run(lambda n: {"weights": ("q8_0", "q4_0")[n % 2], "batch": n})
        times = [
            warm(run(lambda n: {"batch": n})),
            warm(run(lambda n: {"context": 300 + n})),
            warm(formats),
            warm(other),
        ]
        worst = max(worst, *times)
        print(f"{card:20} {times[0]:7.2f} {times[1]:8.2f} {times[2]:8.2f} {times[3]:7.2f}")
    reference, taken = cold(*IMPORT), cold(*COMMAND, *ARGUMENTS)
    ratio = taken / reference
    print(f"\ncold, seconds: {taken:.3f}, {ratio:.2f} x {IMPORT[1]!r} ({reference:.3f})")
    missed = [f"warm {worst:.2f} > {WARM} ms"] if worst > WARM else []
    missed += [f"cold {ratio:.2f} > {COLD}"] if ratio > COLD else []
    print("; ".join(missed) or "both as wanted")


if __name__ == "__main__":
    main()
