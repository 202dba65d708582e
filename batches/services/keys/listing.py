"""The keys a person may read with: their own, then those that others opened for reading."""

from functools import lru_cache
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User

from batches.models import ApiKey
from batches.services import sql
from batches.services.keys import vault
from batches.services.keys.types import KeyHandle, ViewerKey

# Written out, as every request asks it: Django would take four times as long to build it as the
# database takes to answer. Never the sealed text.
READABLE = """
    SELECT k.id, k.owner_id, owner.username AS owner_name, k.label, k.mode, k.last_four,
           k.fingerprint, k.earlier, k.sealed_with, k.is_default, k.is_shared,
           k.keep_watch, k.created_at, k.last_used_at, k.last_background_at, k.last_checked_at,
           k.is_refused, k.refused_at, k.refusal, k.denials, k.not_before, k.throttles
      FROM batches_apikey k JOIN auth_user owner ON owner.id = k.owner_id
     WHERE k.owner_id = %s OR (k.is_shared AND owner.is_active)
"""


def list_readable_keys(*, user: User) -> tuple[ViewerKey, ...]:
    """Own keys first, the default one ahead; one query, and never the sealed text.

    A shared key whose like the person owns is left out: they read, and write, with their own.
    """
    columns, rows = sql.read(READABLE, [user.pk])
    marks = vault.marks()
    found = [_listed(columns, row, user.pk, marks) for row in rows]
    found.sort(key=lambda key: (not key.is_own, not key.is_default, key.label, key.owner_name))
    first = {key.fingerprint: key for key in reversed(found)}
    return tuple(key for key in found if first[key.fingerprint] is key)


def readable_fingerprints(keys: tuple[KeyHandle, ...]) -> frozenset[str]:
    """Whose records these keys open, those from before a replacement included."""
    return frozenset(fingerprint for key in keys for fingerprint in key.fingerprints)


def find_own_key(*, user: User, key_id: UUID) -> ViewerKey | None:
    """One of the person's own keys; None for an unknown one and for another's alike."""
    row = ApiKey.objects.defer("sealed").filter(owner=user, id=key_id).first()
    return _viewer_key(row, user.username, user.pk, vault.marks()) if row else None


def find_handle(*, key_id: UUID) -> KeyHandle | None:
    """A key as background jobs use it, whoever owns it."""
    row = ApiKey.objects.defer("sealed").filter(id=key_id).first()
    return handle_of(row) if row else None


def handle_of(row: ApiKey) -> KeyHandle:
    return KeyHandle(**_vendor_side(row))


@lru_cache(maxsize=4_096)
def _listed(
    columns: sql.Columns, row: sql.Row, reader_id: int, marks: tuple[str, ...]
) -> ViewerKey:
    """Made once for all requests to which the database says the same of it."""
    found: Any = sql.instances(ApiKey, columns, [row])[0]
    return _viewer_key(found, found.owner_name, reader_id, marks)


def _viewer_key(row: ApiKey, owner_name: str, reader_id: int, marks: tuple[str, ...]) -> ViewerKey:
    is_own = row.owner_id == reader_id
    return ViewerKey(
        **_vendor_side(row),
        # of another's key not even the last four characters
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


def _vendor_side(row: ApiKey) -> dict[str, Any]:
    """The fields of a `KeyHandle`."""
    return {
        "id": row.id,
        "ref": row.ref,
        "mode": row.mode,
        "label": row.label,
        "fingerprint": row.fingerprint,
        "owner_id": row.owner_id,
        "earlier": tuple(row.earlier),
        "last_used_at": row.last_used_at,
        "last_background_at": row.last_background_at,
        "is_refused": row.is_refused,
        "refused_at": row.refused_at,
        "refusal": row.refusal,
        "denials": row.denials,
        "not_before": row.not_before,
        "throttles": row.throttles,
    }
