"""Host names and ports that misbehave."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

HOST = "api.vendor.invalid"


@contextmanager
def name_lookup_hangs() -> Iterator[str]:
    """Looking up the host that is yielded takes as long as the `with`."""
    over = threading.Event()
    with _lookup_of_host(over.wait):
        try:
            yield HOST
        finally:
            over.set()


@contextmanager
def name_lookup_fails() -> Iterator[str]:
    """The host that is yielded has no address, as the system would say."""
    with _lookup_of_host(lambda: None):
        yield HOST


@contextmanager
def name_leads_to_loopback(host: str) -> Iterator[None]:
    """`host` is this machine, for certificates that are made out to a name."""
    real = socket.getaddrinfo

    def look_up(name: Any, *args: Any, **kwargs: Any) -> Any:
        return real("127.0.0.1" if name == host else name, *args, **kwargs)

    with patch("socket.getaddrinfo", look_up):
        yield


def port_of_nobody() -> int:
    """A port that refuses connections."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word, as of a server that was stopped."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        port: int = listener.getsockname()[1]
        yield port


@contextmanager
def _lookup_of_host(before_failing: Callable[[], object]) -> Iterator[None]:
    real = socket.getaddrinfo

    def look_up(name: Any, *args: Any, **kwargs: Any) -> Any:
        if name != HOST:
            return real(name, *args, **kwargs)
        before_failing()
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with patch("socket.getaddrinfo", look_up):
        yield
