"""The second step: all that match the filters of a list, fixed as a list of names.

NotSelected  why nothing was selected; what was ticked before stays
"""

import time
from contextlib import closing
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User

from batches.services.batches.export import NotExported, Pages, export_list
from batches.services.batches.export_pages import Cut, ExportPage
from batches.services.batches.filters import ListFilters
from batches.services.keys.types import KeyHandle
from batches.services.selections.store import NAMES_AT_MOST, Ticked, replace_names

AT_LEAST_SECONDS = 10  # so long it may take, however short the time for one call is


class NotSelected(Exception):  # noqa: N818 - it names a state
    """message: for people."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(slots=True)
class _Walk:
    """What the pages gave: names, whether there are more of them, and what the list may lack."""

    names: dict[str, None]
    has_more: bool = False
    cut: Cut | None = None


def select_matching(
    *, user: User, key: KeyHandle, selection_id: UUID, filters: ListFilters, words: str
) -> Ticked:
    """The names that match now, in the order of the list; later news of the list change nothing.

    words: the filters as people read them. Where more match than may be selected, the first ones
    are, and the words of the selection say so. Raises NotSelected, and OtherSelection.
    """
    try:
        pages = export_list(user=user, key=key, filters=filters)
    except NotExported as error:
        raise NotSelected(f"Nothing was selected: {_lowered(error.message)}") from error
    # read to the end before anything is stored: no call is made within a transaction
    walk = _read(pages, filters)
    return replace_names(
        user=user,
        key=key,
        selection_id=selection_id,
        names=[*walk.names],
        words=_said(walk, words),
    )


def _read(pages: Pages[ExportPage], filters: ListFilters) -> _Walk:
    walk, until = _Walk(names={}), time.monotonic() + _seconds()
    with closing(pages):
        for page in pages:
            walk.cut = page.cut
            for name in (row.name for row in page.rows):
                if len(walk.names) == NAMES_AT_MOST:
                    walk.has_more = True
                    return walk
                walk.names[name] = None
            if time.monotonic() > until and page.cut is None:
                raise NotSelected("Nothing was selected: Refonte answers too slowly. Try again.")
    failure = walk.cut and walk.cut.failure
    # of a list made of what is recorded here, this says that it may not be all: see `_said`
    if failure and not (filters.q or filters.is_stored):
        raise NotSelected("Nothing was selected: the list could not be read to its end.")
    return walk


def _seconds() -> float:
    return max(AT_LEAST_SECONDS, settings.REFONTE_TIMEOUT)


def _said(walk: _Walk, words: str) -> str:
    what = f"that match {words}" if words else "of the list"
    if walk.has_more:
        return f"the first {NAMES_AT_MOST:,} of more {what}"
    return f"{'perhaps not ' if walk.cut else ''}all {what}"


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:]
