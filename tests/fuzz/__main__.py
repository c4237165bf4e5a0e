"""``python -m tests.fuzz``: inputs at every door, and a table of what they showed."""

from __future__ import annotations

import sys
import warnings

import click

from tests.fuzz.corpus import FOUND, file_away, known
from tests.fuzz.door import KINDS
from tests.fuzz.doors import DOORS
from tests.fuzz.runner import Tally, run

_HEADS = ("inputs", *(f"{kind}s" for kind in KINDS), "inputs/s")


@click.command()
@click.option("--seconds", default=60.0, help="For each door.", show_default=True)
@click.option("--door", "names", multiple=True, help="Of these doors alone; may be repeated.")
@click.option("--seed", default="0", help="Other seeds draw other inputs.", show_default=True)
@click.option("--jobs", default=2, help="Processes.", show_default=True)
@click.option("--list", "lists", is_flag=True, help="List the doors.")
def main(seconds: float, names: tuple[str, ...], seed: str, jobs: int, lists: bool) -> None:
    """Try hostile and random inputs at doors; what is found is made small and filed in found/.

    Ends with exit code 1 where anything was found that is not known to stand open.
    """
    warnings.simplefilter("ignore")
    missing = set(names) - DOORS.keys()
    if missing:
        raise click.UsageError(f"no door {', '.join(missing)}; there are {', '.join(DOORS)}")
    doors = [door for name, door in DOORS.items() if not names or name in names]
    if lists:
        click.echo("\n".join(door.name for door in doors))
        return
    click.echo(_row("door", _HEADS))
    total = Tally("all")
    new, open_ones = 0, known()

    def told(tally: Tally) -> None:
        nonlocal new
        _told(tally)
        total.add(tally)
        for key, found in tally.findings.items():
            if key not in open_ones:
                new += 1
                path = file_away(found)
                click.echo(f"{found.door}: {found.kind} at {found.place}: {found.said}")
                click.echo(f"  {path.name}")

    run(doors, seconds, seed, jobs, told)
    _told(total)
    click.echo(f"{new} new in {FOUND.name}/" if new else "nothing new")
    sys.exit(bool(new))


def _told(tally: Tally) -> None:
    kinds = [str(tally.kinds[kind]) for kind in KINDS]
    rate = tally.inputs / tally.seconds if tally.seconds else 0.0
    click.echo(_row(tally.door, (f"{tally.inputs:,}", *kinds, f"{rate:,.0f}")))


def _row(name: str, cells: tuple[str, ...]) -> str:
    return f"{name:24}" + "".join(f"{cell:>14}" for cell in cells)


if __name__ == "__main__":
    main(prog_name="python -m tests.fuzz")
