"""What edgesym writes and reads again, and what it writes with a user's help: each a door."""

from __future__ import annotations

import io
import itertools
import shutil
from datetime import date
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from edgesym import Run, Setup, find_device, load, sweep
from edgesym.analysis.exported import exported
from edgesym.analysis.sweep.sweep import Stopped
from edgesym.claims.document import read_document
from edgesym.claims.proposal import proposal_text, propose
from edgesym.document.nodes import Document, Imprint, Text
from edgesym.measuring.calibration.calibrate import Calibration
from edgesym.measuring.calibration.device_file import device_file, table
from edgesym.measuring.calibration.rate import Rate
from edgesym.measuring.host import Host
from edgesym.measuring.refit import _replaced
from edgesym.measuring.row import COLUMNS, appended
from edgesym.render.export import written
from edgesym.render.html import html_document
from edgesym.render.latex import latex_document
from edgesym.render.markdown import markdown_document
from edgesym.validation.corpus import read_corpus
from tests.fuzz.door import Door, Wrong
from tests.fuzz.doors.drawn import close, draw, setup_of
from tests.fuzz.doors.papers import papers
from tests.fuzz.doors.seeds import PACKAGE, devices, finite, put, texts, toml
from tests.fuzz.limits import folder
from tests.fuzz.mutate import NASTY, NUMBERS, mutated_text

_NUMBER = itertools.count()


def _place() -> Path:
    """A folder of its own."""
    place = folder() / f"place{next(_NUMBER)}"
    place.mkdir()
    return place


_MEDIA = {"html": html_document, "md": markdown_document, "tex": latex_document}
_JINJA = (
    *("{{ title }}", "{{ body }}", "{% for i in range(9) %}x{% endfor %}", "{{ body.__class__ }}"),
    *("{% extends 'edgesym/document.html.j2' %}", "{% include '../x' %}", "{{ 'a' * 99999 }}"),
    *("{% macro m(n) %}{{ m(n) }}{% endmacro %}{{ m(1) }}", "{{ '%99999999d' % 1 }}", "<<", ">>"),
    *("{{ self._TemplateReference__context }}", "{% set x = namespace() %}", "<< body >>", "<%"),
    *("{{ cycler.__init__.__globals__ }}", "{{ ''|attr('__class__') }}", "{{ 9 ** 9 ** 9 }}", "%>"),
    *("{{ x", "{% if", "{#", "#}", "|safe", "|join", "|wordwrap(0)", "|batch(0)|list", "|round"),
    *("{% block body %}{{ super() }}{% endblock %}", "{{ [1]|sum(start='a') }}", "{{ missing }}"),
    *("{{ dict(a=body)|xmlattr }}", "{{ body|indent(99999) }}", "{{ body|replace('', body) }}"),
)


@cache
def _templates() -> tuple[str, ...]:
    return (*texts("document.*.j2", root=PACKAGE.parent / "templates"), "{{ body }}", "<< body >>")


def _template(given: list[str]) -> None:
    """A frame of a user's own around a document that hides nothing."""
    ending, text = given
    place = _place()
    try:
        path = place / f"document.{ending}.j2"
        path.write_bytes(text.encode(errors="surrogatepass"))
        document = Document("T", (Text("words"),), dict, Imprint("2026-01-01", "edgesym", "x"))
        _MEDIA[ending](document, None, place)
    finally:
        shutil.rmtree(place)


def _calibrated(given: dict[str, Any]) -> None:
    """What a machine says of itself makes a device file that reads, with the rates measured."""
    rate = Rate(float(given["rate"]), 0.0, given["by"], "best of 3")
    host = Host(given["cpu"], "x86_64", frozenset(), 2**20, 2**33, 2**32)
    rates = dict.fromkeys(("read", "copy", "triad", "storage", "dispatch", "waking"), rate)
    found = Calibration(host, 2, rates, {"fp32": rate}, missed={"torch": given["missed"]})
    text = device_file(found, given["command"], date(2026, 1, 1), given["name"])
    device = find_device(str(path := put(text, ".toml")))
    path.unlink()
    close("the bandwidth", device.figures["memory_bandwidth"].value, rate.value, part=1e-3)


def _text(random: Random) -> str:
    return mutated_text(random, ("Cortex-A76", "AMD EPYC 7763", "x"), longest=400)


def _calibrated_draw(random: Random) -> dict[str, Any]:
    words = {key: _text(random) for key in ("cpu", "by", "missed", "command", "name")}
    return {**words, "rate": random.choice((1.0, 1e9, 2.5e11, 3e-7, 1e308))}


_ROW = table("memory_utilisation", value=0.5, std=0.1, unit="1", kind="derived", source="here")


def _refit(given: str) -> None:
    """A figure of a device file is replaced, and no other."""
    path = put(given, ".toml")
    try:
        before = find_device(str(path))
        path.write_bytes(_replaced(given, {"memory_utilisation": _ROW}).encode())
        other = path.rename(path.with_stem(f"{path.stem}after"))
        try:
            after = find_device(str(other))
        finally:
            other.unlink()
    finally:
        path.unlink(missing_ok=True)
    if after.figures["memory_utilisation"].value != 0.5:
        raise Wrong("the figure is not replaced")
    for name in ("memory_bandwidth", "memory_size", "launch_overhead", "power_limit"):
        one, other = before.figures.get(name), after.figures.get(name)
        if one != other:
            raise Wrong(f"{name} was {one}, and is {other}", place=name)


