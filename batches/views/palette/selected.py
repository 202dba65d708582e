"""What can be done with the batches that are ticked on the page."""

from collections.abc import Iterator
from uuid import UUID

from batches.models import Selection
from batches.services.selections.store import find_selection, is_of_key, names_of
from batches.templatetags.addresses import page_url
from batches.views.palette.types import Result
from batches.views.request import Request
from batches.views.selections.bar import actions_context


def with_selected(request: Request, selection: str) -> tuple[str, list[Result]]:
    """The title of the section, and its actions: each says how many of them it fits."""
    found = _found(request, selection)
    if found is None:
        return "", []
    return f"With the {len(names_of(selection=found)):,} ticked", [*_actions(request, found)]


def _found(request: Request, selection: str) -> Selection | None:
    try:
        found = find_selection(user=request.user, selection_id=UUID(selection))
    except ValueError:
        return None
    return found if found and is_of_key(selection=found, key=request.key) else None


def _actions(request: Request, selection: Selection) -> Iterator[Result]:
    def url(piece: str) -> str:
        return page_url(f"selections:{piece}", selection.pk, key=request.key.ref)

    context = actions_context(request, selection)
    for plan in context["plans"]:
        if plan.is_possible:
            # a plan begins with a form, which stands on the page of the selection
            yield Result(words=plan.words, note=plan.tip, url=url("show"), icon="circle-check")
    yield Result(words="Export", url=url("export"), icon="download")
    yield Result(words="Follow…", url=url("follow"), icon="bell", opens_dialog=True)
    if context["plans"]:
        yield Result(words="Due date…", url=url("note"), icon="calendar-due", opens_dialog=True)
