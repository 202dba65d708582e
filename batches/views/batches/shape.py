"""How a list is drawn, and the links that change it: density, columns, order."""

from dataclasses import dataclass

from batches.refonte import LIMIT_MAX
from batches.services.batches.filters import COMPACT, WALL, ListFilters
from batches.services.people.preferences import PAGE_SIZE
from batches.views.addresses import Link
from batches.views.batches.addresses import ListAddress
from batches.views.batches.columns import (
    SORT_LABELS,
    Column,
    columns_of,
    moved_earlier,
    offered_columns,
    sort_words,
)

DENSITIES = {
    "": ("Two lines a row", "layout-list"),
    COMPACT: ("One line a row", "list"),
    WALL: ("All on one screen", "layout-grid"),
}
NEWEST = "age"  # the order in which Refonte lists


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column. url: sorts by it, empty where it does not. direction: `aria-sort`."""

    column: Column
    url: str
    direction: str

    @property
    def arrow(self) -> str:
        return "arrow-down" if self.direction == "descending" else "arrow-up"


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """earlier: the address with it a place further left; empty where it cannot move there."""

    column: Column
    is_shown: bool
    earlier: str


@dataclass(frozen=True)
class Shape:
    """Of one list."""

    address: ListAddress

    @property
    def _filters(self) -> ListFilters:
        return self.address.filters

    @property
    def is_wall(self) -> bool:
        return self._filters.density == WALL

    @property
    def is_compact(self) -> bool:
        return self._filters.density == COMPACT

    @property
    def body(self) -> str:
        """The template of all rows."""
        return f"batches/_{self._kind}.html"

    @property
    def news(self) -> str:
        """The template of the rows that changed."""
        return f"batches/_{self._kind}_news.html"

    @property
    def _kind(self) -> str:
        return "wall" if self.is_wall else "table"

    @property
    def columns(self) -> tuple[Column, ...]:
        """Those after the name."""
        return columns_of(self._filters)

    @property
    def densities(self) -> list[Link]:
        """The places of the switch; `id` is the icon."""
        return [
            Link(words, self._density(name), id=picture, is_current=self._filters.density == name)
            for name, (words, picture) in DENSITIES.items()
        ]

    def _density(self, name: str) -> str:
        # the wall is for all of a list at once: as many rows as one answer of Refonte has
        limit = LIMIT_MAX if name == WALL else self._filters.limit
        if self._filters.density == WALL and name != WALL:
            limit = PAGE_SIZE
        return self.address.url(density=name, limit=limit)

    @property
    def as_list(self) -> str:
        """From the wall to the list, which has all filters."""
        return self._density("")

    @property
    def heads(self) -> list[Head]:
        return [
            Head(column, self._sorted_by(column), self._direction(column))
            for column in columns_of(self._filters)
        ]

    def _sorted_by(self, column: Column) -> str:
        """The address of the list sorted by a column, or the other way round; empty for none."""
        if not column.sort:
            return ""
        now = self._filters.sort or NEWEST
        turned = now.removeprefix("-") if now.startswith("-") else f"-{now}"
        is_now = now.removeprefix("-") == column.sorts_by
        return self.sorted_url(turned if is_now else column.sort)

    def sorted_url(self, sort: str) -> str:
        # a list of what needs somebody has an order of its own
        is_usual = sort == NEWEST and not self._filters.attention
        return self.address.url(sort="" if is_usual else sort)

    def _direction(self, column: Column) -> str:
        """A value of `aria-sort`; empty where the list is not sorted by it."""
        usual = "" if self._filters.attention else NEWEST
        now = self._filters.sort or usual
        if not column.sort or now.removeprefix("-") != column.sorts_by:
            return ""
        return "descending" if now.startswith("-") else "ascending"

    @property
    def orders(self) -> list[Link]:
        """Every order, for the menu: a phone has no heads."""
        now = self._filters.sort or ("" if self._filters.attention else NEWEST)
        return [
            Link(words.capitalize(), self.sorted_url(sort), is_current=now == sort)
            for name, both in SORT_LABELS.items()
            for sort, words in zip((name, f"-{name}"), both, strict=True)
        ]

    @property
    def order(self) -> str:
        """The order in words; empty where it is the usual one."""
        return sort_words(self._filters)

    @property
    def without_sort(self) -> str:
        return self.address.url(sort="")

    @property
    def column_choices(self) -> list[ColumnChoice]:
        """For the menu of columns; the first one shown cannot move to the left."""
        shown = self._filters.shown_columns
        return [
            ColumnChoice(
                column,
                is_shown,
                self.address.url(columns=moved_earlier(self._filters, column.name))
                if is_shown and column.name != shown[0]
                else "",
            )
            for column, is_shown in offered_columns(self._filters)
        ]

    @property
    def usual_columns(self) -> str:
        """Empty where these are shown."""
        return self.address.url(columns=()) if self._filters.columns else ""
