"""Pages and polls of the list of batches, read through the services."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from batches.sandbox import Sandbox
from batches.services.batches.filters import ListFilters
from batches.services.batches.listing import BatchList, read_list
from batches.services.batches.polling import ListPoll, poll_list
from batches.services.keys.types import KeyHandle

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def add(refonte: Sandbox, *names: str, minutes: float = 1, **details: Any) -> None:
    """Add batches, each `minutes` older than the one before; the first is created now."""
    for place, name in enumerate(names):
        created = timezone.now() - timedelta(minutes=place * minutes)
        facts = {"counts": {"pending": 10, "completed": 30}, "project": "kittens"} | details
        refonte.add_batch(name, created_at=created, **facts)


def filters(**fields: Any) -> ListFilters:
    return ListFilters(**({"zone": ZoneInfo("UTC")} | fields))


def first_page(key: KeyHandle, **fields: Any) -> BatchList:
    return read_list(key=key, filters=filters(**fields))


def all_pages(
    key: KeyHandle, between: Callable[[], object] = lambda: None, **fields: Any
) -> list[BatchList]:
    """Every page, from the newest to the oldest; `between` is called before each further one."""
    pages = [first_page(key, **fields)]
    while pages[-1].older:
        between()
        pages.append(read_list(key=key, filters=pages[-1].older))
    return pages


def names_of(*pages: BatchList) -> list[str]:
    return [row.name for page in pages for row in page.rows]


def poll_again(
    key: KeyHandle, shown: Sequence[str], since: datetime = EPOCH, **fields: Any
) -> ListPoll:
    return poll_list(key=key, filters=filters(**fields), shown=shown, since=since)
