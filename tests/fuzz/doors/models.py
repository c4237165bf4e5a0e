"""The files that say what runs, in what, and where: each kind a door."""

from __future__ import annotations

import gzip
import json
import os
from contextlib import suppress
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from edgesym import Run, Setup, find_device, load
from edgesym.architectures.gguf.header import read_header
from edgesym.architectures.traced.saved import load_traced
from edgesym.errors import EdgesymError
from edgesym.formats import find_format, find_recipe
from edgesym.runtimes import find_runtime
from edgesym.scenario.places import read_places
from tests.fuzz.door import Door
from tests.fuzz.doors.seeds import (
    DATA,
    as_json_text,
    configs,
    counted,
    devices,
    finite,
    reading,
    seeds_of,
    texts,
    toml,
)
from tests.fuzz.limits import folder
from tests.fuzz.mutate import mutated_bytes
from tests.support import SMALL_LLAMA


def _architecture(path: Path) -> None:
    for config in (SMALL_LLAMA, {**SMALL_LLAMA, "num_local_experts": 4, "num_experts_per_tok": 2}):
        try:
            counted(load(str(_small(config)), architecture=str(path), allow_unknown=config))
        finally:
            _small(config).unlink(missing_ok=True)


def _small(config: dict[str, Any]) -> Path:
    path = folder() / f"small{len(config)}.json"
    if not path.exists():
        path.write_text(json.dumps(config))
    return path


def _device(path: Path) -> None:
    device = find_device(str(path))
    for name, figure in device.figures.items():
        finite(f"{device.id}: {name}", figure.value)


def _stored(path: Path) -> None:
    recipe = find_recipe(str(path))
    finite("bytes per element", float(recipe.bytes_per_element))
    Setup(load("llama-3.2-1b"), None, Run(weights=str(path))).number("weight_storage_bytes")


def _layout(path: Path) -> None:
    layout = find_format(str(path))
    finite("bytes per element", float(layout.bytes_per_element))
    finite("bytes of a matrix", layout.stored(64, 4096))


def _runtime(path: Path) -> None:
    find_runtime(str(path))
    setup = Setup(load("llama-3.2-1b"), find_device("raspberry-pi-5"), Run(kernels=str(path)))
    finite("time per token", float(setup.number("time_per_output_token")))


def _places(path: Path) -> None:
    read_places(str(path))
    Setup(load("llama-3.2-1b"), find_device("raspberry-pi-5"), Run(places=str(path)))


def _config(path: Path) -> None:
    counted(load(str(path)))


@cache
def _joined() -> tuple[Any, ...]:
    """Configs of models with towers."""
    return tuple(row["config"] for row in json.loads(texts("towers.json", root=DATA)[0]).values())


def _seen(path: Path) -> None:
    """A model with towers, and runs in which they see and hear something, where they do."""
    model = load(str(path))
    counted(model)
    for run in (Run(images=2), Run(clips=1, audio_seconds=3.0)):
        with suppress(EdgesymError):
            for name in ("parameters", "flops", "weight_storage_bytes"):
                finite(name, Setup(model, None, run).number(name))


_RECIPES: tuple[dict[str, Any], ...] = (
    {
        "main": "int4-g64",
        "source": "my own",
        "positions": {"ends": "i < 1 or i >= n - 1"},
        "rules": [
            {"groups": ["norm", "embedding", "head"], "layout": "dtype"},
            {"purposes": ["down"], "when": "ends", "layout": "int8-g64"},
        ],
    },
    {
        "main": "q4_0",
        "source": "s",
        "container": "gguf",
        "rules": [{"groups": ["norm"], "layout": "fp32"}],
    },
    {"main": "fp16", "source": "s", "rules": [{"groups": ["expert"], "layout": "mxfp4"}]},
)
_PLACES = (
    {"rules": [{"place": "host", "layers": "0-9, 12"}]},
    {"source": "s", "head": True, "rules": [{"place": "storage", "groups": ["expert"]}]},
)


@cache
def _layouts() -> tuple[Any, ...]:
    """The tables of shipped layouts, each as a file of a user's own."""
    tables = seeds_of("formats/layouts/*.toml")()
    return tuple(row for table in tables for row in table.values() if isinstance(row, dict))


@cache
def _traces() -> tuple[Any, ...]:
    return tuple(map(json.loads, texts("traced/*.json", root=DATA)))


def _traced(given: str | bytes) -> None:
    ending = ".traced.json.gz" if isinstance(given, bytes) else ".traced.json"
    reading(ending, _traced_file)(given)


def _traced_file(path: Path) -> None:
    model = load_traced(path).model
    counted(model)
    for name in ("memory_footprint", "memory_traffic"):
        finite(name, float(Setup(model).number(name)))


def _traced_draw(random: Random) -> str | bytes:
    text = as_json_text(_traces)(random)
    if random.random() < 0.8:
        return text
    packed = gzip.compress(text.encode(errors="surrogatepass"), mtime=0)
    return mutated_bytes(random, (packed,)) if random.random() < 0.5 else packed


@cache
def _ggufs() -> tuple[bytes, ...]:
    """Small files by the gguf package: all but the values of their tensors."""
    from tests.architectures.gguf_files import llama, write

    found = []
    for layers in (1, 2):
        path = folder() / f"seed{layers}.gguf"
        write(path, "llama", *llama(layers))
        found.append(path.read_bytes()[:20_000])
        path.unlink()
    return tuple(found)


def _gguf(path: Path) -> None:
    size = path.stat().st_size
    if size % 4:  # most have room for the values of their tensors
        os.truncate(path, size + 2**20)
    for tensor in read_header(path).tensors:
        finite(tensor.name, tensor.bytes)
    load(str(path))


DOORS = (
    Door("config", as_json_text(configs), reading(".json", _config), 700),
    Door("towers", as_json_text(_joined), reading(".json", _seen), 100, 10.0),
    Door(
        "architecture",
        toml(seeds_of("architectures/data/*.toml")),
        reading(".toml", _architecture),
        500,
    ),
    Door("device", toml(devices), reading(".toml", _device), 600),
    Door("recipe", toml(lambda: _RECIPES), reading(".toml", _stored), 300),
    Door("layout", toml(_layouts), reading(".toml", _layout), 1500),
    Door("runtime", toml(seeds_of("runtimes/data/*.toml")), reading(".toml", _runtime), 250),
    Door("places", toml(lambda: _PLACES), reading(".toml", _places), 500),
    Door("traced", _traced_draw, _traced, 100),
    Door("gguf", lambda random: mutated_bytes(random, _ggufs()), reading(".gguf", _gguf), 800),
)
