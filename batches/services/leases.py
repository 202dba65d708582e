"""Leases over all processes and hosts: a row in the database that one holder has until a time.

A holder renews its lease while it works. After a kill the next one waits until the lease ends. A
holder that paused for longer than that finds another token in the row, and must not go on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from batches.services import clock


class LeaseLost(Exception):  # noqa: N818 - the name is the fact
    """Another holder has it by now, so nothing may be written for it."""


@dataclass(frozen=True, slots=True)
class LeaseHandle:
    """rows: its one row, while that has the holder's token. length: from a renewal to the end."""

    rows: QuerySet[Any]
    length: timedelta

    def renew(self) -> bool:
        """False where another holder has it."""
        return bool(self.rows.update(until=timezone.now() + self.length))

    def release(self) -> None:
        self.rows.update(until=timezone.now())

    @contextmanager
    def fenced(self) -> Iterator[None]:
        """A transaction in which nobody else can acquire the lease. Raises LeaseLost.

        For short writes alone, never around a call.
        """
        with transaction.atomic():
            if self.rows.select_for_update().first() is None:
                raise LeaseLost
            yield


def acquire(model: type[Model], *, length: timedelta, **row: Any) -> LeaseHandle | None:
    """The lease of the row with these values; None while another holder has it.

    model: one of `batches.models.leases`. length: longer than the time between two renewals.
    """
    now, token = timezone.now(), uuid4().hex
    model._default_manager.bulk_create([model(**row, until=now)], ignore_conflicts=True)
    rows = model._default_manager.filter(**row)
    # one statement, so that of several that ask at once only one gets it
    ended = rows.filter(clock.passed("until", now=now, at_most=length))
    if not ended.update(token=token, until=now + length):
        return None
    return LeaseHandle(rows.filter(token=token), length)
