"""The claims that edgesym ships: each file is of a paper, and each claim keeps its verdict."""

from __future__ import annotations

import pytest

from edgesym.claims.check import check
from edgesym.claims.claim import VERDICTS
from edgesym.claims.library import claims_of, papers

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
