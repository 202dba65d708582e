"""Adding, checking and replacing a key: the vendor is asked first, outside any transaction."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.db import IntegrityError
from django.utils import timezone

from batches.models import ApiKey
from batches.refonte import KeyRefused, ListQuery, RefonteError, Secret, TooLarge
from batches.services.key_checks.rate_limit import count_check
from batches.services.key_checks.verdicts import KeyCheck, Verdict, not_asked, refused
from batches.services.keys import vault
from batches.services.keys.fingerprints import fingerprint_of
from batches.services.keys.listing import find_own_key
from batches.services.keys.types import KeyHandle
from batches.services.observations.record import record
from batches.services.observations.sighting import Sighting
from batches.services.transactions import repeatable_transaction
from batches.services.vendor import key_states
from batches.services.vendor.calls import Kind, call_vendor, check_unsaved_key, new_deadline

ACCEPTED = "Refonte accepts this key."
AGAIN = "Try again in a moment."
CHEAPEST = ListQuery(limit=1, detailed=False)


def add_key(
    *, owner: User, label: str, mode: str, secret: Secret, keep_watch: bool = False
) -> KeyCheck:
    """Check a key and save it, but only where Refonte accepts it.

    The first key becomes the default. Raises vault.KeyUnreadable where fingerprints do not open,
    and TooManyChecks.
    """
    fingerprint = fingerprint_of(secret)
    if trouble := _taken(owner=owner, label=label, fingerprint=fingerprint):
        return trouble
    count_check(user=owner)
    began = timezone.now()
    check = _try(secret)
    if check.verdict is not Verdict.ACCEPTED:
        return _nothing_done(check, "Nothing was saved.")
    key_id = uuid4()
    sealed = vault.seal_key(owner_id=owner.pk, key_id=key_id, secret=secret)
    row = ApiKey(
        id=key_id,
        owner=owner,
        label=label,
        mode=mode,
        sealed=sealed.text,
        sealed_with=sealed.mark,
        last_four=secret.reveal()[-4:],
        fingerprint=fingerprint,
        keep_watch=keep_watch,
        last_checked_at=timezone.now(),
    )
    try:
        _insert(row)
    except IntegrityError:  # another tab was faster
        return _taken(owner=owner, label=label, fingerprint=fingerprint) or _again()
    return _saved(check, user=owner, row=row, asked_at=began)


def replace_key(*, user: User, key: KeyHandle, secret: Secret) -> KeyCheck:
    """Put a new key under the old name, once the vendor accepts it; the old one works until then.

    The same key entered again is sealed again, which heals a row that no longer opens.
    Raises TooManyChecks.
    """
    fingerprint = fingerprint_of(secret)
    if twice := _twice(owner=user, fingerprint=fingerprint, but_for=key.id):
        return twice
    count_check(user=user)
    began = timezone.now()
    check = _try(secret)
    if check.verdict is not Verdict.ACCEPTED:
        return _nothing_done(check, "Nothing was replaced.")
    try:
        row = _replace(key, secret, fingerprint)
    except IntegrityError:
        return _twice(owner=user, fingerprint=fingerprint, but_for=key.id) or _again()
    return _saved(check, user=user, row=row, asked_at=began) if row else _again()


def check_key(*, user: User, key: KeyHandle) -> KeyCheck:
    """Ask the vendor with a saved key, also a refused one. Raises TooManyChecks."""
    count_check(user=user)
    deadline, began = new_deadline(), timezone.now()
    try:
        answer = call_vendor(
            # what was refused is not asked with; here it must be
            key=replace(key, is_refused=False),
            kind=Kind.PAGE,
            deadline=deadline,
            send=lambda client, secret: client.list_batches(secret, CHEAPEST, deadline=deadline),
        )
        told = map(Sighting.of_batch, answer.data.batches)
        record(fingerprint=key.fingerprint, sightings=told, at=began)
        check = _accepted()
    except RefonteError as error:
        check = _failed(error)
    except vault.KeyUnreadable as error:
        known = find_own_key(user=user, key_id=key.id)
        return KeyCheck(verdict=Verdict.INVALID, words=str(error), key=known)
    if check.verdict is Verdict.ACCEPTED:
        key_states.mark_checked(key=key, asked_at=began)
    if check.verdict is not Verdict.UNCHECKED:
        ApiKey.objects.filter(id=key.id).update(last_checked_at=timezone.now())
    now = find_own_key(user=user, key_id=key.id)
    again = f" {AGAIN}" if check.verdict is Verdict.UNCHECKED else ""
    return KeyCheck(verdict=check.verdict, words=f"{_ended(check.words)}{again}", key=now)


def _try(secret: Secret) -> KeyCheck:
    try:
        check_unsaved_key(secret=secret, deadline=new_deadline())
    except RefonteError as error:
        return _failed(error)
    return _accepted()


def _accepted() -> KeyCheck:
    return KeyCheck(verdict=Verdict.ACCEPTED, words=ACCEPTED)


def _failed(error: RefonteError) -> KeyCheck:
    if isinstance(error, TooLarge):  # of one row, but an answer to this key
        return _accepted()
    if isinstance(error, KeyRefused):
        return KeyCheck(verdict=Verdict.REFUSED, words=refused(error), field="api_key")
    return KeyCheck(verdict=Verdict.UNCHECKED, words=not_asked(error))


def _nothing_done(check: KeyCheck, words: str) -> KeyCheck:
    """Of a key that nobody has accepted nothing is kept: who meant another one would not know."""
    again = "" if check.verdict is Verdict.REFUSED else f" {AGAIN}"
    return KeyCheck(
        verdict=check.verdict, words=f"{_ended(check.words)} {words}{again}", field="api_key"
    )


def _ended(words: str) -> str:
    """The vendor's own words may end without a full stop."""
    return words if words.endswith((".", "!", "?", "…")) else f"{words}."


