"""gunicorn's threaded worker, whose own refusals have an id, security headers, words for people.

Requests that gunicorn refuses itself (a broken request line, a header too long) never reach Django.
"""

import select
from typing import Any

from django.conf import settings
from gunicorn.workers.gthread import _DEFER, ThreadWorker

from batches.trace import new_request_id, request_id

A_MOMENT = 0.02  # seconds; a request that is under way follows its connection within it

HEADERS = (
    "Connection: close",
    "Content-Type: text/plain; charset=utf-8",
    "X-Content-Type-Options: nosniff",
    "X-Frame-Options: DENY",
    "Referrer-Policy: same-origin",
    "Cross-Origin-Opener-Policy: same-origin",
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'",
    "Cache-Control: no-store",
)
WORDS = {
    b"414": "The address is too long. Nothing was changed. "
    "Take something out of it, such as a filter, and try again.",
    b"431": "The browser sent too much with its request, most often old cookies. "
    "Nothing was changed. Delete the cookies of this site and sign in again.",
    b"500": "Something went wrong here. Try again; if it persists, tell an administrator "
    "when it happened.",
}
OTHERWISE = (
    "This request has a form that the console cannot read. Nothing was changed. "
    "Go back, reload the page and try again."
)


def is_asked(listener: Any) -> bool:
    """Somebody waits to be let in; never where it is closed already."""
    return listener.sock is not None and bool(select.select([listener], [], [], 0)[0])


class WordedSocket:
    """A client's socket that puts words and headers into the one answer written through it."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def sendall(self, data: bytes) -> None:
        status, _, _ = data.partition(b"\r\n")
        self._client.sendall(status + b"\r\n" + answer_to(status.split(b" ")[1]))


def answer_to(code: bytes) -> bytes:
    body = f"{WORDS.get(code, OTHERWISE)}\n".encode()
    id_line = f"X-Request-ID: {request_id.get()}"
    headers = [*HEADERS, id_line, f"Content-Length: {len(body)}"]
    if settings.SECURE_HSTS_SECONDS:
        headers.append(f"Strict-Transport-Security: max-age={settings.SECURE_HSTS_SECONDS}")
    return "\r\n".join(headers).encode() + b"\r\n\r\n" + body


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    def set_accept_enabled(self, enabled: bool) -> None:
        """A process that ends answers who waits in its queue, and closes it.

        gunicorn leaves the queue open until its last answer is sent, takes nobody out of it any
        more, and then cuts them all off. A proxy cannot send a form again that was cut off; where
        it is not let in it asks another host.
        """
        super().set_accept_enabled(enabled)
        if not (enabled or self.alive):
            for listener in self.sockets:
                while is_asked(listener):
                    self.accept(listener)
                listener.close()

    def handle(self, conn: Any) -> Any:
        """A connection that sends nothing yet goes back to the poller, which needs no thread.

        Browsers connect ahead of their next request. gunicorn waits 5 s for it in a thread, so
        that as many such connections as threads let nobody else in. A process that ends waits.
        """
        if self.alive and not conn.initialized and not conn.wait_for_data(A_MOMENT):
            return _DEFER
        return super().handle(conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        with new_request_id():
            super().handle_error(req, WordedSocket(client), addr, exc)
