"""Derivation times, and how work grows: with depth, with points, with models."""

import os
import subprocess
import sys
from functools import partial
from math import log
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.evaluators import QUANTITIES, setup_of
from benchmarks.timing import forget, in_turns, seconds, table
from edgesym.algebra.tidy import tidy
from edgesym.analysis.estimate import estimate
from edgesym.analysis.sweep.sweep import sweep
from edgesym.architectures.locate import load
from edgesym.architectures.model import Model
from edgesym.architectures.naming import cards
from edgesym.architectures.reader import read_model
from edgesym.catalogue import REGISTRY, Case

DERIVED = ("parameters", "flops", "weight_bytes", "kv_cache_bytes", "memory_footprint")
IMPORT = "import sympy, networkx"
RUN = "from edgesym.cli.main import main; main()"
ESTIMATE = ["-c", RUN, "estimate", "llama-3.2-1b", "--device", "raspberry-pi-5"]
COLD = {
    "pass": ["-c", "pass"],
    IMPORT: ["-c", IMPORT],
    "edgesym estimate --no-cache": [*ESTIMATE, "--no-cache"],
    "edgesym estimate, asked before": ESTIMATE,
    "import llm_analysis": ["-c", "import llm_analysis.analysis"],
    "import calflops": ["-c", "import calflops"],
}


def cold() -> list[str]:
    """Whole processes, beside what others import; those that are not installed are said so."""
    with TemporaryDirectory() as folder:
        run = partial(
            subprocess.run, capture_output=True, env={**os.environ, "EDGESYM_CACHE": folder}
        )
        there = {
            name: partial(run, [sys.executable, *command], check=True)
            for name, command in COLD.items()
            if run([sys.executable, *command], check=False).returncode == 0
        }
        times = in_turns(there, 5)
    rows = [(name, f"{t:.3f}", f"{t / times[IMPORT]:.2f}") for name, t in times.items()]
    rows += [(name, "not to be had here", "") for name in COLD if name not in there]
    print(table(("a process of its own", "seconds", f"x {IMPORT!r}"), rows))
    most = {"edgesym estimate --no-cache": 0.8, "edgesym estimate, asked before": 0.15}
    return [f"{n} {times[n]:.2f} s > {most[n]}" for n in most if times[n] > most[n]]


def derive(model: Model) -> None:
    forget(model)
    for name in DERIVED:
        tidy(REGISTRY[name].expression(Case(model)))


def derivations() -> list[str]:
    """From a model to five closed forms, nothing remembered."""
    rows = []
    for name in cards():
        model = load(name)
        rows.append((name, f"{1000 * seconds(partial(derive, model), 3):.1f}"))
    print(table(("derivation", "ms"), rows))
    return []


def growth() -> list[str]:
    """Slopes of time in logarithms: 0 does not grow, 1 grows in proportion."""
    config = dict(cards()["llama-3.2-1b"]["config"])
    deep = {
        n: read_model({**config, "num_hidden_layers": n}, name="deep", origin="card")
        for n in (16, 160, 1600, 16000)
    }
    depth = {n: seconds(partial(derive, model)) for n, model in deep.items()}
    setup = setup_of()

    def over(n: int) -> None:
        sweep(
            setup,
            {"context": f"1k..128k:lin:{n}", "batch": "1..100"},
            QUANTITIES,
            top=5,
            by="tokens_per_second",
        )

    points = {100 * n: seconds(partial(over, n), 3) for n in (10**3, 10**4, 10**5)}
    names = list(cards())
    for name in names:
        estimate(_on_pi(name))

    def models(n: int) -> None:
        for name in names[:n]:
            estimate(_on_pi(name))

    several = {n: seconds(partial(models, n), 3) for n in (4, 8, 16, len(names))}
    rows = []
    for what, times in {"layers": depth, "points": points, "models": several}.items():
        span = f"{min(times):,} to {max(times):,}"
        took = f"{min(times.values()):.3g} to {max(times.values()):.3g}"
        rows.append((what, span, took, f"{_slope(times):.2f}"))
    print(table(("growth with", "from", "seconds", "slope"), rows))
    return []


def _on_pi(name: str) -> object:
    from dataclasses import replace

    setup = setup_of()
    return replace(setup, model=load(name), run=replace(setup.run, batch=1 + len(name)))


def _slope(times: dict[int, float]) -> float:
    return float(np.polyfit([log(n) for n in times], [log(t) for t in times.values()], 1)[0])
