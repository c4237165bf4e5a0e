"""``edgesym sweep``: quantities at every combination of axes."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from edgesym.analysis.documents.sweep import design_document, sweep_document
from edgesym.analysis.sweep.design import design
from edgesym.analysis.sweep.engines.engine import ENGINES, Means
from edgesym.analysis.sweep.plan import Plan, axis_groups, read_plan
from edgesym.analysis.sweep.question import Asked
from edgesym.analysis.sweep.space import NAMED
from edgesym.analysis.sweep.sweep import Stopped, job_of
from edgesym.analysis.sweep.sweep import run as run_job
from edgesym.architectures.tower import said_of_media
from edgesym.cli.asked import device_with
from edgesym.cli.common import load_model, warn_of_formats
from edgesym.cli.device import device_option
from edgesym.cli.net import say
from edgesym.cli.output import Write, output_options
from edgesym.cli.setup import run_options
from edgesym.cli.unused import refuse_unused
from edgesym.engine.backends import BACKENDS
from edgesym.errors import ConfigError, OutputError
from edgesym.scenario.names import symbol_of
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.symbols import describe

__all__ = ["command"]

#: Rows that are printed where no file is written.
_MOST_PRINTED = 2000
_NAME = re.compile(r"[A-Za-z_][\w.]*")
_FAST = [name for name, row in BACKENDS.items() if name in ("numpy", "c")]


@click.command()
@click.argument("model", required=False)
@device_option(name="device")
@click.option(
    "--over",
    "over",
    multiple=True,
    metavar="AXIS=VALUES",
    help="An axis: a symbol (context, batch, prompt, hidden, layers, bandwidth, bits, density...) "
    "or names (model, device, runtime, recipe, cache, prune...). Values are a list (1,2,4), whole "
    "numbers (1..64), or LOW..HIGH:log:20, :lin:20 or :step:64, with units. Axes are multiplied; "
    "those joined by & go together. May be repeated.",
)
@click.option(
    "--plan",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Axes and questions from a TOML file, with the tables over, zip and tie and the lists "
    "quantities, where and pareto.",
)
@click.option(
    "-q", "--quantity", "names", multiple=True, metavar="Q", help="A quantity; may be repeated."
)
@click.option(
    "--tie",
    "ties",
    multiple=True,
    metavar="SYMBOL=FORMULA",
    help="A symbol that follows the axes, such as 'intermediate=4*hidden'. May be repeated.",
)
@click.option(
    "--where",
    "--such-that",
    "where",
    multiple=True,
    metavar="CONDITION",
    help="Keep points such as 'memory_footprint <= 8GiB'; may be repeated.",
)
@click.option("--top", type=click.IntRange(1, 10**6), metavar="N", help="Keep the N best points.")
@click.option(
    "--by",
    metavar="Q",
    help="What --top means: most of a rate or an extent, least of time, memory, energy and figures "
    "of a device; +Q or -Q says which.",
)
@click.option(
    "--pareto",
    metavar="Q,Q[,...]",
    help="Keep the points that none is better than in all of these.",
)
@click.option(
    "--design",
    "designs",
    is_flag=True,
    help="Say which candidate is the best by --by, what binds it, and what the same question "
    "answers without a grid (extra: design).",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the rows to a .csv, an .npz, or a .parquet folder of parts (extra: parquet). What "
    "was interrupted goes on with the same command.",
)
@click.option("--overwrite", is_flag=True, help="Replace what is there.")
@click.option(
    "--backend",
    type=click.Choice(_FAST),
    default=_FAST[0],
    show_default=True,
    help="What computes; c needs a C compiler on this system.",
)
@click.option(
    "--engine",
    type=click.Choice(list(ENGINES)),
    default=next(iter(ENGINES)),
    show_default=True,
    help="Where it is computed: here, or on the workers of a Dask cluster (extra: distributed).",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="With --engine dask: its scheduler, such as tcp://10.0.0.1:8786; without, Dask makes a "
    "cluster on this machine.",
)
@output_options
@run_options
def command(
    model: str | None,
    device: str | None,
    over: tuple[str, ...],
    plan: Path | None,
    names: tuple[str, ...],
    ties: tuple[str, ...],
    where: tuple[str, ...],
    top: int | None,
    by: str | None,
    pareto: str | None,
    designs: bool,
    out: Path | None,
    overwrite: bool,
    backend: str,
    engine: str,
    scheduler: str | None,
    write: Write,
    run: Run,
    figures: tuple[str, ...],
    allow_unknown: tuple[str, ...],
    architecture: str,
) -> None:
    """Compute quantities at every combination of axes.

    Points that make no model, such as heads that key/value heads do not divide, are left out.
    Numbers are in base units: B, s, J, FLOP.
    """
    asked = _merged(Plan() if plan is None else read_plan(plan), over, names, ties, where)
    asked = replace(
        asked,
        top=top or asked.top,
        by=by or asked.by,
        pareto=tuple(pareto.split(",")) if pareto else asked.pareto,
    )

    setups: list[Setup] = []

    def made(case: Mapping[str, str]) -> Setup:
        named = case.get("model", model)
        if named is None:
            raise ConfigError("no MODEL is given; name one, or sweep them: --over model=A,B")
        machine = device_with(case.get("device", device), figures)
        fields: dict[str, Any] = {
            NAMED[name]: value for name, value in case.items() if name not in ("model", "device")
        }
        setups.append(
            Setup(load_model(named, allow_unknown, architecture), machine, replace(run, **fields))
        )
        return setups[-1]

    held = ""
    if model is not None:
        loaded = load_model(model, allow_unknown, architecture)
        warn_of_formats(loaded, run.weights)
        held = f" ({said_of_media(loaded, run.media)})" if loaded.counted else ""
    if designs and (out is not None or asked.pareto):
        raise ConfigError("--design prints the best candidate; leave out --out and --pareto")
    top = asked.top or (1 if designs and asked.by else 0)
    if overwrite and out is None:
        raise ConfigError("--overwrite is of a file; name it, with --out")
    job = job_of(made, replace(asked, top=top), backend)
    axes = (NAMED.get(name, name) for group in asked.over for name in group)
    refuse_unused(setups, job.asked.quantities, used=_words_of(job.asked), along=axes)
    means = Means(engine, None, scheduler or "")
    progress = _Progress()
    report = progress if sys.stderr.isatty() else None
    try:
        if designs:
            best = design(job, means, report=report)
            progress.end()
            write(design_document(best))
            return
        found = run_job(job, out, means, overwrite=overwrite, report=report)
    except Stopped as stopped:
        progress.end()
        say(f"Stopped: {stopped}")
        sys.exit(130)
    progress.end()
    if out is None and found.kept > _MOST_PRINTED:
        raise OutputError(
            f"{found.kept:,} rows are more than {_MOST_PRINTED} to print; write them to a file, "
            "with --out, or keep some, with --where or --top"
        )
    title = f"Sweep of {model}{held}" if model is not None else "Sweep"
    write(sweep_document(found, title if device is None else f"{title} on {device}"))


def _words_of(asked: Asked) -> set[str]:
    """The words of the symbols that conditions, ties and objectives speak of."""
    texts = (*asked.where, *(formula for _, formula in asked.ties), *asked.by)
    found = (symbol_of(name) for text in texts for name in _NAME.findall(text))
    return {describe(made).word for made in found if made is not None}


def _merged(
    plan: Plan,
    over: tuple[str, ...],
    names: tuple[str, ...],
    ties: tuple[str, ...],
    where: tuple[str, ...],
) -> Plan:
    """A plan with what the options say besides."""
    tied = []
    for text in ties:
        name, sign, formula = text.partition("=")
        if not sign or not formula.strip():
            raise ConfigError(f"--tie {text}: write SYMBOL=FORMULA, such as intermediate=4*hidden")
        tied.append((name.strip(), formula.strip()))
    found = replace(
        plan,
        over=(*plan.over, *axis_groups(over)),
        quantities=(*plan.quantities, *names),
        ties=(*plan.ties, *tied),
        where=(*plan.where, *where),
    )
    if not found.over:
        raise ConfigError("no axis is given; name one, such as --over context=1k..128k:log:20")
    return found


class _Progress:
    """A line on a terminal: how far, how fast, how long still."""

    def __init__(self) -> None:
        self._start = self._told = time.monotonic()
        self._first: int | None = None
        self._shown = False

    def __call__(self, done: int, points: int, kept: int) -> None:
        now = time.monotonic()
        if self._first is None:
            self._first, self._start = done, now
        if now - self._told < 0.2:
            return
        self._told = now
        rate = (done - self._first) / max(now - self._start, 1e-9)
        left = _spoken((points - done) / rate) if rate else "unknown"
        click.echo(
            f"\r{done / points:6.1%} of {points:,} points, {rate / 1e6:,.1f} M/s, {left} left, "
            f"{kept:,} rows\x1b[K",
            err=True,
            nl=False,
        )
        self._shown = True

    def end(self) -> None:
        """Leave the line."""
        if self._shown:
            with suppress(OSError):  # a terminal that is gone has no line
                click.echo("\r\x1b[K", err=True, nl=False)


def _spoken(seconds: float) -> str:
    """A time in the two units that suit it."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
    if seconds < 86400:
        return f"{seconds // 3600:.0f} h {seconds % 3600 // 60:.0f} min"
    return f"{seconds / 86400:,.0f} days"
