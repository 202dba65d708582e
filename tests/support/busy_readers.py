"""A process whose readers are all busy, and threads that wait for one."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from batches.services.vendor import calls
from batches.services.vendor.calls import Kind
from tests.support.reads import thread_for


@contextmanager
def all_readers_busy() -> Iterator[ExitStack]:
    """Takes every reader. Closing the stack frees all of them at once."""
    with ExitStack() as taken:
        for _ in range(calls.READERS):
            taken.enter_context(calls.safeguards().slot(Kind.POLL))
        yield taken


@contextmanager
def waiting_in_threads(*acts: Callable[[], object]) -> Iterator[None]:
    """Within the block each thread waits for a reader; after it, all have ended."""
    queue, threads = calls.safeguards().readers._queue, [thread_for(act) for act in acts]
    for number, thread in enumerate(threads, start=1):
        thread.start()
        while len(queue) < number and thread.is_alive():
            thread.join(0.002)
    yield
    for thread in threads:
        thread.join(60)
