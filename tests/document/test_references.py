"""Sources: numbers, keys, addresses, BibTeX; text of users is only ever text."""

from __future__ import annotations

import re

import pytest

from edgesym.document.nodes import Bibliography, Document, Text
from edgesym.document.references import References
from edgesym.document.source import Source
from edgesym.render.bibtex import bibtex
from edgesym.render.html import html_document
from edgesym.render.latex import latex_document
from edgesym.render.markdown import markdown_document

NASTY = 'x} \\input{y} <script>alert(1)</script> $z$ % # _ & "q" https://a.org/p?q=1"><script>'


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://www.raspberrypi.com/products/", "https://www.raspberrypi.com/products/"),
        ("see https://a.org/b(c), page 2", "https://a.org/b(c"),
        ("Kalamkar et al. 2019, arXiv:1905.12322", "https://arxiv.org/abs/1905.12322"),
        ("github:o/n@abc123:src/a.py", "https://github.com/o/n/blob/abc123/src/a.py"),
        ("javascript:alert(1)", ""),
        ("ggml.h, two's complement", ""),
    ],
)
def test_addresses_are_those_of_the_text(text, url):
    assert Source(1, text).url == url


def test_every_text_has_a_key_of_its_own():
    texts = ["https://a.org/b", "https://a.org/c", "", "é", NASTY, *map(str, range(500))]
    keys = {Source(1, text).key for text in texts}
    assert len(keys) == len(texts)
    assert all(re.fullmatch(r"[a-z0-9-]+", key) for key in keys)


def test_braces_of_an_entry_are_balanced():
    text = bibtex([Source(1, NASTY, ("a } use",)), Source(2, "{{{")])
    depth = 0
    for sign in re.sub(r"\\url\{[^}]*\}", "", text):
        depth += (sign == "{") - (sign == "}")
        assert depth >= 0
    assert depth == 0
    assert r"\input" not in text.replace(r"\textbackslash{}input", "")


def test_sources_are_text_in_every_medium():
    references = References()
    cite = references.cite(NASTY, NASTY)
    made = Document("t", (Text(("word ", cite)), Bibliography(references.sources)), dict)
    assert "<script" not in html_document(made)
    assert "<script" not in re.sub(r"```.*?```", "", markdown_document(made), flags=re.DOTALL)
    latex = latex_document(made)
    assert r"\input{y}" not in latex
    assert rf"\cite{{{cite.key}}}" in latex
