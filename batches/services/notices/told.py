"""What one person was told: for the bell, for the page of all events, and for their deliveries."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from batches.models import Delivery, DeliveryState, Follow, Notice, NoticeKind
from batches.services.keys.types import ViewerKey
from batches.services.notices.events import BELL
from batches.services.notices.words import bulk_title, fact
from batches.services.row_locks import update_rows

IN_BELL = 8
ON_PAGE = 50
Place = tuple[datetime, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """name: of the batch; empty where it is about the whole key. told_at: when it came in.

    bulk, title: of a bulk its id, and what was done to how many; else empty.
    id: of its notice; with `told_at` its place among the others.
    """

    id: int

    kind: NoticeKind
    is_over: bool
    name: str
    project: str
    words: str
    at: datetime
    told_at: datetime
    is_unread: bool
    key: ViewerKey
    bulk: str = ""
    title: str = ""


def told_in_bell(
    *, user: User, keys: tuple[ViewerKey, ...], before: Place | None = None, limit: int = IN_BELL
) -> list[Told]:
    """The newest first; of keys that they may read now, and no others. One query.

    before: only what comes behind this place.
    """
    by_fingerprint = {one: key for key in keys for one in key.fingerprints}
    rows = Delivery.objects.filter(
        user=user,
        way=BELL,
        state=DeliveryState.SENT,
        notice__fingerprint__in=by_fingerprint,
    ).select_related("notice__batch")
    if before is not None:
        at, notice_id = before
        # several came in at one time
        rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, notice__lt=notice_id))
    zone = timezone.get_current_timezone()
    return [
        _told(row, row.notice, by_fingerprint[row.notice.fingerprint], fact(row.notice, zone=zone))
        for row in rows.order_by("-created_at", "-notice")[:limit]
        if row.notice
    ]


def _told(row: Delivery, notice: Notice, key: ViewerKey, words: str) -> Told:
    is_bulk = notice.kind == NoticeKind.BULK
    return Told(
        id=notice.pk,
        kind=NoticeKind(notice.kind),
        is_over=notice.is_over,
        name=notice.batch.name if notice.batch else "",
        project=(notice.batch.project or "") if notice.batch else "",
        words=words,
        at=notice.at,
        told_at=row.created_at,
        is_unread=row.read_at is None,
        key=key,
        bulk=str(notice.facts["bulk"]) if is_bulk else "",
        title=bulk_title(notice.facts) if is_bulk else "",
    )


def mark_read(*, user: User, until: datetime, now: datetime) -> None:
    """All that came in until then: what came since the page was drawn stays unread."""
    unread = Delivery.objects.filter(user=user, way=BELL, read_at=None, created_at__lte=until)
    update_rows(unread, read_at=now)


def deliveries_of(*, user: User, limit: int = ON_PAGE) -> list[Delivery]:
    """What was sent, or was not, on all ways but the bell. One query."""
    rows = Delivery.objects.filter(user=user).exclude(way=BELL)
    return list(rows.select_related("notice__batch").order_by("-created_at")[:limit])


def count_unread(*, user: User) -> int:
    """By a new query; a request has the number with its account."""
    return Delivery.objects.filter(user=user, way=BELL, read_at=None).count()


def count_follows(*, user: User) -> int:
    return Follow.objects.filter(user=user).count()
