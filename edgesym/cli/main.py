"""The command line: one small file per verb, loaded when the verb is used."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import click

from edgesym.cli.net import caught
from edgesym.cli.words import refuse_blank, refuse_repeated

__all__ = ["edgesym", "main"]

#: Verb -> what it does. The verb ``v`` is the object ``command`` of ``edgesym.cli.v``.
VERBS = {
    "derive": "Print closed forms of a model's cost.",
    "table": "Print the cost of every operator of a step.",
    "estimate": "Estimate memory, time and energy on a device.",
    "sensitivity": "Rank what a quantity answers to: derivatives and elasticities.",
    "solve": "Invert: the context, batch, bandwidth, bits... that meet conditions.",
    "sweep": "Compute quantities at every combination of axes: files, best points, fronts.",
    "crossover": "Find where a model changes regime, and map batch x context.",
    "compare": "Set models, formats or devices side by side, term by term.",
    "optimize": "Compare ways of making models smaller on a device: quantised, combined.",
    "explain": "Trace a number to the graph: terms, symbols, sources, arithmetic.",
    "explore": "Write a page on which costs follow as numbers are dragged (--serve: and checks).",
    "plot": "Draw rooflines, lines, maps, fronts and breakdowns.",
    "export": "Write formulas as Python, NumPy, C, JavaScript, Rust or Excel.",
    "report": "Write a report in which every number traces to a formula.",
    "check": "Check published equations: verdict, difference, assumptions.",
    "claims": "List the published equations that ship, or the verdicts on a paper's.",
    "trace": "Closed forms out of a model's own code (extra: oracle).",
    "verify": "Compare counts with transformers and PyTorch (extra: oracle).",
    "validate": "Compare predictions with measurements, row by row.",
    "calibrate": "Measure this machine, and write a device file.",
    "measure": "Run a model here for real, predicted beside measured (extra: measure).",
    "diagnose": "Say why a model is as fast as it is here, and what helps (extra: measure).",
    "fit": "Fit efficiencies of devices in runtimes to measurements (extra: fit).",
    "whatif": "Say what a measured speed implies: an efficiency, or that it cannot be.",
    "reproduce": "Recompute a published table beside our derivation.",
    "models": "List the model cards and architectures.",
    "devices": "List the devices, or the figures of one with their sources.",
    "quantities": "List the quantities with unit and meaning.",
    "conventions": "List the ways of counting.",
    "compositions": "List how compute and memory time make up the time of a step.",
    "formats": "List the number formats.",
    "runtimes": "List what runs models, or the rules of one runtime.",
    "cache": "Show what is kept on disk of earlier answers, or clear it.",
    "schema": "Print the JSON schema of what a verb writes with --json.",
    "doctor": "Say what is installed, what is missing for what, and whether it works.",
}


#: Objects that are made before garbage is looked for: what is imported and derived stays, and to
#: look through it again and again takes a tenth of an estimate's time.
_ALLOCATED = 50_000


#: What a shell sets where it asks how a line may go on.
_COMPLETING = "_EDGESYM_COMPLETE"


class _Verbs(click.Group):
    """A group that imports a verb only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module = import_module(f"edgesym.cli.{cmd_name}")
        command: click.Command = module.command
        if _COMPLETING in os.environ:
            from edgesym.cli.completing import with_completions

            return with_completions(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        refuse_blank(args)
        name, verb, words = super().resolve_command(ctx, args)
        if verb is not None and not isinstance(verb, click.Group):
            refuse_repeated(verb, words)
        return name, verb, words

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


def _print_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"edgesym {version('edgesym')}")
        ctx.exit()


#: Printed as it stands: the first character keeps lines from being filled.
_EXAMPLES = """\b
Examples:
  edgesym derive llama-3.2-1b -q flops
  edgesym estimate llama3.1:8b --device rtx-4090 --weights q4_k_m
  edgesym estimate qwen3-8b --device pi5 --device m2
  edgesym solve gemma-3-4b --device pi5 --for context --such-that 'memory_footprint <= 6GiB'
  edgesym check paper.tex
"""


@click.group(cls=_Verbs, epilog=_EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    callback=_print_version,
    expose_value=False,
    is_eager=True,
    help="Print the version and exit.",
)
@click.pass_context
def edgesym(ctx: click.Context) -> None:
    """Derive what transformer inference costs, as closed forms.

    MODEL is the name of a card (edgesym models), the path of a config.json or of its
    folder, or a Hugging Face id. DEVICE is a name (edgesym devices) or a TOML file.
    """
    ctx.with_resource(_warnings_as_lines())


@contextmanager
def _warnings_as_lines() -> Iterator[None]:
    """Python's warnings meanwhile, each a line as the command line's own."""
    from edgesym.cli.common import warn

    with warnings.catch_warnings():
        # also where Python was told to raise warnings: ours are no defects
        warnings.filterwarnings("always", category=UserWarning, module=r"edgesym\b")
        warnings.showwarning = lambda message, *_, **__: warn(str(message))
        yield


def main() -> None:
    """Run the command line; what goes wrong ends in one line and an exit code: see :mod:`.net`."""
    gc.set_threshold(_ALLOCATED)
    if code := caught(lambda: edgesym(prog_name="edgesym", standalone_mode=False)):
        sys.exit(code)
