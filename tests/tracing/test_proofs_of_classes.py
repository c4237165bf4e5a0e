"""Architecture files proven against the classes of the installed transformers, a sample of them."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from edgesym.data import stems
from reports import proofs

#: Plain, with windows, experts, latent attention, states by chunks; an encoder, a pair.
SAMPLE = ("llama", "gemma2", "mixtral", "deepseek_v2", "lfm2", "bamba", "electra", "mt5")


@pytest.mark.slow
@pytest.mark.parametrize("file", SAMPLE)
def test_a_file_is_proven_or_explained(file: str) -> None:
    row = proofs.proven(file, None)
    assert "failed" not in row, row
    assert proofs.is_right(row), [regime["differences"] for regime in row["regimes"]]


@pytest.mark.slow
def test_files_of_which_nothing_is_proven_are_those_of_no_class() -> None:
    there = {row["file"]: row for row in proofs.data()["files"]}
    for file in stems("architectures/data"):
        if there.get(file, {}).get("failed") == "no class of transformers runs it":
            assert list(proofs.configs(file)) == []
