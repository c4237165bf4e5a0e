"""Measuring techniques one after the other, each beside what its recipe predicts."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from edgesym.analysis.uncertainty import uncertainties
from edgesym.architectures.weights import facts_of
from edgesym.compression.job import PROMPT, Job
from edgesym.compression.outcome import Comparison, Difference, Outcome, Time
from edgesym.compression.process import step
from edgesym.compression.sample import DEFAULT, Sample, find_sample
from edgesym.compression.technique import (
    BASELINE,
    EXTRA,
    Technique,
    find_technique,
    techniques,
)
from edgesym.devices import Device
from edgesym.domain import checked
from edgesym.errors import ConfigError
from edgesym.expression import read
from edgesym.graph.convention import convention
from edgesym.measuring.process import usable_threads
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.symbols import describe, symbol

__all__ = ["chosen", "measured", "measuring"]

#: Engine -> the runtime that predicts its memory; logits are of every position, as they are here.
_RUNTIMES = {
    "torch": "torch-eager",
    "llama.cpp": "llama.cpp",
    "llm-compressor": "torch-eager",
}
#: Told what is being done, in a few words.
Told = Callable[[str], None]


@checked
def measured(
    model: str = DEFAULT,
    names: Iterable[str] = (),
    memory: int | None = None,
    threads: int | None = None,
    told: Told = lambda _: None,
    machine: Device | None = None,
) -> list[Comparison]:
    """Techniques on a model, measured beside predicted; see :func:`measuring`.

    An interrupt (Ctrl-C) ends the technique that is being measured, keeps what was measured
    before, and marks the others as interrupted.
    """
    rows: list[Comparison] = []
    try:
        for row in measuring(model, names, memory, threads, told, machine):
            rows.append(row)  # noqa: PERF402 - those before an interrupt are kept
    except KeyboardInterrupt:  # the rows before it are told
        sample = find_sample(model)
        for left in chosen(names, sample)[len(rows) :]:
            outcome = Outcome(left.name, "interrupted", "stopped before it was measured")
            rows.append(_beside(sample, left, outcome, machine))
    return rows


@checked
def measuring(
    model: str = DEFAULT,
    names: Iterable[str] = (),
    memory: int | None = None,
    threads: int | None = None,
    told: Told = lambda _: None,
    machine: Device | None = None,
) -> Iterator[Comparison]:
    """Techniques on a model one after the other, each as soon as it is measured.

    A technique that fails gives a row that says why, and loses nothing of the others.

    Args:
        model: a sample, or any model with a config; built with random weights.
        names: techniques; all that work on the model where empty. The baseline is always the first.
        memory: bytes that a model may take while it runs, beside interpreter and libraries.
        threads: to run on; by default as many as there are cores.
        told: what is being done.
        machine: the device that describes this machine; times are predicted with it.

    Raises:
        ConfigError: PyTorch or transformers are missing, or a number makes no sense.
        UnknownNameError: no such model or technique.
    """
    if lacking := find_technique(BASELINE).missing:
        raise ConfigError(f"measuring needs {', '.join(lacking)}; install the extra: {EXTRA}")
    for what, number in (("memory", memory), ("threads", threads)):
        if number is not None and number < 1:
            raise ConfigError(f"{what} = {number} must be at least 1")
    sample = find_sample(model)
    wanted = chosen(names, sample)
    with tempfile.TemporaryDirectory(prefix="edgesym-") as folder:
        job = Job(
            technique=BASELINE,
            library="",
            function="",
            engine="",
            config=sample.config,
            causal=sample.causal,
            folder=folder,
            vocab=sample.model.values[symbol("vocab")],
            threads=threads or usable_threads(),
            memory=memory,
        )
        broken = ""
        for number, technique in enumerate(wanted, 1):
            told(f"[{number}/{len(wanted)}] {technique.name}: {technique.what}")
            own = replace(
                job,
                technique=technique.name,
                library=technique.library,
                function=technique.function,
                engine=technique.engine,
            )
            outcome = _measure(sample, technique, own, broken)
            if technique.name == BASELINE and outcome.tensor_bytes is None:
                broken = f"the model itself cannot be built ({outcome.reason})"
            yield _beside(sample, technique, outcome, machine)


def chosen(names: Iterable[str], sample: Sample) -> list[Technique]:
    """The techniques of these names, each once, behind the baseline.

    Where there are no names, all that work on the model.
    """
    wanted = [find_technique(name) for name in names]
    wanted = wanted or [t for t in techniques().values() if not _unfit(t, sample)]
    return list(dict.fromkeys([find_technique(BASELINE), *wanted]))


def _unfit(technique: Technique, sample: Sample) -> str:
    """Why a technique does not work on a model; empty where it does."""
    if technique.families and sample.config.get("model_type") not in technique.families:
        known = ", ".join(sorted(technique.families))
        return f"{technique.library} is tried with {known} alone"
    try:
        _setup(sample, technique)
    except ConfigError as error:  # the row tells it
        return str(error)
    return ""


def _setup(sample: Sample, technique: Technique, machine: Device | None = None) -> Setup:
    """The model in the recipe of a technique, run by its engine, on this machine if it is known.

    Raises:
        ConfigError: the recipe does not suit the model.
    """
    run = Run(
        prompt=PROMPT,
        generate=1,
        weights=technique.recipe,
        activations="fp32",
        kernels=_RUNTIMES[technique.engine],
        counting=convention("pytorch"),
    )
    return Setup(sample.model, machine, run)


def _measure(sample: Sample, technique: Technique, job: Job, broken: str) -> Outcome:
    """What was measured of a technique, or why nothing was."""
    name = technique.name
    if lacking := technique.missing:
        return Outcome(name, "missing", f"needs {', '.join(lacking)}; install the extra: {EXTRA}")
    if unfit := _unfit(technique, sample):
        return Outcome(name, "not for it", unfit)
    if broken:
        return Outcome(name, "failed", broken)
    found = {"technique": name, "state": "measured", **step("make", job)}
    if found["state"] == "measured":
        found |= _run(job)
    return Outcome.read(found)


def _run(job: Job) -> dict[str, Any]:
    """What running found. A process that fails under the limit and not without it lacked memory."""
    found = step("run", job)
    if found.get("state") != "failed" or job.memory is None:
        return found
    free = step("run", replace(job, memory=None))
    if "state" in free:
        return found
    reason = f"{found['reason']} under the memory limit, and runs without it"
    return {"state": "out of memory", "reason": reason}


def _beside(
    sample: Sample, technique: Technique, outcome: Outcome, machine: Device | None
) -> Comparison:
    """An outcome with what the recipe predicts, and the known reasons why the two differ."""
    try:
        setup = _setup(sample, technique, machine)
    except ConfigError:  # the row tells that nothing is predicted
        return Comparison(outcome, technique.release, technique.recipe)
    names = {describe(s).word.replace(".", "_"): value for s, value in sample.model.values.items()}
    tied = facts_of(sample.model).tied
    names |= {"linears": outcome.linears, "outputs": outcome.outputs, "tied": int(tied)}
    differences = tuple(
        Difference(what, int(read(formula, names))) for what, formula in technique.differences
    )
    return Comparison(
        outcome,
        technique.release,
        technique.recipe,
        int(setup.number("weight_storage_bytes")),
        int(setup.number("weight_memory_bytes")),
        int(setup.number("memory_footprint")),
        tuple(d for d in differences if d.bytes) if outcome.linears else (),
        _time(setup, "time_to_first_token"),
        _time(setup, "time_per_output_token") if sample.causal else None,
    )


def _time(setup: Setup, name: str) -> Time | None:
    """What a step should take, where the device that describes this machine is known."""
    if setup.device is None:
        return None
    moved = uncertainties(setup, [name])
    return Time(float(setup.number(name)), moved[name].std if name in moved else 0.0)
