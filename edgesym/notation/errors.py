"""What is wrong with an equation, and where in its text."""

from __future__ import annotations

from edgesym.errors import ExpressionError

__all__ = ["NotationError"]

_AROUND = 24


class NotationError(ExpressionError):
    """An equation, or a list of the symbols that it declares, cannot be read.

    ``position`` counts characters from the start of the text, ``token`` is the text that
    stands there, and ``undeclared`` the name that nobody declared (or the empty text).
    """

    def __init__(
        self, what: str, text: str = "", position: int = 0, token: str = "", undeclared: str = ""
    ) -> None:
        super().__init__(what + _place(text, position, token))
        self.position = position
        self.token = token
        self.undeclared = undeclared


def _place(text: str, position: int, token: str) -> str:
    """Where in the text the token stands, with what stands around it.

    >>> _place("2 d_x L", 2, "d_x")
    ' (at character 3: 2 >>d_x<< L)'
    """
    if not text:
        return ""
    end = position + len(token)
    before = ("..." if position > _AROUND else "") + text[max(0, position - _AROUND) : position]
    after = text[end : end + _AROUND] + ("..." if len(text) > end + _AROUND else "")
    return f" (at character {position + 1}: {before}>>{token[:_AROUND]}<<{after})"
