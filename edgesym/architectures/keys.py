"""The keys of a config that nobody reads: those that change no cost pass, the others do not.

Names and words are data in ``shared/common.toml``; this file applies them. A key passes that
is called ``cosmetic`` there or in the architecture file, and else one whose value can be
neither a size nor a switch.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import translate
from functools import lru_cache
from typing import Any

from edgesym.architectures.config import common
from edgesym.errors import ConfigError, nearest
from edgesym.plain import shown

__all__ = ["by_read_names", "check_known", "may_change_cost", "slip_of"]

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
#: Text that is a path, an address, a version or a date, whatever its key is called.
_PLACE = re.compile(r".*/.*|v?\d+\.\w.*|\d{4}-\d{2}-\d{2}.*", re.DOTALL)
#: What stands for other characters in a pattern of names.
_ANYTHING = re.compile(r"[*?\[]")
#: How like a known key is an unknown one that may be it, misspelt.
_MISSPELT = 0.85
#: Unknown keys that an error names; those of a config of another kind may be thousands.
_LISTED = 8


def check_known(
    config: Mapping[str, Any],
    known: Iterable[str],
    allowed: Iterable[str],
    origin: str,
    ignored_by: str = "",
) -> str:
    """Refuse keys that might change the cost and are not understood, all in one message.

    Where a class is known to read none of them they are passed over, but for those that may be
    known ones misspelt; what is returned says so.

    Args:
        config: the keys of the config.
        known: those that the architecture reads.
        allowed: those of which it says that they change no cost; ``*`` stands for anything.
        origin: how errors call the config.
        ignored_by: what reads no other keys than ours; nothing where that is not known.

    Raises:
        ConfigError: naming the keys, the nearest known ones, and how to go on.
    """
    names = set(known)
    harmless = {*common()["cosmetic"], *allowed}
    pattern = _any_of(tuple(sorted(name for name in harmless if _ANYTHING.search(name))))
    slips = _by_words(names)
    doubtful = {
        key: value
        for key, value in config.items()
        if key not in names | harmless
        and not pattern.fullmatch(key)
        and (may_change_cost(key, value) or (_is_off(value) and _slip_of(key, slips)))
        and not _restates(key, config, names)
    }
    ignored = [key for key in doubtful if ignored_by and not nearest(key, names, 1, _MISSPELT)]
    note = _passed_over({key: doubtful.pop(key) for key in ignored}, ignored_by)
    if not doubtful:
        return note
    structural = {key: v for key, v in doubtful.items() if _is_structural(key)}
    others = {key: value for key, value in doubtful.items() if key not in structural}
    left = len(doubtful) - _LISTED
    structural = dict(list(structural.items())[:_LISTED])
    others = dict(list(others.items())[: _LISTED - len(structural)])
    passed = " ".join(f"--allow-unknown {key}" for key in (*structural, *others))
    if len(doubtful) == 1:
        ((key, value),) = doubtful.items()
        meant = " or ".join(nearest(key, names))
        hint = f"did you mean {meant}? " if meant else ""
        remedy = f"{hint}If it changes no cost, go on with {passed}"
        raise ConfigError(f"{origin}: unknown key {_told(key, value)}; {remedy}")
    parts = [
        ", ".join(_told(key, value, nearest(key, names)) for key, value in keys.items())
        for keys in (structural, others)
    ]
    if all(parts):
        parts[1] += ", which may be a size and is not called one"
    listed = "; and ".join(filter(None, parts)) + (f"; and {left:,} more" if left > 0 else "")
    passed += " and so on" if left > 0 else ""
    raise ConfigError(
        f"{origin}: unknown keys {listed}. If they change no cost, go on with {passed}"
    )


def _passed_over(keys: Mapping[str, Any], ignored_by: str) -> str:
    if not keys:
        return ""
    some = [_told(key, value) for key, value in list(keys.items())[:_LISTED]]
    more = f" and {len(keys) - _LISTED:,} more" if len(keys) > _LISTED else ""
    return f"passed over, as {ignored_by} reads none of it: {', '.join(some)}{more}"


def by_read_names(config: Mapping[str, Any], known: Iterable[str]) -> dict[str, Any]:
    """The keys of a config, a size under another of its names under the one that is read.

    >>> by_read_names({"n_head": 8, "n_routed_experts": 4}, ["num_heads", "num_attention_heads"])
    {'n_head': 8, 'n_routed_experts': 4, 'num_attention_heads': 8}
    """
    read, found = set(known), dict(config)
    for group in common()["restated"]:
        names = [name for name in group if name in read]
        if not names or any(name in config for name in names):
            continue
        other = next((name for name in group if config.get(name) is not None), None)
        if other is not None:
            found[names[0]] = config[other]
    return found


def _restates(key: str, config: Mapping[str, Any], read: set[str]) -> bool:
    """Whether a key says once more what one that is read says, under another of its names."""
    groups = (group for group in common()["restated"] if key in group)
    twins = {twin for group in groups for twin in group} & read & config.keys()
    return any(config[twin] == config[key] for twin in twins)


def _told(key: str, value: Any, meant: Iterable[str] = ()) -> str:
    known = " or ".join(meant)
    return f"{key!r} = {shown(value)}" + (f" (did you mean {known}?)" if known else "")


def _is_structural(key: str) -> bool:
    """Whether its name is that of a size, a part of a model, or a share."""
    return _named(key, "sizes", "parts", "shares")


def may_change_cost(key: str, value: Any) -> bool:
    """Whether the value of an unknown key could be a size or a switch.

    ====================== ============================================================
    value                  it could, if
    ====================== ============================================================
    null, false, 0, empty  never: they say that something is off
    negative number        never: it stands for *not set*
    whole number above 1   always
    1, true, text          its name has a word of sizes, parts or shares
    other number           likewise, and from 0 to 1 only under a word of shares
    list                   an entry could, or is a whole number
    object                 an entry could, under its own name
    ====================== ============================================================

    >>> may_change_cost("mystery", 64), may_change_cost("use_sliding_window", True)
    (True, True)
    >>> may_change_cost("router_z_loss", 0.001), may_change_cost("template", "chatml")
    (False, False)
    """
    if _is_off(value):
        return False
    match value:
        case True:
            return _named(key, "sizes", "parts", "shares")
        case int() | float():
            return _number_may(key, value)
        case str():
            plain = value in common()["dtypes"] or _PLACE.fullmatch(value)
            return not plain and _named(key, "sizes", "parts", "shares")
        case list():
            whole = any(isinstance(entry, int) and not isinstance(entry, bool) for entry in value)
            return whole or any(may_change_cost(key, entry) for entry in value)
        case Mapping():
            return any(may_change_cost(inner, entry) for inner, entry in value.items())
    return True


def slip_of(key: str, known: Iterable[str]) -> str:
    """The known key that an unknown one is in other letters; empty if it is another name.

    A value that says *off* tells nothing of what was meant, so the name alone decides: it
    must have the words of the known one, in the singular or plural, whatever stands between.

    >>> slip_of("num_key_value_head", ["num_key_value_heads"])
    'num_key_value_heads'
    >>> slip_of("tieWordEmbeddings", ["tie_word_embeddings"])
    'tie_word_embeddings'
    >>> slip_of("attention_bias", ["attn_bias", "attention_head_dim"])
    ''
    """
    return _slip_of(key, _by_words(known))


def _slip_of(key: str, known: Mapping[tuple[str, ...], list[str]]) -> str:
    """As :func:`slip_of`, of known keys by their words."""
    if not _is_structural(key):
        return ""
    return next((name for name in known.get(_singular(key), ()) if name != key), "")


def _by_words(known: Iterable[str]) -> dict[tuple[str, ...], list[str]]:
    """Known keys by their words, in the singular."""
    found: dict[tuple[str, ...], list[str]] = {}
    for name in known:
        found.setdefault(_singular(name), []).append(name)
    return found


def _singular(key: str) -> tuple[str, ...]:
    return tuple(word.removesuffix("s") for word in _words(key))


def _is_off(value: Any) -> bool:
    """Whether a value says that something is not there, or not set."""
    return not value or (isinstance(value, int | float) and value < 0)


def _number_may(key: str, value: float) -> bool:
    if value > 1 and value == value // 1:
        return True
    share = value < 1 or (isinstance(value, float) and value == 1)
    return _named(key, "shares") if share else _named(key, "sizes", "parts", "shares")


def _named(key: str, *rules: str) -> bool:
    """Whether a word of the key is of one of the rules."""
    pattern = _of_rules(rules)
    return any(pattern.fullmatch(word) for word in _words(key))


@lru_cache(maxsize=16)
def _of_rules(rules: tuple[str, ...]) -> re.Pattern[str]:
    """What a word of one of the rules is."""
    return _any_of(tuple(pattern for rule in rules for pattern in common()["words"][rule]))


@lru_cache(maxsize=256)
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """What is of one of several patterns of names; nothing is, where there are none."""
    return re.compile("|".join(map(translate, patterns)) or r"(?!)")


def _words(key: str) -> list[str]:
    """The words of a name: what lies between its signs and capitals.

    >>> _words("transformers.js_config"), _words("headDim")
    (['transformers', 'js', 'config'], ['head', 'dim'])
    """
    return [word.lower() for word in _WORD.findall(key)]
