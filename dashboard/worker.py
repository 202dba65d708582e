"""gunicorn's threaded worker, whose own error answers carry the security headers too.

Requests that gunicorn refuses itself (a broken request line, a header too long) never reach Django.
"""

from typing import Any

from gunicorn.workers.gthread import ThreadWorker

HEADERS = (
    b"X-Content-Type-Options: nosniff\r\n"
    b"X-Frame-Options: DENY\r\n"
    b"Referrer-Policy: same-origin\r\n"
    b"Cross-Origin-Opener-Policy: same-origin\r\n"
    b"Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
    b"Cache-Control: no-store\r\n"
)


class HeadedSocket:
    """A client's socket that adds the headers to the one answer written through it."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def sendall(self, data: bytes) -> None:
        status, _, rest = data.partition(b"\r\n")
        self._client.sendall(status + b"\r\n" + HEADERS + rest)


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        super().handle_error(req, HeadedSocket(client), addr, exc)
