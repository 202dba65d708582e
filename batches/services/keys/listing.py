"""Finds keys: those that a person may read with, one of their own, one for a background job."""

import json
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User

from batches.models import ApiKey
from batches.services import sql
from batches.services.keys import vault
from batches.services.keys.types import KeyHandle, ViewerKey

# Every request reads this: Django takes four times as long to build it as the database to answer.
READABLE = """
    SELECT k.id, k.owner_id, owner.username AS owner_name, k.label, k.mode, k.last_four,
           k.fingerprint, k.earlier, k.sealed_with, k.is_default, k.is_shared,
           k.keep_watch, k.created_at, k.last_used_at, k.last_background_at, k.last_checked_at,
           k.is_refused, k.refused_at, k.refusal, k.denials, k.not_before, k.throttles
      FROM batches_apikey k JOIN auth_user owner ON owner.id = k.owner_id
     WHERE k.owner_id = %s OR (k.is_shared AND owner.is_active)
"""
HANDLE_FIELDS = tuple(field.name for field in fields(KeyHandle))


def list_readable_keys(*, user: User) -> tuple[ViewerKey, ...]:
    """Own keys first, the default one ahead, then shared ones. One query, never the sealed text."""
    columns, rows = sql.read(READABLE, [user.pk])
    marks = vault.marks()
    found = [_listed(columns, row, user.pk, marks) for row in rows]
    found.sort(key=lambda key: (not key.is_own, not key.is_default, key.label, key.owner_name))
    # a key that several people share is listed once; one's own, which may write, comes first
    first = {key.fingerprint: key for key in reversed(found)}
    return tuple(key for key in found if first[key.fingerprint] is key)


def readable_fingerprints(keys: tuple[KeyHandle, ...]) -> frozenset[str]:
    """The fingerprints under which these keys have records, before replacements too."""
    return frozenset(fingerprint for key in keys for fingerprint in key.fingerprints)


def find_own_key(*, user: User, key_id: UUID) -> ViewerKey | None:
    """None for an unknown key and for another person's alike."""
    row = ApiKey.objects.defer("sealed").filter(owner=user, id=key_id).first()
    return _viewer_key(row, user.username, user.pk, vault.marks()) if row else None


def find_handle(*, key_id: UUID) -> KeyHandle | None:
    """Whoever owns the key: for background jobs."""
    row = ApiKey.objects.defer("sealed").filter(id=key_id).first()
    return handle_of(row) if row else None


def handle_of(row: ApiKey) -> KeyHandle:
    return KeyHandle(**_handle_fields(row))


def _viewer_key(row: ApiKey, owner_name: str, viewer_id: int, marks: tuple[str, ...]) -> ViewerKey:
    is_own = row.owner_id == viewer_id
    return ViewerKey(
        **_handle_fields(row),
        # of another person's key not even the last four characters
        last_four=row.last_four if is_own else "",
        owner_name=owner_name,
        is_own=is_own,
        is_default=row.is_default and is_own,
        is_shared=row.is_shared,
        keep_watch=row.keep_watch,
        is_readable=row.sealed_with in marks,
        created_at=row.created_at,
        last_checked_at=row.last_checked_at,
    )


def _handle_fields(row: ApiKey) -> dict[str, Any]:
    return {name: getattr(row, name) for name in HANDLE_FIELDS} | {"earlier": tuple(row.earlier)}


# A row is turned into a key only when it has changed: keys change far less often than pages ask.
@lru_cache(maxsize=4_096)
def _listed(
    columns: sql.Columns, row: sql.Row, viewer_id: int, marks: tuple[str, ...]
) -> ViewerKey:
    values = {
        name: READ_AS.get(name, _unchanged)(value) for name, value in zip(columns, row, strict=True)
    }
    owner_name = values.pop("owner_name")
    return _viewer_key(ApiKey(**values), owner_name, viewer_id, marks)


def _id(value: UUID | str) -> UUID:
    return UUID(str(value))


def _moment(value: datetime | None) -> datetime | None:
    return value and value.replace(tzinfo=UTC)  # in UTC on both; SQLite gives it without a zone


def _unchanged(value: Any) -> Any:
    return value


# What a database gives in a form of its own, as this query is read without Django's models.
READ_AS: dict[str, Callable[[Any], Any]] = {
    "id": _id,
    "earlier": json.loads,
    "created_at": _moment,
    "last_used_at": _moment,
    "last_background_at": _moment,
    "last_checked_at": _moment,
    "refused_at": _moment,
    "not_before": _moment,
}
