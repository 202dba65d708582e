"""The saved views that a person may open."""

from collections.abc import Iterator

from batches.views.palette.types import Result
from batches.views.request import Request


def saved_views_for(request: Request) -> Iterator[tuple[Result, str]]:
    """Each with other words that it may be found by."""
    yield from ()
