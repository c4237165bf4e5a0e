"""Every shipped file is what a user's file of its kind may be: it is read unchecked."""

from __future__ import annotations

import gzip
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from msgspec import Meta, Struct
from msgspec.structs import fields

import edgesym
from edgesym.analysis.sweep.schema import NoteFile, PlanFile
from edgesym.architectures.recipe import find_recipe
from edgesym.architectures.schema import Architecture, JoinedFile, TowerFile
from edgesym.architectures.traced.schema import TracedFile
from edgesym.architectures.whole import refuse_gaps
from edgesym.claims.schema import ClaimFile, ClaimRow
from edgesym.data import heads
from edgesym.devices.library import device_names, shipped_device
from edgesym.devices.schema import DeviceFile
from edgesym.explore.schema import Question
from edgesym.fileschema import held_to
from edgesym.fits.schema import FitFile
from edgesym.formats.schema import FormatFile, RecipeFile
from edgesym.runtimes.runtime import EFFICIENCY, FIXED
from edgesym.runtimes.schema import Figures, Reached, RuntimeFile
from edgesym.scenario.schema import PlacesFile
from edgesym.validation.corpus import METRICS
from edgesym.validation.kernels import SIZES
from edgesym.validation.schema import Card, Kernel, Metric, Published, Step, columns, numbers

PACKAGE = Path(edgesym.__file__).parent
KINDS = {
    "architectures/data/*.toml": Architecture,
    "architectures/joined/*.toml": JoinedFile,
    "architectures/towers/*.toml": TowerFile,
    "claims/library/*.toml": ClaimFile,
    "fits/data/*.json": FitFile,
    "formats/recipes/*.toml": RecipeFile,
    "runtimes/data/*.toml": RuntimeFile,
}


@pytest.mark.parametrize("place", KINDS)
def test_shipped_files_are_held_to_the_schema_of_their_kind(place):
    paths = sorted(PACKAGE.glob(place))
    assert paths
    for path in paths:
        text = path.read_text("utf-8")
        table = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
        held_to(table, KINDS[place], path.name, text)


@pytest.mark.parametrize("folder", ["data", "joined", "towers"])
def test_the_head_of_a_file_is_what_stands_before_its_tables(folder):
    found = heads(f"architectures/{folder}")
    for path in sorted(PACKAGE.glob(f"architectures/{folder}/*.toml")):
        whole = tomllib.loads(path.read_text("utf-8"))
        head = found.pop(path.stem)
        assert head == {key: whole[key] for key in head}, path.name
        asked = whole.keys() & {"model_types", "marks", "classes"}
        assert asked <= head.keys(), f"{path.name}: {asked} must stand before the first table"
    assert not found


def test_shipped_traces_are_held_to_the_schema_of_one():
    paths = sorted(PACKAGE.glob("architectures/traced/data/*.json.gz"))
    assert paths
    for path in paths:
        held_to(json.loads(gzip.decompress(path.read_bytes())), TracedFile, path.name)


def test_shipped_claims_are_held_to_the_schema_of_one():
    for path in sorted(PACKAGE.glob("claims/library/*.toml")):
        for row in tomllib.loads(path.read_text("utf-8"))["claim"]:
            held_to(row, ClaimRow, f"{path.name}: {row['id']}")


def test_shipped_devices_are_held_to_the_schema_of_a_file_of_one():
    for name in device_names():
        held_to(shipped_device(name), DeviceFile, name)


def test_shipped_formats_are_held_to_the_schema_of_a_file_of_one():
    for path in sorted(PACKAGE.glob("formats/layouts/*.toml")):
        for name, row in tomllib.loads(path.read_text("utf-8")).items():
            held_to(row, FormatFile, f"{path.name}: {name}")


def test_shipped_architectures_have_what_they_name():
    for path in sorted(PACKAGE.glob("architectures/data/*.toml")):
        name = tomllib.loads(path.read_text("utf-8"))["model_types"][0]
        label, recipe = find_recipe(name, path.name)
        refuse_gaps(recipe, label)


def test_a_runtime_may_give_the_figures_that_runtimes_have():
    assert {each.name for each in fields(Reached)} == set(EFFICIENCY)
    assert {each.name for each in fields(Figures)} == {*EFFICIENCY, *FIXED}


def test_rows_of_measurements_are_of_the_metrics_and_sizes_that_are_read():
    assert get_args(Metric) == tuple(METRICS)
    assert set(SIZES) | {"median_s"} == set(numbers(Kernel))
    assert [name for name, must in columns(Kernel).items() if not must] == ["device"]


def parts(kind: Any) -> Iterator[Any]:
    """The types that a schema is made of."""
    seen: list[Any] = []
    waiting = [kind]
    while waiting:
        here = waiting.pop()
        if any(here is each for each in seen):
            continue
        seen.append(here)
        yield here
        waiting += getattr(here, "__metadata__", ())
        waiting += get_args(here)
        if isinstance(here, type) and issubclass(here, Struct):
            waiting += [each.type for each in fields(here)]


@pytest.mark.parametrize(
    "kind",
    [
        *(*KINDS.values(), ClaimRow, DeviceFile, FormatFile, PlacesFile, PlanFile, NoteFile),
        *(TracedFile, Question, Published, Step, Kernel, Card),
    ],
)
def test_no_schema_has_a_bare_text_or_a_pattern(kind):
    """A bare text is of any length; a pattern of msgspec crashes beside lists (its issue 717)."""
    for here in parts(kind):
        if isinstance(here, Meta):
            assert here.pattern is None
        elif get_origin(here) is dict:
            assert get_args(here)[0] is not str
        elif isinstance(here, type) and issubclass(here, Struct):
            assert all(each.type is not str for each in fields(here)), here
