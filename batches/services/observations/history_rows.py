"""The rows that the recorder would have made of the past of a batch."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from batches.models import SeenBatch, StatusChange
from batches.models.samples import STATUS_CODES
from batches.refonte import Counts
from batches.services.observations.history import History
from batches.services.observations.merge import message_of_fall
from batches.services.observations.packing import Sample

STATUSES = {code: status for status, code in STATUS_CODES.items()}


def row_of(history: History, fingerprint: str, *, sampled_at: int) -> SeenBatch:
    """sampled_at: seconds since 1970 of the last answer that became a sample."""
    last = history.answers[-1]
    answered_at = _moment(last.at)
    return SeenBatch(
        fingerprint=fingerprint,
        name=history.name,
        project=history.project,
        created_at=history.created_at,
        status=_status(last),
        status_at=answered_at,
        seen_at=answered_at,
        counts=_counts(last).as_dict(),
        counts_at=answered_at,
        sampled_at=_moment(sampled_at),
        grew_at=_grew_at(history.answers),
        changed_at=_changed_at(history.answers),
    )


def changes_of(history: History, fingerprint: str) -> Iterator[StatusChange]:
    """Each change of status, and each count that fell."""
    for before, after in pairwise(history.answers):
        # of two without a code the words differ
        if after.status != before.status or (
            not after.status and _status(after) != _status(before)
        ):
            yield _change(history, fingerprint, after, before=_status(before))
        fell = _is_less(after.completed, before.completed) or _is_less(after.total, before.total)
        if fell and (message := message_of_fall(_counts(before), _counts(after))):
            yield _change(history, fingerprint, after, message=message)


def _change(
    history: History, fingerprint: str, sample: Sample, *, before: str = "", message: str = ""
) -> StatusChange:
    return StatusChange(
        fingerprint=fingerprint,
        name=history.name,
        before=before,
        after=_status(sample),
        message=message,
        at=_moment(sample.at),
    )


def _status(sample: Sample) -> str:
    return STATUSES.get(sample.status) or str(sample.other.get("status", ""))


def _counts(sample: Sample) -> Counts:
    named = {
        "pending": sample.pending,
        "completed": sample.completed,
        "error": sample.error,
        "canceled": sample.cancelled,
    }
    return Counts.parse({**{n: v for n, v in named.items() if v is not None}, **sample.other})


def _grew_at(samples: Sequence[Sample]) -> datetime | None:
    grown = (
        a.at for b, a in pairwise(samples) if b.total is not None and _is_less(b.total, a.total)
    )
    return max(map(_moment, grown), default=None)


def _changed_at(samples: Sequence[Sample]) -> datetime:
    # all but their time: a sample is kept every 15 minutes also where nothing changed
    changed = (a.at for b, a in pairwise(samples) if a._replace(at=b.at) != b)
    return _moment(max(changed, default=samples[0].at))


def _is_less(one: int | None, other: int | None) -> bool:
    return one is not None and other is not None and one < other


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
