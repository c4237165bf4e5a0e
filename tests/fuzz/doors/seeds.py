"""Good inputs to begin with, and what files of a user share as doors."""

from __future__ import annotations

import gzip
import itertools
import json
import math
import tomllib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import edgesym
from edgesym.symbols import symbol
from tests.fuzz.door import Wrong
from tests.fuzz.limits import folder
from tests.fuzz.mutate import mutated_data, mutated_text, toml_of
from tests.support import SMALL_LLAMA, pytorch_counts

PACKAGE = Path(edgesym.__file__).parent
DATA = Path(__file__).parents[2] / "data"
_NUMBER = itertools.count()


def put(given: str | bytes, ending: str) -> Path:
    """A file of its own with what is given in it: what was read of another is not remembered."""
    path = folder() / f"{next(_NUMBER)}{ending}"
    path.write_bytes(given.encode(errors="surrogatepass") if isinstance(given, str) else given)
    return path


def texts(*places: str, root: Path = PACKAGE) -> tuple[str, ...]:
    """The texts of files, by patterns of their names."""
    return tuple(path.read_text("utf-8") for place in places for path in sorted(root.glob(place)))


def seeds_of(*places: str, root: Path = PACKAGE) -> Callable[[], tuple[Any, ...]]:
    """The data of TOML files, read when they are first needed."""
    return cache(lambda: tuple(map(tomllib.loads, texts(*places, root=root))))


@cache
def devices() -> tuple[Any, ...]:
    """Files of one device each, as a user's own are."""
    return tuple(each for each in seeds_of("devices/data/*.toml")() if "devices" not in each)


def toml(seeds: Callable[[], Sequence[Any]]) -> Callable[[Random], str]:
    """TOML out of seeds: their data changed, their text, or both."""

    @cache
    def written_seeds() -> tuple[str, ...]:
        return tuple(map(toml_of, seeds()))

    def draw(random: Random) -> str:
        if random.random() < 0.2:
            return mutated_text(random, written_seeds(), longest=100_000)
        text = toml_of(mutated_data(random, seeds()))
        return mutated_text(random, (text,), longest=100_000) if random.random() < 0.1 else text

    return draw


def as_json_text(seeds: Callable[[], Sequence[Any]]) -> Callable[[Random], str]:
    """JSON out of seeds: their data changed, their text, or both."""

    def draw(random: Random) -> str:
        if random.random() < 0.15:
            return mutated_text(random, [json.dumps(random.choice(seeds()))], longest=100_000)
        return json.dumps(mutated_data(random, seeds()))

    return draw


def reading(ending: str, read: Callable[[Path], None]) -> Callable[[str | bytes], None]:
    """A door that is a file."""

    def enter(given: str | bytes) -> None:
        path = put(given, ending)
        try:
            read(path)
        finally:
            path.unlink(missing_ok=True)

    return enter


def finite(what: str, number: Any, *, least: float = 0.0) -> None:
    """Refuse an answer that is no finite number of at least so much."""
    if isinstance(number, bool) or not math.isfinite(number) or number < least:
        raise Wrong(f"{what} = {number}")


@cache
def configs() -> tuple[dict[str, Any], ...]:
    """Configs of cards, of the tests and of the counts that PyTorch made."""
    cards = [row["config"] for row in seeds_of("architectures/cards/*.toml")()]
    counts = json.loads(gzip.decompress((DATA / "fuzz_counts.json.gz").read_bytes()))["configs"]
    return (SMALL_LLAMA, *cards, *(row["config"] for row in counts[::7]))


def counted(model: Any) -> None:
    """A model that is read has counts, and each is a whole number that is not negative.

    Where a token may go to an expert that does nothing, what it costs is a mean.
    """
    is_mean = symbol("idle_experts") in model.values
    for name, count in pytorch_counts(model).items():
        if count < 0 or (count != int(count) and not (is_mean and name != "parameters")):
            raise Wrong(f"{name} = {count}", place=f"counts {name}")
