"""Sweeps: quantities at every combination of axes, in bounded memory."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from edgesym.analysis.sweep.answer import Sweep
from edgesym.analysis.sweep.engines.engine import (
    HERE,
    Engine,
    EngineError,
    Means,
    Task,
    tasks,
)
from edgesym.analysis.sweep.job import Job
from edgesym.analysis.sweep.journal import Journal
from edgesym.analysis.sweep.keep import Held, Written
from edgesym.analysis.sweep.plan import Plan, groups_of
from edgesym.analysis.sweep.question import Asked, question_of
from edgesym.analysis.sweep.space import NAMED, space_of
from edgesym.analysis.sweep.store import opened, sink_class
from edgesym.architectures.locate import as_model
from edgesym.architectures.model import Model
from edgesym.catalogue import REGISTRY, find_quantity
from edgesym.devices import find_device
from edgesym.domain import Count, Natural, checked, checked_but
from edgesym.errors import ConfigError, EdgesymError
from edgesym.scenario.setup import Setup

__all__ = ["Report", "Stopped", "job_of", "run", "sweep", "with_names"]

#: What is told of progress: points done, points in all, rows kept.
Report = Callable[[int, int, int], None]


class Stopped(EdgesymError):  # noqa: N818 (it is no error: the user stopped it)
    """A sweep was interrupted; what is written stays."""


def with_names(setup: Setup | Model | str | None) -> Callable[[Mapping[str, str]], Setup]:
    """What makes the setup of a case: the one given, with the names of the case in place."""

    def made(names: Mapping[str, str]) -> Setup:
        model = names.get("model", setup)
        if model is None:
            raise ConfigError("no model: name one, or sweep them with --over model=A,B")
        found = setup if isinstance(setup, Setup) else Setup(as_model(model, "sweep"))
        if "model" in names:
            found = replace(found, model=as_model(names["model"], "sweep"))
        fields: dict[str, Any] = {
            NAMED[n]: value for n, value in names.items() if n not in ("model", "device")
        }
        device = find_device(names["device"]) if "device" in names else found.device
        return replace(found, device=device, run=replace(found.run, **fields))

    return made


@checked_but("setup")
def sweep(
    setup: Setup | Model | str | Callable[[Mapping[str, str]], Setup] | None,
    over: Mapping[str, Any] | Iterable[Mapping[str, Any]],
    quantities: Iterable[str],
    *,
    where: Iterable[str] = (),
    ties: Mapping[str, str] | None = None,
    top: Natural = 0,
    by: str = "",
    pareto: Sequence[str] = (),
    out: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    backend: str = "numpy",
    engine: str = "threads",
    workers: Count | None = None,
    scheduler: str = "",
    report: Report | None = None,
) -> Sweep:
    """Quantities at every combination of the numbers and names of axes.

    Points are computed in pieces that stay in cache; few are held at a time.
    Those whose extents do not make a model, such as heads that key/value heads do not divide, are
    left out. Numbers are in base units.

    Args:
        setup: what everything that is no axis is taken from; or what makes the setup of names.
        over: axis -> its numbers, by a list, an array or a range such as ``"1k..128k:log:20"``; a
            sequence of such mappings, each of axes that go together, is multiplied. Axes are
            symbols (``context``, ``hidden``, ``bandwidth``, ``bits``), or names: ``model``,
            ``device``, ``runtime``, ``recipe``, ``prune``...
        quantities: what is computed; those that points are chosen by come too.
        where: conditions that a point has to meet, as of :func:`edgesym.solve`.
        ties: symbols that follow the axes, by formula: ``{"intermediate": "4*hidden"}``.
        top: how many of the best points by ``by`` are kept, the best first.
        by: a quantity, symbol or formula; ``+`` or ``-`` before it says whether more is better.
        pareto: several of these: the points that none is better than in all are kept.
        out: a file: ``.csv``, ``.npz``, or ``.parquet``, which is a folder of parts. A sweep that
            is started again with all arguments the same goes on where an earlier one ended.
        backend: ``numpy``, or ``c`` where the system has a C compiler.
        engine: ``threads`` of this process, or ``dask``: the workers of a cluster; the rows are
            the same, and what one has begun the other goes on with.
        workers: threads; by default one for each processor where machine code runs, which
            they do at the same time, and else one beside the one that writes. Or processes of the
            cluster that Dask makes on this machine where no scheduler is given.
        scheduler: the address of a Dask scheduler, such as ``tcp://10.0.0.1:8786``.
        report: told how far it is: points done, points in all, rows kept.

    >>> from edgesym import sweep
    >>> found = sweep("llama-3.2-1b", {"context": [1024, 2048], "batch": "1,8"}, ["kv_cache_bytes"])
    >>> found["context"].tolist(), found["kv_cache_bytes"].tolist()
    ([1024, 1024, 2048, 2048], [33554432.0, 268435456.0, 67108864.0, 536870912.0])

    Raises:
        UnknownNameError, ConfigError, UnitError, ExpressionError: what is asked is not understood.
        OutputError: more points than memory or the disk holds, or a file that cannot be written.
        EngineError: nothing is left of a cluster that computes.
        Stopped: by Ctrl-C.
    """
    plan = Plan(
        groups_of(over),
        tuple((ties or {}).items()),
        tuple(quantities),
        tuple(where),
        top,
        by,
        tuple(pareto),
    )
    means, target = Means(engine, workers, scheduler), None if out is None else Path(out)
    return run(job_of(setup, plan, backend), target, means, overwrite=overwrite, report=report)


@checked_but("setup")
def job_of(
    setup: Setup | Model | str | Callable[[Mapping[str, str]], Setup] | None,
    plan: Plan,
    backend: str = "numpy",
) -> Job:
    """What :func:`sweep` is asked, read and ready to run.

    Raises:
        EdgesymError: as of :func:`sweep`.
    """
    top, objectives = plan.top, (plan.by,) if plan.top else plan.pareto
    named = [text.strip().lstrip("+-") for text in objectives]
    named += [side for text in plan.where for side in re.split("[<>=]+", text)]
    chosen = (name.strip() for name in named if name.strip() in REGISTRY)
    names = tuple(dict.fromkeys([*plan.quantities, *chosen]))
    for name in names:
        find_quantity(name)
    if top < 0 or bool(top) != bool(plan.by) or (top and plan.pareto):
        raise ConfigError("--top N goes with --by QUANTITY, and not with --pareto")
    if not names and not plan.where and not objectives:
        raise ConfigError("no quantity is asked for; name one, with -q")
    space = space_of(plan.over)
    asked = Asked(names, plan.where, plan.ties, objectives)
    make = setup if callable(setup) else with_names(setup)
    questions = tuple(question_of(asked, space, case, make(case.names)) for case in space.cases)
    return Job(space, asked, questions, top, backend)


@checked
def run(
    job: Job,
    out: Path | None = None,
    means: Means = HERE,
    *,
    overwrite: bool = False,
    report: Report | None = None,
) -> Sweep:
    """Go through the points of a job.

    Raises:
        OutputError, Stopped, EngineError, ConfigError: as of :func:`sweep`.
    """
    if out is not None:
        sink_class(out)
    job.refuse_endless(out)
    with closing(means.opened(job)) as engine:
        if out is not None:
            return _written(job, out, engine, overwrite, report)
        kept = Held(job)
        _go(job, kept, 0, engine, report)
        return job.answer(kept.rows)


def _written(job: Job, out: Path, engine: Engine, overwrite: bool, report: Report | None) -> Sweep:
    """The points of a job to a file."""
    journal = Journal(out, job.fingerprint, overwrite=overwrite)
    sink = None
    try:
        sink = opened(out, journal, job.fields)
        written = Written(job, journal, sink)
        try:
            _go(job, written, written.batches, engine, report)
        except (KeyboardInterrupt, EngineError):
            written.save()
            raise
        written.finish()
    except (KeyboardInterrupt, EngineError) as error:
        told, made = (
            (str(error), EngineError) if isinstance(error, EngineError) else ("stopped", Stopped)
        )
        raise made(
            f"{told}; {out} is not done. What is written is kept in {journal.folder.name}: "
            "the same command goes on from there"
        ) from None
    except OSError as error:
        raise journal.failed(error) from error
    finally:
        if sink is not None:
            sink.close()
        journal.close(done=False)
    journal.close(done=True)
    return job.answer({}, out, written.count)


def _go(job: Job, keep: Held | Written, start: int, engine: Engine, report: Report | None) -> None:
    """Every task from a batch on, in order, some at once."""
    waiting: deque[tuple[Task, Any]] = deque()

    def collect() -> None:
        task, begun = waiting.popleft()
        rows = engine.rows(begun)
        del begun
        if keep.add(task, rows):
            engine.reuse(rows)
        if report is not None:
            done = job.passed(task.case * job.batches_of_case + task.last)
            report(done, job.space.points, keep.count)

    for task in tasks(job, start, engine.span):
        waiting.append((task, engine.submit(task, keep.best)))
        if len(waiting) > engine.ahead:
            collect()
    while waiting:
        collect()
