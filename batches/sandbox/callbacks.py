"""Posts to the callbacks of batches that complete, as the vendor does.

Only to http addresses of this machine: nothing leaves it, whatever a batch has as its callback. The
vendor's documentation does not say what is posted; here it is the batch, as a read returns it.
"""

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

LOOK_EVERY = 0.3  # seconds
POST_SECONDS = 3.0  # for one post in all

Call = tuple[str, dict[str, Any]]  # the address, and what is posted


def is_on_this_machine(callback: str | None) -> bool:
    """Whether a callback is an http address of this machine."""
    try:
        parts = urlsplit(callback or "")
        if parts.scheme != "http" or parts.port == 0:
            return False
        return parts.hostname == "localhost" or ip_address(parts.hostname or "").is_loopback
    except ValueError:  # a name, which is not looked up; or no URL, or no port
        return False


class CallbackThread:
    """A thread that posts, so that no answer of the sandbox waits for one."""

    def __init__(self, take_calls: Callable[[], Iterable[Call]]) -> None:
        self._take_calls = take_calls
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="callbacks", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Waits for a post that is under way."""
        self._stopping.set()
        self._thread.join(2 * POST_SECONDS)

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_EVERY):
            for address, body in self._take_calls():
                # not sent again: the vendor promises no second one either. ValueError: no request
                # can have such a path
                with suppress(OSError, http.client.HTTPException, ValueError):
                    post(address, body)


def post(address: str, body: dict[str, Any]) -> int:
    """The status of the answer. Raises OSError and HTTPException."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=POST_SECONDS)
    connection.connect()
    # a time limit of a socket is for each read, and an answer may come in any number of them
    limit = threading.Timer(POST_SECONDS, _shut, (connection.sock,))
    limit.daemon = True
    limit.start()
    try:
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        headers = {"Content-Type": "application/json"}
        connection.request("POST", path, json.dumps(body).encode(), headers)
        return connection.getresponse().status
    finally:
        limit.cancel()
        connection.close()


def _shut(connected: socket.socket) -> None:
    with suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)
