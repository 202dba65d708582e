"""Rotates the encryption keys of sealed rows while people work.

    1. put a new key first in API_KEY_ENCRYPTION_KEYS, restart: it seals, the others still open
    2. `manage.py rotate_encryption_keys`: every row is sealed again with it
    3. take the old key out, restart: refused while a row still needs it

Killed at any point and run again, it continues with the rows that are left.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from batches.models import ApiKey, Channel, FingerprintSecret
from batches.services.keys import fingerprints, vault
from batches.services.row_locks import update_rows

GIVEN_UP = ""
Sealed = ApiKey | Channel | FingerprintSecret
SEALED: dict[type[Sealed], str] = {
    FingerprintSecret: "fingerprints",
    ApiKey: "API key",
    Channel: "channel",
}


@dataclass
class Rotation:
    """Counts of rows. missed: rows that another process wrote meanwhile: run it again.

    unreadable: names of rows that cannot be opened.
    """

    resealed: int = 0
    missed: int = 0
    unreadable: list[str] = field(default_factory=list)


def rotate() -> Rotation:
    """Seal rows of other encryption keys again with the first one."""
    run, first = Rotation(), vault.marks()[0]
    for model, name in SEALED.items():
        stale = model.objects.exclude(sealed_with__in=(first, GIVEN_UP)).order_by("pk")
        for pk, text in list(stale.values_list("pk", "sealed")):
            # one row at a time, with no transaction around all: people can write meanwhile
            _rotate_row(run, model, pk, text, f"{name} {pk}")
    return run


def _rotate_row(run: Rotation, model: type[Sealed], pk: Any, text: str, name: str) -> None:
    try:
        sealed = vault.reseal(text=text)
    except vault.KeyUnreadable:
        run.unreadable.append(name)
        return
    # only if `sealed` is unchanged: an owner may have replaced the key since the row was read
    changed = model.objects.filter(pk=pk, sealed=text).update(
        sealed=sealed.text, sealed_with=sealed.mark
    )
    run.resealed += changed
    run.missed += 1 - changed


def rows_by_mark() -> Counter[str]:
    """Number of rows by the mark of the encryption key that sealed them; "" for rows given up."""
    marks: Iterator[str] = (
        mark
        for model in SEALED
        for mark in model.objects.values_list("sealed_with", flat=True).iterator()
    )
    return Counter(marks)


def refuse_missing_keys() -> None:
    """Raises ImproperlyConfigured where rows need an encryption key that the settings lack.

    Raises DatabaseError where the database does not answer: then it is unknown.
    """
    if Channel._meta.db_table not in connection.introspection.table_names():
        return  # before the first migration there are no sealed rows
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
    """Mark the rows of lost encryption keys, whose owners then enter the API keys again.

    Returns how many rows.
    """
    known = (*vault.marks(), GIVEN_UP)
    # a lost secret is made anew on next use; rows keep old fingerprints until keys are entered
    FingerprintSecret.objects.exclude(sealed_with__in=known).delete()
    # this process may still have the deleted secret in memory
    fingerprints.forget()
    update_rows(Channel.objects.exclude(sealed_with__in=known), sealed_with=GIVEN_UP)
    return update_rows(ApiKey.objects.exclude(sealed_with__in=known), sealed_with=GIVEN_UP)
