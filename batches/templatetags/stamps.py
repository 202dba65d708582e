"""What a page shows, in short: its poll sends the stamps back, so that only changes travel."""

import hashlib

from django import template

from batches.refonte import COMPLETED
from batches.refs import to_ref
from batches.services.batch_rows import Row

register = template.Library()


def digest(facts: object) -> str:
    return hashlib.sha256(repr(facts).encode(errors="surrogatepass")).hexdigest()[:10]


def facts_of(row: Row) -> tuple[object, ...]:
    """What a row shows and may change."""
    progress, priority = row.progress, row.priority
    return (
        row.status,
        sorted(progress.counts.as_dict().items()),
        progress.as_of,
        priority and (priority.id, priority.state),
        row.mark,
    )


@register.filter
def row_stamp(row: Row) -> str:
    """Which batch, a digest of what its row shows, and whether it is completed."""
    state = COMPLETED if row.status == COMPLETED else "open"
    return f"{to_ref(row.name)} {digest(facts_of(row))} {state}"
