"""One step in a process of its own: ``python -m edgesym.measuring.worker STEP JOB.json``.

What it found is left as JSON beside the job.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from edgesym.measuring.process import job_of, leave

__all__ = ["STEPS", "main"]

Job = Mapping[str, Any]


def _rates(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: rate.as_json() for name, rate in found.items()}


def _bandwidth(job: Job) -> dict[str, Any]:
    from edgesym.measuring.calibration.bandwidth import bandwidths

    found = bandwidths(job["array_bytes"], job["threads"], job["runs"], job["budget"])
    return {"rates": _rates(found)}


def _products(job: Job) -> dict[str, Any]:
    from edgesym.measuring.calibration.launches import dispatch, waking
    from edgesym.measuring.calibration.products import numpy_products

    found = numpy_products(job["extent"], job["runs"], job["budget"])
    launches = {"dispatch": dispatch(job["runs"]), "waking": waking(job["runs"])}
    return {"products": _rates(found), "rates": _rates(launches)}


def _torch(job: Job) -> dict[str, Any]:
    import torch

    from edgesym.measuring.libraries.torch_rates import found, torch_dispatch, torch_products

    torch.set_num_threads(job["threads"])
    rates = torch_products(job["extent"], job["runs"], job["budget"])
    launches = {"dispatch": torch_dispatch(job["runs"])}
    return {"products": _rates(rates), "rates": _rates(launches), "accelerator": found()}


def _accelerator(job: Job) -> dict[str, Any]:
    from edgesym.measuring.libraries.torch_rates import accelerator, found

    if not found():
        return {"state": "missing", "reason": "PyTorch finds none here"}
    return accelerator(4 * job["extent"], job["runs"], job["budget"])


def _storage(job: Job) -> dict[str, Any]:
    from edgesym.measuring.calibration.storage import storage_read

    size, runs, budget = job["storage_bytes"], job["runs"], job["budget"]
    rate = storage_read(Path(job["folder"]), size, runs, budget)
    return {"rates": {} if rate is None else {"storage": rate.as_json()}}


def _llama_cpp(job: Job) -> dict[str, Any]:
    from edgesym.measuring.libraries.llama_cpp_run import run

    return run(job)


def _written(job: Job) -> dict[str, Any]:
    from edgesym.measuring.libraries.gguf_random import written

    return written(job)


def _torch_run(job: Job) -> dict[str, Any]:
    from edgesym.measuring.libraries.torch_run import run

    return run(job)


#: Steps by name: of a calibration, and of a model that is run.
STEPS: dict[str, Callable[[Job], dict[str, Any]]] = {
    "bandwidth": _bandwidth,
    "products": _products,
    "torch": _torch,
    "accelerator": _accelerator,
    "storage": _storage,
    "write": _written,
    "llama.cpp": _llama_cpp,
    "torch-run": _torch_run,
}


def main(step: str, path: Path) -> None:
    """Do a step of a job; leave what was found in ``STEP.json`` beside it."""
    job = json.loads(job_of(path))
    leave(step, path, lambda: STEPS[step](job))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
