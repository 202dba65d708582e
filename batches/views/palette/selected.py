"""What can be done with the batches that are ticked on the page."""

from collections.abc import Iterator
from uuid import UUID

from batches.models import Selection
from batches.services.selections.fits import Fits, fits_of
from batches.services.selections.store import find_selection, is_of_key
from batches.templatetags.addresses import page_url
from batches.views.palette.actions import may_operate
from batches.views.palette.types import Result
from batches.views.request import Request


def with_selected(request: Request, selection_id: str) -> tuple[str, list[Result]]:
    """The title of the section, and its actions: each says how many of them it fits."""
    selection = _selection(request, selection_id)
    fits = fits_of(selection=selection, key=request.key) if selection else None
    if selection is None or fits is None or not fits.prioritize.total:
        return "", []
    actions = [
        *(_plans(fits) if may_operate(request) else ()),
        *_at_once(request, selection, _batches(fits.prioritize.total)),
    ]
    return f"With the {fits.prioritize.total:,} selected", actions


def _selection(request: Request, selection_id: str) -> Selection | None:
    try:
        found = find_selection(user=request.user, selection_id=UUID(selection_id))
    except ValueError:
        return None
    return found if found and is_of_key(selection=found, key=request.key) else None


def _plans(fits: Fits) -> Iterator[Result]:
    """The buttons of the page: their forms are sent with what is ticked."""
    finalize, prioritize = fits.finalize, fits.prioritize
    if prioritize.is_possible:
        some = f"{prioritize.number:,} of {prioritize.total:,}"
        note = _batches(prioritize.total) if prioritize.is_all else some
        yield Result(words="Set priority…", presses="prioritize", icon="send", note=note)
    if finalize.is_possible:
        verb = "is" if finalize.number == 1 else "are"
        note = f"{finalize.number:,} of {finalize.total:,} {verb} in staging"
        yield Result(words="Finalize…", presses="finalize", icon="check", note=note)


def _at_once(request: Request, selection: Selection, note: str) -> Iterator[Result]:
    of_selection = (
        ("Follow…", "follow", "bell", True),
        ("Due date…", "note", "calendar-due", may_operate(request)),
        ("Export", "export", "download", True),
    )
    for words, name, icon, is_offered in of_selection:
        if is_offered:
            url = page_url(f"selections:{name}", selection.pk, key=request.key.ref)
            opens = name != "export"
            yield Result(words=words, url=url, icon=icon, note=note, opens_dialog=opens)


def _batches(number: int) -> str:
    return "1 batch" if number == 1 else f"{number:,} batches"
