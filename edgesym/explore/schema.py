"""What a question of the checker's page may hold."""

from __future__ import annotations

from typing import Literal

from edgesym.filetypes import Line, Table, Text

__all__ = ["Question"]


class Question(Table):
    """An equation, what it speaks of, and what it assumes."""

    equation: Text = ""
    notation: Literal["latex", "plain"] = "latex"
    quantity: Line = ""
    symbols: Text = ""
    part: Line = "*"
    phase: Line = "forward"
    per: Line = "model"
    assumptions: list[Line] = []
