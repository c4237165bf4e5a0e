"""Calibrating a module with llmcompressor, and running what compressed-tensors loads of it."""

from __future__ import annotations

from typing import Any

import torch
import transformers

from edgesym.compression.job import Job
from edgesym.compression.libraries.torch_engine import baseline, ran
from edgesym.compression.libraries.torch_files import safetensors_bytes
from edgesym.compression.libraries.torch_model import linear_modules, tokens

__all__ = ["make", "run"]

_BUILT, _COMPRESSED, _FILE = "built", "compressed", "model.safetensors"
#: Sequences to calibrate on.
_SEQUENCES = 16
_NOTE = (
    f"calibrated on {_SEQUENCES} sequences of random tokens; compressed-tensors has no kernel for "
    "a CPU: the file is mapped, and the first step decompresses the weights to fp32, so that "
    "memory at most and times are those of dense products"
)


def make(job: Job) -> dict[str, Any]:
    """Compress the baseline with the modifiers that the function names, and write its folder."""
    from llmcompressor import oneshot

    module, _ = baseline(job)
    linears = linear_modules(module)
    source, target = str(job.place / _BUILT), job.place / _COMPRESSED
    head = {name for name, linear in linears if linear is module.get_output_embeddings()}
    module.save_pretrained(source)
    _tokenizer().save_pretrained(source)
    torch.set_num_threads(job.threads)
    oneshot(
        model=_class(job).from_pretrained(source),
        tokenizer=source,
        recipe=MODIFIERS[job.function](sorted(head)),
        dataset=_calibration(job),
        num_calibration_samples=_SEQUENCES,
        shuffle_calibration_samples=False,
        max_seq_length=job.prompt,
        output_dir=str(target),
    )
    path = target / _FILE
    return {
        "file_bytes": path.stat().st_size,
        "tensor_bytes": safetensors_bytes(path),
        "container": "compressed-tensors",
        "linears": len(linears),
        "outputs": sum(linear.out_features for _, linear in linears),
        "note": _NOTE,
    }


def run(job: Job) -> dict[str, Any]:
    """Load the folder as transformers does, and run it as any module."""
    import compressed_tensors.compressors  # noqa: F401 - before memory is counted

    path = job.place / _COMPRESSED
    return ran(job, lambda: _class(job).from_pretrained(path, attn_implementation="eager").eval())


def _class(job: Job) -> Any:
    """The class of transformers that the config names."""
    return getattr(transformers, job.config["architectures"][0])


def _calibration(job: Job) -> Any:
    """Sequences of random tokens, none of them the prompt."""
    from datasets import Dataset

    rows = [tokens(job, job.seed + 2 + i)[0].tolist() for i in range(_SEQUENCES)]
    return Dataset.from_dict({"input_ids": rows, "attention_mask": [[1] * job.prompt] * len(rows)})


def _tokenizer() -> Any:
    """One of a single word: llmcompressor asks for one, and the data are tokens already."""
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    word = "<unk>"
    made = Tokenizer(models.WordLevel({word: 0}, unk_token=word))
    return PreTrainedTokenizerFast(tokenizer_object=made, unk_token=word, pad_token=word)


def gptq_w4a16(kept: list[str]) -> list[Any]:
    """int4 in groups of 128, each column's error made up for in those behind it."""
    from llmcompressor.modifiers.quantization import GPTQModifier

    return [GPTQModifier(targets="Linear", scheme="W4A16", ignore=kept)]


def gptq_w8a8(kept: list[str]) -> list[Any]:
    """int8 an output channel by GPTQ, activations in int8 per token as they come."""
    from llmcompressor.modifiers.quantization import GPTQModifier

    return [GPTQModifier(targets="Linear", scheme="W8A8", ignore=kept)]


def static_int8(kept: list[str]) -> list[Any]:
    """int8 an output channel, activations in int8 by a scale of calibration: no preset does it."""
    from llmcompressor.modifiers.quantization import QuantizationModifier

    weights = {"num_bits": 8, "strategy": "channel"}
    inputs = {"num_bits": 8, "strategy": "tensor", "dynamic": False}
    group = {"targets": ["Linear"], "weights": weights, "input_activations": inputs}
    return [QuantizationModifier(config_groups={"all": group}, ignore=kept)]


def awq_w4a16(kept: list[str]) -> list[Any]:
    """int4 with zero points in groups of 128, salient channels scaled up before."""
    from llmcompressor.modifiers.quantization import QuantizationModifier
    from llmcompressor.modifiers.transform.awq import AWQModifier
    from llmcompressor.pipelines.cache import IntermediatesCache

    if not torch.accelerator.is_available():  # nothing to pin for, and PyTorch refuses
        IntermediatesCache.pin_memory = lambda *_: None
    scheme = QuantizationModifier(targets="Linear", scheme="W4A16_ASYM", ignore=kept)
    return [AWQModifier(), scheme]


#: By the name that data files call them.
MODIFIERS = {made.__name__: made for made in (gptq_w4a16, gptq_w8a8, static_int8, awq_w4a16)}
