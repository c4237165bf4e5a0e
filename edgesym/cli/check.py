"""``edgesym check``: the verdict on published equations."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import click

from edgesym.cli.output import Write, output_options, print_report, report_option
from edgesym.data import LARGEST
from edgesym.errors import ConfigError


@click.command()
@click.argument("source", required=False)
@click.option("--equation", help="One equation, in place of a file.")
@click.option("--quantity", help="What it is of: a quantity, or a formula over quantities.")
@click.option("--symbols", default="", help="What its letters stand for: 'L=layers,H=hidden'.")
@click.option(
    "--notation", type=click.Choice(["latex", "plain"]), default="latex", show_default=True
)
@click.option("--part", default="*", show_default=True, help="Part of the model.")
@click.option(
    "--phase", default="forward", show_default=True, help="forward, prefill, decode, training."
)
@click.option("--per", default="model", show_default=True, help="model, token, sequence, layer.")
@click.option("--assume", "assumptions", multiple=True, help="An assumption; may be given again.")
@click.option("--search/--no-search", default=True, help="Look for assumptions that make it exact.")
@report_option
@output_options
def command(
    source: str | None,
    equation: str | None,
    quantity: str | None,
    symbols: str,
    notation: str,
    part: str,
    phase: str,
    per: str,
    assumptions: tuple[str, ...],
    search: bool,
    report: str | None,
    write: Write,
) -> None:
    """Check published equations: a claim file, a paper in LaTeX, or - for a claim file on stdin.

    How to write a claim file: docs/claims.md. The exit code is 1 if a claim is wrong.
    """
    from edgesym.claims.check import check
    from edgesym.claims.claim import Claim
    from edgesym.claims.derive import names_of
    from edgesym.claims.documents.verdict import verdict_document

    silent: tuple[str, ...] = ()
    if equation is not None:
        if source or not quantity:
            raise ConfigError("--equation needs --quantity and no file")
        names_of(quantity)
        claims = [
            Claim(
                equation,
                quantity,
                _symbols(symbols),
                notation,
                where=equation,
                part=part,
                phase=phase,
                per=per,
                assumptions=assumptions,
            )
        ]
    elif source:
        claims, silent = _claims(source)
    else:
        raise ConfigError("name a claim file or a .tex file, or give --equation and --quantity")
    verdicts = [check(claim, search=search) for claim in claims]
    document = verdict_document(verdicts, silent)
    if report:
        print_report(document, report)
    else:
        write(document)
    if any(verdict.verdict == "wrong" for verdict in verdicts):
        sys.exit(1)


def _symbols(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in filter(None, (piece.strip() for piece in text.split(","))):
        name, sign, word = item.partition("=")
        if not sign or not word.strip():
            raise ConfigError(f"--symbols: {item!r} should read letter=word, such as H=hidden")
        if name.strip() in found:
            raise ConfigError(f"--symbols: {name.strip()!r} is declared twice; keep one")
        found[name.strip()] = word.strip()
    return found


def _claims(source: str) -> tuple[list, tuple[str, ...]]:  # type: ignore[type-arg]
    from edgesym.claims.claim import read_claims
    from edgesym.claims.document import read_document

    if source == "-":
        text = sys.stdin.read(LARGEST + 1)
        if len(text) > LARGEST:
            raise ConfigError(f"standard input: larger than {LARGEST} characters")
        try:
            tables = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise ConfigError(f"standard input: not valid TOML: {error}") from error
        return list(read_claims(tables, "standard input")), ()
    path = Path(source)
    if path.suffix == ".tex":
        document = read_document(path)
        return list(document.claims), document.silent
    return list(read_claims(path)), ()
