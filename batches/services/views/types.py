"""Types: a saved view as one person sees it, and why one cannot be opened or changed."""

from dataclasses import dataclass
from datetime import datetime

from batches.models import SavedView
from batches.services.batches.digests import digest

VIEWS_AT_MOST = 200  # of one person


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """query: as in an address of the list, without key and page. is_own: only its owner changes it.

    owner_name: also of an account that was disabled since; what it shared goes on working.
    """

    id: int
    slug: str
    name: str
    query: str
    owner_name: str
    is_own: bool
    is_shared: bool
    changed_at: datetime

    @property
    def version(self) -> str:
        """Of its query: a page that was drawn with another one is told so."""
        return digest(self.query)


class NotShared(Exception):  # noqa: N818 - it says what is so
    """The view is another person's, and private."""

    def __init__(self, owner_name: str) -> None:
        super().__init__(f"A private view of {owner_name}.")
        self.owner_name = owner_name


class TooManyViews(Exception):  # noqa: N818 - as above
    message = f"You have {VIEWS_AT_MOST} views, which is the limit. Delete one first."


class NameTaken(Exception):  # noqa: N818 - as above
    message = "You have a view of this name. Choose another name, or update that view."


class ViewChanged(Exception):  # noqa: N818 - as above
    """It was changed, or deleted, after the page that updates it had been drawn."""


def view_of(row: SavedView, *, user_id: int) -> View:
    """The row as this person sees it; its owner is loaded with it."""
    return View(
        id=row.pk,
        slug=row.slug,
        name=row.name,
        query=row.query,
        owner_name=row.owner.get_username(),
        is_own=row.owner_id == user_id,
        is_shared=row.is_shared,
        changed_at=row.changed_at,
    )
