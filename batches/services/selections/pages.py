"""The batches of a selection as an export has them: from what is recorded, each fact with its age.

Refonte is not asked: a list of names is no list of Refonte's, so each row would be a call.
"""

from collections.abc import Iterator

from batches.models import Selection
from batches.services.batches import rows as batch_rows
from batches.services.batches.export_pages import ExportPage
from batches.services.batches.known import known_of
from batches.services.batches.rows import Row
from batches.services.keys.types import KeyHandle
from batches.services.observations.seen import find_seen
from batches.services.selections.store import names_of

AT_ONCE = 100


def pages_of(*, selection: Selection, key: KeyHandle) -> Iterator[ExportPage]:
    """All rows, in the order in which they were chosen. Two or three queries for 100 of them."""
    names = names_of(selection=selection)
    for start in range(0, len(names), AT_ONCE):
        yield ExportPage(rows=_rows(key, names[start : start + AT_ONCE]))


def _rows(key: KeyHandle, names: tuple[str, ...]) -> list[Row]:
    known = known_of(key=key, names=names)
    # what was seen with a key that is refused now is kept, but not shown
    seen = {} if key.is_refused else find_seen(fingerprint=key.fingerprint, names=names)
    return [
        batch_rows.from_seen(seen[name], known) if name in seen else batch_rows.unseen(name, known)
        for name in names
    ]
