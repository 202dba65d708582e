"""What the log's lines are about, whichever process writes them: the operation under way."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

operation: ContextVar[str] = ContextVar("operation", default="")


@contextmanager
def lines_about(operation_id: UUID) -> Iterator[None]:
    """Lines that are written meanwhile carry the operation's id."""
    mark = operation.set(str(operation_id))
    try:
        yield
    finally:
        operation.reset(mark)
