"""The LaTeX source of a paper: its files, macros, displayed equations and the words around them."""

from edgesym.notation.tex.equations import Printed
from edgesym.notation.tex.paper import Paper, read_paper

__all__ = ["Paper", "Printed", "read_paper"]
