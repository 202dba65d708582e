"""Personal tokens: made, listed, revoked, and found by what a program sends.

The database has a digest of each. An account that was disabled has no tokens that work; what a
token may read is decided in each request from the role and the keys of its owner.
"""

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db import DatabaseError
from django.db.models import Q, QuerySet
from django.utils import timezone

from batches.models import PersonalToken, TokenScope
from batches.personal_tokens import SHOWN, START, TOKEN
from batches.refonte import Secret
from batches.services import clock
from batches.services.transactions import repeatable_transaction

log = logging.getLogger(__name__)

RANDOM_BYTES = 32
TOKENS_AT_MOST = 20  # that work, of one person
ENDED_SHOWN = 20
DAYS = (7, 30, 90, 365)  # that a token may be made for
USED_EVERY = timedelta(minutes=1)


class TooManyTokens(Exception):  # noqa: N818 - it says what is so
    message = f"You have {TOKENS_AT_MOST} tokens that work, which is the limit. Revoke one first."


class AlreadyMade(Exception):  # noqa: N818 - as above
    message = (
        "This token was made already, and is shown only once. If you did not copy it, revoke it "
        "and create another one."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """token: the only time that it is there."""

    row: PersonalToken
    token: Secret


@repeatable_transaction
def create_token(
    *, user: User, form_id: UUID, label: str, scope: TokenScope, key_ref: str, days: int
) -> NewToken:
    """Raises TooManyTokens, AlreadyMade. key_ref: empty for all keys of the person."""
    # one at a time of a person: two that are counted at once would both pass the limit
    User.objects.select_for_update().filter(pk=user.pk).first()
    if PersonalToken.objects.filter(form_id=form_id).exists():
        raise AlreadyMade
    now = timezone.now()
    if working(user=user).count() >= TOKENS_AT_MOST:
        raise TooManyTokens
    # 32 random bytes: nobody can guess one, so that a plain digest is enough
    text = START + secrets.token_urlsafe(RANDOM_BYTES)
    row = PersonalToken.objects.create(
        user=user,
        form_id=form_id,
        label=label,
        prefix=text[:SHOWN],
        digest=digest_of(text),
        scope=scope,
        key_ref=key_ref,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    return NewToken(row=row, token=Secret(text))


def working(*, user: User) -> QuerySet[PersonalToken]:
    """Those of a person that are neither revoked nor expired, the newest first."""
    return user.tokens.filter(revoked_at=None, expires_at__gt=timezone.now())


def ended(*, user: User) -> QuerySet[PersonalToken]:
    """The last ones that were revoked or have expired."""
    is_over = Q(revoked_at__isnull=False) | Q(expires_at__lte=timezone.now())
    return user.tokens.filter(is_over)[:ENDED_SHOWN]


def find_own_token(*, user: User, token_id: UUID) -> PersonalToken | None:
    """None for an unknown token, and for another person's."""
    return user.tokens.filter(id=token_id).first()


def revoke_token(*, token: PersonalToken) -> None:
    """It stops with the next request. A second time changes nothing."""
    PersonalToken.objects.filter(id=token.id, revoked_at=None).update(revoked_at=timezone.now())


def revoke_all_tokens() -> int:
    """Of everybody. Returns how many worked until now."""
    now = timezone.now()
    rows = PersonalToken.objects.filter(revoked_at=None, expires_at__gt=now)
    return rows.update(revoked_at=now)


def find_token(text: str) -> PersonalToken | None:
    """A token that works; None for any other text. One query, none for what is no token."""
    if not TOKEN.fullmatch(text):
        return None
    now = timezone.now()
    rows = PersonalToken.objects.filter(digest=digest_of(text), revoked_at=None)
    return rows.filter(expires_at__gt=now).first()


def note_use(token: PersonalToken) -> None:
    """At most one write a minute; none where the database cannot be written."""
    now = timezone.now()
    last = token.last_used_at
    if last is not None and not clock.is_older(last, now=now, than=USED_EVERY):
        return
    try:
        PersonalToken.objects.filter(id=token.id).update(last_used_at=now)
    except DatabaseError:
        log.warning("the last use of a token was not stored", extra={"token": str(token.id)})


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
