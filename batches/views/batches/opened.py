"""Which list an address means: its filters, over the saved view that it names."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.http import QueryDict

from batches.forms.filters import FilterForm
from batches.forms.saved_views import Kept, merge, read_kept
from batches.services.keys.types import ViewerKey
from batches.services.people.preferences import zone_of
from batches.services.views.read import find_view
from batches.services.views.types import NotShared, View
from batches.views.batches.addresses import ListAddress, ViewOfList

NOTHING = Kept(())


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedList:
    """form: of all filters, those of the view among them. view: None where it cannot be opened.

    slug: as the address has it. owner_name: whose the view is, where it is private.
    """

    form: FilterForm
    slug: str = ""
    view: View | None = None
    kept: Kept = NOTHING
    owner_name: str = ""

    @property
    def is_unknown(self) -> bool:
        """Whether there is no view of this slug."""
        return bool(self.slug and not self.view and not self.owner_name)

    @property
    def is_as_named(self) -> bool:
        """Whether the list is of the view that the address names, and nothing of that is left out.

        A file has no place for a note that it is not.
        """
        return not (self.is_unknown or self.owner_name or self.kept.ignored)

    def address(self, key: ViewerKey) -> ListAddress:
        return ListAddress(key, self.form.filters, self.view_of_list)

    @property
    def view_of_list(self) -> ViewOfList | None:
        if self.view is None:
            return None
        return ViewOfList(self.view.slug, self.kept.pairs, self.view.version)


def open_list(*, user: User, query: QueryDict) -> OpenedList:
    """One query where the address names a view, else none."""
    slug, zone = query.get("view", ""), zone_of(user)
    try:
        view = find_view(user=user, slug=slug)
    except NotShared as error:
        form = FilterForm(query, zone=zone)
        return OpenedList(form=form, slug=slug, owner_name=error.owner_name)
    if view is None:
        return OpenedList(form=FilterForm(query, zone=zone), slug=slug)
    kept = read_kept(view.query, zone=zone)
    form = FilterForm(merge(kept.pairs, query), zone=zone)
    return OpenedList(form=form, slug=slug, view=view, kept=kept)
