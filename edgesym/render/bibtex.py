"""Sources as BibTeX, each with what it is used for."""

from __future__ import annotations

from collections.abc import Iterable

from edgesym.document.source import Source
from edgesym.render.latex_text import escape_latex

__all__ = ["bibtex"]


def bibtex(sources: Iterable[Source]) -> str:
    r"""An entry for each source.

    >>> print(bibtex([Source(1, "Llama, arXiv:2302.13971", ("llama-3.2-1b",))]), end="")
    @misc{llama-arxiv-2302-fed9,
      title = {{Llama, arXiv:2302.13971}},
      eprint = {2302.13971},
      archiveprefix = {arXiv},
      howpublished = {\url{https://arxiv.org/abs/2302.13971}},
      note = {Used for: llama-3.2-1b},
    }
    """
    return "\n".join(map(_entry, sources))


def _escaped(text: str) -> str:
    r"""Text as LaTeX prints it, with no brace that BibTeX would count.

    >>> _escaped("a } b_c")
    'a \\textbraceright{} b\\_c'
    """
    found = escape_latex(text).replace(r"\{", r"\textbraceleft{}")
    return found.replace(r"\}", r"\textbraceright{}")


def _entry(source: Source) -> str:
    words = "".join(text for text, is_url in source.pieces() if not is_url).strip(" ,;:()")
    named = words or source.url.partition("://")[2].rstrip("/")
    fields = {"title": f"{{{_escaped(named)}}}"}
    if source.arxiv:
        fields |= {"eprint": source.arxiv, "archiveprefix": "arXiv"}
    if source.doi:
        fields["doi"] = _escaped(source.doi)
    if source.url:
        fields["howpublished"] = rf"\url{{{source.url}}}"
    if source.uses:
        fields["note"] = f"Used for: {_escaped(', '.join(source.uses))}"
    listed = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
    return f"@misc{{{source.key},\n{listed}}}\n"
