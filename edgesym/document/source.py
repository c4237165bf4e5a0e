"""Where something comes from: a text, and what can be read in it: addresses, articles, files."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

__all__ = ["Source"]

#: Addresses in text, of the characters that an address may have (RFC 3986), without the full stop
#: or bracket that ends a sentence.
_URL = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*[A-Za-z0-9\-_~/#@$&*+=%]")
_ARXIV = re.compile(r"arXiv[: ](\d{4}\.\d{4,5})", re.IGNORECASE)
_DOI = re.compile(r"\b(?:doi:|https://doi\.org/)(10\.\d{4,9}/[\w\-.()/:]*[\w\-/])", re.IGNORECASE)
#: A file in a repository at a commit: ``github:owner/name@commit:path``.
_GITHUB = re.compile(r"github:([\w.-]+/[\w.-]+)@(\w+)(?::([\w./-]+))?")
#: Words that say nothing in a key.
_EMPTY = {"https", "http", "www", "com", "org", "net", "github", "blob", "html", "the", "of", "and"}
_WORDS, _DIGEST = 3, 4


@dataclass(frozen=True, slots=True)
class Source:
    """Where something comes from.

    Attributes:
        number: in the order of the first citations.
        text: as it is written in the data.
        uses: what was taken from it.
    """

    number: int
    text: str
    uses: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """A name that depends on the text alone: words of it, and a digest of all of it.

        >>> Source(1, "https://www.raspberrypi.com/products/raspberry-pi-5/").key
        'raspberrypi-products-raspberry-5049'
        """
        words = re.findall(r"[a-z0-9]+", self.text.lower())
        told = [word for word in words if word not in _EMPTY][:_WORDS]
        digest = hashlib.sha256(self.text.encode()).hexdigest()[:_DIGEST]
        return "-".join([*told, digest])

    @property
    def url(self) -> str:
        """Its address: the first of the text, or that of an article or a file in a repository.

        >>> Source(1, "Williams et al. 2009, doi:10.1145/1498765.1498785").url
        'https://doi.org/10.1145/1498765.1498785'
        """
        if found := _URL.search(self.text):
            return found[0]
        if self.doi:
            return f"https://doi.org/{self.doi}"
        if self.arxiv:
            return f"https://arxiv.org/abs/{self.arxiv}"
        if found := _GITHUB.search(self.text):
            path = f"/blob/{found[2]}/{found[3]}" if found[3] else f"/tree/{found[2]}"
            return f"https://github.com/{found[1]}{path}"
        return ""

    @property
    def arxiv(self) -> str:
        """Its number at arXiv."""
        found = _ARXIV.search(self.text)
        return found[1] if found else ""

    @property
    def doi(self) -> str:
        """Its digital object identifier."""
        found = _DOI.search(self.text)
        return found[1] if found else ""

    def pieces(self) -> list[tuple[str, bool]]:
        """The text in pieces, and which of them are addresses.

        >>> Source(1, "see https://a.org/b.").pieces()
        [('see ', False), ('https://a.org/b', True), ('.', False)]
        """
        found, at = [], 0
        for match in _URL.finditer(self.text):
            found += [(self.text[at : match.start()], False), (match[0], True)]
            at = match.end()
        return [(text, is_url) for text, is_url in (*found, (self.text[at:], False)) if text]
