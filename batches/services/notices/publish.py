"""Stores what there is to tell, in the transaction of what happened. Sends nothing."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from batches.models import Bulk, Notice, NoticeKind, SeenBatch, StatusChange
from batches.models.batches import OPEN_STATUSES

COMPLETED = "completed"


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
    facts: those of the alarm, with `since` in epoch seconds where the words need it.
    """
    return Notice.objects.create(
        kind=kind,
        fingerprint=fingerprint,
        batch=batch,
        at=at,
        is_over=is_over,
        facts=dict(facts or {}),
    )


def publish_bulk(*, bulk: Bulk, outcomes: Mapping[str, int], at: datetime) -> Notice:
    """That it has ended, for whoever began it. In the transaction that ends it.

    outcomes: rows by outcome: done, no_effect, failed, unknown.
    """
    facts = {"bulk": str(bulk.pk), "user": bulk.user_id, "verb": bulk.verb, **outcomes}
    facts |= {"rows": bulk.rows_ticked, "why": bulk.stop_message}
    return publish(
        kind=NoticeKind.BULK, fingerprint=bulk.fingerprint, batch=None, at=at, facts=facts
    )


def publish_completions(*, changes: Iterable[StatusChange], rows: Mapping[str, SeenBatch]) -> None:
    """A notice of each batch that was seen open before. No query where none completed.

    rows: the batches by name, stored. To be called in the transaction that stores the changes.
    """
    completed = {
        change.name: change.at
        for change in changes
        if change.after == COMPLETED and change.before in OPEN_STATUSES
    }
    if completed:
        Notice.objects.bulk_create(
            Notice(
                kind=NoticeKind.COMPLETED,
                fingerprint=rows[name].fingerprint,
                batch=rows[name],
                at=at,
                facts=rows[name].counts or {},
            )
            # one order for all, as everywhere where several rows are written
            for name, at in sorted(completed.items())
        )
