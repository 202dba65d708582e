"""gunicorn's threaded worker; its own refusals get an id, security headers and a message.

Requests that gunicorn refuses (a broken request line, a header too long) never reach Django.
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
MESSAGES = {
    b"414": "The address is too long. Nothing was changed. "
    "Take something out of it, such as a filter, and try again.",
    b"431": "The browser sent too much with its request, most often old cookies. "
    "Nothing was changed. Delete the cookies of this site and sign in again.",
    b"500": "Something went wrong here. Try again; if it persists, tell an administrator "
    "when it happened.",
}
OTHER_MESSAGE = (
    "This request has a form that the console cannot read. Nothing was changed. "
    "Go back, reload the page and try again."
)


def has_waiting_client(listener: Any) -> bool:
    return listener.sock is not None and bool(select.select([listener], [], [], 0)[0])


class RefusalSocket:
    """A client's socket that replaces headers and body of the one response written through it."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def sendall(self, data: bytes) -> None:
        status, _, _ = data.partition(b"\r\n")
        self._client.sendall(status + b"\r\n" + refusal_of(status.split(b" ")[1]))


def refusal_of(code: bytes) -> bytes:
    body = f"{MESSAGES.get(code, OTHER_MESSAGE)}\n".encode()
    id_line = f"X-Request-ID: {request_id.get()}"
    headers = [*HEADERS, id_line, f"Content-Length: {len(body)}"]
    if settings.SECURE_HSTS_SECONDS:
        headers.append(f"Strict-Transport-Security: max-age={settings.SECURE_HSTS_SECONDS}")
    return "\r\n".join(headers).encode() + b"\r\n\r\n" + body


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    def set_accept_enabled(self, enabled: bool) -> None:
        """A process that ends first accepts the clients in its queue, then closes the queue."""
        super().set_accept_enabled(enabled)
        if not (enabled or self.alive):
            # gunicorn leaves the queue open until its last response, accepts nobody, and cuts all
            # off. A proxy cannot repeat a form that was cut off; refused, it connects elsewhere.
            for listener in self.sockets:
                while has_waiting_client(listener):
                    self.accept(listener)
                listener.close()

    def handle(self, conn: Any) -> Any:
        """A connection that sends nothing yet goes back to the poller, which needs no thread."""
        # Browsers connect ahead of their next request, and gunicorn waits 5 s for that in a thread:
        # as many such connections as threads block everybody else. A process that ends does wait.
        if self.alive and not conn.initialized and not conn.wait_for_data(A_MOMENT):
            return _DEFER
        return super().handle(conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        with new_request_id():
            super().handle_error(req, RefusalSocket(client), addr, exc)
