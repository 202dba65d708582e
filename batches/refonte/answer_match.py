"""Checks that an answer belongs to its request.

A proxy that decodes `%2F`, a cache, or a connection with an unread answer may deliver the answer to
another request. Such answers raise BadAnswer where they can be recognised. A right answer never
does: no check relies on anything that may have changed in the meantime.
"""

import unicodedata
from typing import Any

from .errors import BadAnswer
from .fields import is_object, read_name
from .types import (
    COMPLETED,
    IN_PROGRESS,
    STAGING,
    BatchPage,
    BatchStatus,
    ListQuery,
    Project,
    parse_page,
    parse_projects,
    parse_status,
)

_REGULAR = frozenset({STAGING, IN_PROGRESS, COMPLETED})
_MIN_ROWS = 3  # fewer may all have changed status since the vendor's index was updated


def check_name(answered: str | None, requested: str) -> None:
    """Raise BadAnswer where the answer names another batch; without a name it may be right."""
    if answered is not None and _normalized(answered) != _normalized(requested):
        raise BadAnswer("Refonte's answer is about another batch")


def parse_status_for(payload: Any, *, name: str) -> BatchStatus:
    """The status of the batch `name`. Most answers do not contain the name."""
    status = parse_status(payload)
    check_name(read_name(status.raw), name)
    return status


def parse_page_for(payload: Any, *, query: ListQuery) -> BatchPage:
    """The page of a query. Raises BadAnswer where no row matches one of its filters."""
    page = parse_page(payload, limit=query.limit, offset=query.offset)
    if page.batches and all("param_history" in batch.raw for batch in page.batches):
        raise BadAnswer("Refonte's answer is a list of projects")
    if _is_of_another_project(page, query.project) or _is_of_another_status(page, query.status):
        raise BadAnswer("Refonte's answer is a list of other batches")
    return page


def parse_projects_only(payload: Any) -> tuple[Project, ...]:
    """All projects. Raises BadAnswer where the rows are batches, which have a `project`."""
    projects = parse_projects(payload)
    rows = payload["docs"] if is_object(payload) else payload
    if projects and all(is_object(row) and "project" in row for row in rows):
        raise BadAnswer("Refonte's answer is a list of batches")
    return projects


def _is_of_another_project(page: BatchPage, requested: str | None) -> bool:
    found = {_folded(batch.project) for batch in page.batches if batch.project}
    return requested is not None and bool(found) and _folded(requested) not in found


def _is_of_another_status(page: BatchPage, requested: str | None) -> bool:
    """Whether all rows have one other status, as in the answer to a list of that status."""
    found = [batch.status for batch in page.batches if batch.status]
    is_one = len(found) >= _MIN_ROWS and len(set(found)) == 1
    return is_one and {requested, found[0]} <= _REGULAR and found[0] != requested


def _normalized(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip()


def _folded(name: str) -> str:
    return _normalized(name).casefold()
