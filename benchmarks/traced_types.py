"""Traced counts beside PyTorch's own, for every text type that transformers has.

``python -m benchmarks.traced_types [TYPE...] [--points N] [--to FILE]`` traces each type's class
at its default config (shortened to a few layers), and compares FLOPs of a prefill and of a step
of one token, parameters and cache bytes with FlopCounterMode on the meta device, at the defaults
and at random points inside the domain.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import signal
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from edgesym.architectures.traced.plan import Traced
from edgesym.tracing.checked import counts, counts_of_class, is_inside
from edgesym.workload import step_values

#: Layers that a config is shortened to: more than most patterns of layers have.
DEPTH = 8
POINTS = 3
SECONDS = 300
_DEPTHS = (
    "num_hidden_layers",
    "n_layer",
    "n_layers",
    "num_layers",
    "encoder_layers",
    "decoder_layers",
    "num_decoder_layers",
    "num_encoder_layers",
)
#: What the default config of a type lacks so that its own class can be built and run.
COMPLETED: dict[str, dict[str, Any]] = {
    "bamba": {"attn_layer_indices": [2, 5]},
    "granitemoehybrid": {
        "num_hidden_layers": 4,
        "layer_types": ["mamba", "mamba", "attention", "mamba"],
    },
    "ministral": {"head_dim": 128},
    "xmod": {"default_language": "en_XX"},
    "esm": {"vocab_size": 33, "pad_token_id": 1, "mask_token_id": 32},
    "hunyuan_v1_moe": {"head_dim": 128},
    "deepseek_v2": {"num_experts_per_tok": 6, "n_group": 1, "topk_group": 1},
    "dots1": {"n_routed_experts": 128, "n_shared_experts": 2, "num_experts_per_tok": 6},
}


def types() -> list[str]:
    """The types of the causal, masked and sequence-to-sequence classes."""
    from transformers.models.auto import modeling_auto as auto

    return sorted(
        {
            *auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
            *auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES,
            *auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
        }
    )


def default_configs(model_type: str) -> Iterator[dict[str, Any]]:
    """The default config of a type: shortened to a few layers, and whole."""
    import transformers

    more = COMPLETED.get(model_type, {})
    whole = transformers.CONFIG_MAPPING[model_type](**more).to_dict() | more
    whole["model_type"] = model_type
    yield from (_shortened(whole), whole)


def _runs(model_type: str) -> tuple[dict[str, Any], dict[str, int | None]]:
    """The first of the configs that the class itself can be built of and run, and its counts."""
    raised: Exception = ValueError("the class itself does not run on token ids alone")
    for config in default_configs(model_type):
        try:
            theirs = counts_of_class(config, 2, 24)
        except Exception as error:  # noqa: BLE001 - whatever a class raises
            raised = error
            continue
        if theirs["prefill"] is not None:
            return config, theirs
    raise raised


def _shortened(config: Mapping[str, Any]) -> dict[str, Any]:
    depths = {config[key] for key in _DEPTHS if isinstance(config.get(key), int)}
    made: dict[str, Any] = {}
    for key, value in config.items():
        made[key] = value
        if key in _DEPTHS and isinstance(value, int):
            made[key] = min(value, DEPTH)
        elif isinstance(value, list) and len(value) in depths and len(value) > DEPTH:
            made[key] = value[:DEPTH]
        elif isinstance(value, dict) and key.endswith("_config"):
            made[key] = _shortened(value)
    return made


def points(
    traced: Traced, config: Mapping[str, Any], seed: str, has_cache: bool
) -> Iterator[tuple[dict[str, Any], dict[Any, int], int, int]]:
    """Configs inside the domain, with their sizes, sequences and tokens."""
    import transformers

    from edgesym.oracle.build import settings
    from edgesym.tracing.fields import sizes_of

    made = settings(config, transformers).text
    keys = sizes_of(vars(made), made.model_type)
    drawn = random.Random(seed)  # noqa: S311 - no secret
    while True:
        sizes = {s: traced.model.values[s] for s in keys.values() if s in traced.model.values}
        for size in drawn.sample(list(sizes), len(sizes)):
            before = sizes[size]
            for factor in drawn.sample((1, 2, 3), 3):
                sizes[size] = before * factor
                if is_inside(traced.model, sizes):
                    break
            else:
                sizes[size] = before
        for _ in range(50):
            batch, cached = drawn.randint(1, 4), drawn.randint(9, 150)
            if all(
                is_inside(traced.model, {**sizes, **step_values(batch, *step)})
                for step in ((cached, 0), *(((1, cached),) if has_cache else ()))
            ):
                break
        else:
            return
        point = json.loads(json.dumps(config))
        holder = point.get("text_config", point)
        holder |= {key: sizes[s] for key, s in keys.items() if s in sizes}
        yield point, sizes, batch, cached


def compare(model_type: str, tries: int = POINTS) -> dict[str, Any]:
    """A type's row: what its verdict is, and why."""
    from edgesym.tracing.trace import trace_config

    row: dict[str, Any] = {"type": model_type}
    try:
        config, theirs = _runs(model_type)
    except Exception as error:  # noqa: BLE001 - whatever a class raises
        return row | {"verdict": "does not run", "reason": _first_line(error)}
    start = time.process_time()
    try:
        traced = trace_config(config, name=model_type, origin=model_type)
        row["seconds"] = round(time.process_time() - start, 1)
        ours = counts(traced.model, 2, 24)
    except Exception as error:  # noqa: BLE001 - whatever a class raises
        return row | {"verdict": "refused", "reason": _first_line(error)}
    row |= {"counts": theirs, "conditions": len(traced.model.domain.conditions)}
    inside = is_inside(traced.model, step_values(2, 24, 0)) and is_inside(
        traced.model, step_values(2, 1, 24)
    )
    gaps = _gaps(ours, theirs)
    if gaps and inside:  # as edgesym.tracing.checked refuses it
        return row | {"verdict": "refused", "reason": "layers that look alike differ", "gaps": gaps}
    tried = 0
    drawn = points(traced, config, model_type, has_cache=theirs["decode"] is not None)
    for place, (point, sizes, batch, cached) in enumerate(drawn):
        if tried == tries or place == 3 * tries:
            break
        with contextlib.suppress(Exception):  # sizes that the class itself refuses
            theirs = counts_of_class(point, batch, cached)
            if theirs["prefill"] is None:
                continue
            tried += 1
            if gaps := _gaps(counts(traced.model, batch, cached, sizes), theirs):
                changed = {str(s): n for s, n in sizes.items() if n != traced.model.values[s]}
                at = {"sizes": changed, "batch": batch, "cached": cached}
                return row | {"verdict": "different", "gaps": gaps, "at": at}
    return row | {"verdict": "equal", "points": tried}


def _gaps(ours: Mapping[str, int], theirs: Mapping[str, int | None]) -> dict[str, list[int]]:
    return {k: [ours[k], n] for k, n in theirs.items() if n is not None and n != ours[k]}


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"[:240]


def _late(*_: Any) -> None:
    raise TimeoutError(f"no answer in {SECONDS} s")


def main() -> None:
    """Print the row of each type, and the count of each verdict."""
    import transformers

    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("types", nargs="*")
    asked.add_argument("--to", type=Path)
    asked.add_argument("--points", type=int, default=POINTS)
    given = asked.parse_args()
    transformers.logging.set_verbosity_error()
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, _late)
    rows = []
    for model_type in given.types or types():
        signal.alarm(SECONDS)
        row = compare(model_type, given.points)
        signal.alarm(0)
        rows.append(row)
        print(json.dumps(row), flush=True)
    verdicts = Counter(row["verdict"] for row in rows)
    print(", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common()))
    if given.to:
        given.to.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
