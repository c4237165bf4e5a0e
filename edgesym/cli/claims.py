"""``edgesym claims``: the published equations that edgesym ships, and their verdicts."""

from __future__ import annotations

import click

from edgesym.cli.common import echo_json, report_option, style_option
from edgesym.render.tables import render_table


@click.command()
@click.argument("paper", required=False)
@click.option("--full", is_flag=True, help="Print the grounds of each verdict.")
@report_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@style_option()
def command(paper: str | None, full: bool, report: str | None, as_json: bool, style: str) -> None:
    """List the published equations that edgesym ships; with PAPER, their verdicts."""
    from edgesym.claims.check import check
    from edgesym.claims.library import claims_of, papers
    from edgesym.render.check_report import check_report
    from edgesym.render.verdict import verdict_table, verdict_text

    if paper is None:
        rows = []
        for name in papers():
            claims = claims_of(name)
            source = claims[0].paper
            rows.append(
                [name, str(len(claims)), str(source.year or ""), source.address, source.title]
            )
        headers = ["paper", "claims", "year", "address", "title"]
        if as_json:
            echo_json({"papers": [dict(zip(headers, row, strict=True)) for row in rows]})
        else:
            click.echo(render_table(headers, rows, style))
        return
    verdicts = [check(claim) for claim in claims_of(paper)]
    if as_json:
        echo_json({"verdicts": [verdict.as_json() for verdict in verdicts]})
    elif report:
        click.echo(check_report(verdicts, report), nl=False)
    elif full:
        click.echo("\n\n".join(verdict_text(verdict) for verdict in verdicts))
    else:
        click.echo(verdict_table(verdicts, style))
