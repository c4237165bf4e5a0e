"""Time of an estimate: warm, where only numbers change, and as a command from a cold start.

Warm is a setup that has not been asked before, of a structure that has: the same model on the
same device at another batch or context, in other formats, and on another device. Cold is a
whole process, beside one that imports sympy and networkx and no more.

Warm times stand beside EdgeProfiler's loop over configurations in the same run.

Run as ``python -m benchmarks.estimate``, or ``python -m benchmarks warm`` for the first alone.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import count

from benchmarks.edgeprofiler import loop
from benchmarks.timing import in_turns, seconds, table
from edgesym.analysis.estimate import estimate
from edgesym.architectures.locate import load
from edgesym.devices import find_device
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup

CARDS = ("llama-3.2-1b", "gemma-3-1b", "llama-4-scout")
DEVICE, OTHER = "raspberry-pi-5", "jetson-orin-nano-super"
RUNS = 50
#: At most this many milliseconds warm, and this many times the import cold.
WARM, COLD = 1.0, 1.5
LOOP = 2000
IMPORT = ("-c", "import sympy, networkx")
COMMAND = ("-c", "from edgesym.cli.main import main; main()")
ARGUMENTS = ("estimate", "llama-3.2-1b", "--device", DEVICE)


def warm_runs(card: str) -> dict[str, Iterator[Setup]]:
    """Setups that are new each time, of a structure that is not, by what changes."""
    made = Setup(load(card), find_device(DEVICE), Run(weights="q4_0"))
    elsewhere = replace(made, device=find_device(OTHER))

    def run(change: Callable[[int], dict[str, object]], made: Setup = made) -> Iterator[Setup]:
        return (replace(made, run=replace(made.run, **change(n))) for n in count(2))

    return {
        "batch": run(lambda n: {"batch": n}),
        "context": run(lambda n: {"context": 300 + n}),
        "weights": run(lambda n: {"weights": ("q8_0", "q4_0")[n % 2], "batch": n}),
        "device": run(lambda n: {"batch": n}, elsewhere),
    }


def warm() -> list[str]:
    """Milliseconds of an estimate of a setup that is new each time, in turns with all others."""
    work: dict[tuple[str, str], Callable[[], object]] = {}
    for card in CARDS:
        for changed, setups in warm_runs(card).items():
            work[card, changed] = lambda setups=setups: estimate(next(setups))
    work["EdgeProfiler", "loop"] = partial(loop, range(1, LOOP + 1))
    times = in_turns(work, RUNS)
    base = times.pop(("EdgeProfiler", "loop")) / LOOP
    rows = [
        (card, changed, f"{1000 * taken:.2f}", f"{taken / base:,.0f}")
        for (card, changed), taken in times.items()
    ]
    print(table(("warm estimate", "what changes", "ms", "x EdgeProfiler's row"), rows))
    worst = 1000 * max(times.values())
    return [f"estimate warm {worst:.2f} ms > {WARM}"] if worst > WARM else []


def process(*arguments: str) -> float:
    """Seconds of a process, the fastest of several; what is imported is compiled, as installed."""
    command = [sys.executable, *arguments]
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        env["PYTHONPYCACHEPREFIX"] = folder
        process = partial(subprocess.run, command, check=True, capture_output=True, env=env)
        return seconds(process, 9)


def main() -> None:
    missed = warm()
    reference, taken = process(*IMPORT), process(*COMMAND, *ARGUMENTS)
    ratio = taken / reference
    print(f"cold, seconds: {taken:.3f}, {ratio:.2f} x {IMPORT[1]!r} ({reference:.3f})")
    missed += [f"cold {ratio:.2f} > {COLD}"] if ratio > COLD else []
    print("; ".join(missed) or "both as wanted")


if __name__ == "__main__":
    main()
