"""Sweeps beside the evaluator that they run, and a hundred million points in bounded memory."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import numpy as np

from benchmarks.evaluators import setup_of
from benchmarks.timing import in_turns, table
from edgesym.analysis.sweep.sweep import sweep
from edgesym.engine.backends import CHUNK
from edgesym.engine.native import compiler

QUANTITIES = ("tokens_per_second", "memory_footprint", "energy_per_token")
OVER = {
    "context": "1k..128k:lin:1000",
    "batch": "1..16",
    "bandwidth": "10GB/s..100GB/s:lin:1000",
}
POINTS = 16 * 10**6
#: Times the bare evaluator, seconds and MB, at most.
STREAMED, LARGEST = 2.0, 500
#: A hundred million points, of which the best that meet conditions are kept.
LARGE = """
import json, re, sys, time
from benchmarks.evaluators import setup_of
from edgesym import sweep
over = {"hidden": "64..8192:step:64", "layers": "1..100", "bandwidth": "10GB/s..100GB/s:lin:7813"}
start = time.perf_counter()
found = sweep(setup_of(), over, (), where=["tokens_per_second >= 20", "memory_footprint <= 2GB"],
              backend=sys.argv[1], **json.loads(sys.argv[2]))
taken = time.perf_counter() - start
status = open("/proc/self/status").read()  # what getrusage says is the parent's too
peak = int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) / 1024
print(json.dumps([found.points, taken, peak]))
"""


def bare(backend: str) -> Callable[[], object]:
    """The same points by the evaluator alone: chunks of columns, each over the one before."""
    profile = setup_of().compile(QUANTITIES, list(OVER))
    program = profile.program
    kernel = program.kernel(backend, (True,) * len(program.symbols))
    values = setup_of().values()
    columns = [float(values[made]) * np.linspace(1, 2, CHUNK) for made in program.symbols]

    def work() -> None:
        found = np.empty((len(QUANTITIES), CHUNK))
        for _ in range(POINTS // CHUNK):
            kernel(columns, found)

    return work


def sweeps() -> list[str]:
    """Streaming to files, and choosing the best, against the bare evaluator."""
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        number = count()

        def streamed(ending: str, backend: str) -> None:
            sweep(setup_of(), OVER, QUANTITIES, backend=backend, out=new(ending))

        def new(ending: str) -> Path:
            for path in Path(folder).iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            return Path(folder, f"{next(number)}{ending}")

        rows = []
        endings = [".npz", *([".parquet"] if find_spec("pyarrow") else [])]
        for backend in ["numpy", "c"] if compiler() else ["numpy"]:
            work = {"bare evaluator": bare(backend)}
            work["best 20"] = partial(
                sweep, setup_of(), OVER, QUANTITIES, backend=backend, top=20, by=QUANTITIES[0]
            )
            work |= {f"to {end}": partial(streamed, end, backend) for end in endings}
            times = in_turns(work, 3)
            for name, taken in times.items():
                ratio = taken / times["bare evaluator"]
                rate = f"{POINTS / taken / 1e6:,.1f}"
                rows.append((f"{backend}, {name}", rate, f"{ratio:.2f}"))
                if name == "to .parquet" and backend == "numpy" and ratio > STREAMED:
                    missed.append(f"sweep to Parquet {ratio:.2f} x the evaluator > {STREAMED}")
    print(table((f"{POINTS:,} points", "M rows/s", "x bare evaluator"), rows))
    return missed


def large() -> list[str]:
    """A hundred million points, each in a process of its own."""
    rows, missed = [], []
    kinds = {
        "best 20": {"top": 20, "by": "hidden"},
        "front of two": {"pareto": ["tokens_per_second", "+parameters"]},
    }
    for backend in ["numpy", "c"] if compiler() else ["numpy"]:
        for name, kept in kinds.items():
            command = [sys.executable, "-c", LARGE, backend, json.dumps(kept)]
            ran = subprocess.run(command, check=True, capture_output=True, text=True)
            points, taken, peak = json.loads(ran.stdout)
            rows.append((f"{backend}, {name}", f"{points:,}", f"{taken:.1f}", f"{peak:.0f}"))
            missed += [f"{name} took {peak:.0f} MiB > {LARGEST}"] if peak > LARGEST else []
    print(table(("kept where two conditions hold", "points", "seconds", "peak MiB"), rows))
    return missed
