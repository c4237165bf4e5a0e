"""Conventions: what counts as a FLOP is a value, not a habit."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields, replace
from functools import cache

from edgesym.data import shipped
from edgesym.domain import checked
from edgesym.errors import ConfigError, UnknownNameError

__all__ = ["CHOICES", "Convention", "choices_in", "convention", "conventions"]

#: The choices that each field of a convention allows.
CHOICES: dict[str, dict[str, str]] = {
    "multiply_add": {
        "2": "a multiply-add is two FLOPs",
        "1": "a multiply-add is one operation",
        "2k-1": "a dot product of length k is k multiplications and k - 1 additions",
    },
    "elementwise": {
        "counted": "element-wise work and normalisations count",
        "ignored": "contractions only",
    },
    "attention": {
        "causal": "pairs of tokens that the mask lets through",
        "full": "every query with every key, as an unmasked product computes them",
    },
    "logits": {
        "last": "logits of the last position of each sequence",
        "all": "logits of every position",
        "none": "no logits",
    },
    "embedding": {
        "lookup": "the embedding is a lookup, without arithmetic",
        "one-hot": "the embedding is a product with a one-hot matrix",
    },
    "latent": {
        "absorbed": "latent attention scores queries against the cached latents themselves",
        "expanded": "latent attention makes keys and values of all cached tokens in each step",
    },
}


@dataclass(frozen=True, slots=True)
class Convention:
    """One way of counting; see :data:`CHOICES` for what each field may say."""

    name: str
    multiply_add: str = "2"
    elementwise: str = "counted"
    attention: str = "causal"
    logits: str = "last"
    embedding: str = "lookup"
    latent: str = "absorbed"
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse a choice that no rule knows."""
        for field, choices in CHOICES.items():
            if getattr(self, field) not in choices:
                raise UnknownNameError(f"choice for {field}", getattr(self, field), choices)

    def describe(self) -> list[str]:
        """A sentence per choice.

        >>> convention("pytorch").describe()[1]
        'contractions only'
        """
        return [choices[getattr(self, field)] for field, choices in CHOICES.items()]


@cache
def conventions() -> dict[str, Convention]:
    """The named conventions, from ``graph/data/conventions.toml``."""
    table = shipped("graph/data", "conventions")
    return {name: Convention(name=name, **row) for name, row in table.items()}


@checked
def convention(text: str = "default") -> Convention:
    """A convention by name, with single choices changed on request.

    >>> convention("pytorch,logits=last").logits
    'last'

    Raises:
        UnknownNameError: an unknown convention, field or choice.
    """
    name, *changes = text.split(",")
    if name not in conventions():
        raise UnknownNameError("convention", name, conventions())
    known = {f.name for f in fields(Convention)} & CHOICES.keys()
    changed = choices_in("convention", text, changes, known)
    return replace(conventions()[name], name=text, **changed)


def choices_in(
    what: str, text: str, changes: Iterable[str], known: Collection[str]
) -> dict[str, str]:
    """The choices that parts of a text make, each ``field=choice``.

    Raises:
        ConfigError: a part that makes none, or a field that is chosen twice.
        UnknownNameError: an unknown field.
    """
    found: dict[str, str] = {}
    for change in changes:
        field, sign, choice = change.partition("=")
        if not sign:
            raise ConfigError(f"{what} {text!r}: {change!r} should read field=choice")
        if field not in known:
            raise UnknownNameError(f"field of {what}", field, known)
        if field in found:
            raise ConfigError(f"{what} {text!r}: {field} is chosen twice; leave one out")
        found[field] = choice
    return found
