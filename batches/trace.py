"""The ids of the current request and operation, which every log line contains."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from secrets import token_hex
from uuid import UUID

request_id: ContextVar[str] = ContextVar("request_id", default="")
operation: ContextVar[str] = ContextVar("operation", default="")


@contextmanager
def new_request_id() -> Iterator[str]:
    """Lines that are written meanwhile carry it."""
    mark = request_id.set(token_hex(8))
    try:
        yield request_id.get()
    finally:
        request_id.reset(mark)


@contextmanager
def log_operation(operation_id: UUID) -> Iterator[None]:
    """Add the operation's id to every log line written in this block."""
    token = operation.set(str(operation_id))
    try:
        yield
    finally:
        operation.reset(token)
