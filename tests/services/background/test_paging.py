"""Where the next page begins: every vendor, however it pages, gives up all its batches."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from batches.refonte import Batch, BatchPage
from batches.services.walks.paging import Position, next_position
from tests.support.clock import NOON

LIMIT = 10
COUNT = 43
Rows = list[Batch]


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """A list, and what this vendor does with a question for a part of it."""

    rows: Rows
    heeds_bound: bool = True
    most: int = LIMIT
    says_more: bool = True
    total: str = "of the rest"

    def page(self, at: Position) -> BatchPage:
        bound = at.before if self.heeds_bound else None
        within = [row for row in self.rows if bound is None or _is_by(row, bound)]
        part = within[at.offset : at.offset + min(LIMIT, self.most)]
        totals = {"of the rest": len(within), "of all": len(self.rows), "none": None}
        return BatchPage(
            batches=tuple(part),
            total=totals[self.total],
            has_more=self.says_more and at.offset + len(part) < len(within),
            rows_received=len(part),
        )


def _is_by(row: Batch, bound: datetime) -> bool:
    return row.created_at is None or row.created_at <= bound


def batches(moment: Callable[[int], datetime | None]) -> Rows:
    return [Batch(name=f"kitten-{number}", created_at=moment(number)) for number in range(COUNT)]


APART = batches(lambda number: NOON - timedelta(minutes=number))
ONE_MOMENT = batches(lambda number: NOON)
MOST_IN_ONE = batches(lambda number: NOON - timedelta(minutes=int(not 5 < number < 40)) * number)
UNDATED = batches(lambda number: None)
UNDATED_LAST = batches(lambda number: NOON - timedelta(seconds=number) if number < 25 else None)
WHOLE_SECONDS = batches(lambda number: NOON - timedelta(seconds=number // 7))
NEVER = batches(lambda number: datetime.max.replace(tzinfo=NOON.tzinfo, microsecond=0))
KINDS = {
    "apart": sorted(APART, key=lambda row: str(row.created_at), reverse=True),
    "one moment": ONE_MOMENT,
    "most in one moment": sorted(MOST_IN_ONE, key=lambda row: str(row.created_at), reverse=True),
    "undated": UNDATED,
    "the last undated": UNDATED_LAST,
    "whole seconds": WHOLE_SECONDS,
    "never": NEVER,
}


def read_all(vendor: Vendor) -> tuple[set[str], int]:
    """The names given up, and how many pages that took."""
    names: set[str] = set()
    position = Position()
    for pages in range(1, 200):
        page = vendor.page(position)
        names |= {row.name for row in page.batches}
        following = next_position(position, page)
        if following is None:
            return names, pages
        position = following
    raise AssertionError("it never ended")


def all_names(rows: Sequence[Batch]) -> set[str]:
    return {row.name for row in rows}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "vendor",
    [
        Vendor(rows=[]),
        Vendor(rows=[], total="none"),
        Vendor(rows=[], total="of all"),
        Vendor(rows=[], heeds_bound=False),
        Vendor(rows=[], most=4),
        Vendor(rows=[], most=4, says_more=False),
        Vendor(rows=[], says_more=False, total="of all"),
    ],
    ids=["as documented", "no total", "total of all", "no bound", "capped", "untold cap", "bare"],
)
def test_every_batch_is_read(vendor: Vendor, kind: str) -> None:
    vendor = replace(vendor, rows=KINDS[kind])

    names, pages = read_all(vendor)

    assert names == all_names(vendor.rows)
    assert pages <= 2 * COUNT / min(LIMIT, vendor.most) + 8


def test_an_empty_list_is_one_page() -> None:
    assert read_all(Vendor(rows=[])) == (set(), 1)


def test_rows_without_a_name_end_no_list() -> None:
    page = BatchPage(batches=(), has_more=True, rows_received=LIMIT)

    assert next_position(Position(before=NOON), page) == Position(before=NOON, offset=LIMIT)
