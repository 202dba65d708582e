"""A vendor's list without a wire, for walks by the hundred: rows leave and arrive between pages."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from batches.refonte import (
    MAX_BODY,
    Answer,
    BatchPage,
    Client,
    Deadline,
    ListQuery,
    Secret,
    TooLarge,
    format_time,
    parse_page,
)
from batches.services.batches.page_fetch import FetchedPage, read_page
from batches.services.cache.entry import Failure
from batches.services.keys.types import ViewerKey
from batches.services.readings.queries import Query
from batches.services.readings.reading import Reading
from tests.support.batch_lists import filters
from tests.support.clock import NOON

KEY = ViewerKey(
    id=UUID(int=0),
    mode="live",
    label="",
    last_four="",
    fingerprint="0" * 16,
    owner_id=1,
    owner_name="alice",
    is_own=True,
    is_default=True,
)


@dataclass
class PagedVendor:
    """`rows`: names and when each was created, newest first; None is a row without a name.

    cap: rows an answer, whatever is asked, untold. fits: rows above which it is too large.
    is_cut: times are told in whole seconds. has_flag: it says whether more follow;
        always_more: on the last page too.
    """

    rows: list[tuple[str | None, datetime | None]]
    cap: int = 100
    fits: int = 100
    is_cut: bool = False
    has_flag: bool = True
    always_more: bool = False
    total: int | str | None = "true"
    hears_end: bool = True
    hears_offset: bool = True
    asked: list[ListQuery] = field(default_factory=list)

    def list_batches(
        self, key: Secret, query: ListQuery, *, deadline: Deadline
    ) -> Answer[BatchPage]:
        self.asked.append(query)
        matching = [row for row in self.rows if self._is_in(row[1], query.end_time)]
        offset = query.offset if self.hears_offset else 0
        rows = matching[offset : offset + min(query.limit, self.cap)]
        if len(rows) > self.fits:
            raise TooLarge("Refonte's answer is too large")
        payload: dict[str, Any] = {"docs": [self._told(*row) for row in rows]}
        if self.has_flag:
            payload["has_more"] = self.always_more or offset + len(rows) < len(matching)
        if self.total is not None:
            payload["total"] = len(matching) if self.total == "true" else self.total
        page = parse_page(payload, limit=query.limit, offset=query.offset)
        return Answer(data=page, payload=payload, answered_at=NOON)

    def ask(self, query: Query[BatchPage]) -> Reading[BatchPage]:
        try:
            answer = query.ask(cast(Client, self), Secret("k" * 8), Deadline(1))
        except TooLarge as error:
            failure = Failure(
                outcome="bad_answer", message=error.message, since=NOON, is_too_large=True
            )
            return Reading(data=None, payload=None, as_of=None, failure=failure, next_try=None)
        return Reading(
            data=answer.data,
            payload=answer.payload,
            as_of=NOON,
            failure=None,
            next_try=None,
            size=answer.data.rows_received * MAX_BODY // self.fits,
        )

    def walk(
        self, between: Callable[[FetchedPage], object] = lambda page: None, **fields: Any
    ) -> list[FetchedPage]:
        """Every page, newest first; what `between` does happens after each."""
        place, pages = filters(**fields), list[FetchedPage]()
        while len(pages) < 500:
            pages.append(read_page(key=KEY, filters=place, now=NOON, ask=self.ask))
            between(pages[-1])
            if (older := pages[-1].page.older) is None:
                return pages
            place = older
        raise AssertionError("a walk without an end")

    def leave(self, *names: str) -> None:
        self.rows = [row for row in self.rows if row[0] not in names]

    def _is_in(self, created: datetime | None, end: datetime | None) -> bool:
        return not self.hears_end or end is None or created is None or created <= end

    def _told(self, name: str | None, created: datetime | None) -> dict[str, Any]:
        if created and self.is_cut:
            created = created.replace(microsecond=0)
        return {"name": name, "created_at": created and format_time(created)}


def rows_at(*moments_ms: int) -> list[tuple[str | None, datetime | None]]:
    """Rows created so many milliseconds before noon, newest first."""
    return [
        (f"kitten-{place:03}", NOON - timedelta(milliseconds=ms))
        for place, ms in enumerate(sorted(moments_ms))
    ]


def names_of(*pages: FetchedPage) -> list[str]:
    return [batch.name for listing in pages for batch in listing.page.batches]
