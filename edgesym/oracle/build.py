"""Building the Transformers class of a config: on the meta device without weights, or for real."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgesym.errors import ConfigError

__all__ = ["Settings", "ask_no_values", "build", "construct", "settings"]

#: Auto classes to build a model with; the first that fits its class wins.
_FAMILIES = ("CausalLM", "MaskedLM", "Seq2SeqLM", "SpeechSeq2Seq")
#: Those of models whose text part has no class of its own.
_WRAPPERS = ("ImageTextToText", "MultimodalLM")
#: Endings of the names of classes that are built as they are called.
_OTHER_ENDS = (
    *("Model", "ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering"),
)
#: Words in the names of the modules of a multimodal model that are not its text part.
_TOWERS = (
    *("vis", "audio", "projector", "resampler", "connector", "merger", "embed_vision"),
    "image_embed",
)
#: Modules that hold them, beside the model itself.
_HOLDERS = ("model", "model.embed_tokens_extend")


#: What transformers asks of the values of a mask.
_SKIPS = "_ignore_bidirectional_mask_sdpa"
#: What its modules ask of the values of ids.
_WARNS = "warn_if_padding_and_no_attention_mask"


@dataclass(frozen=True, slots=True)
class Settings:
    """The configuration objects of a config, and the classes that it names."""

    whole: Any
    text: Any
    classes: tuple[str, ...]


def settings(config: Mapping[str, Any], transformers: Any) -> Settings:
    """The configuration objects of a config: eager attention, experts as one product.

    Raises:
        ConfigError: transformers knows no such model type.
    """
    keys = {k: v for k, v in config.items() if k not in ("quantization_config", "auto_map")}
    if keys.get("model_type") not in transformers.CONFIG_MAPPING:
        raise ConfigError(
            f"transformers {transformers.__version__} has no class for model_type "
            f"{keys.get('model_type')!r}"
        )
    whole = transformers.AutoConfig.for_model(**keys)
    text = whole.get_text_config(decoder=True) if "text_config" in keys else whole
    whole = _wrapping(text, transformers) if text is whole else whole
    for made in (whole, text):
        made._attn_implementation = "eager"
        if hasattr(made, "_experts_implementation"):
            made._experts_implementation = "batched_mm"
    return Settings(whole, text, tuple(str(name) for name in keys.get("architectures") or ()))


def build(
    config: Mapping[str, Any],
    torch: Any,
    transformers: Any,
    *,
    device: str = "meta",
    dtype: Any = None,
) -> Any:
    """The text model of a config; see :func:`construct`."""
    return construct(
        settings(config, transformers), torch, transformers, device=device, dtype=dtype
    )


def construct(
    made: Settings,
    torch: Any,
    transformers: Any,
    *,
    device: str = "meta",
    dtype: Any = None,
) -> Any:
    """The text model of a config's settings.

    Args:
        device: where its weights are; elsewhere than on ``meta`` they are random.
        dtype: of its weights; bf16 by default.

    Raises:
        ValueError: no class of transformers runs it.
    """
    held = torch.bfloat16 if dtype is None else dtype
    with torch.device(device):
        model = (
            _of_text(made.text, list(made.classes), held, torch, transformers)
            or _of_wrapper(made.whole, held, torch, transformers)
            or _of_base(made.text, held, transformers)
        )
    if model is None:
        raise ValueError(f"no class for {type(made.whole).__name__}")
    return model


def ask_no_values(model: Any, transformers: Any) -> None:
    """Keep a model whose tensors have no values from looking at ids and masks.

    It looks for padding among the ids, and whether all of a mask is ones, so that none is needed.
    """
    for part in model.modules():
        if hasattr(part, _WARNS):
            setattr(part, _WARNS, lambda *_, **__: None)
    if hasattr(transformers.masking_utils, _SKIPS):
        setattr(transformers.masking_utils, _SKIPS, lambda *_, **__: False)


def _of_text(made: Any, classes: list[Any], dtype: Any, torch: Any, transformers: Any) -> Any:
    """The class of a text config; for encoders and pairs the one that the config names."""
    names = [str(name) for name in classes]
    named = _named(made, names, transformers)
    if named is not None:
        return named._from_config(made, dtype=dtype).eval()
    wanted = [f for f in _FAMILIES if any(name.endswith(f) for name in names)]
    encoder = type(made) in transformers.AutoModelForMaskedLM._model_mapping
    pair = getattr(made, "is_encoder_decoder", False)
    first = ("Seq2SeqLM", "SpeechSeq2Seq") if pair else ("MaskedLM",) if encoder else ()
    if first and names and not wanted and hasattr(transformers, names[0]):
        named = getattr(transformers, names[0])
        return named._from_config(made, dtype=dtype).eval()
    for family in dict.fromkeys([*wanted, *first, *_FAMILIES]):
        auto = getattr(transformers, f"AutoModelFor{family}")
        if type(made) in auto._model_mapping:
            model = auto.from_config(made, dtype=dtype).eval()
            return _without_towers(model, torch) if hasattr(made, "vision_config") else model
    return None


def _named(made: Any, names: list[str], transformers: Any) -> Any:
    """The class that a config names, if it has another end than a language model's head."""
    named = getattr(transformers, names[0], None) if names else None
    if getattr(named, "config_class", None) is not type(made) or hasattr(made, "vision_config"):
        return None
    if not names[0].endswith(_OTHER_ENDS):
        return None
    if getattr(made, "pad_token_id", None) is None:
        made.pad_token_id = 0  # classifiers look for the last token that is none
    return named


def _wrapping(text: Any, transformers: Any) -> Any:
    """The config of the multimodal class that a text config is of, where none runs it alone."""
    autos = [getattr(transformers, f"AutoModelFor{family}", None) for family in _FAMILIES]
    if any(type(text) in auto._model_mapping for auto in autos if auto is not None):
        return text
    wrappers = [getattr(transformers, f"AutoModelFor{family}", None) for family in _WRAPPERS]
    for kind in vars(sys.modules[type(text).__module__]).values():
        held = getattr(kind, "sub_configs", None) or {}
        if held.get("text_config") is not type(text):
            continue
        if any(kind in auto._model_mapping for auto in wrappers if auto is not None):
            whole = kind()
            vars(whole)["text_config"] = text
            if hasattr(text, "tie_word_embeddings"):
                vars(whole)["tie_word_embeddings"] = text.tie_word_embeddings
            return whole
    return text


def _of_wrapper(whole: Any, dtype: Any, torch: Any, transformers: Any) -> Any:
    """A multimodal class with its towers taken out: what is left is the text part."""
    made = getattr(whole, "thinker_config", whole)
    for family in _WRAPPERS:
        auto = getattr(transformers, f"AutoModelFor{family}", None)
        if auto is None or type(made) not in auto._model_mapping:
            continue
        return _without_towers(auto.from_config(made, dtype=dtype).eval(), torch)
    return None


def _of_base(made: Any, dtype: Any, transformers: Any) -> Any:
    """The class without a head, where there is none with one."""
    auto = transformers.AutoModel
    return auto.from_config(made, dtype=dtype).eval() if type(made) in auto._model_mapping else None


def _without_towers(model: Any, torch: Any) -> Any:
    """A multimodal model with nothing in the places of its towers."""
    parts = dict(model.named_modules())
    for holder in (model, *(parts[name] for name in _HOLDERS if name in parts)):
        for name in list(holder._modules):
            if any(word in name for word in _TOWERS):
                holder._modules[name] = torch.nn.Identity()
    return model
