"""Rates by injected clocks: amounts over the best time, spread to the median."""

from __future__ import annotations

import os
from itertools import count

import pytest

from edgesym.measuring.calibration import storage
from edgesym.measuring.calibration.bandwidth import array_bytes, bandwidths
from edgesym.measuring.calibration.launches import dispatch, waking
from edgesym.measuring.calibration.products import best, numpy_products, own
from edgesym.measuring.calibration.rate import Rate
from edgesym.measuring.calibration.storage import storage_read
from edgesym.measuring.latency import seconds_of

TICK = 0.5


@pytest.fixture
def clock():
    """A clock that goes on by half a second whenever it is read."""
    ticks = count()
    return lambda: next(ticks) * TICK


def test_runs_end_with_their_number_or_their_budget(clock):
    assert seconds_of(lambda: None, 3, clock=clock) == [TICK] * 3
    assert seconds_of(lambda: None, 9, budget=1.0, clock=clock) == [TICK] * 2
    assert seconds_of(lambda: None, 9, budget=0.0, clock=clock) == [TICK]


def test_warming_up_is_not_timed(clock):
    ran = []
    assert len(seconds_of(lambda: ran.append(1), 2, warm=3, clock=clock)) == 2
    assert len(ran) == 5


def test_the_best_run_counts_and_spreads_to_the_median():
    found = Rate.of(12, [4.0, 2.0, 3.0], "", "")
    assert (found.value, found.std) == (6.0, 2.0)
    assert Rate.each([4.0, 2.0, 3.0], 2, "", "").std == 0.5
    assert Rate.read(found.as_json()) == found


def test_bandwidth_counts_the_bytes_that_stream_counts(clock):
    size = 2**20
    found = bandwidths(size, 2, 3, 10.0, clock)
    per = {kind: rate.value * TICK / size for kind, rate in found.items()}
    assert per == {"read": 1.0, "copy": 2.0, "triad": 3.0}


def test_arrays_pass_the_caches_and_leave_memory_free():
    assert array_bytes(2**20, 2**40) == 64 * 2**20
    assert array_bytes(2**30, 2**40) == 512 * 2**20
    assert 3 * array_bytes(2**30, 2**28) <= 2**26


def test_products_count_two_operations_a_term(clock):
    found = numpy_products(64, 2, 10.0, clock)
    assert found["fp32"].value == 2 * 64**3 / TICK
    assert "NumPy" in found["fp64"].by


def test_the_faster_library_counts_and_what_is_emulated_does_not():
    def of(value):
        return Rate(value, 0.0, "", "")

    joined = best({"fp32": of(9.0), "fp64": of(4.0)}, {"fp32": of(5.0), "fp16": of(1.0)})
    assert joined["fp32"].value == 9.0
    assert list(own(joined)) == ["fp32", "fp64"]


def test_launches_are_of_one_operation(clock):
    assert dispatch(2, clock=clock).value == TICK / 1000
    assert waking(2, clock=clock).value == TICK / 2000


def test_storage_is_read_past_the_cache_and_leaves_nothing(tmp_path, clock):
    size = 8 * 2**20
    found = storage_read(tmp_path, size, 2, 10.0, clock)
    assert found is None or found.value == size / TICK
    assert not list(tmp_path.iterdir())


def test_without_direct_reading_the_system_is_asked_to_forget(tmp_path, clock, monkeypatch):
    if not hasattr(os, "posix_fadvise"):
        pytest.skip("this system has no posix_fadvise")
    monkeypatch.delattr(os, "O_DIRECT", raising=False)
    forgotten = []
    monkeypatch.setattr(os, "posix_fadvise", lambda *given: forgotten.append(given))
    found = storage_read(tmp_path, 4 * 2**20, 2, 10.0, clock)
    assert found.by == "posix_fadvise"
    assert len(forgotten) == 2


def test_where_the_cache_cannot_be_kept_out_nothing_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "_ways", list)
    assert storage_read(tmp_path, 4 * 2**20, 1, 1.0) is None


def test_a_folder_that_cannot_be_written_to_leaves_nothing(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        storage_read(tmp_path / "absent", 4 * 2**20, 1, 1.0)
