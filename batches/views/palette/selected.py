"""What can be done with the batches that are ticked on the page."""

from batches.views.palette.types import Result
from batches.views.request import Request


def with_selected(request: Request, selection: str) -> tuple[str, list[Result]]:
    """The title of the section, and its actions: each says how many of them it fits."""
    return "", []
