"""Running a model for real, beside what is predicted of it."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edgesym.architectures.locate import load
from edgesym.architectures.weights import facts_of
from edgesym.devices import Device
from edgesym.errors import ConfigError
from edgesym.formats import Recipe, find_recipe
from edgesym.measuring.buffers import read_buffers
from edgesym.measuring.engine import ENGINES, find_engine
from edgesym.measuring.host import free_memory, load_of, said_of_load
from edgesym.measuring.latency import Latency
from edgesym.measuring.plan import gguf_plan
from edgesym.measuring.process import in_process, usable_threads
from edgesym.measuring.sample import Sample, find_sample
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.units import human
from edgesym.validation.predict import Asked, Predicted, predict

__all__ = ["Measured", "Wanted", "measure", "refuse_unfit", "setup_of"]

#: Told what is being done, in a few words.
Told = Callable[[str], None]
#: Does a step of a job in a folder; as :func:`~edgesym.measuring.process.in_process`.
Step = Callable[[str, Path, Mapping[str, Any]], Mapping[str, Any]]
_SEED = 10
#: Runs at the least, however long they take: fewer say nothing of their spread.
_LEAST = 3
#: Dtypes that PyTorch builds a model in, by format.
_DTYPES = {"bf16": "bfloat16", "fp32": "float32", "fp16": "float16"}
#: Of the memory that is free, what a model may take: the system needs some as it goes.
_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be run.

    Attributes:
        model: a sample, a card, a config, or a .gguf file that is run as it is.
        engine: what runs it, of :data:`~edgesym.measuring.engine.ENGINES`.
        weights: a format or recipe; the engine's usual one where empty.
        prompt, generate: tokens of the prompt, and generated behind it.
        threads: all that this process may use by default.
        layers: only the first of so many; all by default.
        runs, budget: how often, and seconds after which no other run begins.
        most: seconds that the process may take.
    """

    model: str
    engine: str = "llama.cpp"
    weights: str = ""
    prompt: int = 128
    generate: int = 32
    threads: int | None = None
    layers: int | None = None
    runs: int = 7
    budget: float = 20.0
    most: float = 600.0


@dataclass(frozen=True, slots=True)
class Measured:
    """A model as it ran, and its setup.

    Attributes:
        setup: the token timed is the middle one of those generated: its context is the mean.
        held: the setup whose memory was set aside: the context is that of the cache.
        by: what ran it, with versions.
        random: whether its weights were random.
        whole: layers of the model, where some were left out; else 0.
        file_bytes, tensor_bytes: of the file, and of its tensors; None where there is no file.
        resident_bytes: memory once loaded, ``held_bytes`` after the runs, ``peak_bytes`` at most;
            None where the system does not say.
        buffers: what the engine set aside, by what for; empty where it does not say.
        prompt: seconds of the prompt; ``token`` of one token behind it, a mean over a run's.
        busy: that the machine did other things as well; empty where its load does not say so.
    """

    wanted: Wanted
    setup: Setup
    held: Setup
    by: str
    threads: int
    random: bool
    whole: int
    file_bytes: int | None
    tensor_bytes: int | None
    resident_bytes: int | None
    held_bytes: int | None
    peak_bytes: int | None
    buffers: Mapping[str, int]
    prompt: Latency
    token: Latency
    busy: str = ""

    @property
    def layers(self) -> int:
        """Layers that ran."""
        return facts_of(self.setup.model).layers

    @property
    def rates(self) -> dict[str, float]:
        """Tokens/s of both phases."""
        return {
            "prefill": self.wanted.prompt / self.prompt.median,
            "decode": 1 / self.token.median,
        }

    @property
    def predicted(self) -> dict[str, Predicted]:
        """What the device's figures say of them; empty without a device."""
        if self.setup.device is None:
            return {}
        tokens = {"prefill": self.wanted.prompt, "decode": 1}
        return {
            phase: predict(Asked(self.setup, phase, phase, count, False))
            for phase, count in tokens.items()
        }

    @property
    def on(self) -> Setup:
        """The setup without its device: bytes need none."""
        return replace(self.held, device=None)


