"""The process that runs the code to be traced: ``python -m edgesym.tracing.worker trace JOB``."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from edgesym.architectures.fingerprint import digest
from edgesym.architectures.traced.saved import written
from edgesym.errors import ConfigError
from edgesym.measuring.process import leave
from edgesym.tracing.job import Job

__all__ = ["traced"]


def traced(job: Job) -> dict[str, Any]:
    """The traced model of a job, as the data of its file."""
    import torch
    import transformers

    from edgesym.tracing.checked import check
    from edgesym.tracing.run import run_config, run_module
    from edgesym.tracing.trace import model_of

    versions = {"torch": str(torch.__version__), "transformers": str(transformers.__version__)}
    content = digest(job=job.text(), versions=versions)
    if job.trains:
        from edgesym.tracing.training import trace_training

        trained = trace_training(job.config, name=job.name, origin=job.origin, content=content)
        return {"traced": written(trained, versions)}
    if job.config:
        run = run_config(job.config, job.hints)
    else:
        make, module = _maker(job)
        run = run_module(make, job.sizes, job.inputs, (module,))
    made = model_of(run, job.name, job.origin, content)
    if job.config:
        check(made.model, job.config, job.origin)
    return {"traced": written(made, versions)}


def _maker(job: Job) -> tuple[Callable[[Mapping[str, Any]], Any], str]:
    """What makes the module of its sizes, and the name of the Python module it lies in."""
    place, _, name = job.target.rpartition(":")
    module = _of_file(Path(place)) if place.endswith(".py") else importlib.import_module(place)
    made = getattr(module, name, None)
    if not callable(made):
        raise ConfigError(f"{place} has no {name!r} that can be called")

    def make(sizes: Mapping[str, Any]) -> Any:
        given = {**job.arguments, **sizes}
        try:
            inspect.signature(made).bind(**given)
        except TypeError as error:
            raise ConfigError(f"{job.target}: {error}; give its sizes with --size") from error
        return made(**given)

    return make, module.__name__


def _of_file(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{path}: cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    sys.path.insert(0, str(path.parent.resolve()))
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    _, step, place = sys.argv
    path = Path(place)
    leave(step, path, lambda: traced(Job.of(path.read_text("utf-8"))))