def _saved(check: KeyCheck, *, user: User, row: ApiKey, asked_at: datetime) -> KeyCheck:
    key = find_own_key(user=user, key_id=row.id)
    if key:
        key_states.mark_checked(key=key, asked_at=asked_at)
    return KeyCheck(verdict=check.verdict, words=check.words, key=key)


@repeatable_transaction
def _insert(row: ApiKey) -> None:
    """The owner's row is locked, so that two tabs do not make two defaults."""
    User.objects.select_for_update().get(id=row.owner_id)
    row.is_default = not ApiKey.objects.filter(owner=row.owner_id, is_default=True).exists()
    row.save(force_insert=True)


@repeatable_transaction
def _replace(key: KeyHandle, secret: Secret, fingerprint: str) -> ApiKey | None:
    """None where the key was deleted meanwhile."""
    row = ApiKey.objects.select_for_update().filter(id=key.id).first()
    if row is None:
        return None
    if fingerprint != row.fingerprint:
        past = [row.fingerprint, *row.earlier]
        row.earlier = [print_ for print_ in dict.fromkeys(past) if print_ != fingerprint]
    sealed = vault.seal_key(owner_id=row.owner_id, key_id=row.id, secret=secret)
    row.sealed, row.sealed_with = sealed.text, sealed.mark
    row.fingerprint, row.last_four = fingerprint, secret.reveal()[-4:]
    row.last_checked_at, row.is_refused = timezone.now(), False
    row.not_before, row.throttles = None, 0
    row.save()
    return row


def _taken(*, owner: User, label: str, fingerprint: str) -> KeyCheck | None:
    if twice := _twice(owner=owner, fingerprint=fingerprint):
        return twice
    if ApiKey.objects.filter(owner=owner, label=label).exists():
        words = "You have a key with this name already. Choose another name."
        return KeyCheck(verdict=Verdict.INVALID, words=words, field="label")
    return None


def _twice(*, owner: User, fingerprint: str, but_for: UUID | None = None) -> KeyCheck | None:
    same = ApiKey.objects.filter(owner=owner, fingerprint=fingerprint).first()
    if same is None or same.id == but_for:  # an owner has a fingerprint once
        return None
    words = f"You have this key already: it is “{same.label}”."
    return KeyCheck(verdict=Verdict.INVALID, words=words, field="api_key")


def _again() -> KeyCheck:
    words = "Your keys were changed in another tab meanwhile. Nothing was saved; try again."
    return KeyCheck(verdict=Verdict.INVALID, words=words)
