"""``edgesym cache``: what is kept on disk of earlier answers, and clearing it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from errno import ENOENT
from typing import Any

import click

from edgesym.cli.output import Write, output_options
from edgesym.document.nodes import Amount, Block, Cell, Column, Document, Facts, Mark, Text, table
from edgesym.store.place import VARIABLE, refused
from edgesym.store.state import state_of_package
from edgesym.store.store import Kept, Store, find_store

__all__ = ["command"]

_COLUMNS = ("verb", "model", Column("entries", "number"), Column("size", "number"))


@click.command()
@click.argument("action", required=False, type=click.Choice(["show", "clear"]))
@click.option("--clear", is_flag=True, help="Short for the action clear.")
@output_options
def command(action: str | None, clear: bool, write: Write) -> None:
    """Show what is kept on disk of earlier answers, or clear it.

    EDGESYM_CACHE=FOLDER moves the cache, EDGESYM_CACHE=off turns it off.
    """
    if clear and action == "show":
        raise click.UsageError("--clear is short for clear; leave out show")
    store = find_store()
    if store is None:
        write(_nowhere())
    elif clear or action == "clear":
        write(_cleared(store, *store.clear()))
    else:
        write(_shown(store))


def _nowhere() -> Document:
    said = f"There is no cache: {VARIABLE} turns it off, or there is no home to keep it in."
    return Document("Cache", (Text(said),), lambda: {"place": None, "entries": 0, "bytes": 0})


def _cleared(store: Store, count: int, size: int) -> Document:
    said = (Amount(count), f" {'entry' if count == 1 else 'entries'} removed, ", Amount(size, "B"))
    blocks = (Facts((("place", str(store.folder)), ("cleared", said))),)
    return Document(
        "Cache", blocks, lambda: {"place": str(store.folder), "removed": count, "bytes": size}
    )


def _shown(store: Store) -> Document:
    """Where the cache lies, how much is in it, and of what."""
    there = store.entries()
    size, state = sum(kept.size for kept in there), state_of_package()
    old = sum(1 for kept in there if kept.about is None or kept.about.state != state)
    problem = refused(store.inside)
    problem = "" if problem == os.strerror(ENOENT) else problem
    rows: list[tuple[str, Cell]] = [
        ("place", str(store.folder)),
        ("entries", (Amount(len(there)), " of at most ", Amount(store.most_entries))),
        ("size", (Amount(size, "B"), " of at most ", Amount(store.most_bytes, "B"))),
    ]
    if problem:
        rows.append(("not used", Mark(f"{store.inside}: {problem}", "caution")))
    if old:
        rows.append(("outdated", (Amount(old), ", of another state of edgesym: not used")))
    shares = _by_model(there)
    cells = [(*of, Amount(count), Amount(taken, "B")) for of, (count, taken) in shares.items()]
    listed = table(_COLUMNS, cells, most=20)

    def answer() -> dict[str, Any]:
        return {
            "place": str(store.folder),
            "used": not problem,
            "entries": len(there),
            "bytes": size,
            "most_entries": store.most_entries,
            "most_bytes": store.most_bytes,
            "outdated": old,
            "by_model": [
                {"verb": verb, "model": model, "entries": count, "bytes": taken}
                for (verb, model), (count, taken) in shares.items()
            ],
        }

    blocks: tuple[Block, ...] = (Facts(tuple(rows)), *([listed] if there else []))
    return Document("Cache", blocks, answer, lambda: listed)


def _by_model(there: Iterable[Kept]) -> dict[tuple[str, str], tuple[int, int]]:
    """How many entries are of each verb and model, and their bytes."""
    counts, sizes = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for kept in there:
        of = (kept.about.verb, kept.about.model) if kept.about else ("", "unreadable")
        counts[of] += 1
        sizes[of] += kept.size
    return {of: (counts[of], sizes[of]) for of in sorted(counts)}
