"""Jobs of several keys side by side in one process: a slow answer to one delays no other key."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from django.db import connections

log = logging.getLogger(__name__)


class KeyThreads:
    """So many threads; a key has one job at a time.

    Nothing is queued: the caller tries again later, with the most urgent key of that time first.
    """

    def __init__(self, size: int, name: str) -> None:
        self._size, self._lock = size, threading.Lock()
        self._pool = ThreadPoolExecutor(size, thread_name_prefix=name)
        self._running: dict[str, Future[None]] = {}

    @property
    def is_busy(self) -> bool:
        return bool(self._running)

    def start(self, key: str, job: Callable[[], object]) -> bool:
        """False where all threads are taken, or the key has a job already."""
        with self._lock:
            if key in self._running or len(self._running) >= self._size:
                return False
            self._running[key] = self._pool.submit(self._run, key, job)
            return True

    def wait(self) -> None:
        """Until all jobs that have started are done."""
        with self._lock:
            started = [*self._running.values()]
        wait(started)

    def _run(self, key: str, job: Callable[[], object]) -> None:
        try:
            job()
        except Exception:
            log.exception("a job in the background failed", extra={"key": key})
        finally:
            connections.close_all()  # or each idle thread would keep one
            with self._lock:
                del self._running[key]
