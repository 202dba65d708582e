"""One export at a time for a person, over all processes: a lease in the database.

It is renewed for every page. A process that was killed renews nothing, and its export counts as
ended when the lease does.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import Error
from django.utils import timezone

from batches.models import ExportLease
from batches.services.clock import passed

# Longer than a page takes to read, and than most browsers take to fetch one.
LENGTH = timedelta(minutes=1)


class AlreadyLeased(Exception):  # noqa: N818 - it says what is so
    """An export of this person is under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to one export. Another one may have it where this one paused for too long."""

    user_id: int
    token: str

    def renew(self) -> bool:
        """Whether it is still this one's."""
        return self._write(timezone.now() + LENGTH)

    def release(self) -> None:
        self._write(timezone.now())

    def _write(self, until: datetime) -> bool:
        rows = ExportLease.objects.filter(user_id=self.user_id, token=self.token)
        return bool(rows.update(until=until))


@contextmanager
def leased(*, user_id: int) -> Iterator[Lease]:
    """Raises AlreadyLeased."""
    now, lease = timezone.now(), Lease(user_id=user_id, token=uuid4().hex)
    ended = ExportLease(user_id=user_id, until=now)
    ExportLease.objects.bulk_create([ended], ignore_conflicts=True)
    free = ExportLease.objects.filter(passed("until", now=now, at_most=LENGTH), user_id=user_id)
    if not free.update(token=lease.token, until=now + LENGTH):
        raise AlreadyLeased
    try:
        yield lease
    finally:
        with suppress(Error):  # without its database it ends by itself
            lease.release()
