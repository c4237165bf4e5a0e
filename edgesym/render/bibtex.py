"""Sources as BibTeX, each with what it is used for."""

from __future__ import annotations

from collections.abc import Iterable

from edgesym.document.source import Source
from edgesym.render.latex_text import address_latex
from edgesym.render.markup import Bibtex

__all__ = ["bibtex"]


def bibtex(sources: Iterable[Source]) -> Bibtex:
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
    return Bibtex("\n").join(map(_entry, sources))


def _entry(source: Source) -> Bibtex:
    words = "".join(text for text, is_url in source.pieces() if not is_url).strip(" ,;:()")
    named = words or source.url.partition("://")[2].rstrip("/")
    fields = {"title": Bibtex("{%s}") % named}
    if source.arxiv:
        fields |= {"eprint": Bibtex.escape(source.arxiv), "archiveprefix": Bibtex("arXiv")}
    if source.doi:
        fields["doi"] = Bibtex.escape(source.doi)
    if source.url:
        fields["howpublished"] = Bibtex(address_latex(source.url))  # noqa: S704 - it has no brace
    if source.uses:
        fields["note"] = Bibtex("Used for: %s") % ", ".join(source.uses)
    listed = Bibtex("").join(
        Bibtex("  %s = {%s},\n") % (name, value) for name, value in fields.items()
    )
    return Bibtex("@misc{%s,\n%s}\n") % (source.key, listed)
