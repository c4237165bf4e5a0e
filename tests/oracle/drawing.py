"""Random small configs of a class of transformers: of every size and switch that it has.

What is drawn stands in ``drawing.toml``: a key of configs and what its values may be, for every
class that has the key, in the order in which they are drawn; then switches, and then what single
types need instead. Numbers for formulas alone, whose names begin with ``_``, keep their place.

====================== ============================================================
draw                   value
====================== ============================================================
``3..9``               a whole number from 3 to 9
``8*1..12``            8 times a whole number from 1 to 12
``a | b | 3``          one of these, in JSON where they are that
``/ n``                a divisor of the number n drawn before
``flip``               the class's own default, once in four the other
``= 2*n``              a formula over the values drawn before
list of the above      one of them
``{ each, times }``    a list of so many draws
``{ some, of }``       a sorted choice of whole numbers under ``of``, at least one
``{ KEY = draw }``     an object of draws under ``keys``
empty text             nothing: the key is left to the class
====================== ============================================================
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from edgesym.expression import read

__all__ = ["draw", "drawn_types", "rules"]


@cache
def rules() -> dict[str, Any]:
    """The tables of ``drawing.toml``."""
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


def drawn_types() -> list[str]:
    """Model types whose configs are drawn."""
    return list(rules()["types"])


def draw(model_type: str, defaults: Mapping[str, Any], random: Random) -> dict[str, Any]:
    """A random config of a type.

    Args:
        defaults: the keys of a config of its class, at their defaults.
        random: decides what is drawn.
    """
    own = dict(rules()["types"][model_type])
    for key, changed in rules()["given"].items():
        own = {**changed, **own} if key in defaults else own
    table = {
        key: own.get(key, spec)
        for key, spec in rules()["keys"].items()
        if key.startswith("_") or (key in defaults and key not in own)
    }
    flips = {
        key: "flip"
        for key, value in defaults.items()
        if isinstance(value, bool) and key not in {*table, *own, *rules()["settings"]}
    }
    last = {key: spec for key, spec in own.items() if key not in table}
    names: dict[str, Any] = {}
    for key, spec in {**table, **flips, **last}.items():
        value = _drawn(spec, {**defaults, **names}, random, defaults.get(key))
        if value != "":
            names[key] = value
    config = {"model_type": model_type, **{k: v for k, v in names.items() if k[0] != "_"}}
    whole = rules()["within"].get(model_type)
    if not whole:
        return config
    tied = random.random() < 0.5
    return {"model_type": whole, "tie_word_embeddings": tied, "text_config": config}


def _drawn(spec: Any, names: Mapping[str, Any], random: Random, default: Any) -> Any:
    if isinstance(spec, list):
        return _drawn(random.choice(spec), names, random, default)
    if isinstance(spec, dict) and "each" in spec:
        times = int(read(str(spec["times"]), names))
        return [_drawn(spec["each"], {**names, "i": i}, random, default) for i in range(times)]
    if isinstance(spec, dict) and "some" in spec:
        below = int(read(str(spec["some"]), names))
        return sorted(random.sample(range(below), random.randint(1, below)))
    if isinstance(spec, dict):
        return {key: _drawn(inner, names, random, None) for key, inner in spec["keys"].items()}
    if not isinstance(spec, str):
        return spec
    if spec == "flip":
        return default != (random.random() < 0.25)
    if spec.startswith("="):
        value = read(spec[1:].strip(), names)
        return int(value) if isinstance(value, float) and value.is_integer() else value
    if spec.startswith("/"):
        whole = int(read(spec[1:].strip(), names))
        return random.choice([n for n in range(1, whole + 1) if whole % n == 0])
    if " | " in spec:
        return _value(random.choice(spec.split(" | ")))
    if ".." in spec:
        step, _, span = spec.rpartition("*")
        low, high = (int(read(end, names)) for end in span.split(".."))
        return int(step or 1) * random.randint(low, max(low, high))
    return _value(spec)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
