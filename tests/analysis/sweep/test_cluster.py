"""Sweeps on a real Dask cluster: two worker processes, of which one is killed midway."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest

from edgesym import sweep
from edgesym.analysis.sweep import keep
from edgesym.analysis.sweep.engines import cluster as cluster_module
from edgesym.analysis.sweep.engines.engine import EngineError
from edgesym.analysis.sweep.sweep import Stopped
from edgesym.architectures.locate import load
from edgesym.devices import find_device
from edgesym.errors import ConfigError
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup

distributed = pytest.importorskip("distributed")

ON_PI = Setup(load("llama-3.2-1b"), find_device("raspberry-pi-5"), Run(weights="int4"))
OVER = {"recipe": "int4,q8_0", "bandwidth": "1GB/s..99GB/s:lin:120000", "batch": "1..10"}
POINTS = 2_400_000
NAMES = ["tokens_per_second", "memory_footprint"]
#: A worker that does not come back: no nanny starts it again.
WORKER = ["-m", "distributed.cli.dask_worker", "--no-nanny", "--nthreads", "1", "--no-dashboard"]


class Processes:
    """A scheduler and workers, each a process of its own."""

    def __init__(self, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address, self._folder = f"tcp://127.0.0.1:{port}", folder
        own = ["--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
        self.scheduler = self._start("-m", "distributed.cli.dask_scheduler", *own)
        self.workers = []

    def _start(self, *arguments):
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def grow(self, count):
        """Start workers, and wait for them."""
        self.workers += [self._start(*WORKER, self.address) for _ in range(count)]
        with distributed.Client(self.address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(count, timeout=60)

    def end(self):
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A cluster that no test harms."""
    started = Processes(tmp_path_factory.mktemp("shared"))
    yield started
    started.end()


@pytest.fixture(scope="module")
def two(shared):
    shared.grow(2)
    return shared


@pytest.fixture
def mortal(tmp_path):
    """A cluster of two workers that may be killed."""
    started = Processes(tmp_path)
    started.grow(2)
    yield started
    started.end()


@pytest.fixture(autouse=True)
def _many_tasks(monkeypatch):
    monkeypatch.setattr(cluster_module.Cluster, "span", 1)


def by_two(processes):
    """The same sweep, on a cluster."""
    return {"engine": "dask", "scheduler": processes.address}


def same(one, other):
    assert one.kept == other.kept
    for name, column in one.columns.items():
        assert np.array_equal(column, other[name]), name


def test_a_scheduler_without_workers_is_said(shared, monkeypatch):
    distributed.Client(shared.address, timeout=60, set_as_default=False).close()
    monkeypatch.setattr(cluster_module, "ANSWER", 1)
    with pytest.raises(ConfigError, match="has no worker within 1 s; start one: dask worker tcp"):
        sweep(ON_PI, {"batch": "1..9"}, NAMES, **by_two(shared))


KEPT = [
    {"where": ["tokens_per_second >= 20"]},
    {"top": 30, "by": "memory_footprint"},
    {"pareto": ["tokens_per_second", "memory_footprint", "+batch"]},
]


def test_what_two_workers_keep_is_what_one_process_keeps(two):
    for kept in KEPT:
        one = sweep(ON_PI, OVER, NAMES, **kept)
        assert one.kept > 1
        same(one, sweep(ON_PI, OVER, NAMES, **kept, **by_two(two)))


def test_what_is_interrupted_goes_on_here_or_there(two, tmp_path, monkeypatch):
    monkeypatch.setattr(keep, "_EVERY", 0.0)
    whole, target = tmp_path / "whole.npz", tmp_path / "part.npz"
    sweep(ON_PI, OVER, NAMES, out=whole)

    def stop(done, points, rows):
        if done > stop.after * points:
            raise KeyboardInterrupt

    for after, more in ((0.3, by_two(two)), (0.6, {})):
        stop.after = after
        with pytest.raises(Stopped, match="the same command goes on from there"):
            sweep(ON_PI, OVER, NAMES, out=target, report=stop, **more)
    sweep(ON_PI, OVER, NAMES, out=target, **by_two(two))
    with np.load(whole) as one, np.load(target) as other:
        assert len(one["batch"]) == POINTS
        assert all(np.array_equal(one[name], other[name]) for name in one)


def test_a_cluster_of_dask_s_own_is_made_and_ended():
    over = {"batch": "1..100"}
    same(sweep(ON_PI, over, NAMES), sweep(ON_PI, over, NAMES, engine="dask", workers=1))


def test_a_worker_with_another_edgesym_is_refused(two, monkeypatch):
    monkeypatch.setattr(cluster_module, "code_version", lambda: "another")
    with pytest.raises(ConfigError, match="runs another edgesym than asks; install the same"):
        sweep(ON_PI, {"batch": "1..9"}, NAMES, **by_two(two))


def test_a_wait_for_an_answer_is_bounded(monkeypatch, tmp_path):
    monkeypatch.setattr(cluster_module, "ANSWER", 1)
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        address = f"tcp://127.0.0.1:{mute.getsockname()[1]}"
        asked = {"engine": "dask", "out": tmp_path / "rows.csv", "scheduler": address}
        started = time.monotonic()
        with pytest.raises(ConfigError, match=f"{address}: no Dask scheduler answers"):
            sweep(ON_PI, {"batch": "1..9"}, NAMES, **asked)
    assert time.monotonic() - started < 20
    assert list(tmp_path.glob("rows*")) == []


ADDRESSES = [
    ("nowhere", "missing port number"),
    ("http://a:1", "unknown address scheme 'http'"),
    ("tcp://127.0.0.1:x", "invalid literal"),
]


@pytest.mark.parametrize(("address", "message"), ADDRESSES)
def test_an_address_that_is_none_is_refused(address, message):
    with pytest.raises(ConfigError, match=message):
        sweep(ON_PI, {"batch": "1..9"}, NAMES, engine="dask", scheduler=address)


def test_a_notebook_may_ask(two):
    async def cell():
        return sweep(ON_PI, {"batch": "1..9"}, NAMES, **by_two(two))

    assert asyncio.run(cell()).kept == 9


def test_a_worker_may_be_killed_midway(mortal, tmp_path):
    pq = pytest.importorskip("pyarrow.parquet")
    killed = []

    def kill(done, points, rows):
        if not killed and done > points // 4:
            killed.append(mortal.workers[0].pid)
            os.kill(killed[0], signal.SIGKILL)

    whole = sweep(ON_PI, OVER, NAMES, out=tmp_path / "whole.parquet")
    part = sweep(ON_PI, OVER, NAMES, out=tmp_path / "part.parquet", report=kill, **by_two(mortal))
    assert killed
    assert mortal.workers[0].wait(10) == -signal.SIGKILL
    assert (whole.kept, part.kept) == (POINTS,) * 2
    assert len(list(part.path.iterdir())) > 2
    assert pq.read_table(whole.path).equals(pq.read_table(part.path))


def test_without_workers_or_scheduler_what_is_written_stays(mortal, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster_module, "_LOOK", 0.2)
    target = tmp_path / "rows.npz"
    for victims in (mortal.workers, [mortal.scheduler]):
        if victims == [mortal.scheduler]:
            mortal.grow(2)

        def kill(done, points, rows, victims=victims):
            for process in victims:
                process.kill()

        with pytest.raises(EngineError, match=r"rows\.npz is not done.*same command goes on"):
            sweep(ON_PI, OVER, NAMES, out=target, report=kill, **by_two(mortal))
    assert sweep(ON_PI, OVER, NAMES, out=target).kept == POINTS
