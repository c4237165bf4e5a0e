"""The tensors of a file of random weights: their names, extents and formats."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edgesym.architectures.weights import facts_of
from edgesym.data import shipped
from edgesym.errors import ConfigError
from edgesym.formats import Recipe, Weight, format_of
from edgesym.graph.meaning import Group
from edgesym.measuring.sample import Sample
from edgesym.symbols import describe

__all__ = ["gguf_plan"]

#: Groups whose tensors have a single axis, and are kept in fp32.
_VECTORS = (Group.NORM, Group.BIAS)


def gguf_plan(sample: Sample, recipe: Recipe, context: int) -> dict[str, Any]:
    """What a GGUF file of the model holds: the architecture, its keys, and its tensors.

    Args:
        context: tokens that it is to be run at; the model's own where those are more.

    Raises:
        ConfigError: an architecture, a tensor or a format that files of random weights are not
            written of.
    """
    tables, model, config = shipped("measuring", "gguf"), sample.model, sample.config
    name = tables["architectures"].get(model.architecture)
    if name is None:
        known = ", ".join(tables["architectures"])
        raise ConfigError(
            f"{model.name}: no files of random weights are written of {model.architecture}; of "
            f"{known} they are. Give a .gguf file of it, or --runtime transformers"
        )
    facts = facts_of(model)
    words = {describe(made).word: number for made, number in model.values.items()}
    heads = words["heads"]
    head_dim = words.get("head_dim", words["hidden"] // heads)
    keys = {key: words[word] for word, key in tables["keys"].items() if word in words}
    tensors = [
        row
        for weight in facts.weights
        for row in _tensors(weight, recipe, facts, tables, model.name)
    ]
    return {
        "architecture": name,
        "keys": {
            "block_count": facts.layers,
            "context_length": max(int(config.get("max_position_embeddings", 0)), context),
            "rope.dimension_count": head_dim,
            "attention.key_length": head_dim,
            "attention.value_length": head_dim,
            **keys,
        },
        "numbers": {
            "attention.layer_norm_rms_epsilon": float(config.get("rms_norm_eps", 1e-6)),
            "rope.freq_base": float(config.get("rope_theta") or 10000.0),
        },
        "vocab": facts.vocab,
        "tensors": tensors,
    }


def _tensors(
    weight: Weight, recipe: Recipe, facts: Any, tables: Any, model: str
) -> Iterator[dict[str, Any]]:
    """A weight in each of its layers: name, extents, type and where scales lie in its blocks."""
    word = weight.names[0][1].removesuffix(".weight")
    name = tables["tensors"].get(word)
    if name is None:
        raise ConfigError(f"{model}: no name in a GGUF file is known for {word}; give a .gguf file")
    shape = [weight.rows, weight.row]
    if weight.group in _VECTORS:
        shape = [weight.elements]
    elif weight.matrices > 1:
        shape = [weight.matrices, *shape]
    for layer in weight.layers or (0,):
        found = "fp32" if weight.group in _VECTORS else format_of(recipe, facts, weight, layer).name
        if found not in tables["types"]:
            known = ", ".join(tables["types"])
            raise ConfigError(f"no random weights are written in {found}; in {known} they are")
        kind = "norm" if weight.group is Group.NORM else ""
        yield {"name": name.format(i=layer), "shape": shape, "kind": kind, **tables["types"][found]}