def measure(
    wanted: Wanted,
    device: Device | None = None,
    told: Told = lambda _: None,
    step: Step | None = None,
) -> Measured:
    """Run a model with random weights, or a .gguf file, in a process of its own.

    Args:
        device: that describes this machine; without one no speed is predicted.
        told: of what is done.
        step: what does a step; for tests.

    Raises:
        ConfigError: a library is missing, the model does not fit into memory, is not one that
            can be written or run, or the run failed.
    """
    engine, threads = find_engine(wanted.engine), wanted.threads or usable_threads()
    sample = _sample(wanted)
    is_file = not sample.config
    setup = _setup(sample, wanted, device, wanted.prompt + wanted.generate // 2)
    held = _setup(sample, wanted, device, wanted.prompt + wanted.generate)
    _refuse_large(held)
    _refuse_long(setup, wanted)
    do, load = step or _stepper(threads, wanted.most), load_of()
    with tempfile.TemporaryDirectory(prefix="edgesym-") as place:
        folder = Path(place)
        job = _job(sample, wanted, threads, folder)
        written: Mapping[str, Any] = {}
        if is_file:
            written = {"file_bytes": Path(wanted.model).stat().st_size}
        elif engine.name == "llama.cpp":
            _refuse_full(held, folder)
            told(f"writing {sample.model.name} with random weights")
            plan = gguf_plan(sample, _recipe(wanted), wanted.prompt + wanted.generate)
            written = _done(do("write", folder, {**job, "plan": plan}), wanted.model)
        told(f"running {sample.model.name} in {engine.name}")
        found = _done(do(engine.step, folder, job), wanted.model)
        buffers = read_buffers(folder / f"{engine.step}.log")
    return Measured(
        wanted,
        setup,
        _setup(sample, wanted, device, int(found["context"])),
        str(found["by"]),
        threads,
        not is_file,
        sample.whole,
        written.get("file_bytes"),
        written.get("tensor_bytes", found.get("tensor_bytes")),
        found["resident_bytes"],
        found["held_bytes"],
        found["peak_bytes"],
        buffers,
        Latency(**found["prompt"]),
        Latency(**found["token"]),
        said_of_load(load, threads),
    )


def refuse_unfit(wanted: Wanted) -> None:
    """Refuse what cannot be run here, before anything else is measured for it.

    Raises:
        ConfigError, UnknownNameError: as of :func:`measure`, where nothing needs to run for it.
    """
    engine, sample = find_engine(wanted.engine), _sample(wanted)
    context = wanted.prompt + wanted.generate
    _refuse_large(_setup(sample, wanted, None, context))
    if engine.name == "llama.cpp" and sample.config:
        gguf_plan(sample, _recipe(wanted), context)


def setup_of(wanted: Wanted, device: Device) -> Setup:
    """The setup that a run would be of, a token timed in the middle of those generated.

    Raises:
        ConfigError: as of :func:`measure`, where nothing needs to run for it.
    """
    context = wanted.prompt + wanted.generate // 2
    return _setup(_sample(wanted), wanted, device, context)


def _sample(wanted: Wanted) -> Sample:
    """The model; without a config where it is a file that is run as it is."""
    is_torch = wanted.engine == "torch"
    if wanted.model.lower().endswith(".gguf"):
        if is_torch:
            raise ConfigError(f"{wanted.model}: a GGUF file runs in llama.cpp; leave out --runtime")
        if wanted.weights or wanted.layers:
            raise ConfigError(f"{wanted.model}: runs as it is; leave out --weights and --layers")
        return Sample({}, load(wanted.model, text_only=True))
    recipe = _recipe(wanted)
    if is_torch and not (recipe.is_uniform and recipe.name in _DTYPES):
        raise ConfigError(f"--weights {wanted.weights}: PyTorch runs {', '.join(_DTYPES)} here")
    dtype = _DTYPES[recipe.name] if is_torch else "float16"
    return find_sample(wanted.model, dtype, wanted.layers)


def _recipe(wanted: Wanted) -> Recipe:
    return find_recipe(wanted.weights or ENGINES[wanted.engine].weights)


def _setup(sample: Sample, wanted: Wanted, device: Device | None, context: int) -> Setup:
    """The model as it is run, a token timed at a context."""
    engine = ENGINES[wanted.engine]
    run = Run(
        prompt=wanted.prompt,
        generate=wanted.generate,
        context=context,
        weights=(wanted.weights or engine.weights) if sample.config else "",
        cache="fp16" if engine.name == "llama.cpp" else "",
        kernels=engine.runtime,
    )
    return Setup(sample.model, device, run)


def _refuse_large(held: Setup) -> None:
    """Refuse what does not fit into the memory that is free.

    Raises:
        ConfigError: naming both sizes.
    """
    needed, free = float(replace(held, device=None).number("memory_footprint")), free_memory()
    if free is not None and needed > _SHARE * free:
        raise ConfigError(
            f"{held.model.name}: running it takes {human(needed, 'B')}, and of {human(free, 'B')} "
            f"that are free {_SHARE:.0%} may be taken; run fewer --layers, smaller --weights or a "
            "smaller model"
        )


def _refuse_long(setup: Setup, wanted: Wanted) -> None:
    """Refuse runs that would take longer than they may.

    Raises:
        ConfigError: naming both times.
    """
    if setup.device is None:
        return
    times = [float(setup.number(n)) for n in ("time_to_first_token", "time_per_output_token")]
    needed = (1 + _LEAST) * times[0] + _LEAST * wanted.generate * times[1]
    if needed > wanted.most:
        raise ConfigError(
            f"{setup.model.name}: running it takes {human(needed, 's')} here, as is predicted, and "
            f"may take {human(wanted.most, 's')}; run fewer --layers, or a shorter --prompt and "
            "--generate"
        )


def _refuse_full(held: Setup, folder: Path) -> None:
    """Refuse a file that does not fit on the drive of temporary files.

    Raises:
        ConfigError: naming both sizes, and how to choose another place.
    """
    needed = float(replace(held, device=None).number("weight_storage_bytes"))
    free = shutil.disk_usage(folder).free
    if needed > _SHARE * free:
        raise ConfigError(
            f"{folder.parent}: {human(free, 'B')} are free, and the file of {held.model.name} "
            f"takes {human(needed, 'B')}; name another place for temporary files in TMPDIR"
        )


def _job(sample: Sample, wanted: Wanted, threads: int, folder: Path) -> dict[str, Any]:
    """What the process is asked to do."""
    free = free_memory() if sys.platform.startswith("linux") else None
    is_file = not sample.config
    return {
        "file": str(Path(wanted.model).resolve() if is_file else folder / "model.gguf"),
        "config": dict(sample.config),
        "dtype": sample.config.get("dtype", ""),
        "vocab": facts_of(sample.model).vocab,
        "prompt": wanted.prompt,
        "generate": wanted.generate,
        "threads": threads,
        "runs": wanted.runs,
        "least": _LEAST,
        "budget": wanted.budget,
        "memory": free,
        "seed": _SEED,
    }


def _stepper(threads: int, most: float) -> Step:
    def do(name: str, folder: Path, job: Mapping[str, Any]) -> Mapping[str, Any]:
        worker = "edgesym.measuring.worker"
        return in_process(worker, name, folder, json.dumps(job), threads, most)

    return do


def _done(found: Mapping[str, Any], model: str) -> Mapping[str, Any]:
    """What a step found.

    Raises:
        ConfigError: it did not end well.
    """
    if "state" in found:
        raise ConfigError(f"{model}: cannot be run ({found['state']}: {found['reason']})")
    return found
