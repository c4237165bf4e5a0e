"""The page of the types of transformers, of what was measured: no torch is needed."""

from __future__ import annotations

from benchmarks.traced_configs import FAMILIES, made_small
from reports import types as page


def test_every_type_has_one_row_a_verdict_and_a_family() -> None:
    rows = page.facts()["types"]
    names = [row["type"] for row in rows]
    assert names == sorted(set(names))
    assert {row["verdict"] for row in rows} <= set(page.VERDICTS)
    assert all(row["families"] and set(row["families"]) <= FAMILIES.keys() for row in rows)
    assert all(row["reason"] for row in rows if row["verdict"] in ("refused", "cannot run"))


def test_no_row_is_equal_of_which_nothing_was_compared() -> None:
    equal = [row for row in page.facts()["types"] if row["verdict"] == "equal"]
    assert [row["type"] for row in equal if not row["points"] and not row["counts"]] == []


def test_types_are_counted_by_verdict() -> None:
    rows = [
        {"type": "llama", "verdict": "equal"},
        {"type": "bert", "verdict": "refused"},
        {"type": "unheard-of", "verdict": "refused"},
    ]
    counted = page.tally(rows)
    assert (counted["types"], counted["equal"], counted["refused"]) == (3, 1, 2)
    assert (counted["read"], counted["read or traced"]) == (2, 2)


def test_a_config_that_is_run_for_real_keeps_what_is_no_width() -> None:
    config = {"hidden_size": 64, "num_heads": 8, "text_config": {"d_ff": 4}}
    assert made_small(config, 8) == {"hidden_size": 8, "num_heads": 8, "text_config": {"d_ff": 1}}
