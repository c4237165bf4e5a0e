"""``edgesym doctor``: what is installed, what is missing for what, and whether it works."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import click

from edgesym.cli.checkup import Check, tried
from edgesym.cli.output import Write, output_options
from edgesym.document.nodes import (
    Amount,
    Block,
    Cell,
    Code,
    Column,
    Document,
    Facts,
    Mark,
    Section,
    Table,
    table,
)
from edgesym.extras import Extra, Package, core, extras

__all__ = ["command"]

_EXTRAS = ("extra", "brings", "state")


@click.command()
@click.option("--sizes", is_flag=True, help="Count the bytes on disk of what extras need.")
@output_options
def command(sizes: bool, write: Write) -> None:
    """Say what is installed, what is missing for what, and whether edgesym works.

    A check derives a formula and adds up the graph beside it, puts a published equation to the
    test, and writes and reads the cache. Exit code 1 where a check fails or a package that
    edgesym always needs is missing or too old.
    """
    packages, optional, checks = core(), extras(), tuple(tried())
    broken = [check for check in checks if check.problem]
    lacking = [package for package in packages if not package.is_there]

    def answer() -> dict[str, Any]:
        return {
            **_about(),
            "packages": [_package_data(package) for package in packages],
            "extras": [_extra_data(extra, sizes) for extra in optional],
            "tools": {what: found for what, _, found in _tools()},
            "checks": [asdict(check) for check in checks],
        }

    blocks: tuple[Block, ...] = (
        Facts((*_about().items(), ("needs", ", ".join(map(_shown, packages))))),
        Section("Extras", (_extras_table(optional, sizes),)),
        Section("Tools", (table(("tool", "for", "found"), list(_tools())),)),
        Section("Checks", (_checks_table(checks),)),
    )
    write(Document("edgesym doctor", blocks, answer, lambda: _checks_table(checks)))
    if broken or lacking:
        raise click.exceptions.Exit(1)


def _about() -> dict[str, str]:
    try:
        own = version("edgesym")
    except PackageNotFoundError:  # said in its place
        own = "run from its folder, not installed"
    return {
        "edgesym": own,
        "python": f"{platform.python_version()} ({sys.executable})",
        "system": platform.platform(),
    }


def _shown(package: Package) -> str:
    if not package.version:
        return f"{package.name} MISSING"
    return f"{package.name} {package.version}{'' if package.is_there else ' TOO OLD'}"


def _extras_table(optional: tuple[Extra, ...], sizes: bool) -> Table:
    rows: list[tuple[Cell, ...]] = [(e.name, e.brings, _state(e)) for e in optional]
    if not sizes:
        return table(_EXTRAS, rows)
    sized = [(*row, Amount(_size(e), "B")) for row, e in zip(rows, optional, strict=True)]
    return table((*_EXTRAS, Column("on disk", "number")), sized)


def _state(extra: Extra) -> Cell:
    if extra.is_there:
        return "there"
    lacks = ", ".join(extra.missing) or "what this installation does not know of"
    return (f"lacks {lacks}: ", Code(f"pip install 'edgesym[{extra.name}]'"))


def _size(extra: Extra) -> int:
    return sum(package.size() for package in extra.packages)


def _tools() -> Iterator[tuple[str, str, str]]:
    """What is called if it is on PATH: a kind of tool, what for, and where it was found."""
    from edgesym.engine.native import compiler
    from edgesym.render.pdf import latex_engine

    yield "LaTeX", "reports as PDF", latex_engine() or "none (Debian: texlive-latex-extra, lmodern)"
    yield "C compiler", "sweeps in C, ten times as fast", compiler() or "none: NumPy does it"


def _checks_table(checks: tuple[Check, ...]) -> Table:
    rows = [
        (c.what, Mark(c.problem, "caution") if c.problem else c.found, Amount(c.seconds, "s"))
        for c in checks
    ]
    return table(("check", "outcome", Column("took", "number")), rows)


def _package_data(package: Package) -> dict[str, Any]:
    return {"name": package.name, "least": package.least, "version": package.version}


def _extra_data(extra: Extra, sizes: bool) -> dict[str, Any]:
    told = {
        "name": extra.name,
        "brings": extra.brings,
        "installed": extra.is_there,
        "packages": [_package_data(package) for package in extra.packages],
    }
    return {**told, "bytes": _size(extra)} if sizes else told
