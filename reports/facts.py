"""Truth as facts: the dimensions of models and what transformers and PyTorch count of them.

``python -m reports.facts`` writes ``tests/data/exactness.json``: for each config of the corpus
(``../shared``) the keys that its architecture file reads, where they are not the default, and the
oracle's integers; and for each model type that the installed transformers has a class of, the
same of a few layers at the defaults of its class. Needs the corpus and the extra `oracle`.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from edgesym.architectures.config import common, is_nested, read_json
from edgesym.architectures.model import Model
from edgesym.architectures.reader import architectures, read_model
from edgesym.errors import EdgesymError
from edgesym.oracle.steps import SMALL, STEPS

ROOT = Path(__file__).parent.parent
CORPUS = ROOT.parent / "shared" / "corpus"
FACTS = ROOT / "tests" / "data" / "exactness.json"
#: Of the corpus.
OF_CORPUS = "transformers 5.23.0, FlopCounterMode of torch 2.13.0"
#: Layers of the small ones; more where their kinds need more.
LAYERS = 4
#: What defaults of a class lack to be built, or to have every kind of its layers among a few.
GIVEN: dict[str, dict[str, Any]] = {
    "bamba": {"attn_layer_indices": [2]},
    "deepseek_v2": {"num_experts_per_tok": 2},
    "dots1": {"n_shared_experts": 1, "num_experts_per_tok": 2, "n_routed_experts": 4},
    "granitemoehybrid": {"layer_types": ["mamba", "attention", "mamba", "mamba"]},
    "hunyuan_v1_dense": {"head_dim": 64},
    "hunyuan_v1_moe": {"head_dim": 64},
    "jamba": {"num_hidden_layers": 10},
    "kimi_linear": {"num_hidden_layers": 8},
    "lfm2": {"layer_types": ["conv", "full_attention", "conv", "conv"]},
    "lfm2_moe": {"layer_types": ["conv", "full_attention", "conv", "conv"]},
    "ministral": {"head_dim": 128},
    "nemotron": {"head_dim": 64},
    "zamba2": {"num_hidden_layers": 8, "layers_block_type": ["mamba", "hybrid"] * 4},
}


def dimensions(config: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The keys of a config that its model follows from, each of which changes it."""
    whole = _as_read(config, name)
    kept = {key: config[key] for key in config if _matters(key)}
    parts = [part for part in common()["nested"] if isinstance(kept.get(part), Mapping)]
    for key in sorted(kept, key=lambda key: key in ("model_type", "architectures")):
        fewer = {k: v for k, v in kept.items() if k != key}
        if key not in parts and _as_read(fewer, name) == whole:
            kept = fewer
    for part in parts:
        inner = dict(kept[part])
        for key in list(inner):
            fewer = {k: v for k, v in inner.items() if k != key}
            if _as_read({**kept, part: fewer}, name) == whole:
                inner = fewer
        kept[part] = inner
    return kept


def _matters(key: str) -> bool:
    """Whether a key is not one of what a model says of its weights or of other parts."""
    return key not in ("quantization_config", "auto_map", *common()["towers"])


def _as_read(config: Mapping[str, Any], name: str) -> tuple[Any, ...] | None:
    """What counts follow from, of the text part; None where the config cannot be read."""
    try:
        model: Model = read_model(config, name=name, origin=name, text_only=True)
    except (EdgesymError, TypeError):
        return None
    return model.architecture, model.values, model.structure


def truth(entry: Mapping[str, Any]) -> dict[str, int]:
    """The counts of an entry of the oracle by our names for them, those that it has."""
    found = {name: entry.get(name) for name in STEPS}
    found["parameters"] = entry.get("params_text") or entry.get("params_total")
    found["active_parameters"] = entry.get("active_params")
    for step in ("prefill_b1_s128", "prefill_b2_s64", "decode_b1_c128"):
        counted = entry.get(step) or {}
        found[f"{step}_flops"] = entry.get(f"{step}_flops") or counted.get("total")
    return {name: count for name, count in found.items() if count is not None}


def of_corpus() -> Iterator[dict[str, Any]]:
    """The facts of the corpus: of every config that transformers has a class of."""
    for entry in json.loads((CORPUS / "oracle.json").read_text("utf-8")):
        if not entry["native"] or not truth(entry):
            continue
        name, config = entry["name"], read_json(CORPUS / entry["config_file"])
        yield {
            "name": name,
            "model_type": entry["model_type"],
            "source": entry["source"],
            "counted": OF_CORPUS,
            "config": dimensions(config, name),
            "counts": truth(entry),
        }


def of_classes() -> Iterator[dict[str, Any]]:
    """The facts of the classes of the installed transformers, a few layers of each."""
    import transformers
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    from edgesym.oracle.torch_counts import torch_counts

    transformers.logging.set_verbosity_error()
    for model_type in sorted(architectures()):
        try:
            made = _settings(CONFIG_MAPPING[model_type], GIVEN.get(model_type, {}))
            config = {k: v for k, v in made.to_dict().items() if k != "architectures"}
            if is_nested(config):
                continue  # its text part is there under a name of its own
            counted = torch_counts(config, model_type, SMALL)
        except (KeyError, EdgesymError) as error:
            click.echo(f"{model_type}: {error}", err=True)
            continue
        if counted.failed:
            click.echo(f"{model_type}: {next(iter(counted.failed.values()))}", err=True)
            continue
        versions = ", ".join(f"{name} {version}" for name, version in counted.versions.items())
        yield {
            "name": f"{model_type} of few layers",
            "model_type": model_type,
            "source": f"defaults of {type(made).__name__}",
            "counted": versions,
            "config": dimensions(config, model_type),
            "counts": {name: n for name, n in counted.counts.items() if n is not None},
        }


def _settings(settings: Any, given: Mapping[str, Any]) -> Any:
    try:
        return settings(**{"num_hidden_layers": LAYERS, **given})
    except Exception:  # noqa: BLE001 - a class that checks how many layers there are
        return settings(**given)


def main() -> None:
    """Write the facts, one to a line."""
    warnings.simplefilter("ignore")
    rows = [json.dumps(row, separators=(",", ":")) for row in (*of_corpus(), *of_classes())]
    FACTS.write_text("[\n" + ",\n".join(rows) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
