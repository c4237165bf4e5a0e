"""A Dask cluster: tasks go to its workers, their rows come back, and are written here.

No disk is shared. What a lost worker had computed or begun, Dask gives to another.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

from edgesym.analysis.sweep.best import Front, Rows, Top
from edgesym.analysis.sweep.engines.engine import EngineError, Task, processors
from edgesym.analysis.sweep.engines.task import rows_of
from edgesym.analysis.sweep.job import Job
from edgesym.analysis.sweep.points import points_of
from edgesym.architectures.fingerprint import code_version
from edgesym.errors import ConfigError, EdgesymError

__all__ = ["Cluster"]

#: Seconds in which a scheduler is to answer, and to have a worker.
ANSWER = 10
#: Seconds after which a wait for rows looks whether anything is there that computes them; how
#: many times in a row that may be nothing.
_LOOK, _LOOKS = 5, 12
#: Tasks after which the threads of the cluster are counted anew.
_RECOUNT = 64


class Cluster:
    """Workers of a scheduler: the one at an address, or that Dask's own configuration names.

    Without either Dask makes a cluster on this machine.
    """

    span = 8

    def __init__(self, job: Job, workers: int | None, scheduler: str) -> None:
        """Be ready for tasks; see :class:`~edgesym.analysis.sweep.engines.engine.Engine`.

        Raises:
            ConfigError: Dask is not installed, or no scheduler or worker answers in time.
        """
        try:
            import dask
            import distributed
        except ImportError as error:
            raise ConfigError(
                "the engine dask needs the package distributed: install edgesym[distributed]"
            ) from error
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        address = scheduler or dask.config.get("scheduler-address", None)
        if address and workers is not None:
            raise ConfigError(f"workers = {workers}: the scheduler {address} has its own")
        self._job = job
        self._cluster: Any = None
        self._client: Any = None
        self._where = f"the scheduler {address}" if address else "Dask's cluster here"
        if address:
            _refuse_silent(address)
        else:
            with _deaf():
                self._cluster = distributed.LocalCluster(
                    n_workers=workers or processors(),
                    threads_per_worker=1,
                    dashboard_address=":0",
                    silence_logs=logging.CRITICAL,
                )
        try:
            self._client = distributed.Client(
                address or self._cluster, timeout=ANSWER, set_as_default=False
            )
            self._client.wait_for_workers(1, timeout=ANSWER)
        except (OSError, ValueError) as error:
            self.close()
            raise ConfigError(
                f"{self._where} has no worker within {ANSWER} s; start one: dask worker {address}"
            ) from error
        self._points: Any = None
        self._case, self._begun = -1, 0
        self._threads, self._missed = 1, 0

    @property
    def ahead(self) -> int:
        """Two tasks a thread, and some, so that one late worker does not hold up the others."""
        if self._begun % _RECOUNT == 0:
            self._threads = max(1, sum(self._workers().values()))
        return 2 * self._threads + 2

    def _workers(self) -> dict[str, int]:
        """The threads of each worker that the scheduler knows of; empty without a scheduler."""
        with suppress(OSError, ValueError, RuntimeError):  # no scheduler: no workers
            if self._client.status == "running":
                known = self._client.scheduler_info()["workers"]
                return {name: worker["nthreads"] for name, worker in known.items()}
        return {}

    def submit(self, task: Task, best: Top | Front | None) -> Any:
        """Begin a task, which is given the bounds of the best rows so far."""
        if task.case != self._case:
            # a result of its own, which Dask makes again where it is lost
            self._points = self._client.submit(points_of, *self._job.case(task.case), pure=False)
            self._case = task.case
        self._begun += 1
        bound = None if best is None else best.bound()
        return self._client.submit(
            rows_of, self._points, code_version(), task.first, task.last, bound, pure=False
        )

    def rows(self, begun: Any) -> Rows:
        """The rows of a task, waited for as long as a worker is there.

        Raises:
            EngineError: workers died at it again and again, or none or no scheduler is left.
            ConfigError: a worker has not this edgesym.
        """
        while True:
            try:
                found: Rows = begun.result(timeout=_LOOK)
            except TimeoutError:  # waits go on; too many are told
                self._missed = 0 if self._workers() else self._missed + 1
                if self._missed == _LOOKS:
                    wait = _LOOK * _LOOKS
                    raise EngineError(f"{self._where} has had no worker for {wait} s") from None
            except EdgesymError:
                raise
            except ImportError as error:
                raise ConfigError(
                    f"a worker of {self._where} cannot run the tasks ({error}); install the "
                    "edgesym of this machine there"
                ) from error
            except Exception as error:
                raise EngineError(f"{self._where} failed: {_line(error)}") from error
            else:
                self._missed = 0
                return found

    def reuse(self, rows: Rows) -> None:
        """Nothing: each task's rows come in memory of their own."""

    def close(self) -> None:
        """Drop what was begun, and end the cluster if Dask made it here for this."""
        for one in (self._client, self._cluster):
            if one is not None:
                with suppress(Exception):  # it is over, whatever is left of it
                    one.close(timeout=ANSWER)


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes that begin here leave Ctrl-C, which a terminal sends to all, to this one."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _refuse_silent(address: str) -> None:
    """Refuse an address at which no scheduler answers in time.

    Raises:
        ConfigError: saying what happened instead.
    """
    from distributed import Security, rpc

    async def asked() -> Any:
        arguments = Security().get_connection_args("client")
        async with rpc(address, timeout=ANSWER, connection_args=arguments) as server:
            return await server.identity()

    async def answer() -> Any:
        return await asyncio.wait_for(asked(), ANSWER)

    try:
        # in a thread of its own: a notebook has a loop of events that runs already
        with ThreadPoolExecutor(max_workers=1) as pool:
            found = pool.submit(asyncio.run, answer()).result()["type"]
        what = "" if found == "Scheduler" else f"a {found.lower()} answers there"
    except TimeoutError:  # told below
        what = f"nothing within {ANSWER} s"
    except MemoryError:  # told below
        what = "what answers there is none"
    except Exception as error:  # noqa: BLE001 (whatever listens there, and what Dask makes of it)
        what = _line(error)
    if what:
        raise ConfigError(
            f"--scheduler {address}: no Dask scheduler answers ({what}); start one with "
            "dask scheduler, and give its address, as tcp://HOST:PORT"
        )


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
