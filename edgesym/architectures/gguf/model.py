"""From the header of a GGUF file to a model, its tensors' own types as the recipe."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from edgesym.architectures.gguf.header import Header, TensorInfo, read_header
from edgesym.architectures.model import Model
from edgesym.architectures.reader import read_model
from edgesym.architectures.weights import facts_of
from edgesym.data import shipped
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.formats import Format, Recipe, Rule, find_format, stored_bytes
from edgesym.graph.meaning import Group, Purpose

__all__ = ["load_gguf"]

#: The name of a tensor of a layer.
_OF_LAYER = re.compile(r"blk\.(0|[1-9][0-9]{0,5})\.(.+)\Z", re.DOTALL)
_EMBEDDING, _HEAD = "token_embd.weight", "output.weight"
#: Tables of rotary factors -> how a config.json says that there are.
_ROTARY = {"rope_freqs.weight": "llama3", "rope_factors_long.weight": "longrope"}
_ROTARY_TABLES = frozenset((*_ROTARY, "rope_factors_short.weight"))
_DTYPES = {"fp32": "float32", "bf16": "bfloat16"}
_GROUPS = {
    Group.NORM: ("_norm.weight",),
    Group.BIAS: (".bias",),
    Group.VECTOR: (".sinks", "_norm.weight"),
}


@cache
def _tables() -> dict[str, Any]:
    return shipped("architectures/shared", "gguf")


def load_gguf(path: Path, *, architecture: str = "") -> Model:
    """The model in a GGUF file, with the type of each of its tensors as the recipe.

    Args:
        architecture: a model type or an architecture file to read it as.

    Raises:
        ConfigError: no sound GGUF, a part of a file that is split, or tensors that do not add up
            to the model.
        UnknownNameError: an architecture that is not covered.
    """
    header = read_header(path)
    if header.values.get("split.count", 0) not in (0, 1):
        raise ConfigError(
            f"{path}: one part of a file that is split; merge the parts (llama-gguf-split --merge)"
        )
    config = _config(header, path)
    model = read_model(
        config,
        name=path.stem,
        origin=str(path),
        sources=(f"header of {path.name}",),
        allow_unknown=config,
        architecture=architecture,
    )
    recipe = _recipe(header, path)
    notes = (*model.notes, *_checked(model, recipe, header, path))
    return replace(model, quantized=recipe, notes=notes)


def _config(header: Header, path: Path) -> dict[str, Any]:
    """What the file says of the model, as a config.json would."""
    name = header.values.get("general.architecture")
    rows = _tables()["architectures"]
    if not isinstance(name, str) or name not in rows:
        raise UnknownNameError(f"general.architecture in {path}:", str(name), rows)
    row, tensors = rows[name], {tensor.name: tensor for tensor in header.tensors}
    if _EMBEDDING not in tensors:
        raise ConfigError(f"{path}: has no {_EMBEDDING}; a language model has one")
    config: dict[str, Any] = {"vocab_size": tensors[_EMBEDDING].shape[-1]}
    for key, meant in _tables()["keys"].items():
        if (value := header.values.get(f"{name}.{key}")) is not None:
            config[row.get("renamed", {}).get(meant, meant)] = _plain(value, f"{name}.{key}", path)
    experts = bool(header.values.get(f"{name}.expert_count"))
    config["model_type"] = row["experts"] if experts and "experts" in row else row["model_type"]
    config["tie_word_embeddings"] = _HEAD not in tensors
    config["torch_dtype"] = _DTYPES.get(_main(header).name, "float16")
    if "blk.0.attn_q.bias" in tensors:
        config["attention_bias"] = True
    for table, kind in _ROTARY.items():
        if table in tensors:
            config["rope_scaling"] = {"rope_type": kind}
            rotated = 2 * tensors[table].elements
            if config.get("head_dim") not in (None, 0, rotated):
                config["partial_rotary_factor"] = rotated / config["head_dim"]
    return {**config, **row.get("also", {})}


def _plain(value: Any, key: str, path: Path) -> Any:
    """A number; a list with one entry per layer is one where they are equal."""
    if isinstance(value, list) and value:
        if len(set(value)) > 1:
            raise ConfigError(f"{path}: {key} differs from layer to layer, which is not covered")
        return value[0]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise ConfigError(f"{path}: {key} = {value!r} must be a number")


def _main(header: Header) -> Format:
    """The format of most elements in matrices."""
    held: Counter[Format] = Counter()
    for tensor in header.tensors:
        if len(tensor.shape) > 1:
            held[tensor.format] += tensor.elements
    return held.most_common(1)[0][0] if held else find_format("fp32")


def _recipe(header: Header, path: Path) -> Recipe:
    """The types of the tensors, as rules over what they are for and the layers they are in."""
    by_name = {tensor.name: tensor for tensor in header.tensors}
    layers = _by_layer(header.tensors)
    rules: list[Rule] = []
    for purpose, names in _tables()["tensors"].items():
        meant = frozenset((Purpose(purpose),))
        shared = _of_layers(layers, [f"ffn_{purpose}_shexp.weight"])
        rules += _ruled(shared, frozenset((Group.SHARED_EXPERT,)), meant)
        kinds = frozenset((Group.LINEAR, Group.EXPERT, Group.ROUTER))
        rules += _ruled(_of_layers(layers, names), kinds, meant)
    tables = by_name[_EMBEDDING].format
    head = by_name[_HEAD].format if _HEAD in by_name else tables
    rules.append(
        Rule(head.name, purposes=frozenset((Purpose.HEAD,)), groups=frozenset((Group.HEAD,)))
    )
    rules.append(Rule(tables.name, frozenset((Group.EMBEDDING,))))
    for group, endings in _GROUPS.items():
        ending = [t.format.name for t in header.tensors if t.name.endswith(endings)]
        if ending:
            rules.append(Rule(Counter(ending).most_common(1)[0][0], frozenset((group,))))
    return Recipe(
        path.name,
        _main(header),
        rules=tuple(rules),
        container="gguf",
        source=f"the types of the tensors in {path.name}",
        metadata=header.size - sum(tensor.bytes for tensor in header.tensors),
    )


def _by_layer(tensors: Iterable[TensorInfo]) -> dict[int, dict[str, TensorInfo]]:
    """The tensors of each layer, in order, by what their names say after blk.N."""
    found: dict[int, dict[str, TensorInfo]] = {}
    for tensor in tensors:
        if named := _OF_LAYER.match(tensor.name):
            found.setdefault(int(named[1]), {})[named[2]] = tensor
    return dict(sorted(found.items()))


def _of_layers(
    layers: Mapping[int, Mapping[str, TensorInfo]], names: Sequence[str]
) -> dict[str, list[int]]:
    """Format -> the layers whose tensor of the first of these names is in it."""
    found: dict[str, list[int]] = {}
    for layer, held in layers.items():
        tensor = next((held[name] for name in names if name in held), None)
        if tensor is not None:
            found.setdefault(tensor.format.name, []).append(layer)
    return found


def _ruled(
    formats: dict[str, list[int]], groups: frozenset[Group], purposes: frozenset[Purpose]
) -> list[Rule]:
    """Rules for the layers in each format; the most common one last and without a condition."""
    ordered = sorted(formats.items(), key=lambda item: len(item[1]))
    return [
        Rule(
            layout,
            groups,
            purposes,
            "" if n == len(ordered) - 1 else f"layer in numbers('{','.join(map(str, layers))}')",
        )
        for n, (layout, layers) in enumerate(ordered)
    ]


def _checked(model: Model, recipe: Recipe, header: Header, path: Path) -> tuple[str, ...]:
    """Refuse a model whose weights are not those of the file; say where bytes differ.

    Raises:
        ConfigError: it has another number of parameters than the file has elements.
    """
    facts = facts_of(model)
    held = sum(t.elements for t in header.tensors if t.name not in _ROTARY_TABLES)
    counted = sum(w.elements * max(len(w.layers), 1) for w in facts.weights)
    if held != counted:
        raise ConfigError(
            f"{path}: its tensors hold {held} elements, and a {model.architecture} of its "
            f"dimensions has {counted}; read it as another type with --as, or report it"
        )
    bytes_held = sum(tensor.bytes for tensor in header.tensors)
    bytes_counted = stored_bytes(recipe, facts)
    if bytes_held == bytes_counted:
        return ()
    return (f"its tensors take {bytes_held} bytes, of which {bytes_counted} are told apart here",)
