"""``edgesym claims``: the published equations that edgesym ships, and their verdicts."""

from __future__ import annotations

import click

from edgesym.cli.output import Write, output_options, print_report, report_option
from edgesym.document.listing import listing
from edgesym.document.nodes import Column
from edgesym.errors import ConfigError

__all__ = ["command"]

_COLUMNS = (
    *("paper", Column("claims", "number"), "year"),
    *(Column("address", spare=True), "title"),
)


@click.command()
@click.argument("paper", required=False)
@click.option("--full", is_flag=True, help="Print the grounds of each verdict.")
@click.option("--all", "every", is_flag=True, help="The verdicts on all papers, a table for each.")
@report_option
@output_options
def command(paper: str | None, full: bool, every: bool, report: str | None, write: Write) -> None:
    """List the published equations that edgesym ships; with PAPER, their verdicts."""
    from edgesym.claims.check import check
    from edgesym.claims.documents.verdict import verdict_document, verdict_summary
    from edgesym.claims.library import claims_of, papers

    if every and paper is not None:
        raise ConfigError(f"--all is of every paper; leave out {paper}, or --all")
    if every and full:
        raise ConfigError("--full is of one paper; name it, and leave out --all")
    if every:
        from edgesym.claims.documents.shelf import library_document

        found = [check(claim) for name in papers() for claim in claims_of(name)]
        shelf = library_document(found)
        if report:
            print_report(shelf, report)
        else:
            write(shelf)
        return
    if paper is None:
        if report or full:
            option = f"--report {report}" if report else "--full"
            raise ConfigError(f"{option} is of verdicts; name a paper, or give --all")
        rows = []
        for name in papers():
            claims = claims_of(name)
            source = claims[0].paper
            year = str(source.year or "")
            rows.append((name, str(len(claims)), year, source.address, source.title))
        write(listing("Published equations", "papers", _COLUMNS, rows))
        return
    verdicts = [check(claim) for claim in claims_of(paper)]
    if report:
        print_report(verdict_document(verdicts), report)
    else:
        write(verdict_document(verdicts) if full else verdict_summary(verdicts))
