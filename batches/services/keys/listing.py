"""Finds keys: all that a person may read with, one of their own, one for a background job."""

from dataclasses import fields
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User

from batches.models import ApiKey
from batches.services import sql
from batches.services.keys import vault
from batches.services.keys.types import KeyHandle, ViewerKey
from batches.services.sql import Columns, Names, Row

HANDLE = tuple(field.name for field in fields(KeyHandle))


def list_readable_keys(*, user: User) -> tuple[ViewerKey, ...]:
    """Own keys first, with the default one at the start, then shared keys. One query."""
    marks = vault.marks()
    names, rows = sql.read_readable_keys(user_id=user.pk)
    found = [_listed_key(names, row, user.pk, marks) for row in rows]
    found.sort(key=lambda key: (not key.is_own, not key.is_default, key.label, key.owner_name))
    # a key that several people have is listed once; the viewer's own is kept, as it may write
    first = {key.fingerprint: key for key in reversed(found)}
    return tuple(key for key in found if first[key.fingerprint] is key)


def readable_fingerprints(keys: tuple[KeyHandle, ...]) -> frozenset[str]:
    """The fingerprints under which these keys have records, also from before replacements."""
    return frozenset(fingerprint for key in keys for fingerprint in key.fingerprints)


def find_own_key(*, user: User, key_id: UUID) -> ViewerKey | None:
    """None for an unknown key, and for a key of another person."""
    # both alike, so that an address does not show whether a key exists; the sealed text is not
    # loaded where nothing opens it
    row = ApiKey.objects.defer("sealed").filter(owner=user, id=key_id).first()
    return _viewer_key(vars(row), user.username, user.pk, vault.marks()) if row else None


def find_handle(*, key_id: UUID) -> KeyHandle | None:
    """The key of any owner, for background jobs."""
    row = ApiKey.objects.defer("sealed").filter(id=key_id).first()
    return handle_of(row) if row else None


def handle_of(row: ApiKey) -> KeyHandle:
    return KeyHandle(**_handle_fields(vars(row)))


@lru_cache(maxsize=4_096)
def _listed_key(names: Names, row: Row, viewer_id: int, marks: tuple[str, ...]) -> ViewerKey:
    # cached by the row: every request lists keys, and rows seldom change
    columns = sql.columns_of(names, row)
    return _viewer_key(columns, columns["owner_name"], viewer_id, marks)


def _viewer_key(
    columns: Columns, owner_name: str, viewer_id: int, marks: tuple[str, ...]
) -> ViewerKey:
    is_own = columns["owner_id"] == viewer_id
    return ViewerKey(
        **_handle_fields(columns),
        # of another person's key not even the last four characters are shown
        last_four=columns["last_four"] if is_own else "",
        owner_name=owner_name,
        is_own=is_own,
        is_default=columns["is_default"] and is_own,
        is_shared=columns["is_shared"],
        keep_watch=columns["keep_watch"],
        # sealed with an encryption key that the settings still have
        is_readable=columns["sealed_with"] in marks,
        created_at=columns["created_at"],
        last_checked_at=columns["last_checked_at"],
    )


def _handle_fields(columns: Columns) -> dict[str, Any]:
    return {name: columns[name] for name in HANDLE} | {"earlier": tuple(columns["earlier"])}
