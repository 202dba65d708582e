"""Sentences about a list and a batch: the place of a page, what is uncertain, what completed."""

from collections.abc import Iterator, Mapping, Sequence

from batches.refonte import COMPLETED
from batches.services.batches.detail import BatchDetail
from batches.services.batches.export import ROWS_AT_MOST
from batches.services.batches.listing import BatchList
from batches.services.batches.paging import Counted
from batches.services.batches.rows import Row
from batches.services.selections.store import NAMES_AT_MOST

IN_ROWS = "so pages are counted in rows: they shift when batches are created."
COUNTED_NOTES = {
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


def range_text(listing: BatchList) -> str:
    """ "1–50 of 1,204", or "of many" where the total is not known or not possible."""
    if not (listing.rows or listing.page.passed):
        return ""
    total = f"{listing.total:,}" if listing.total is not None else "many"
    if listing.total is None and listing.older is None and not listing.page.is_total_wrong:
        total = f"{listing.last_number:,}"
    place = f"{listing.first_number:,}–{listing.last_number:,} of {total}"
    # after "Newer" the page is counted in rows, and batches created meanwhile have moved them
    if listing.filters.seen and listing.filters.before is None and not listing.filters.q:
        place = f"{place}, counted from the newest"
    return " · ".join((place, *_lacking(listing)))


def _lacking(listing: BatchList) -> Iterator[str]:
    """Rows of this page that are not shown."""
    if unread := listing.page.unread:
        yield f"{unread:,} row{'s' if unread > 1 else ''} could not be read"
    if repeated := listing.page.repeated:
        yield f"{repeated:,} row{'s' if repeated > 1 else ''} came twice"


def page_notes(listing: BatchList) -> list[str]:
    """What is uncertain about the place of this page in the list."""
    page, notes = listing.page, []
    if page.counted:
        notes.append(COUNTED_NOTES[page.counted])
    if page.is_unsure:
        notes.append(
            "The start of this page had to be counted in rows: a batch may be missing above it."
        )
    if page.is_stuck:
        notes.append(
            "Refonte repeated rows shown before: the list continues, but could not be read further."
        )
    if page.told_total:
        reported = f"the {page.told_total:,} batches it reported"
        notes.append(f"Refonte's list ends after {listing.last_number:,} rows, before {reported}.")
    if listing.reading.data and listing.reading.data.is_cut:
        notes.append(f"Refonte sent more rows than the {listing.filters.limit} asked for. {REST}")
    if listing.is_shortened:
        notes.append("These batches hold much data, so this page has fewer rows.")
    return notes


def export_label(listing: BatchList) -> str:
    """Names the limit where the file will have fewer rows than the list."""
    # before the download, as nobody reads the last line of a large file first
    is_cut = listing.total is not None and listing.total > ROWS_AT_MOST
    return f"Download CSV of the newest {ROWS_AT_MOST:,}" if is_cut else "Download CSV"


def select_label(listing: BatchList) -> str:
    """Of the button that selects more than the page has; empty where there is no more."""
    if not listing.rows or (listing.filters.is_first_page and listing.older is None):
        return ""
    what = " that match" if listing.filters.narrows or listing.filters.q.strip() else ""
    if listing.total is None:
        return f"Select all{what}"
    if listing.total > NAMES_AT_MOST:
        return f"Select the first {NAMES_AT_MOST:,} of {listing.total:,}{what}"
    return f"Select all {listing.total:,}{what}"


def rows_completed(rows: Sequence[Row], shown: Mapping[str, str]) -> str:
    """For screen readers. shown: the stamps of the rows on the page, which end with the status."""
    done = sum(row.status == COMPLETED and not shown[row.name].endswith(COMPLETED) for row in rows)
    if not done:
        return ""
    return "1 batch completed" if done == 1 else f"{done} batches completed"


def batch_completed(detail: BatchDetail, shown: str) -> str:
    """shown: the status on the page, empty where it had none."""
    is_new = detail.current_status == COMPLETED and shown not in ("", COMPLETED)
    return "This batch is completed." if is_new else ""
