"""One read for the overview, and one for the page of a project."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.utils import timezone

from batches.models.names import name_digest
from batches.refonte import BatchPage
from batches.services.keys.types import ViewerKey
from batches.services.overview.attention import attention_of, stuck_of
from batches.services.overview.freshness import Looked, freshness_of, look, poll_seconds
from batches.services.overview.open_batches import open_batches
from batches.services.overview.pace import Paces
from batches.services.overview.projects import how_far, project_rows
from batches.services.overview.recent import recent_of
from batches.services.overview.types import (
    Answers,
    Attention,
    Freshness,
    OpenBatch,
    Pace,
    ProjectRow,
    Recent,
)
from batches.services.overview.when_done import when_done
from batches.services.readings.reading import Reading
from batches.services.vendor.calls import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """answers: None while Refonte refuses the key: what was seen with it is kept, not shown.

    more_projects: with open batches, besides those in `projects`. at: when it was put together.
    request_id: of Refonte's last answer to the worker, for its support.
    """

    at: datetime
    reading: Reading[BatchPage]
    poll_seconds: int | None
    attention: Attention
    request_id: str = ""
    answers: Answers | None = None
    projects: tuple[ProjectRow, ...] = ()
    more_projects: int = 0
    recent: Recent = field(default_factory=Recent)
    freshness: Freshness = field(default_factory=lambda: Freshness(is_watched=False))


def read_overview(
    *, user: User, key: ViewerKey, keys: Sequence[ViewerKey], zone: ZoneInfo, kind: Kind
) -> Overview:
    """Everything of one key, but refused keys are those of all that the person owns.

    keys: that the person may read with. zone: of the person, for days. kind: page or poll.
    At most one vendor call. About a dozen queries, however many batches there are.
    """
    now = timezone.now()
    looked = look(key=key, zone=zone, kind=kind, now=now)
    key = key_after(key, looked, now)
    attention = attention_of(key=key, keys=keys, now=now)
    if looked.is_refused:
        return _bare(looked, attention, now)
    batches = open_batches(fingerprint=key.fingerprint, now=now)
    paces = paces_of(key, batches, zone, now)
    rows, more = project_rows(batches=batches, attention=attention, paces=paces, now=now)
    return Overview(
        at=now,
        reading=looked.reading,
        poll_seconds=poll_seconds(looked=looked, now=now),
        attention=attention,
        request_id=looked.request_id,
        answers=answers_of(batches, attention, paces.of_all(), now),
        projects=rows,
        more_projects=more,
        recent=recent_of(user=user, key=key, now=now),
        freshness=freshness_of(looked=looked, batches=batches, now=now),
    )


def key_after(key: ViewerKey, looked: Looked, now: datetime) -> ViewerKey:
    """The key as the call of this request found it."""
    if looked.is_refused == key.is_refused:
        return key
    return replace(key, is_refused=looked.is_refused, refused_at=now)


def _bare(looked: Looked, attention: Attention, now: datetime) -> Overview:
    return Overview(
        at=now,
        reading=looked.reading,
        poll_seconds=poll_seconds(looked=looked, now=now),
        attention=attention,
    )


def paces_of(key: ViewerKey, batches: Sequence[OpenBatch], zone: ZoneInfo, now: datetime) -> Paces:
    projects = {name_digest(one.project or "") for one in batches}
    return Paces(fingerprint=key.fingerprint, projects=projects, zone=zone, now=now)


def answers_of(
    batches: Sequence[OpenBatch], attention: Attention, pace: Pace, now: datetime
) -> Answers:
    return Answers(
        far=how_far(batches),
        done=when_done(batches=batches, now=now),
        stuck=stuck_of(attention),
        pace=pace,
    )
