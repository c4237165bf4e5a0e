"""Counts the towers of multimodal classes of transformers, for tests/data/towers.json.

    python -m benchmarks.tower_facts [NAME...]

needs torch and transformers. Each sample is the config of a small model; its towers have odd sizes,
so that no two extents are alike, or published ones. Of each are counted the parameters of the whole
and of its text part, and for each image or piece of audio the FLOPs of PyTorch's FlopCounterMode
and the tokens that leave the tower and its projector.
"""

from __future__ import annotations

import json
import sys
import tomllib
import warnings
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).with_name("tower_samples.toml")
FACTS = Path(__file__).parent.parent / "tests" / "data" / "towers.json"
_TEXT = ("language_model", "text_model", "text_projection", "lm_head")
_FAMILIES = (
    "ImageTextToText",
    "MultimodalLM",
    "Seq2SeqLM",
    "SpeechSeq2Seq",
    "CausalLM",
    "ZeroShotImageClassification",
)


def build(config: dict[str, Any], torch: Any, transformers: Any) -> Any:
    """The class of a config on the meta device, with eager attention."""
    made = transformers.AutoConfig.for_model(**config)

    def eager(part: Any) -> None:
        part._attn_implementation = "eager"
        for name in getattr(part, "sub_configs", {}):
            if (inner := getattr(part, name, None)) is not None:
                eager(inner)

    eager(made)
    for family in _FAMILIES:
        auto = getattr(transformers, f"AutoModelFor{family}")
        if type(made) in auto._model_mapping:
            with torch.device("meta"):
                return auto.from_config(made, dtype=torch.float32).eval()
    raise SystemExit(f"no class for {config['model_type']}")


def parameters(model: Any) -> tuple[int, int]:
    """Parameters of the whole, and of its text part."""
    seen = {id(p): (name, p.numel()) for name, p in reversed(list(model.named_parameters()))}
    text = sum(n for name, n in seen.values() if any(word in name for word in _TEXT))
    return sum(n for _, n in seen.values()), text


def image_inputs(model: Any, image: dict[str, int], device: str, torch: Any) -> dict[str, Any]:
    """What ``get_image_features`` takes for an image of so many rows and columns; or of audio."""
    if "features" in image:
        return {"input_features": torch.ones(*image["features"], device=device)}
    own = getattr(model.config, "thinker_config", model.config).vision_config
    patch, frames = own.patch_size, getattr(own, "temporal_patch_size", None)
    patch = patch if isinstance(patch, int) else patch[0]
    if "grid" in image:
        rows, columns = image["grid"]
        pixels = torch.ones(rows * columns, 3 * frames * patch * patch, device=device)
        return {"pixel_values": pixels, "image_grid_thw": torch.tensor([[1, rows, columns]])}
    if "positions" in image:
        rows, columns = image["positions"]
        pixels = torch.ones(1, rows * columns, 3 * patch * patch, device=device)
        places = torch.cartesian_prod(torch.arange(columns), torch.arange(rows))[None]
        return {"pixel_values": pixels, "image_position_ids": places.to(device)}
    if "spatial" in image:
        rows, columns = image["spatial"]
        pixels = torch.ones(1, rows * columns, 3 * patch * patch, device=device)
        mask = torch.ones(1, rows * columns, dtype=torch.int64, device=device)
        shapes = torch.tensor([[rows, columns]])
        return {"pixel_values": pixels, "spatial_shapes": shapes, "pixel_attention_mask": mask}
    rows, columns = image["pixels"]
    pixels = torch.ones(image.get("crops", 1), 3, rows, columns, device=device)
    if "sizes" in image:
        return {"pixel_values": pixels, "image_sizes": torch.tensor([[rows, columns]])}
    return {"pixel_values": pixels[None] if image.get("nested") else pixels}


def features(core: Any, medium: str, given: dict[str, Any], torch: Any) -> tuple[int, int]:
    """FLOPs of encoding, and how many tokens leave."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        if hasattr(core, f"get_{medium}_features"):
            made = getattr(core, f"get_{medium}_features")(**given)
        else:  # Qwen2-Audio encodes where it joins audio and text
            made = core.multi_modal_projector(core.audio_tower(**given).last_hidden_state)
        found = getattr(made, "pooler_output", made)
        if found is None:  # Llama 4 projects where it joins image and text
            found = core.multi_modal_projector(made.last_hidden_state)
    parts = found if isinstance(found, list | tuple) else [found]
    if hasattr(core, "logit_scale"):  # compared with a text, and no part of it
        return counter.get_total_flops(), 0
    rows = sum(part.reshape(-1, part.shape[-1]).shape[0] for part in parts)
    return counter.get_total_flops(), rows


def count(sample: dict[str, Any]) -> dict[str, Any]:
    """The facts of a sample."""
    import torch
    import transformers

    transformers.logging.set_verbosity_error()
    model = build(sample["config"], torch, transformers)
    whole, text = parameters(model)
    found: dict[str, Any] = {"parameters": whole, "text": text}
    core = getattr(model, "model", model)
    for medium in ("image", "audio"):
        for given in sample.get(medium, []):
            found.setdefault(f"{medium}s", [])
            try:
                inputs = image_inputs(model, given["of"], "meta", torch)
                flops, tokens = features(core, medium, inputs, torch)
            except (RuntimeError, NotImplementedError, ValueError):
                for name, part in core.named_children():
                    if name not in ("language_model", "text_model"):
                        part.to_empty(device="cpu")
                        for buffer in part.buffers():
                            buffer.zero_()
                inputs = image_inputs(model, given["of"], "cpu", torch)
                flops, tokens = features(core, medium, inputs, torch)
            row = {"run": given["run"], "flops": flops, "tokens": tokens}
            found[f"{medium}s"].append(row)
    return found


def main() -> None:
    """Count the samples that are named, or all, and keep the others as they are."""
    warnings.filterwarnings("ignore")
    samples = tomllib.loads(SAMPLES.read_text(encoding="utf-8"))
    facts = json.loads(FACTS.read_text(encoding="utf-8")) if FACTS.exists() else {}
    for name in sys.argv[1:] or samples:
        print(name, flush=True)
        facts[name] = {"config": samples[name]["config"], **count(samples[name])}
        kept = {name: facts[name] for name in sorted(facts) if name in samples}
        FACTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
