"""Papers, measurements, sweeps, and what edgesym keeps on disk: each kind of file a door."""

from __future__ import annotations

import csv
import io
import itertools
import json
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from edgesym import Run, Setup, find_device, load
from edgesym.analysis.documents.estimate import estimate_document
from edgesym.analysis.estimate import estimate
from edgesym.analysis.sweep.journal import Journal
from edgesym.analysis.sweep.plan import read_plan
from edgesym.claims.claim import read_claims
from edgesym.claims.document import read_document
from edgesym.cli.recalled import _found
from edgesym.document.stored import stored
from edgesym.fits.fit import read_fit
from edgesym.store.entry import About, written
from edgesym.store.store import Store
from edgesym.validation.corpus import read_corpus
from edgesym.validation.validate import validate
from tests.fuzz.door import Door, Wrong
from tests.fuzz.doors.seeds import (
    DATA,
    PACKAGE,
    as_json_text,
    finite,
    put,
    reading,
    seeds_of,
    texts,
    toml,
)
from tests.fuzz.limits import folder
from tests.fuzz.mutate import mutated_bytes, mutated_data, mutated_text

_NUMBER = itertools.count()


def _corpus(path: Path) -> None:
    for row in read_corpus(path):
        finite("a measurement", row.value)


def _validated(path: Path) -> None:
    """Rows of any label: each is predicted, or said why not, and told as JSON."""
    for outcome in validate(read_corpus(path)[:3]).outcomes:
        outcome.as_json()
        if outcome.predicted is not None:
            finite("the prediction", float(outcome.predicted.value))
        elif not outcome.reason:
            raise Wrong("neither predicted nor why not")


def _labelled(random: Random) -> str:
    """Rows in which a label or two are others'."""
    rows = list(csv.reader(io.StringIO(random.choice(_rows()))))
    rows = [row for row in rows if row]
    for _ in range(random.choice((1, 1, 2))):
        row = random.choice(rows[1:])
        at = random.randrange(len(row))
        other = random.choice((row[at], random.choice(row)))
        row[at] = mutated_text(random, (other,), _LABELS_OF, 400)
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


_LABELS_OF = ("Q4_K_M", "fp16", "llama-3.2-1b", "Raspberry Pi 5", "vllm", "1e9", "x4", "@", "W8A8")


def _journal(given: str | bytes) -> None:
    """The note of a sweep that is not done, beside its file."""
    target = folder() / f"sweep{next(_NUMBER)}.csv"
    partial = target.with_name(f"{target.name}.partial")
    partial.mkdir()
    try:
        path = put(given, ".note")
        path.rename(partial / "note.json")
        Journal(target, "0" * 64, overwrite=False).close(done=True)
    finally:
        for left in partial.glob("*"):
            left.unlink()
        if partial.exists():
            partial.rmdir()


_KEY = "0" * 64


def _cache(given: bytes) -> None:
    """An entry of the cache: what is damaged is as if it were not there."""

    store = Store(folder() / "cache")
    store.inside.mkdir(mode=0o700, parents=True, exist_ok=True)
    (store.inside / f"{_KEY}.json").write_bytes(given)
    _found(store, _KEY)
    store.entries()


def _cache_draw(random: Random) -> bytes:
    """An entry that is damaged, or one that another program wrote whole."""
    node = {"node": "Document", "title": "x", "sections": [{"node": "Text", "text": "y"}]}
    whole = written(
        About(_KEY, "estimate", "llama-3.2-1b", "s"),
        mutated_data(random, [{"document": node, "warnings": ["a"]}, *_documents()]),
    )
    return mutated_bytes(random, (whole,)) if random.random() < 0.3 else whole


@cache
def _documents() -> tuple[Any, ...]:
    """Answers as the cache keeps them."""

    setup = Setup(load("llama-3.2-1b"), find_device("raspberry-pi-5"), Run(weights="q4_0"))
    return ({"document": stored(estimate_document(estimate(setup))), "warnings": []},)


def _tex(given: str) -> None:
    """A paper, and a table beside it that speaks for its equations."""
    path = put(given, ".tex")
    beside = path.with_suffix(".toml")
    try:
        beside.write_text(
            '[symbols]\nL = "layers"\nH = "hidden"\n[labels]\n"eq:a" = "parameters"\n'
        )
        read_document(path)
    finally:
        path.unlink(missing_ok=True)
        beside.unlink(missing_ok=True)


