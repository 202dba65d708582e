"""What a person wants done, recorded; the worker reads the batches for it (`reading`)."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User

from batches.models import Bulk, Verb
from batches.services.bulks.types import CreateRow
from batches.services.keys.types import ViewerKey


def plan_bulk(
    *,
    user: User,
    key: ViewerKey,
    form_id: UUID,
    verb: Verb,
    names: Sequence[str],
    parameters: dict[str, Any],
    chosen: str,
) -> Bulk:
    """Finalize or prioritize. Raises BulkError or OperationsError."""
    raise NotImplementedError


def plan_creates(*, user: User, key: ViewerKey, form_id: UUID, rows: Sequence[CreateRow]) -> Bulk:
    """Raises the same errors."""
    raise NotImplementedError


def plan_retry(*, user: User, key: ViewerKey, form_id: UUID, bulk: Bulk) -> Bulk:
    """The rows of an ended bulk that failed, and only those. Raises the same errors."""
    raise NotImplementedError


def read_again(*, user: User, bulk: Bulk) -> Bulk:
    """A plan that was not confirmed, or a stopped reading. Raises NotYours, NotPlanned."""
    raise NotImplementedError


def tick(*, user: User, bulk: Bulk, positions: Iterable[int], ticked: bool) -> Bulk:
    """Rows that cannot be ticked stay as they are. Raises NotYours, NotPlanned."""
    raise NotImplementedError


def stamp_of(bulk: Bulk) -> str:
    """A digest of the ticked rows and of when they were read: what a confirmation is about."""
    raise NotImplementedError
