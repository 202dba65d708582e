"""The names of a selection: found, changed, deleted when nobody needs them any more."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from batches.models import SeenBatch, SelectedBatch, Selection
from batches.models.names import name_digest, name_digests
from batches.services.keys.types import KeyHandle
from batches.services.observations.sighting import is_storable
from batches.services.row_locks import delete_rows
from batches.services.transactions import repeatable_transaction

NAMES_AT_MOST = 1_000
# Of one person: each tab has its own, and forms that are open still need an earlier one.
KEPT_OF_PERSON = 20
KEPT_FOR = timedelta(days=7)


class OtherSelection(Exception):  # noqa: N818 - it names a fact
    """The selection is somebody else's, or of another key: for this person there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticked:
    """A selection after a change. digests: of its names, in their order.

    left_out: names that were not added, as there may be no more of them.
    """

    selection: Selection
    digests: tuple[str, ...] = ()
    left_out: int = 0

    @property
    def count(self) -> int:
        return len(self.digests)


def find_selection(*, user: User, selection_id: UUID) -> Selection | None:
    """One of this person's own; None for any other, and for one that is no longer kept."""
    return Selection.objects.filter(user=user, pk=selection_id).first()


def is_of_key(*, selection: Selection, key: KeyHandle) -> bool:
    """Whether it was made under this key. Names of one key mean nothing under another."""
    return selection.fingerprint in key.fingerprints and selection.key_mode == key.mode


def find_names(*, key: KeyHandle, beginnings: Sequence[str]) -> list[str]:
    """Names of batches that the key has shown, by the beginnings of their digests. One query.

    In the order given. Where two names have one beginning, neither: it would be a guess.
    """
    if not beginnings:
        return []
    # each with its fingerprint and as a range, so that the index finds it among any number
    ranges = (
        Q(fingerprint=one, digest__gte=beginning, digest__lt=f"{beginning}g")
        for one in key.fingerprints
        for beginning in beginnings
    )
    rows = SeenBatch.objects.filter(reduce(or_, ranges)).values_list("digest", "name")
    found: dict[str, set[str]] = {}
    length = len(beginnings[0])
    for digest, name in rows:
        found.setdefault(digest[:length], set()).add(name)
    return [name for one in beginnings if len(found.get(one, ())) == 1 for name in found[one]]


def names_of(*, selection: Selection) -> tuple[str, ...]:
    """All names, in the order in which they were chosen. One query."""
    return tuple(_rows(selection).values_list("name", flat=True))


@repeatable_transaction
def change_selection(
    *,
    user: User,
    key: KeyHandle,
    selection_id: UUID,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
) -> Ticked:
    """Add and remove names; to do it twice changes nothing more. Made where it does not exist yet.

    Raises OtherSelection.
    """
    selection = _locked(user, key, selection_id)
    if not (add or remove):
        return Ticked(selection=selection, digests=_digests(selection))
    if selection._state.adding:
        _save_new(selection)
    if remove:
        _rows(selection).filter(digest__in=name_digests(remove)).delete()
    left_out = _append(selection, add)
    # what was said of all of them is no longer so
    selection.words, selection.changed_at = "", timezone.now()
    selection.save()
    return Ticked(selection=selection, digests=_digests(selection), left_out=left_out)


@repeatable_transaction
def replace_names(
    *, user: User, key: KeyHandle, selection_id: UUID, names: Sequence[str], words: str
) -> Ticked:
    """Exactly these names from now on. words: what was chosen. Raises OtherSelection."""
    selection = _locked(user, key, selection_id)
    if selection._state.adding:
        _save_new(selection)
    _rows(selection).delete()
    left_out = _append(selection, names)
    longest = Selection._meta.get_field("words").max_length
    selection.words, selection.changed_at = words[:longest], timezone.now()
    selection.save()
    return Ticked(selection=selection, digests=_digests(selection), left_out=left_out)


def prune(*, now: datetime) -> None:
    """Delete those that nobody has changed for long."""
    _delete(Selection.objects.filter(changed_at__lt=now - KEPT_FOR).values_list("pk", flat=True))


def _rows(selection: Selection) -> QuerySet[SelectedBatch]:
    return SelectedBatch.objects.filter(selection=selection).order_by("position")


def _digests(selection: Selection) -> tuple[str, ...]:
    return tuple(_rows(selection).values_list("digest", flat=True))


def _locked(user: User, key: KeyHandle, selection_id: UUID) -> Selection:
    """The stored one, or a new one that is not stored yet."""
    # of two requests of one tab, the second adds to what the first has stored
    found = Selection.objects.select_for_update().filter(pk=selection_id).first()
    if found is None:
        now = timezone.now()
        return Selection(
            id=selection_id,
            user=user,
            fingerprint=key.fingerprint,
            key_mode=key.mode,
            created_at=now,
            changed_at=now,
        )
    if found.user_id != user.pk or not is_of_key(selection=found, key=key):
        raise OtherSelection
    return found


def _save_new(selection: Selection) -> None:
    selection.save(force_insert=True)
    own = Selection.objects.filter(user_id=selection.user_id).order_by("-changed_at")
    _delete(own.values_list("pk", flat=True)[KEPT_OF_PERSON:])


def _append(selection: Selection, names: Iterable[str]) -> int:
    """Put new names behind the others. How many found no place, or cannot be stored."""
    held = set(_digests(selection))
    wanted = {name_digest(name): name for name in names if is_storable(name)}
    new = [name for digest, name in wanted.items() if digest not in held]
    taken = new[: NAMES_AT_MOST - len(held)]
    last = _rows(selection).aggregate(last=Max("position"))["last"] or 0
    rows = (
        SelectedBatch(selection=selection, position=place, name=name)
        for place, name in enumerate(taken, start=last + 1)
    )
    # two requests that made one selection at once may both have added a name
    SelectedBatch.objects.bulk_create(rows, ignore_conflicts=True)
    return len(new) - len(taken)


def _delete(ids: Iterable[UUID]) -> None:
    old = list(ids)
    delete_rows(SelectedBatch.objects.filter(selection_id__in=old).order_by("pk"))
    Selection.objects.filter(pk__in=old).delete()
