"""Looks up a host and connects to it, both within a time limit.

The system's look-up cannot be interrupted, so it runs in a thread that can be left behind: one a
host and port at a time, however many wait for it.
"""

import os
import socket
import threading
from concurrent.futures import Future
from typing import Any

from .deadline import Deadline

# family, kind, protocol, and the address in the family's own shape
Address = tuple[socket.AddressFamily, socket.SocketKind, int, Any]

_lock = threading.Lock()
_running: dict[tuple[str, int], Future[list[Address]]] = {}
os.register_at_fork(after_in_child=_running.clear)  # its threads stay with the parent


def look_up(host: str, port: int, limit: Deadline) -> list[Address]:
    """The addresses of `host`; none where it has none. Raises TimeoutError."""
    with _lock:
        found = _running.get((host, port))
        if found is None:
            found = Future()
            threading.Thread(target=_resolve, args=(host, port, found), daemon=True).start()
            _running[host, port] = found  # only now: the thread may not have started
    return found.result(timeout=limit.remaining())


def _resolve(host: str, port: int, found: Future[list[Address]]) -> None:
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        rows = []
    with _lock:
        del _running[host, port]
    found.set_result([(family, kind, proto, address) for family, kind, proto, _, address in rows])


def dial(addresses: list[Address], limit: Deadline) -> socket.socket:
    """Connect to the first address that answers; each gets its share of the time left."""
    failure = OSError("no address")
    for index, (family, kind, proto, address) in enumerate(addresses):
        sock = socket.socket(family, kind, proto)
        try:
            sock.settimeout(max(0.001, limit.remaining() / (len(addresses) - index)))
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            sock.close()
            failure = error
        else:
            sock.settimeout(max(0.001, limit.remaining()))
            return sock
    raise failure
