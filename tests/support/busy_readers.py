"""What the tests of a busy process share: all readers are taken, and somebody waits for one."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from batches.services.vendor import calls
from batches.services.vendor.calls import Kind
from tests.support.reads import thread_for


@contextmanager
def all_readers_busy() -> Iterator[ExitStack]:
    """Close what is given to let all of them go at once."""
    with ExitStack() as taken:
        for _ in range(calls.READERS):
            taken.enter_context(calls.safeguards().slot(Kind.POLL))
        yield taken


@contextmanager
def waiting_in_threads(*acts: Callable[[], object]) -> Iterator[None]:
    """Each waits for a reader by the time the block begins; all are done after it."""
    queue, threads = calls.safeguards().readers._queue, [thread_for(act) for act in acts]
    for number, thread in enumerate(threads, start=1):
        thread.start()
        while len(queue) < number and thread.is_alive():
            thread.join(0.002)
    yield
    for thread in threads:
        thread.join(60)
