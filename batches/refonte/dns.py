"""Resolves host names within a time limit.

getaddrinfo cannot be interrupted, so it runs in a thread that a caller stops waiting for. Calls for
the same host and port share one thread.
"""

import os
import socket
import threading
from concurrent.futures import Future
from typing import Any

from .deadline import Deadline

# family, kind, protocol, and the address in the form of the family
Address = tuple[socket.AddressFamily, socket.SocketKind, int, Any]

_lock = threading.Lock()
_running: dict[tuple[str, int], Future[list[Address]]] = {}
os.register_at_fork(
    after_in_child=_running.clear
)  # a fork copies no threads: nothing would ever finish here


def resolve(host: str, port: int, limit: Deadline) -> list[Address]:
    """The addresses of `host`, an empty list where it has none. Raises TimeoutError."""
    with _lock:
        future = _running.get((host, port))
        if future is None:
            future = Future()
            threading.Thread(target=_resolve, args=(host, port, future), daemon=True).start()
            _running[host, port] = (
                future  # not before start(), which may fail: others would wait for nothing
            )
    return future.result(timeout=limit.remaining())


def _resolve(host: str, port: int, future: Future[list[Address]]) -> None:
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        rows = []
    with _lock:
        del _running[host, port]
    future.set_result([(family, kind, proto, address) for family, kind, proto, _, address in rows])
