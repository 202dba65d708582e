"""What the page of a list says in sentences: its place, and what is uncertain."""

from collections.abc import Iterator, Sequence

from batches.refonte import COMPLETED
from batches.services.batches.export import ROWS_AT_MOST
from batches.services.batches.listing import BatchList
from batches.services.batches.paging import Counted
from batches.services.batches.rows import Row

IN_ROWS = "so pages are counted in rows: they shift when batches are created."
COUNTED_WORDS = {
    Counted.NO_TIMES: f"Refonte gave no creation times here, {IN_ROWS}",
    Counted.NOT_IN_ORDER: f"Refonte's list is not in order of creation, {IN_ROWS}",
    Counted.BOUND_IGNORED: f"Refonte ignored the time asked for, {IN_ROWS}",
    Counted.ONE_MOMENT: (
        "More batches than fit on a page were created at one moment: "
        "pages are counted in rows there, and shift when one of them leaves."
    ),
    Counted.BEFORE: (
        "Refonte's list could not be followed by creation time, so pages are counted in rows: "
        "they shift when batches are created."
    ),
}
REST = "The rest is not shown here; “Older” continues after the last row."


def range_words(listing: BatchList) -> str:
    """ "1–50 of 1,204", or "of many" where no total is known or the one told cannot be."""
    if not (listing.rows or listing.page.passed):
        return ""
    total = f"{listing.total:,}" if listing.total is not None else "many"
    if listing.total is None and listing.older is None and not listing.page.is_total_wrong:
        total = f"{listing.last_number:,}"
    place = f"{listing.first_number:,}–{listing.last_number:,} of {total}"
    # "Newer" has no anchor to start from: what was created meanwhile has pushed rows on.
    if listing.filters.seen and listing.filters.before is None:
        place = f"{place}, counted from the newest"
    return " · ".join((place, *_lacking(listing)))


def _lacking(listing: BatchList) -> Iterator[str]:
    """Rows that have a place here and are not drawn."""
    if unread := listing.page.unread:
        yield f"{unread:,} row{'s' if unread > 1 else ''} could not be read"
    if repeated := listing.page.repeated:
        yield f"{repeated:,} row{'s' if repeated > 1 else ''} came twice"


def page_notes(listing: BatchList) -> list[str]:
    """What is uncertain about the place of this page in the list, in words."""
    page, notes = listing.page, []
    if page.counted:
        notes.append(COUNTED_WORDS[page.counted])
    if page.is_unsure:
        notes.append(
            "The start of this page had to be counted in rows: a batch may be missing above it."
        )
    if page.is_stuck:
        notes.append(
            "Refonte repeated rows shown before: the list continues, but could not be read further."
        )
    if page.told_total:
        told = f"the {page.told_total:,} batches it reported"
        notes.append(f"Refonte's list ends after {listing.last_number:,} rows, before {told}.")
    if listing.reading.data and listing.reading.data.is_cut:
        notes.append(f"Refonte sent more rows than the {listing.filters.limit} asked for. {REST}")
    if listing.is_shortened:
        notes.append("These batches hold much data, so this page has fewer rows.")
    return notes


def export_words(listing: BatchList) -> str:
    """Says beforehand where a file will hold less than there is."""
    is_cut = listing.total is not None and listing.total > ROWS_AT_MOST
    return f"Download CSV of the newest {ROWS_AT_MOST:,}" if is_cut else "Download CSV"


def news_words(rows: Sequence[Row], shown: dict[str, str]) -> str:
    """One short sentence for those who hear the page. `shown`: the status each row had on it."""
    done = sum(
        row.status == COMPLETED and shown.get(row.name, COMPLETED) != COMPLETED for row in rows
    )
    if not done:
        return ""
    return "1 batch completed" if done == 1 else f"{done} batches completed"
