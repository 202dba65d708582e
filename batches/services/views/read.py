"""Finds saved views: all that a person may open, one by its slug, the one that opens by itself."""

import re
from collections.abc import Iterable

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Case, Q, When

from batches.models import Preferences, SavedView
from batches.services.views.types import VIEWS_AT_MOST, NotShared, View, view_of

SLUG = re.compile(r"[a-z0-9_-]{1,64}")
# Of other people: a menu of more would be no menu. They are found by their links all the same.
SHARED_AT_MOST = 500


def list_views(*, user: User) -> tuple[View, ...]:
    """A person's own views by name, then those that others share. One query."""
    is_others = Case(When(owner=user, then=0), default=1)
    rows = SavedView.objects.filter(Q(owner=user) | Q(is_shared=True)).select_related("owner")
    cut = rows.order_by(is_others, "name", "id")[: VIEWS_AT_MOST + SHARED_AT_MOST]
    found = [view_of(row, user_id=user.pk) for row in cut]
    own = [one for one in found if one.is_own]
    shared = [one for one in found if not one.is_own][:SHARED_AT_MOST]
    return (*_by_name(own), *_by_name(shared))


def _by_name(views: Iterable[View]) -> list[View]:
    # by Python, as databases order capitals in different ways
    return sorted(views, key=lambda one: (one.name.casefold(), one.slug))


def find_view(*, user: User, slug: str) -> View | None:
    """One that the person may open; None for an unknown slug. One query.

    Raises NotShared where it is another person's and private.
    """
    row = _find(slug)
    if row is None:
        return None
    if row.is_shared or row.owner_id == user.pk:
        return view_of(row, user_id=user.pk)
    raise NotShared(row.owner.get_username())


def find_own_view(*, user: User, slug: str) -> View | None:
    """None for an unknown view, and for another person's, shared or not."""
    row = _find(slug)
    return view_of(row, user_id=user.pk) if row and row.owner_id == user.pk else None


def _find(slug: str) -> SavedView | None:
    # anything can stand in an address, also what the database cannot compare
    if not SLUG.fullmatch(slug):
        return None
    return SavedView.objects.select_related("owner").filter(slug=slug).first()


def default_view_of(*, user: User | AnonymousUser) -> str:
    """The slug of the view that a bare address of the list opens; empty for none.

    One of another person counts only while it is shared.
    """
    # no query in a request: `batches/backends.py` loads it with the account
    if hasattr(user, "default_view_slug"):
        return user.default_view_slug or ""
    if not isinstance(user, User):
        return ""
    chosen = Preferences.objects.filter(user=user)
    can_open = Q(default_view__owner_id=user.pk) | Q(default_view__is_shared=True)
    return chosen.filter(can_open).values_list("default_view__slug", flat=True).first() or ""
