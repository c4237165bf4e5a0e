"""What files leave out and numbers rest on is told; a new key is, or is said to enter none."""

from __future__ import annotations

from typing import get_args

import pytest
from msgspec import NODEFAULT, Struct
from msgspec.structs import fields

from edgesym import Run, Setup, find_device, load
from edgesym.analysis.explanation.explain import explain
from edgesym.devices.schema import DeviceFile
from edgesym.formats.schema import FormatFile, RecipeFile
from edgesym.runtimes.schema import RuntimeFile
from edgesym.scenario.schema import PlacesFile
from edgesym.scenario.silent import silent_keys

KINDS = {
    "runtime": RuntimeFile,
    "format": FormatFile,
    "recipe": RecipeFile,
    "places": PlacesFile,
    "device": DeviceFile,
}
_WORDS = "words for people, and names"
_FIGURE = "a figure: where it is from is told of each that enters"
_FREE = "what a rule does not restrict it takes"
#: Keys with a default that need no line of their own, and why.
UNTOLD = {
    "runtime": {
        **dict.fromkeys(("name", "summary", "source", "memory.source", "places.source"), _WORDS),
        "base": "its keys count as stated",
        "backends": "the backend is told with --kernels",
        "composition": "told with --composition",
        "smoothness": _FIGURE,
        "figures": _FIGURE,
        "efficiency": _FIGURE,
        "rest": "weights of other formats are refused without it",
        "places": "layers are not left to another place without it",
        "places.runs": "told with --host",
        "absorb.into": _FREE,
    },
    "format": {"aliases": _WORDS},
    "recipe": {
        **dict.fromkeys(("source", "aliases", "mixes.source", "mixes.aliases"), _WORDS),
        **dict.fromkeys(("main", "of", "mixes.main", "mixes.of"), "one of them must be there"),
        **dict.fromkeys(("positions", "architectures"), "names that rules speak of"),
        "mixes": "the recipe itself stands in its place",
        **{
            f"{rules}.{key}": _FREE
            for rules in ("rules", "then", "towers", "mixes.rules", "mixes.towers")
            for key in ("groups", "purposes", "when", "from")
        },
        **dict.fromkeys(("mixes.rules", "mixes.towers", "mixes.imatrix"), "as of the file"),
    },
    "places": {
        "source": _WORDS,
        "rules": "a file without one is refused",
        "rules.layers": _FREE,
        "rules.groups": _FREE,
    },
    "device": {
        **dict.fromkeys(("name", "summary", "aliases"), _WORDS),
        "class": "figures of a class are told",
        "host": "told with --host",
        "runtimes": "told with --kernels",
        "memory_variants": "a choice of the user's",
        "variants": "a choice of the user's",
        "peak": "a device without one is refused",
        "kind": "stated, as its source says",
        "condition": _WORDS,
        "std": "told as std",
        "range": "told as std",
        "contains": "prices are added as they are",
    },
}


def defaults(kind, above=""):
    """The keys of a kind of file that may be left out, with those of its tables and rows."""
    for each in fields(kind):
        name = f"{above}{each.encode_name}"
        if each.default is not NODEFAULT or each.default_factory is not NODEFAULT:
            yield name
        for inner in structs(each.type):
            if inner.__name__ == "Row":
                yield from defaults(inner)
            elif inner.__name__ not in ("Figures", "Efficiency"):
                yield from defaults(inner, f"{name}.")


def structs(kind):
    if isinstance(kind, type) and issubclass(kind, Struct):
        return [kind]
    return [found for each in get_args(kind) for found in structs(each)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_that_may_be_left_out_is_told_or_said_to_enter_no_number(kind):
    told = set(silent_keys().get(kind, ()))
    figures = {each.encode_name for each in fields(DeviceFile)} if kind == "device" else set()
    known = set(defaults(KINDS[kind]))
    left = known - told - UNTOLD[kind].keys()
    assert left <= figures, sorted(left - figures)
    assert told <= known, "a key that no such file has"
    assert UNTOLD[kind].keys() <= known
    assert not told & UNTOLD[kind].keys()


RUNTIME = """\
base = "{base}"
name = "mine"
summary = "a runtime"
source = "a test"
"""
#: Key of a runtime file -> its base, the lines that state it, a quantity that they change.
STATED = {
    "queued": ("vllm", "queued = true\n", "time_per_output_token"),
    "whole": ("vllm", "whole = true\n", "time_per_output_token"),
    "arithmetic": ("torch-eager", '[arithmetic]\nq4_0 = ["fp16"]\n', "time_to_first_token"),
    "memory": (
        "fused",
        '[memory]\nsource = "a test"\ntokens = 512\n',
        "memory_footprint",
    ),
    "memory.cache_page": (
        "executorch",
        '[memory]\nsource = "a test"\ncache_page = 1000\n',
        "memory_footprint",
    ),
    "memory.tokens": (
        "executorch",
        '[memory]\nsource = "a test"\ntokens = 512\n',
        "memory_footprint",
    ),
    "memory.activations": (
        "executorch",
        '[memory]\nsource = "a test"\nactivations = "fp32"\n',
        "memory_footprint",
    ),
}


@pytest.mark.parametrize("key", STATED)
def test_a_key_is_told_where_a_file_leaves_it_out_and_not_where_it_states_it(key, tmp_path):
    base, lines, quantity = STATED[key]
    found = []
    for text in ("", lines):
        path = tmp_path / f"mine{len(text)}.toml"
        path.write_text(RUNTIME.format(base=base) + text, "utf-8")
        run = Run(kernels=str(path), weights="q4_0", prompt=4096)
        setup = Setup(load("llama-3.2-1b"), find_device("rtx-4090"), run)
        found.append(explain(setup, quantity))
    silent, stated = ({default.name for default in each.defaults} for each in found)
    assert found[0].value != found[1].value
    assert f"runtime.{key}" in silent
    assert f"runtime.{key}" not in stated


def test_what_is_not_asked_for_is_not_told():
    asked = {"device": find_device("pi5"), "run": Run(weights="q4_0")}
    timed = {d.name for d in explain(Setup(load("llama-3.2-1b"), **asked), "step_time").defaults}
    held = {
        d.name for d in explain(Setup(load("llama-3.2-1b"), **asked), "memory_footprint").defaults
    }
    plain = {d.name for d in explain(load("llama-3.2-1b"), "flops").defaults}
    assert "runtime.queued" in timed - held
    assert "runtime.memory.appended" in held - timed
    assert not any(name.startswith("runtime.") for name in plain)


def test_files_of_formats_recipes_and_places_are_told_too(tmp_path):
    (tmp_path / "mine.toml").write_text(
        'parts = { elements = "1" }\nkind = "packed"\narithmetic = ["fp16"]\nsource = "a test"\n'
    )
    found = Setup(load("llama-3.2-1b"), run=Run(weights=str(tmp_path / "mine.toml")))
    rows = {d.name: d for d in explain(found, "weight_storage_bytes").defaults}
    assert (rows["format.per"].value, rows["format.per"].origin) == (1, "mine does not say")
    assert rows["format.row"].value == "none"
    (tmp_path / "places.toml").write_text('[[rules]]\nplace = "host"\nlayers = "0-3"\n')
    run = Run(weights="q4_k_m", places=str(tmp_path / "places.toml"))
    rows = explain(Setup(load("llama-3.2-1b"), find_device("rtx-4090"), run), "step_time").defaults
    names = {default.name for default in rows}
    assert {"places.head", "recipe.imatrix", "std"} <= names
