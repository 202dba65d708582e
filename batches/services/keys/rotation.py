"""Rotates the encryption keys of sealed rows while people go on working.

    1. put a new key first in API_KEY_ENCRYPTION_KEYS, restart: it seals, the others still open
    2. `manage.py rotate_encryption_keys`: every row is sealed again with it
    3. take the old key out, restart: refused while a row still needs it

Each row is its own small step: read, seal again, write only if nobody wrote meanwhile. Killed at
any point and run again, it goes on with what is left.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from batches.models import ApiKey, FingerprintSecret
from batches.services.keys import fingerprints, vault
from batches.services.row_locks import update_rows

GIVEN_UP = ""


@dataclass
class Rotation:
    """Counts of rows. missed: written by somebody else meanwhile, so that another run is needed.

    unreadable: names of rows that do not open.
    """

    resealed: int = 0
    missed: int = 0
    unreadable: list[str] = field(default_factory=list)


def rotate() -> Rotation:
    """Seals rows of other encryption keys with the first one."""
    run, first = Rotation(), vault.marks()[0]
    for model, name in ((FingerprintSecret, "fingerprints"), (ApiKey, "API key")):
        stale = model.objects.exclude(sealed_with__in=(first, GIVEN_UP)).order_by("pk")
        for pk, text in list(stale.values_list("pk", "sealed")):
            _rotate_row(run, model, pk, text, f"{name} {pk}")
    return run


def _rotate_row(
    run: Rotation, model: type[ApiKey | FingerprintSecret], pk: Any, text: str, name: str
) -> None:
    try:
        sealed = vault.reseal(text=text)
    except vault.KeyUnreadable:
        run.unreadable.append(name)
        return
    # compare-and-set: a key that its owner replaced since the row was read stays as it is
    changed = model.objects.filter(pk=pk, sealed=text).update(
        sealed=sealed.text, sealed_with=sealed.mark
    )
    run.resealed += changed
    run.missed += 1 - changed


def rows_by_mark() -> Counter[str]:
    """How many rows each encryption key sealed, by its mark; "" for those given up."""
    marks: Iterator[str] = (
        mark
        for model in (ApiKey, FingerprintSecret)
        for mark in model.objects.values_list("sealed_with", flat=True).iterator()
    )
    return Counter(marks)


def refuse_missing_keys() -> None:
    """Raises ImproperlyConfigured where rows need an encryption key that the settings lack, and
    DatabaseError where that cannot be found out.
    """
    if ApiKey._meta.db_table not in connection.introspection.table_names():
        return  # before the first migration nothing is sealed
    rows = rows_by_mark()
    missing = {mark: rows[mark] for mark in rows if mark not in (*vault.marks(), GIVEN_UP)}
    if missing:
        needs = ", ".join(f"{count} rows need {mark}" for mark, count in sorted(missing.items()))
        raise ImproperlyConfigured(
            "API_KEY_ENCRYPTION_KEYS in the environment lacks an encryption key that is still "
            f"needed ({needs}). Put it back and run `manage.py rotate_encryption_keys`; if it is "
            "lost, run that with --give-up: the owners then enter their API keys again."
        )


def give_up() -> int:
    """Marks the rows of lost encryption keys: their owners enter the API keys again.

    Returns how many rows. Where the bytes behind the fingerprints are lost too, new ones are made
    on next use; rows keep their old fingerprints until their keys are entered again.
    """
    known = (*vault.marks(), GIVEN_UP)
    FingerprintSecret.objects.exclude(sealed_with__in=known).delete()
    fingerprints.forget()
    return update_rows(ApiKey.objects.exclude(sealed_with__in=known), sealed_with=GIVEN_UP)
