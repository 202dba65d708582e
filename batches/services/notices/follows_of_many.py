"""Following several batches at once, or no longer."""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db.models import QuerySet

from batches.models import Follow, Scope
from batches.models.names import name_digest, name_digests
from batches.services.keys.types import KeyHandle
from batches.services.notices.follows import FOLLOWS_MAX, Choices, TooManyFollows
from batches.services.observations.sighting import is_storable
from batches.services.transactions import repeatable_transaction


@repeatable_transaction
def follow_batches(*, user: User, key: KeyHandle, names: Sequence[str], choices: Choices) -> None:
    """The same for each of them, whatever was chosen before. Raises TooManyFollows: then for none.

    Empty choices end it.
    """
    kept = {event: sorted(set(ways)) for event, ways in choices.items() if ways}
    if not kept:
        unfollow_batches(user=user, key=key, names=names)
        return
    # locked, so that two forms sent at once make one row for each
    User.objects.select_for_update().get(pk=user.pk)
    rows = _rows(user, key, names)
    followed = set(rows.values_list("digest", flat=True))
    new = [name for name in names if is_storable(name) and name_digest(name) not in followed]
    _refuse_too_many(user, len(new))
    rows.update(choices=kept)
    Follow.objects.bulk_create(
        Follow(user=user, fingerprint=key.fingerprint, scope=Scope.BATCH, name=name, choices=kept)
        for name in new
    )


@repeatable_transaction
def unfollow_batches(*, user: User, key: KeyHandle, names: Sequence[str]) -> None:
    """A batch that is muted stays so."""
    rows = _rows(user, key, names)
    rows.filter(is_muted=True).update(choices={})
    rows.filter(is_muted=False).delete()


def _rows(user: User, key: KeyHandle, names: Sequence[str]) -> QuerySet[Follow]:
    # under earlier fingerprints too: a key that was replaced shows the same batches
    return Follow.objects.filter(
        user=user,
        fingerprint__in=key.fingerprints,
        scope=Scope.BATCH,
        digest__in=name_digests(names),
    )


def _refuse_too_many(user: User, new: int) -> None:
    followed = Follow.objects.filter(user=user).count()
    if followed + new > FOLLOWS_MAX:
        raise TooManyFollows(
            f"You follow {followed:,} things, and {FOLLOWS_MAX} is the limit: there is no room for "
            f"{new:,} more. Follow a project or the whole key instead, or select fewer."
        )
