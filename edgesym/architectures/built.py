"""Which class a config names, and what that class has in place of a language model's head."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from edgesym.data import shipped
from edgesym.errors import ConfigError

__all__ = [
    "Built",
    "as_built",
    "class_that_ignores",
    "in_pytorch",
    "plain",
    "prefix_of",
    "refuse_drafts",
]

#: What a class is for, in its name.
_FOR = re.compile(r"For[A-Z]")
_LANGUAGE = "a language model"
#: How the source of an architecture file begins that was checked against transformers.
_CHECKED = re.compile(r"transformers (\d+\.\d[\d.]*), (\w+Config)\b")
_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})\b")
#: An architecture file, and a note of what its class has instead of a head.
Built = tuple[dict[str, Any], str]


@cache
def _table() -> dict[str, Any]:
    return shipped("architectures/shared", "classes")


def plain(name: str) -> str:
    """A model type, or what stands before the ending of a class, without signs and capitals.

    >>> plain("qwen2_moe"), plain("GPTNeoX"), plain("xlm-roberta")
    ('qwen2moe', 'gptneox', 'xlmroberta')
    """
    return "".join(letter for letter in name.lower() if letter.isalnum())


def prefix_of(name: str) -> str:
    """What the name of a class says before its ending: the model type, without its signs.

    >>> prefix_of("Qwen2MoeForCausalLM"), prefix_of("GPT2LMHeadModel"), prefix_of("LlamaModel")
    ('qwen2moe', 'gpt2', 'llama')
    >>> prefix_of("T5WithLMHeadModel")
    't5'
    """
    table = _table()
    endings = [*table["headed"], *table["endings"], *(row["ending"] for row in table["class"])]
    found = max((ending for ending in endings if name.endswith(ending)), key=len, default="")
    return plain(name.removesuffix(found)) if found else ""


def in_pytorch(keys: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of a config, with classes of TensorFlow and Flax by the names of PyTorch's.

    >>> in_pytorch({"architectures": ["TFGPT2LMHeadModel"]})
    {'architectures': ['GPT2LMHeadModel']}
    """
    names = keys.get("architectures")
    if not isinstance(names, list):
        return dict(keys)
    plain_names = [
        _library().sub("", name, count=1) if isinstance(name, str) else name for name in names
    ]
    return {**keys, "architectures": plain_names}


@cache
def _library() -> re.Pattern[str]:
    return re.compile(rf"^({'|'.join(_table()['libraries'])})(?=[A-Z])")


def refuse_drafts(keys: Mapping[str, Any], origin: str) -> None:
    """Refuse a head that drafts for another model, which is no model by itself.

    Raises:
        ConfigError: naming the class or the key by which it is known.
    """
    names, drafts = keys.get("architectures") or [], _table()["drafts"]
    if not isinstance(names, list):
        raise ConfigError(
            f"{origin}: architectures = {names!r:.80} must be a list of names of classes; correct "
            "it, or take it out"
        )
    classes = [name for name in names if isinstance(name, str)]
    named = next((n for n in classes if any(word in n for word in drafts["words"])), "")
    key = next((key for key in drafts["keys"] if keys.get(key) is not None), "")
    if named or key:
        known = f"architectures names {named}" if named else f"it has {key}"
        raise ConfigError(
            f"{origin}: a head that drafts tokens for another model ({known}), which shares that "
            "model's table and reads its states; count that model, with --draft MODEL or mtp"
        )


def as_built(recipe: dict[str, Any], keys: Mapping[str, Any], origin: str) -> Built:
    """An architecture file as the class that the config names has it, and what that is.

    A file with an option that reads ``architectures`` says it itself. A class called
    ``...Model`` has no head if what stands before is the name of a model type of the file;
    others (InternVLChatModel) are an author's own name for the whole.

    Raises:
        ConfigError: the class stands for something else, such as a reward or a draft.
    """
    names = keys.get("architectures")
    named = names[0] if isinstance(names, list) and names else None
    if not isinstance(named, str) or _reads_classes(recipe):
        return recipe, ""
    if named.endswith(tuple(_table()["headed"])) or named in recipe.get("headed", ()):
        return recipe, ""
    row = next((row for row in _table()["class"] if named.endswith(row["ending"])), None)
    if (row is None or row["ending"] == "Model") and _FOR.search(named):
        known = ", ".join(f"...{row['ending']}" for row in _table()["class"])
        raise ConfigError(
            f"{origin}: architectures names {named}, and what it has in place of a head is not "
            f"known; {known} and ...ForCausalLM are. Set architectures to one of them, or to [] "
            "to count it with the head of a language model"
        )
    types = recipe.get("model_types", ())
    own = {plain(name) for kind in types for name in (kind, kind.removesuffix("_text"))}
    if row is None or (row["ending"] == "Model" and prefix_of(named) not in own):
        return recipe, f"{named} is a class of its authors; counted with the head of {_LANGUAGE}"
    parts = ("symbols", "options", "layers")
    changed = {part: {**recipe.get(part, {}), **row.get(part, {})} for part in parts}
    return {**recipe, **changed}, f"counted as {named}: {row['says']}"


def class_that_ignores(recipe: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    """The class that reads the keys of an architecture file alone, where a config is of it.

    That is one of transformers, in the version that the file was checked against or an older one,
    which wrote the config; not one of an author's own code.

    >>> recipe = {"source": "transformers 5.23.0, LlamaConfig and LlamaForCausalLM"}
    >>> class_that_ignores(recipe, {"transformers_version": "4.46.2"})
    'LlamaConfig of transformers 5.23.0'
    >>> class_that_ignores(recipe, {"transformers_version": "5.40.0"})
    ''
    """
    checked = _CHECKED.match(recipe["source"])
    written = _VERSION.match(str(config.get("transformers_version")))
    if not checked or not written or "auto_map" in config:
        return ""
    newest = tuple(int(number) for number in checked[1].split(".")[:2])
    if tuple(int(number) for number in written.groups()) > newest:
        return ""
    return f"{checked[2]} of transformers {checked[1]}"


def _reads_classes(recipe: Mapping[str, Any]) -> bool:
    fields = recipe.get("options", {}).values()
    return any(field.get("key") == "architectures" for field in fields)
