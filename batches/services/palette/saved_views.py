"""Saved views by a part of their name. One query, for each letter that is typed."""

from collections.abc import Collection

from django.contrib.auth.models import User

from batches.models.names import fold
from batches.services.views.read import list_views
from batches.services.views.types import View

SHOWN = 5


def find_views(*, user: User, q: str, recent: Collection[str] = ()) -> tuple[View, ...]:
    """Of those that the person may open. recent: slugs that stand first; then come their own."""
    wanted, places = fold(q.strip()), {slug: place for place, slug in enumerate(recent)}
    found = [one for one in list_views(user=user) if wanted in fold(one.name)]
    # the others stay in their order: own ones first, each by name
    found.sort(key=lambda one: places.get(one.slug, len(places)))
    return tuple(found[:SHOWN])
