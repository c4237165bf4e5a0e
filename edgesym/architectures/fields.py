"""From the keys of a config to values: aliases, defaults, types and bounds.

A field of an architecture file says under which ``key`` (or list of aliases) a
value stands, its ``default`` where the key is absent, what ``null`` means, whether
it is ``used`` at all, the ``only`` values that the architecture file covers, the
``least`` it may be, and whether it is a list with an entry ``per_layer``. ``nested`` goes
before ``default`` and ``null`` in configs inside that of a multimodal model, which state only
what differs from the class.
Text that begins with ``=`` is a formula over the fields read before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgesym.architectures.default import Default
from edgesym.architectures.extents import LARGEST_EXTENT
from edgesym.errors import ConfigError, ExpressionError
from edgesym.expression import read
from edgesym.frozen import freeze
from edgesym.plain import shown

__all__ = ["check_lengths", "evaluate", "keys_of", "known_keys", "plain_names", "read_fields"]

#: Values that an error lists of those that a file covers.
_MOST_SHOWN = 12


def evaluate(value: Any, names: Mapping[str, Any], origin: str) -> Any:
    """A value of a data file, computed if it is text that begins with ``=``."""
    if not isinstance(value, str) or not value.startswith("="):
        return value
    try:
        return read(value[1:], names)
    except ExpressionError as error:
        raise ConfigError(f"{origin}: {error}") from error


def read_fields(
    fields: Mapping[str, Mapping[str, Any]],
    config: Mapping[str, Any],
    names: Mapping[str, Any],
    origin: str,
    *,
    extents: bool,
    nested: bool = False,
    taken: list[Default] | None = None,
) -> dict[str, Any]:
    """The value of each field; with ``extents`` they must be positive whole numbers or None.

    Args:
        fields: the fields of an architecture file.
        config: the keys of the config.
        names: what formulas may speak of.
        origin: how errors call the config.
        extents: whether the values are dimensions.
        nested: whether the config lies inside that of a multimodal model.
        taken: where the defaults go that are taken of keys which are not given.

    Raises:
        ConfigError: naming the key, its value and what is needed.
    """
    found: dict[str, Any] = {}
    for word, field in fields.items():
        scope = {**names, **found, **plain_names(found)}
        if not evaluate(field.get("used", True), scope, origin):
            found[word] = None
            continue
        inner = {"default", *({"null"} & field.keys())} if nested and "nested" in field else ()
        given = {**field, **dict.fromkeys(inner, field.get("nested"))}
        key, value = _find(word, given, config, scope, origin)
        why = _why(given, config)
        if extents:
            _check_extent(key, value, origin)
            value = None if value is None else int(value)
        else:
            _check_type(key, value, evaluate(field.get("default"), scope, origin), origin)
        if "only" in field and value not in field["only"]:
            raise ConfigError(
                f"{origin}: {key} = {shown(value)} is not covered; only "
                f"{', '.join(map(shown, field['only'][:_MOST_SHOWN]))} is. "
                "Add a data file for this architecture"
            )
        number = isinstance(value, int | float)
        if "least" in field and value is not None and (not number or value < field["least"]):
            raise ConfigError(f"{origin}: {key} = {shown(value)} must be {field['least']} or more")
        found[word] = value
        if why and taken is not None:
            taken.append(Default(word, freeze(value), why))
    return found


def check_lengths(
    fields: Mapping[str, Mapping[str, Any]], values: Mapping[str, Any], layers: int, origin: str
) -> None:
    """Refuse a list with an entry per layer that has another length.

    Raises:
        ConfigError: naming the key.
    """
    for word, field in fields.items():
        entries = values[word]
        if not field.get("per_layer") or not entries:
            continue
        key = keys_of(field)[0]
        if not isinstance(entries, list):
            raise ConfigError(f"{origin}: {key} = {shown(entries)} must be a list")
        if len(entries) != layers:
            raise ConfigError(f"{origin}: {key} has {len(entries)} entries for {layers} layers")


def known_keys(fields: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Every key of a config that the fields look at."""
    return [key for field in fields.values() for key in keys_of(field)]


def plain_names(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values by names that a formula can hold: ``layers.encoder`` is ``layers_encoder`` there."""
    return {word.replace(".", "_"): value for word, value in values.items() if "." in word}


def keys_of(field: Mapping[str, Any]) -> list[str]:
    """The keys of a config under which the value of a field stands, the first one first."""
    key = field.get("key", [])
    return [key] if isinstance(key, str) else list(key)


def _find(
    word: str,
    field: Mapping[str, Any],
    config: Mapping[str, Any],
    scope: Mapping[str, Any],
    origin: str,
) -> tuple[str, Any]:
    aliases = keys_of(field)
    for key in aliases:
        if key not in config:
            continue
        if config[key] is not None:
            return key, config[key]
        if "null" not in field:
            raise ConfigError(f"{origin}: {key} is null; give it a value")
        return _defaulted(key, "null", field["null"], scope, origin)
    name = aliases[0] if aliases else word
    if "default" not in field:
        raise ConfigError(f"{origin}: key {name!r} is missing; add it")
    return _defaulted(name, "not given", field["default"], scope, origin)


def _why(field: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    """Why the default of a field is taken; empty where the config says a value, or never does."""
    aliases = keys_of(field)
    said = next((key for key in aliases if key in config), None)
    if not aliases or (said is not None and config[said] is not None):
        return ""
    absent = said is None
    rule = field["default" if absent else "null"]
    formula = rule[1:].strip() if isinstance(rule, str) and rule.startswith("=") else ""
    follows = f": {formula}" if formula not in ("", "None") else ""
    return f"{said or aliases[0]} is {'not given' if absent else 'null'}{follows}"


def _defaulted(
    key: str, why: str, default: Any, scope: Mapping[str, Any], origin: str
) -> tuple[str, Any]:
    """A default, and the key with how it came about, for errors to show."""
    if isinstance(default, str) and default.startswith("="):
        key = f"{key} ({why}, so {default[1:]})"
    return key, evaluate(default, scope, origin)


def _check_extent(key: str, value: Any, origin: str) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigError(f"{origin}: {key} = {shown(value)} must be a whole number")
    if isinstance(value, float) and not value.is_integer():
        raise ConfigError(f"{origin}: {key} = {shown(value)} must be a whole number")
    if not 1 <= value <= LARGEST_EXTENT:
        text = (
            str(value) if abs(value) < 10**20 else f"a number of {len(str(abs(int(value))))} digits"
        )
        raise ConfigError(f"{origin}: {key} = {text} must lie between 1 and {LARGEST_EXTENT}")


def _check_type(key: str, value: Any, default: Any, origin: str) -> None:
    if value is None or default is None:
        return
    kind = int | float if isinstance(default, float) else type(default)
    if isinstance(value, bool) != isinstance(default, bool) or not isinstance(value, kind):
        wanted = {bool: "true or false", int: "a whole number", str: "text", list: "a list"}
        kind_said = wanted.get(type(default), "of another type")
        raise ConfigError(f"{origin}: {key} = {shown(value)} must be {kind_said}")
