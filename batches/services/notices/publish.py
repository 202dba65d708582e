"""Stores what there is to tell, in the transaction of what happened. Sends nothing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from batches.models import Notice, NoticeKind, SeenBatch


def publish(
    *,
    kind: NoticeKind,
    fingerprint: str,
    batch: SeenBatch | None,
    at: datetime,
    is_over: bool = False,
    facts: Mapping[str, Any] | None = None,
) -> Notice:
    """To be called in the transaction that stores what happened. Raises DatabaseError.

    batch: None where it is about the whole key.
    """
    return Notice.objects.create(
        kind=kind,
        fingerprint=fingerprint,
        batch=batch,
        at=at,
        is_over=is_over,
        facts=dict(facts or {}),
    )
