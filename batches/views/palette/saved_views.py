"""The saved views that a person may open."""

from batches.services.palette.saved_views import find_views
from batches.services.views.types import View
from batches.views.addresses import view_url
from batches.views.palette.opened import VIEW, opened_lately
from batches.views.palette.types import Result, Section
from batches.views.request import Request


def saved_views(request: Request, typed: str) -> Section:
    """Those that were opened lately first."""
    recent = opened_lately(request, request.key, VIEW)
    found = find_views(user=request.user, q=typed, recent=recent)
    lines = tuple(_line(one, request.key.ref) for one in found)
    return Section(id="views", title="Views", results=lines)


def _line(view: View, key: str) -> Result:
    return Result(
        words=view.name,
        url=view_url(view.slug, key),
        icon="bookmark",
        note="" if view.is_own else f"shared by {view.owner_name}",
        is_name=True,
    )
