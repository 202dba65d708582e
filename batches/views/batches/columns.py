"""The columns of the list: what they are called, how they sort, which a list shows."""

from dataclasses import dataclass

from batches.services.batches.filters import COLUMNS, USUAL_COLUMNS, ListFilters


@dataclass(frozen=True, slots=True)
class Column:
    """sort: by which of SORTS its head sorts, empty where by none; a "-" before it: turned first.

    is_live: a poll brings it, as it can change.
    """

    name: str
    label: str
    sort: str = ""
    is_figure: bool = False
    is_live: bool = True

    @property
    def cell(self) -> str:
        return f"batches/_cells.html#{self.name}"

    @property
    def sorts_by(self) -> str:
        return self.sort.removeprefix("-")


STATUS = Column("status", "Status")
# The largest first where that is what one looks for; else the soonest first.
ALL = {
    column.name: column
    for column in (
        Column("progress", "Progress"),
        Column("errors", "Errors", "-errors", is_figure=True),
        Column("speed", "Speed", "-speed", is_figure=True),
        Column("estimate", "Done (estimate)", "estimate"),
        Column("due", "Due", "due"),
        Column("owner", "Owner"),
        Column("priority", "Priority", is_figure=True),
        Column("age", "Age", "-age", is_figure=True, is_live=False),
    )
}
# What the heads say, and one that no column shows.
SORT_LABELS = {
    "age": ("youngest first", "oldest first"),
    "due": ("due first", "due last"),
    "errors": ("fewest errors first", "most errors first"),
    "speed": ("slowest first", "fastest first"),
    "estimate": ("done soonest first", "done latest first"),
    "changed": ("longest unchanged first", "last change first"),
}


def columns_of(filters: ListFilters) -> tuple[Column, ...]:
    """Those after the name, in their order."""
    return (STATUS, *(ALL[name] for name in filters.shown_columns))


def offered_columns(filters: ListFilters) -> tuple[tuple[Column, bool], ...]:
    """All that can be chosen: those shown in their order, then the others. With whether shown."""
    shown = filters.shown_columns
    others = tuple(name for name in COLUMNS if name not in shown)
    return tuple((ALL[name], name in shown) for name in (*shown, *others))


def moved_earlier(filters: ListFilters, name: str) -> tuple[str, ...]:
    """The columns with this one a place further left; as they are where it is the first."""
    shown = list(filters.shown_columns)
    place = shown.index(name)
    shown.insert(max(0, place - 1), shown.pop(place))
    return () if tuple(shown) == USUAL_COLUMNS else tuple(shown)


def sort_words(filters: ListFilters) -> str:
    """`due first`; empty where the list is in the order of its creation."""
    if not filters.sort:
        return ""
    return SORT_LABELS[filters.sort.removeprefix("-")][filters.sort.startswith("-")]
