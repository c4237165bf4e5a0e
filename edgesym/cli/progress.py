"""Progress on standard error: a bar on a terminal, a line for each step elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from edgesym.cli.net import say
from edgesym.plain import plain_line

__all__ = ["progress"]

#: Told that a step begins: its number, how many there are, and what it does.
Told = Callable[[int, int, str], None]


@contextmanager
def progress() -> Iterator[Told]:
    """What is to be told of each step as it begins; the bar is gone at the end."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda number, count, what: say(f"[{number}/{count}] {what}")
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def told(number: int, count: int, what: str) -> None:
            bar.update(task, total=count, completed=number - 1, description=plain_line(what))

        yield told
