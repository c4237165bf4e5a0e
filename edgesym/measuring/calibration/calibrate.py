"""Measuring a machine step by step, each in a process of its own."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from edgesym.errors import ConfigError, OutputError
from edgesym.measuring.calibration.bandwidth import array_bytes
from edgesym.measuring.calibration.products import best, own
from edgesym.measuring.calibration.rate import Rate
from edgesym.measuring.host import Host, load_of, read_host, said_of_load
from edgesym.measuring.process import in_process, usable_threads

__all__ = ["STEPS", "Calibration", "Effort", "Step", "calibrate"]

#: Told that a step begins: its number, how many there are, and what it does.
Told = Callable[[int, int, str], None]
#: Does a step of a job in a folder; as :func:`~edgesym.measuring.process.in_process`.
Step = Callable[[str, Path, Mapping[str, Any]], Mapping[str, Any]]
#: Step -> what it does.
STEPS = {
    "bandwidth": "memory bandwidth",
    "products": "products and launches, NumPy",
    "torch": "products and launches, PyTorch",
    "storage": "reading from storage",
    "accelerator": "the accelerator",
}


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured.

    Attributes:
        extent: rows of the matrices that are multiplied; four times as many on an accelerator.
        runs: of each kind, and ``budget`` the seconds after which no other run begins.
        storage: bytes of the file that is read.
        most: seconds that a step may take.
    """

    extent: int
    runs: int
    budget: float
    storage: int
    most: float

    @classmethod
    def of(cls, *, quick: bool) -> Effort:
        """Some 10 s in all, or a minute."""
        if quick:
            return cls(1024, 9, 0.5, 64 * 2**20, 30.0)
        return cls(2048, 25, 4.0, 512 * 2**20, 120.0)


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was measured of a machine.

    Attributes:
        threads: that the processor was measured on.
        rates: bandwidths, storage and launches, by name.
        products: FLOP/s by dtype: the fastest library's, of dtypes that the processor has.
        accelerator: what was found of it; empty where there is none, or was not asked for.
        missed: steps that found nothing, and why.
        load: processes that wanted to run, on average of the minute before; None if unknown.
    """

    host: Host
    threads: int
    rates: Mapping[str, Rate]
    products: Mapping[str, Rate]
    accelerator: Mapping[str, Any] = field(default_factory=dict)
    missed: Mapping[str, str] = field(default_factory=dict)
    load: float | None = None

    @property
    def busy(self) -> str:
        """That this machine did other things as well; empty where it did not, or none knows."""
        return said_of_load(self.load, self.threads)


def calibrate(
    *,
    quick: bool = False,
    threads: int | None = None,
    folder: Path | None = None,
    accelerator: bool = False,
    told: Told = lambda *_: None,
    step: Step | None = None,
    host: Host | None = None,
) -> Calibration:
    """Measure this machine.

    Args:
        quick: within some 10 s rather than a minute.
        threads: of the processor; all that this process may use by default.
        folder: where storage is read; that of temporary files by default.
        accelerator: whether one is measured, which PyTorch has to know.
        told: of each step as it begins.
        step, host: what does a step, and the machine; for tests.

    Raises:
        ConfigError: bandwidth or products could not be measured, or there is no accelerator.
        OutputError: the folder cannot be written to.
    """
    machine, count = host or read_host(), threads or usable_threads()
    if count < 1:
        raise ConfigError(f"threads = {count} must be at least 1")
    effort, results, load = Effort.of(quick=quick), {}, load_of()
    with tempfile.TemporaryDirectory(prefix="edgesym-") as place:
        job = {
            "array_bytes": array_bytes(machine.cache, machine.free),
            "threads": count,
            "extent": effort.extent,
            "runs": effort.runs,
            "budget": effort.budget,
            "storage_bytes": effort.storage,
            "folder": str(folder or tempfile.gettempdir()),
        }
        do = step or _stepper(effort)
        wanted = list(_wanted(accelerator=accelerator))
        for number, name in enumerate(wanted, 1):
            told(number, len(wanted), STEPS[name])
            results[name] = do(name, Path(place) / name, job)
    return replace(_gathered(machine, count, results, str(job["folder"])), load=load)


def _wanted(*, accelerator: bool) -> Iterator[str]:
    """The steps that can be done here.

    Raises:
        ConfigError: an accelerator is wanted, and nothing is there to measure it with.
    """
    torch = find_spec("torch") is not None
    if accelerator and not torch:
        raise ConfigError("an accelerator is measured through PyTorch; pip install torch")
    yield "bandwidth"
    if accelerator:
        yield "accelerator"
    else:
        yield from ("products", *(("torch",) if torch else ()))
    yield "storage"


def _stepper(effort: Effort) -> Step:
    def do(name: str, folder: Path, job: Mapping[str, Any]) -> Mapping[str, Any]:
        # a library of its own threads in each of ours would run on threads x threads
        threads = 1 if name == "bandwidth" else int(job["threads"])
        worker = "edgesym.measuring.worker"
        return in_process(worker, name, folder, json.dumps(job), threads, effort.most)

    return do


def _gathered(
    host: Host, threads: int, results: Mapping[str, Mapping[str, Any]], folder: str
) -> Calibration:
    """All that the steps found.

    Raises:
        ConfigError, OutputError: what no device can be without is missing.
    """
    missed = {name: str(found["reason"]) for name, found in results.items() if "reason" in found}
    for name in ("bandwidth", "products", "accelerator"):
        if name in missed:
            raise ConfigError(f"{STEPS[name]} cannot be measured: {missed[name]}")
    if "storage" in missed and "Error" in missed["storage"]:
        raise OutputError(
            f"{folder}: cannot be written ({missed['storage']}); choose another place"
        )
    rates = {
        name: Rate.read(row)
        for found in results.values()
        for name, row in found.get("rates", {}).items()
        if found is not results.get("accelerator")
    }
    products = [
        {dtype: Rate.read(row) for dtype, row in found["products"].items()}
        for name, found in results.items()
        if name != "accelerator" and "products" in found
    ]
    floor = [
        Rate.read(f["rates"]["dispatch"])
        for f in results.values()
        if "dispatch" in f.get("rates", {})
    ]
    if floor:  # PyTorch's is dearer than NumPy's, and runtimes have neither
        rates["dispatch"] = min(floor, key=lambda rate: rate.value)
    if "storage" in rates and rates["storage"].value > rates["read"].value / 2:
        missed["storage"] = "as fast as memory: it was read from a cache"
        del rates["storage"]
    elif "storage" not in rates:
        missed.setdefault("storage", "the page cache cannot be kept out here")
    return Calibration(
        host,
        threads,
        rates,
        own(best(*products)),
        results.get("accelerator", {}),
        missed,
    )
