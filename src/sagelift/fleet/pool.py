"""Work on many repositories at once, of which none can stop the others."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, as_completed
from multiprocessing import get_context, parent_process
from multiprocessing.util import Finalize
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessPool

from sagelift.errors import SageliftError

Item = TypeVar("Item")
Result = TypeVar("Result")


def run(  # noqa: PLR0913  each is a dial of the pool
    task: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    jobs: int | None = None,
    timeout: float | None = None,
    initializer: Callable[..., None] | None = None,
    arguments: Iterable[object] = (),
) -> Iterator[tuple[Item, Result | SageliftError]]:
    """Run a task on each item, in worker processes that live on from one item to the next.

    A worker that crashes or takes too long is replaced, and costs its own item alone.

    Args:
        task: What to do; like the items and the results, it can be pickled.
        items: What to do it on.
        jobs: How many workers there are at most; default: one for each processor.
        timeout: The seconds that one item may take.
        initializer: What each worker does first.
        arguments: Its arguments.

    Yields:
        Each item as soon as it is done, with the task's result, or with the fault that ended it.
    """
    waiting = list(items)
    if not waiting:
        return
    pool: Any = ProcessPool(
        max_workers=min(jobs or os.cpu_count() or 1, len(waiting)),
        initializer=_begin,
        initargs=[initializer, *arguments],
        # A fork would copy the locks of this process's threads as they happen to be.
        context=get_context("spawn"),
    )
    try:
        futures: dict[Future[Result], Item] = {
            pool.schedule(task, args=[item], timeout=timeout): item for item in waiting
        }
        for future in as_completed(futures):
            result = _result(future, timeout)
            yield futures[future], result
        pool.close()
    finally:
        pool.stop()
        pool.join()


def _begin(initializer: Callable[..., None] | None, *arguments: object) -> None:
    # What is being done is cleaned up when the worker is told to end, which it is, too, when its parent was killed:
    # nobody would know of what it goes on to do.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    # A worker that ends anyhow has nothing to clean up, and Python would tell what was interrupted.
    Finalize(None, signal.signal, (signal.SIGTERM, signal.SIG_DFL), exitpriority=0)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if initializer:
        initializer(*arguments)


def _end_with_parent() -> None:
    if parent := parent_process():
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _result(future: "Future[Result]", timeout: float | None) -> Result | SageliftError:
    try:
        return future.result()
    except SageliftError as error:
        return error
    except TimeoutError:
        return SageliftError(f"It took longer than {timeout:.0f} seconds: look into it by hand, or allow for more.")
    except ProcessExpired as error:
        return SageliftError(f"Its worker process ended with code {error.exitcode}: is the memory short?")
    except Exception as error:  # noqa: BLE001  whatever it is, the other items go on
        return SageliftError(f"{type(error).__name__}: {error}")
