"""The ids that each line of the log carries: of the request, and of the operation under way."""

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
def lines_about(operation_id: UUID) -> Iterator[None]:
    """Lines that are written meanwhile carry the operation's id."""
    mark = operation.set(str(operation_id))
    try:
        yield
    finally:
        operation.reset(mark)
