"""Where batches run: threads here, or the workers of a dask.distributed cluster.

Threads are enough on one machine: the network, partial sorting and compression let go of Python's
lock (docs/scale.md has the measurement). We schedule nothing ourselves: threads are
Python's own pool, and a cluster is dask's own executor; both take a call and return a future.
"""

from __future__ import annotations

from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from farside.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

CONNECT_S = 30
SCHEMES = ("tcp", "tls", "ws", "wss")
"""How dask.distributed may be reached."""


@dataclass(frozen=True)
class Pool:
    """An executor, how many calls it works on at a time, and how it says that a worker died.

    Parameters
    ----------
    executor : of Python or of dask
    workers : calls at a time
    lost : what a call raises whose worker died
    tries : times that such a call is handed out before its tile is skipped; dask itself hands
        out a call anew (``distributed.scheduler.allowed-failures``), and gets it once
    alive : whether there is still somebody who works
    """

    executor: Executor
    workers: int
    lost: tuple[type[BaseException], ...] = ()
    tries: int = 3
    alive: Callable[[], bool] = lambda: True

    def submit(self, call: Callable[..., Any], *given: Any) -> Future[Any]:
        """Hand out a call."""
        return self.executor.submit(call, *given)

    def drop(self, futures: Iterable[Future[Any]]) -> None:
        """Take back calls that have not begun."""
        for future in futures:
            future.cancel()


@contextmanager
def executor(scheduler: str, workers: int) -> Iterator[Pool]:
    """Yield the pool of a scheduler.

    Parameters
    ----------
    scheduler : ``"threads"``, or the address of a dask scheduler
    workers : threads; a cluster has as many as it has

    Raises
    ------
    InputError
        when it is neither, or no scheduler answers
    MissingExtraError
        when dask.distributed is needed and not installed
    """
    if scheduler == "threads":
        with ThreadPoolExecutor(workers, thread_name_prefix="farside-map") as threads:
            yield Pool(threads, workers)
        return
    if not _is_address(scheduler):
        raise InputError(
            f"unknown scheduler {scheduler!r}; known: threads, and the address of a dask "
            "scheduler such as tcp://host:8786."
        )
    with _cluster(scheduler) as pool:
        yield pool


def _is_address(text: str) -> bool:
    try:
        found = urlsplit(text)
        return found.scheme in SCHEMES and bool(found.hostname and found.port)
    except ValueError:  # a port that is no number
        return False


@contextmanager
def _cluster(address: str) -> Iterator[Pool]:
    try:
        import distributed  # noqa: PLC0415 - an extra
        from distributed.comm import CommClosedError  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError(
            "a cluster needs dask.distributed, which is not installed; run: "
            "pip install 'farside[cluster]'."
        ) from error
    try:
        client = distributed.Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(
            f"no dask scheduler answers at {address} ({error}); start one with 'dask scheduler'."
        ) from error
    with client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise InputError(
                f"the scheduler at {address} has no worker; start some with "
                f"'dask worker {address}'."
            )
        lost = (distributed.KilledWorker, CommClosedError, CancelledError, TimeoutError)
        # a call writes files: it is never the same call twice, whatever its arguments
        yield Pool(
            client.get_executor(pure=False),
            threads,
            lost,
            tries=1,
            alive=lambda: client.status in ("running", "connecting"),
        )
