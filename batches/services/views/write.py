"""Saves, updates, renames, shares and deletes a person's views, and chooses the default one."""

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from batches.models import Preferences, SavedView
from batches.services.transactions import repeatable_transaction
from batches.services.views.slugs import free_slug
from batches.services.views.types import (
    VIEWS_AT_MOST,
    NameTaken,
    TooManyViews,
    View,
    ViewChanged,
    view_of,
)

TRIES = 5  # for a slug that somebody else takes at the same moment


@repeatable_transaction
def save_view(*, user: User, name: str, query: str, is_shared: bool) -> View:
    """A new view. Raises NameTaken, TooManyViews.

    The same once more, as by a form that is sent twice, is the view that is there.
    """
    _one_at_a_time(user)
    own = list(user.saved_views.select_related("owner"))
    same = next((row for row in own if _is_named(row, name)), None)
    if same and (same.name, same.query, same.is_shared) == (name, query, is_shared):
        return view_of(same, user_id=user.pk)
    if same:
        raise NameTaken
    if len(own) >= VIEWS_AT_MOST:
        raise TooManyViews
    return view_of(_created(user, name, query, is_shared), user_id=user.pk)


def _created(user: User, name: str, query: str, is_shared: bool) -> SavedView:
    now, left = timezone.now(), TRIES
    while True:
        row = SavedView(
            owner=user,
            name=name,
            slug=free_slug(name),
            query=query,
            is_shared=is_shared,
            created_at=now,
            changed_at=now,
        )
        left -= 1
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            # slugs are unique over all, and only views of one person are made one at a time
            if not left:
                raise
        else:
            return row


def update_view(*, view: View, query: str, version: str) -> None:
    """The list as the person has it now becomes the view. Raises ViewChanged.

    version: of the view as the person's page had it.
    """
    if query == view.query:  # sent twice, or the same from another tab
        return
    if version != view.version:
        raise ViewChanged
    # compared once more by the database: another tab may do the same at this moment
    rows = SavedView.objects.filter(pk=view.id, query=view.query)
    if not rows.update(query=query, changed_at=timezone.now()):
        raise ViewChanged


@repeatable_transaction
def change_view(*, user: User, view: View, name: str, is_shared: bool) -> None:
    """Rename a view, share it, or share it no more. Its slug stays. Raises NameTaken."""
    _one_at_a_time(user)
    others = user.saved_views.exclude(pk=view.id)
    if any(_is_named(row, name) for row in others):
        raise NameTaken
    rows = user.saved_views.filter(pk=view.id)
    rows.update(name=name, is_shared=is_shared, changed_at=timezone.now())


@repeatable_transaction
def delete_view(*, user: User, view: View) -> None:
    """Whoever has it as the default has none from now on."""
    user.saved_views.filter(pk=view.id).delete()


@repeatable_transaction
def set_default_view(*, user: User, view: View | None) -> None:
    """The view that a bare address of the list opens; None: all batches."""
    # held until the end, so that it is not deleted under the reference to it
    found = view and SavedView.objects.select_for_update().filter(pk=view.id).first()
    Preferences.objects.update_or_create(user=user, defaults={"default_view": found})


def _one_at_a_time(user: User) -> None:
    # two that are made at once would both find their name free, and pass the limit
    User.objects.select_for_update().filter(pk=user.pk).first()


def _is_named(row: SavedView, name: str) -> bool:
    # two that differ only in capitals cannot be told apart when somebody speaks of them
    return row.name.casefold() == name.casefold()