_MACROS = (
    r"\newcommand{\x}[2][L]{#1 #2}\x{H}",
    r"\def\a{\a\a}\a",
    r"\def\a#1{#1#1}\a{\a{\a{x}}}",
    r"\let\b=\frac",
    r"\newenvironment{e}{\begin{equation}}{\end{equation}}",
    r"\NewDocumentCommand{\y}{m o}{#1^#2}",
    r"\input{nothing}",
    r"\begin{equation}\label{eq:a} P = 12 L H^2 \end{equation}",
    r"\begin{align}",
    r"\end{align}",
    r"\begin{cases} L & x \\ H & y \end{cases}",
    r"$L$",
    r"\[ 2 L \]",
    r"\verb|x|",
    "%\n",
    r"\catcode`\@=11",
    r"\expandafter",
    r"\csname x\endcsname",
    r"\\",
    "&",
    "#1",
    r"\begin{comment}",
)


@cache
def papers() -> tuple[str, ...]:
    return texts("papers/*.tex", root=DATA)


def _labels(given: str) -> None:
    """The table beside a paper."""
    beside = put(given, ".toml")
    path = beside.with_suffix(".tex")
    try:
        path.write_text(
            "\\begin{equation}\\label{eq:a} P = 12 L H^2 \\end{equation}\n$M = 2 L$\n"
            "\\begin{equation} Q = 4 H^2 \\end{equation}\n"
        )
        read_document(path)
    finally:
        path.unlink(missing_ok=True)
        beside.unlink(missing_ok=True)


_LABELS = (
    {"symbols": {"L": "layers", "H": "hidden"}, "labels": {"eq:a": "parameters"}},
    {
        "paper": {"name": "x", "title": "t", "year": 2024, "address": "https://example.org"},
        "symbols": {"L": "layers", "H": "hidden"},
        "assumptions": ["kv_heads = heads"],
        "labels": {"eq:a": {"quantity": "parameters", "part": "attention", "note": "n"}},
        "claim": [{"id": "line 2", "quantity": "flops", "phase": "decode", "per": "token"}],
    },
)
_PLANS = (
    {
        "over": {"batch": [1, 2, 4], "context": "1k..8k:log:4", "device": ["pi5", "m2"]},
        "tie": {"intermediate": "4*hidden"},
        "quantities": ["flops", "step_time"],
        "where": ["memory_footprint <= 8GiB"],
        "top": 3,
        "by": "step_time",
    },
    {
        "over": {"weights": ["q4_0", "fp16"]},
        "zip": [{"layers": [1, 2], "hidden": [64, 128]}],
        "quantities": ["parameters"],
        "pareto": ["step_time", "flops"],
    },
)
_NOTE = {"fingerprint": "0" * 64, "batches": 3, "sink": {"bytes": 10, "rows": 4}}


@cache
def _rows() -> tuple[str, ...]:
    """The heads and first rows of files of measurements."""
    found = []
    for text in texts("validation/rows/*.csv"):
        lines = list(csv.reader(io.StringIO(text)))
        for at in range(1, min(len(lines), 40), 5):
            written_rows = io.StringIO()
            csv.writer(written_rows).writerows([lines[0], *lines[at : at + 2]])
            found.append(written_rows.getvalue())
    return tuple(found)


def _claims(path: Path) -> None:
    read_claims(path)


def _table_text(random: Random) -> str:
    return mutated_text(random, _rows(), (",", "\n", '"', ";", "-1", "nan", "1e999", "bf16"), 4_000)


@cache
def _fits() -> tuple[Any, ...]:
    """The smallest of the fits that ship."""
    paths = sorted(PACKAGE.glob("fits/data/*.json"), key=lambda path: path.stat().st_size)
    return tuple(json.loads(path.read_text("utf-8")) for path in paths[:4])


def _fit(path: Path) -> None:
    fit = read_fit(path)
    for row in range(len(fit.coefficients)):
        finite("a variance", fit.covariance_of(row, row))


def _plan(path: Path) -> None:
    read_plan(path)


DOORS = (
    Door("claims", toml(seeds_of("claims/library/*.toml")), reading(".toml", _claims), 400),
    Door("tex", lambda random: mutated_text(random, papers(), _MACROS), _tex, 150),
    Door("labels", toml(lambda: _LABELS), _labels, 500),
    Door("corpus", _table_text, reading(".csv", _corpus), 1500),
    Door("validated", _labelled, reading(".csv", _validated), 60, 10.0),
    Door("fit", as_json_text(_fits), reading(".json", _fit), 800),
    Door("plan", toml(lambda: _PLANS), reading(".toml", _plan), 1500),
    Door("journal", as_json_text(lambda: (_NOTE,)), _journal, 1500),
    Door("cache", _cache_draw, _cache, 1500),
)
