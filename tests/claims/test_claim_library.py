"""The claims that edgesym ships: each file is of a paper, and each claim keeps its verdict."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgesym.claims.check import check
from edgesym.claims.claim import VERDICTS
from edgesym.claims.documents.shelf import library_document
from edgesym.claims.library import claims_of, papers
from edgesym.render.write import write

#: edgesym claims --all --format markdown
PAGE = Path(__file__).parents[2] / "docs" / "published-equations.md"
LIBRARY = [
    pytest.param(item, id=f"{paper}:{item.id}") for paper in papers() for item in claims_of(paper)
]


@pytest.mark.parametrize("item", LIBRARY)
def test_the_library_holds_its_verdicts(item):
    assert check(item).verdict == item.expected


@pytest.mark.parametrize("name", papers())
def test_a_file_names_its_paper_and_where_each_equation_stands(name):
    claims = claims_of(name)
    assert claims
    assert len({item.id for item in claims}) == len(claims)
    for item in claims:
        assert item.paper.name
        assert item.paper.address
        assert item.where
        assert item.expected in VERDICTS


def test_the_library_is_large_and_each_address_is_of_one_paper():
    claims = [item for name in papers() for item in claims_of(name)]
    assert len(claims) >= 200
    assert len(papers()) >= 60
    addresses = [claims_of(name)[0].paper.address for name in papers()]
    assert len(set(addresses)) == len(addresses)


def test_the_page_of_the_library_has_a_row_for_each_claim():
    shelf = library_document([check(item, search=False) for item in claims_of("roofline")])
    assert "Roofline (2009)" in write(shelf, "markdown")
    page = PAGE.read_text(encoding="utf-8")
    for name in papers():
        claims = claims_of(name)
        paper = claims[0].paper
        section = page.partition(f"\n## {paper.name} ({paper.year})\n")[2].partition("\n## ")[0]
        rows = [line for line in section.splitlines() if line.startswith("| ")]
        assert len(rows) == len(claims) + 1, f"{name}: write the page again"
