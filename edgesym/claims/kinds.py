"""The relations that a claim can state, and how each is spelled."""

from __future__ import annotations

from edgesym.errors import ConfigError, nearest
from edgesym.notation.vocabulary import ORDERS
from edgesym.notation.vocabulary import RELATIONS as SIGNS

__all__ = ["FLIPPED", "SIGN", "kind_of"]

#: Signs that are told apart from those of the same kind.
_OWN = {
    **dict.fromkeys(("sim", "~", "\u223c"), "sim"),
    **dict.fromkeys(("<", "lt"), "<"),
    **dict.fromkeys((">", "gt"), ">"),
    **dict.fromkeys(("thumb", "rule of thumb"), "thumb"),
    **{sign: sign for sign in ORDERS},
}
#: A relation read from right to left.
FLIPPED = {"<=": ">=", ">=": "<=", "<": ">", ">": "<"}
#: How a relation is written in a sentence.
SIGN = {"approx": "~", "sim": "~", "propto": "is proportional to", "thumb": "~"}


def kind_of(sign: str) -> str:
    r"""The relation that a sign or word spells.

    >>> kind_of(r"\leq"), kind_of("sim"), kind_of("rule of thumb"), kind_of("=")
    ('<=', 'sim', 'thumb', '=')

    Raises:
        ConfigError: there is no such relation.
    """
    bare = sign.strip().removeprefix("\\")
    known = {**SIGNS, **{kind: kind for kind in SIGNS.values()}, **_OWN}
    if bare not in known:
        close = nearest(bare, known)
        hint = f"did you mean {' or '.join(close)}?" if close else "see docs/claims.md"
        raise ConfigError(
            f"relation = {sign!r}; it can be =, approx, sim, propto, <=, >=, <, >, O, Theta, "
            f"Omega, o or thumb; {hint}"
        )
    return known[bare]
