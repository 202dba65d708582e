"""Adds, replaces and checks keys: the vendor is asked first, outside any transaction."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.db import IntegrityError
from django.utils import timezone

from batches.models import ApiKey
from batches.refonte import KeyRefused, ListQuery, RefonteError, Secret, TooLarge
from batches.services.key_checks.rate_limit import count_check
from batches.services.key_checks.verdicts import KeyCheck, Verdict
from batches.services.keys import vault
from batches.services.keys.fingerprints import fingerprint_of
from batches.services.keys.listing import find_own_key
from batches.services.keys.types import KeyHandle
from batches.services.observations.record import record
from batches.services.observations.sighting import Sighting
from batches.services.transactions import repeatable_transaction
from batches.services.vendor import key_states
from batches.services.vendor.calls import Kind, call_vendor, check_unsaved_key, new_deadline

CHEAPEST = ListQuery(limit=1, detailed=False)
TRY_AGAIN = "Try again in a moment."
ACCEPTED = KeyCheck(verdict=Verdict.ACCEPTED, message="Refonte accepts this key.")
LABEL_TAKEN = KeyCheck(
    verdict=Verdict.INVALID,
    message="You have a key with this name already. Choose another name.",
    field="label",
)
CHANGED_MEANWHILE = KeyCheck(
    verdict=Verdict.INVALID,
    message="Your keys were changed in another tab meanwhile. Nothing was saved; try again.",
)


def add_key(
    *, owner: User, label: str, mode: str, secret: Secret, keep_watch: bool = False
) -> KeyCheck:
    """Saves a key only where the vendor accepts it. The first key becomes the default.

    Raises vault.KeyUnreadable where fingerprints cannot be computed, and TooManyChecks.
    """
    fingerprint = fingerprint_of(secret)
    if conflict := _conflict(owner, label, fingerprint):
        return conflict
    began = timezone.now()
    check = _check_unsaved(owner, secret)
    if check.verdict is not Verdict.ACCEPTED:
        return _rejected(check, "Nothing was saved.")
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
        return _conflict(owner, label, fingerprint) or CHANGED_MEANWHILE
    return _saved(user=owner, row=row, asked_at=began)


def replace_key(*, user: User, key: KeyHandle, secret: Secret) -> KeyCheck:
    """Puts a new API key under an old label; the old one works until the vendor accepts the new.

    The same API key entered again is sealed again, which repairs a row that no longer opens.
    Raises TooManyChecks.
    """
    fingerprint = fingerprint_of(secret)
    if duplicate := _duplicate(user, fingerprint, but_for=key.id):
        return duplicate
    began = timezone.now()
    check = _check_unsaved(user, secret)
    if check.verdict is not Verdict.ACCEPTED:
        return _rejected(check, "Nothing was replaced.")
    try:
        row = _replace(key, secret, fingerprint)
    except IntegrityError:  # another tab was faster
        return _duplicate(user, fingerprint, but_for=key.id) or CHANGED_MEANWHILE
    return _saved(user=user, row=row, asked_at=began) if row else CHANGED_MEANWHILE


def check_key(*, user: User, key: KeyHandle) -> KeyCheck:
    """Asks the vendor with a saved key, also a refused one. Raises TooManyChecks."""
    count_check(user=user)
    deadline, began = new_deadline(), timezone.now()
    try:
        answer = call_vendor(
            key=replace(key, is_refused=False),  # or the call would be refused here
            kind=Kind.PAGE,
            deadline=deadline,
            send=lambda client, secret: client.list_batches(secret, CHEAPEST, deadline=deadline),
        )
        sightings = map(Sighting.of_batch, answer.data.batches)
        record(fingerprint=key.fingerprint, sightings=sightings, at=began)
        check = ACCEPTED
    except RefonteError as error:
        check = _verdict_of(error)
    except vault.KeyUnreadable as error:
        known = find_own_key(user=user, key_id=key.id)
        return KeyCheck(verdict=Verdict.INVALID, message=str(error), key=known)
    if check.verdict is Verdict.ACCEPTED:
        key_states.mark_checked(key=key, asked_at=began)
    if check.verdict is not Verdict.UNCHECKED:
        ApiKey.objects.filter(id=key.id).update(last_checked_at=timezone.now())
    advice = TRY_AGAIN if check.verdict is Verdict.UNCHECKED else ""
    known = find_own_key(user=user, key_id=key.id)
    return replace(check, message=_sentences(check.message, advice), key=known, field=None)


def _check_unsaved(user: User, secret: Secret) -> KeyCheck:
    count_check(user=user)
    try:
        check_unsaved_key(secret=secret, deadline=new_deadline())
    except RefonteError as error:
        return _verdict_of(error)
    return ACCEPTED


def _verdict_of(error: RefonteError) -> KeyCheck:
    if isinstance(error, TooLarge):  # the vendor answered: only a key that it accepts gets so much
        return ACCEPTED
    if isinstance(error, KeyRefused):
        message = f"Refonte refused this key: {error.message}"
        return KeyCheck(verdict=Verdict.REFUSED, message=message, field="api_key")
    message = f"Whether Refonte accepts this key could not be checked: {error.message}"
    return KeyCheck(verdict=Verdict.UNCHECKED, message=message, field="api_key")


def _rejected(check: KeyCheck, consequence: str) -> KeyCheck:
    # nothing of the key is kept: it may be a typing error that belongs to somebody else's account
    advice = "" if check.verdict is Verdict.REFUSED else TRY_AGAIN
    return replace(check, message=_sentences(check.message, consequence, advice))


def _sentences(first: str, *more: str) -> str:
    """first: may quote the vendor, whose text may end without a full stop."""
    ended = first if first.endswith((".", "!", "?", "…")) else f"{first}."
    return " ".join(filter(None, (ended, *more)))


def _saved(*, user: User, row: ApiKey, asked_at: datetime) -> KeyCheck:
    key = find_own_key(user=user, key_id=row.id)
    if key:
        key_states.mark_checked(key=key, asked_at=asked_at)
    return replace(ACCEPTED, key=key)


@repeatable_transaction
def _insert(row: ApiKey) -> None:
    # the owner's row is locked, or two tabs could both make their key the default
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
        past = dict.fromkeys([row.fingerprint, *row.earlier])  # in this order, each once
        row.earlier = [earlier for earlier in past if earlier != fingerprint]
    sealed = vault.seal_key(owner_id=row.owner_id, key_id=row.id, secret=secret)
    row.sealed, row.sealed_with = sealed.text, sealed.mark
    row.fingerprint, row.last_four = fingerprint, secret.reveal()[-4:]
    row.last_checked_at, row.is_refused = timezone.now(), False
    row.not_before, row.throttles = None, 0
    row.save()
    return row


def _conflict(owner: User, label: str, fingerprint: str) -> KeyCheck | None:
    if duplicate := _duplicate(owner, fingerprint):
        return duplicate
    return LABEL_TAKEN if ApiKey.objects.filter(owner=owner, label=label).exists() else None


def _duplicate(owner: User, fingerprint: str, *, but_for: UUID | None = None) -> KeyCheck | None:
    same = ApiKey.objects.filter(owner=owner, fingerprint=fingerprint).first()
    if same is None or same.id == but_for:  # an owner has a fingerprint once
        return None
    message = f"You have this key already: it is “{same.label}”."
    return KeyCheck(verdict=Verdict.INVALID, message=message, field="api_key")
