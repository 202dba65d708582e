"""Saved views by a part of their name. One query, for each letter that is typed."""

from collections.abc import Collection

from django.contrib.auth.models import User
from django.db.models import Q

from batches.models import SavedView
from batches.models.names import fold
from batches.services.views.types import View, view_of

SHOWN, LOOKED = 5, 700


def find_views(*, user: User, q: str, recent: Collection[str] = ()) -> tuple[View, ...]:
    """Of those that the person may open. recent: slugs that stand first; then come their own."""
    can_open = Q(owner=user) | Q(is_shared=True)
    rows = SavedView.objects.filter(can_open).select_related("owner").order_by("-changed_at", "-id")
    views = (view_of(row, user_id=user.pk) for row in rows[:LOOKED])
    # by Python: SQLite compares letters beyond ASCII with their case
    wanted, places = fold(q.strip()), {slug: place for place, slug in enumerate(recent)}
    found = [one for one in views if wanted in fold(one.name)]
    found.sort(key=lambda one: (places.get(one.slug, len(places)), not one.is_own, fold(one.name)))
    return tuple(found[:SHOWN])