def _rows(given: str) -> None:
    """Rows are added behind those of a file, all of which are read as before."""
    path = put(given, ".csv")
    row = {**dict.fromkeys(COLUMNS, ""), "device": "pi5", "framework": "llama.cpp CPU"}
    row |= {"model": "llama-3.2-1b", "quant": "Q4_0", "phase": "decode", "metric": "tok_s"}
    row |= {"value": "7.25", "batch": "1"}
    try:
        text = appended(path, iter([row]))
        before = read_corpus(path) if "\n" in given.strip() else ()
        path.write_bytes(text.encode())
        after = read_corpus(path)
    finally:
        path.unlink()
    if [one.value for one in after] != [*(one.value for one in before), 7.25]:
        raise Wrong(f"{len(before)} rows and one are {len(after)}")


_HEAD = ",".join(COLUMNS) + "\n"
_MEASURED = (
    _HEAD + "pi5,,llama.cpp CPU,gpt2,,Q4_0,decode,1,16,16,tok_s,7.5,,\n",
    _HEAD + 'pi5,"a, b",x,gpt2,1,Q4_0,prefill,1,16,,tok_s,70,"l""m",n\n\n',
    "",
    _HEAD,
)


def _proposal(given: str) -> None:
    """What is proposed for a paper is a table that reads beside it."""
    path = put(given, ".tex")
    beside = path.with_suffix(".toml")
    try:
        beside.write_bytes(proposal_text(propose(path)).encode())
        read_document(path)
    finally:
        path.unlink(missing_ok=True)
        beside.unlink(missing_ok=True)


@cache
def _small_sweep() -> Setup:
    return Setup(load("llama-3.2-1b"), find_device("raspberry-pi-5"), Run())


_OVER = {"context": [64, 128, 256], "weights": ["q4_0", "fp16"]}


def _resumed(given: dict[str, Any]) -> None:
    """What a sweep left behind, damaged: the rows are those of one that ran through, or none."""
    place = _place()
    out = place / f"a{given['ending']}"
    names = ("flops", "step_time")
    try:
        _begun(out, names)
        inside = out.with_name(f"{out.name}.partial")
        for name, text in given["left"].items():
            if inside.is_dir() and "/" not in name:
                (inside / name).write_bytes(text.encode(errors="surrogatepass"))
        if given["note"] is not None and inside.is_dir():
            note = inside / "note.json"
            now = note.read_bytes().decode(errors="surrogatepass")
            said = mutated_text(Random(given["note"]), (now,), _NOTES)  # noqa: S311 - it draws inputs
            note.write_bytes(said.encode(errors="surrogatepass"))
        sweep(_small_sweep(), _OVER, names, out=out, workers=1)
        whole = _whole(given["ending"], names)
        if out.read_bytes() != whole:
            place_of = "numbers" if _numbers(out.read_bytes()) != _numbers(whole) else "names"
            raise Wrong(f"{given['ending']}: other {place_of} than of one run", place=place_of)
    finally:
        shutil.rmtree(place)


_NOTES = ('"rows": 1', "0", "1", "2", "999", "-1", "null", '"x"', "[]", "{}", "1e9", "true", "NaN")


def _begun(out: Path, names: tuple[str, ...]) -> None:
    """A sweep that was stopped after its first rows."""

    def stop(done: int, *_: int) -> None:
        if done < 6:
            raise KeyboardInterrupt

    try:
        sweep(_small_sweep(), _OVER, names, out=out, workers=1, report=stop)
    except Stopped:
        return
    raise AssertionError("the sweep ran through")


def _numbers(content: bytes) -> Any:
    """The rows of a file without what they are called; other files as they are."""
    if not content.startswith(b"PK"):
        return content
    with np.load(io.BytesIO(content)) as archive:
        return {key: archive[key].tobytes() for key in archive if not key.endswith(".names")}


@cache
def _whole(ending: str, names: tuple[str, ...]) -> bytes:
    place = _place()
    try:
        sweep(_small_sweep(), _OVER, names, out=place / f"a{ending}", workers=1)
        return (place / f"a{ending}").read_bytes()
    finally:
        shutil.rmtree(place)


def _resumed_draw(random: Random) -> dict[str, Any]:
    files = ("rows.csv", "0.raw", "1.raw", "2.raw", "best-1.npz", "lock", "x", "note.json")
    left = {random.choice(files): str(random.choice((*NASTY, *NUMBERS))) for _ in range(2)}
    return {
        "ending": random.choice((".csv", ".npz")),
        "left": left if random.random() < 0.4 else {},
        "note": random.randrange(10**9) if random.random() < 0.8 else None,
    }


def _exported(given: dict[str, Any]) -> None:
    """A formula as Python is the number that it is here."""
    setup = setup_of(given)
    name = given["quantity"]
    text = written(exported(setup, [name]), "python")
    said: dict[str, Any] = {"__name__": "made"}
    exec(compile(text, "made.py", "exec"), said)  # noqa: S102 - what is written is to be run
    finite(name, float(said["evaluate"]()[name]))
    close(name, float(said["evaluate"]()[name]), float(setup.number(name)), place=name)


_QUANTITIES = ("flops", "step_time", "memory_footprint", "generation_time", "energy_per_token")

DOORS = (
    Door(
        "template",
        lambda random: [random.choice([*_MEDIA]), mutated_text(random, _templates(), _JINJA)],
        _template,
        150,
        10.0,
    ),
    Door("calibrated", _calibrated_draw, _calibrated, 300),
    Door("refit", toml(devices), _refit, 150),
    Door("rows", lambda r: mutated_text(r, _MEASURED, (",", "\n", '"', "1e9", ";")), _rows, 600),
    Door("proposal", lambda r: mutated_text(r, papers()), _proposal, 40, 10.0),
    Door("sweep resumed", _resumed_draw, _resumed, 25, 10.0),
    Door(
        "exported",
        lambda random: {**draw(random), "quantity": random.choice(_QUANTITIES)},
        _exported,
        20,
        20.0,
    ),
)
