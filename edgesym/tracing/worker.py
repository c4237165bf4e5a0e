"""The process that runs the code to be traced, or counted: ``python -m edgesym.tracing.worker``.

It is given a step, ``trace`` or ``count``, and the file of its job.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from edgesym.architectures.fingerprint import digest
from edgesym.architectures.reader import published_facts
from edgesym.architectures.traced.plan import Traced
from edgesym.architectures.traced.saved import written
from edgesym.errors import ConfigError, EdgesymError
from edgesym.measuring.process import job_of, leave
from edgesym.tracing.fields import size_symbols
from edgesym.tracing.guard import guard
from edgesym.tracing.job import Job

__all__ = ["traced"]


def traced(job: Job) -> dict[str, Any]:
    """The traced model of a job, as the data of its file; or why there is none."""
    from edgesym.tracing.failed import told

    try:
        return {"traced": _traced(job)}
    except EdgesymError as error:  # the answer tells it
        return {"reason": str(error)}
    except Exception as error:  # noqa: BLE001 - whatever the code raises is a row of the answer
        return {"reason": told(error)}


def _counted(text: str) -> dict[str, Any]:
    """The counts of a class of transformers; or why there are none."""
    from edgesym.oracle.torch_counts import torch_counts

    job = json.loads(text)
    steps = {name: (*row[:2], tuple(row[2])) for name, row in job["steps"].items()}
    try:
        return asdict(torch_counts(job["config"], job["origin"], steps))
    except ConfigError as error:  # the answer tells it
        return {"reason": str(error)}


def _traced(job: Job) -> dict[str, Any]:
    import torch
    import transformers

    from edgesym.tracing.checked import check
    from edgesym.tracing.operators import named, others, sized
    from edgesym.tracing.run import run_config
    from edgesym.tracing.trace import model_of

    versions = {"torch": str(torch.__version__), "transformers": str(transformers.__version__)}
    content = digest(job=job.text(), versions=versions)
    if not job.config:
        return written(_of_module(job, content), versions)
    if job.code:
        _register(job, transformers)
    if job.trains:
        from edgesym.tracing.training import trace_training

        trained = trace_training(job.config, name=job.name, origin=job.origin, content=content)
        return written(trained, versions)
    with named(job.operators), sized(job.config):
        run = run_config(job.config, job.hints)
        others(job.operators, run.operations)
        made = model_of(run, job.name, job.origin, content)
        check(made.model, job.config, job.origin)
    owner = f"{job.origin}'s own" if job.code else "transformers'"
    code = f"the code of {owner} {run.classes['']}"
    facts = published_facts(job.config, job.origin)
    return written(replace(made, model=replace(made.model, sources=(code,), **facts)), versions)


def _of_module(job: Job, content: str) -> Traced:
    """A module of the user's own: one of each kind of its layers runs, or else every one."""
    from edgesym.tracing.checked import checked_module
    from edgesym.tracing.module import counted, maker, run_module
    from edgesym.tracing.operators import named, others
    from edgesym.tracing.trace import model_of

    found, module = _named(job)
    make = maker(found, job)

    def made(*, is_whole: bool) -> Traced:
        run = run_module(make, job.sizes, job.inputs, (module,), is_whole=is_whole)
        others(job.operators, run.operations)
        traced = model_of(run, job.name, job.origin, content)
        if run.sizes.averages:  # how many rows an expert gets is known of values alone
            return traced
        count = partial(counted, make, job.sizes, job.inputs)
        numbers = {s: job.sizes[name] for name, s in size_symbols(job.sizes).items()}
        return checked_module(traced, count, numbers)

    with named(job.operators):
        try:
            return made(is_whole=False)
        except Exception:  # noqa: BLE001 - layers that let their input through may be why
            return made(is_whole=True)


def _register(job: Job, transformers: Any) -> None:
    """Let transformers' auto classes know the config's own code."""
    from transformers.dynamic_module_utils import get_class_from_dynamic_module

    named = job.config.get("auto_map")
    families = [key for key in named or () if key.startswith("AutoModel")]
    if not isinstance(named, dict) or "AutoConfig" not in named or not families:
        raise ConfigError(
            f"{job.origin}: its auto_map names no configuration and model of its own; trace it "
            "without --trust-remote-code"
        )
    kind = get_class_from_dynamic_module(named["AutoConfig"], job.code)
    transformers.AutoConfig.register(kind.model_type, kind, exist_ok=True)
    for family in families:
        model = get_class_from_dynamic_module(named[family], job.code)
        model.config_class = kind
        getattr(transformers, family).register(kind, model, exist_ok=True)


def _named(job: Job) -> tuple[Any, str]:
    """What the job's target names, and the name of the Python module it lies in."""
    place, _, name = job.target.rpartition(":")
    try:
        module = _of_file(Path(place)) if place.endswith(".py") else importlib.import_module(place)
    except ModuleNotFoundError as error:
        raise ConfigError(f"{place} cannot be imported: {error}") from error
    if not hasattr(module, name):
        own = [
            n for n, x in vars(module).items() if getattr(x, "__module__", "") == module.__name__
        ]
        raise ConfigError(f"{place} has no {name!r}; it has {', '.join(own) or 'nothing'}")
    return getattr(module, name), module.__name__


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
    refused = guard()
    text = job_of(path)
    found = _counted if step == "count" else lambda text: traced(Job.of(text))
    leave(step, path, lambda: {**found(text), "unguarded": refused})
