"""Whether an answer is about what was asked.

A proxy that decodes `%2F` on its way, a cache or a connection out of step may bring the answer to
another question. Such an answer is refused where it can be told; a good one never is, so what may
have changed between asking and answering decides nothing.
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

_OF_A_LIFE = frozenset({STAGING, IN_PROGRESS, COMPLETED})
_FEW = 3  # rows; fewer may all have moved on since the vendor's index was written


def check_name(answered: str | None, asked: str) -> None:
    """Raises BadAnswer where the answer names another batch. One that names none may be right."""
    if answered is not None and _plain(answered) != _plain(asked):
        raise BadAnswer("Refonte's answer is about another batch")


def parse_status_of(payload: Any, *, name: str) -> BatchStatus:
    """The status of the batch `name`; most answers do not say whose it is."""
    status = parse_status(payload)
    check_name(read_name(status.raw), name)
    return status


def parse_page_of(payload: Any, *, query: ListQuery) -> BatchPage:
    """The page that was asked for. Raises BadAnswer where every row breaks one of its filters."""
    page = parse_page(payload, limit=query.limit, offset=query.offset)
    if page.batches and all("param_history" in batch.raw for batch in page.batches):
        raise BadAnswer("Refonte's answer is a list of projects")
    if _is_of_another_project(page, query.project) or _is_of_another_status(page, query.status):
        raise BadAnswer("Refonte's answer is a list of other batches")
    return page


def parse_projects_asked(payload: Any) -> tuple[Project, ...]:
    """Every project. Raises BadAnswer where the rows are batches, which are of a project."""
    projects = parse_projects(payload)
    rows = payload["docs"] if is_object(payload) else payload
    if projects and all(is_object(row) and "project" in row for row in rows):
        raise BadAnswer("Refonte's answer is a list of batches")
    return projects


def _is_of_another_project(page: BatchPage, asked: str | None) -> bool:
    found = {_folded(batch.project) for batch in page.batches if batch.project}
    return asked is not None and bool(found) and _folded(asked) not in found


def _is_of_another_status(page: BatchPage, asked: str | None) -> bool:
    """All rows of one other status, as the list under another tab has it."""
    found = [batch.status for batch in page.batches if batch.status]
    is_one = len(found) >= _FEW and len(set(found)) == 1
    return is_one and {asked, found[0]} <= _OF_A_LIFE and found[0] != asked


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip()


def _folded(name: str) -> str:
    return _plain(name).casefold()
