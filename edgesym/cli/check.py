"""``edgesym check``: the verdict on published equations."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgesym.cli.net import say
from edgesym.cli.options import refuse_given
from edgesym.cli.output import Write, output_options, print_report, print_text
from edgesym.errors import ConfigError
from edgesym.files.read import read_input
from edgesym.render.page import Page

if TYPE_CHECKING:
    from edgesym.claims.claim import Claim, Refused
    from edgesym.claims.outcome import Outcome
    from edgesym.claims.sources import Sources

#: Reports that a person reads, and those that a continuous integration does.
_REPORTS = ("markdown", "latex", "sarif", "junit")
#: Exit codes: a claim fails; something cannot be read.
_FAILED, _REFUSED = 1, 2
#: Characters of an equation by which errors call it.
_CALLED = 120


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--equation", help="One equation, in place of a file.")
@click.option("--quantity", help="What it is of: a quantity, or a formula over quantities.")
@click.option("--symbols", default="", help="What its letters stand for: 'L=layers,H=hidden'.")
@click.option(
    "--notation", type=click.Choice(["latex", "plain"]), default="latex", show_default=True
)
@click.option("--part", default="*", show_default=True, help="Part of the model.")
@click.option(
    "--phase", default="forward", show_default=True, help="forward, decode, step, training."
)
@click.option("--per", default="model", show_default=True, help="model, token, sequence, layer.")
@click.option("--assume", "assumptions", multiple=True, help="An assumption; may be given again.")
@click.option("--search/--no-search", default=True, help="Look for assumptions that make it exact.")
@click.option("--propose", is_flag=True, help="Write a claim file for a paper in LaTeX.")
@click.option("--inline", is_flag=True, help="Propose equations in lines of text as well.")
@click.option("--strict", is_flag=True, help="Fail also what is an approximation or not proved.")
@click.option("--watch", is_flag=True, help="Check again whenever a file changes; Ctrl-C ends it.")
@click.option(
    "--report",
    type=click.Choice(_REPORTS),
    help="Print a report: for people (markdown, latex), or for continuous integration.",
)
@output_options
def command(
    sources: tuple[str, ...],
    equation: str | None,
    quantity: str | None,
    symbols: str,
    notation: str,
    part: str,
    phase: str,
    per: str,
    assumptions: tuple[str, ...],
    search: bool,
    propose: bool,
    inline: bool,
    strict: bool,
    watch: bool,
    report: str | None,
    write: Write,
) -> None:
    """Check published equations: claim files, papers in LaTeX, or - for a claim file on stdin.

    How to write a claim file: docs/claims.md. The exit code is 0 if each claim is as its author
    expects, or not wrong where nothing is expected; 1 if one is not; 2 if one cannot be read.
    """
    from edgesym.claims.sources import Sources, files_of, read_sources

    if equation is None:
        why = "is of --equation; in a claim file it is a key"
        alone = ("quantity", "symbols", "notation", "part", "phase", "per", "assumptions")
        refuse_given(why, *alone)
    if propose or inline:
        if equation is not None or watch or not propose or len(sources) != 1:
            raise ConfigError("--propose, with --inline or without, takes one .tex file")
        why = "is of verdicts, and --propose gives none; leave one out"
        refuse_given(why, *("search", "strict", "report", "style", "as_json", "brief"))
        _propose(sources[0], inline)
        return
    judge = partial(_judge, search=search, strict=strict, report=report, write=write)
    if equation is not None:
        if sources or not quantity or watch:
            raise ConfigError("--equation needs --quantity, no file and no --watch")
        about = {"part": part, "phase": phase, "per": per, "assumptions": assumptions}
        hint = "" if symbols else "; what letters stand for is --symbols 'L=layers,H=hidden'"
        judge(Sources((_one(equation, quantity, symbols, notation, **about),)), hint=hint)
    elif not sources:
        raise ConfigError("name a claim file or a .tex file, or give --equation and --quantity")
    elif "-" in sources:
        if len(sources) > 1 or watch:
            raise ConfigError("- is standard input, read once; give it alone, without --watch")
        judge(Sources(_typed()))
    elif watch:
        from edgesym.cli.watching import changes

        files = list(files_of(sources))
        with suppress(KeyboardInterrupt):  # Ctrl-C is how it ends
            for _ in changes(files):
                click.clear()
                read = read_sources(sources)
                files += [file for file in read.included if file not in files]
                with suppress(SystemExit):  # a verdict that fails ends no watching
                    judge(read)
    else:
        judge(read_sources(sources))


def _propose(source: str, inline: bool) -> None:
    """Print the claim file that a paper seems to make."""
    from edgesym.claims.proposal import proposal_text, propose

    if not source.endswith(".tex"):
        raise ConfigError(f"--propose reads a paper in LaTeX, a .tex file, not {source}")
    print_text(proposal_text(propose(Path(source), inline=inline)), Page.of())


def _judge(
    read: Sources,
    *,
    search: bool,
    strict: bool,
    report: str | None,
    write: Write,
    hint: str = "",
) -> None:
    """Check what was read and write what is found; an exit code other than 0 where one fails."""
    from edgesym.claims.claim import Refused
    from edgesym.claims.outcome import check_each, failure

    found = (*read.files, *check_each(read.entries, search=search))
    if read.entries:
        _write(found, read.silent, strict, report, write)
    refused = [one for one in found if isinstance(one, Refused)]
    for one in refused:
        say(f"Error: {one.error}{hint}")
    if refused:
        sys.exit(_REFUSED)
    if any(failure(one, strict=strict) for one in found):
        sys.exit(_FAILED)


def _write(
    found: Sequence[Outcome],
    silent: Sequence[str] | None,
    strict: bool,
    report: str | None,
    write: Write,
) -> None:
    if report in ("sarif", "junit"):
        from edgesym.claims.documents import junit, sarif

        writer = {"sarif": sarif.sarif, "junit": junit.junit}[report]
        print_text(writer(found, strict=strict), Page.of())
        return
    from edgesym.claims.documents.verdict import verdict_document

    document = verdict_document(found, silent, strict=strict)
    if report:
        print_report(document, report)
    else:
        write(document)


def _one(equation: str, quantity: str, symbols: str, notation: str, **about: Any) -> Claim:
    from edgesym.claims.claim import Claim
    from edgesym.claims.derive import names_of
    from edgesym.claims.words import read_symbols

    names_of(quantity)
    called = equation if len(equation) <= _CALLED else f"{equation[:_CALLED]}..."
    return Claim(
        equation, quantity, read_symbols(symbols, "--symbols"), notation, where=called, **about
    )


def _typed() -> tuple[Claim | Refused, ...]:
    """The claims of a claim file on standard input."""
    from edgesym.claims.claim import read_entries

    return read_entries(read_input("claim file"), "standard input")
