"""The daily digest: one mail about all that a person was told since the last one."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from batches.models import Delivery, DeliveryKind, DeliveryState, Notice, NoticeSetting
from batches.services.notices.channels import LASTS
from batches.services.notices.events import MAIL
from batches.services.notices.hours import digest_day
from batches.services.people.preferences import zone_of

LATEST = timedelta(hours=6)  # after its hour: a worker that was away for longer sends none
FIRST = timedelta(days=1)  # so far back goes the first one
EVENTS_MAX = 200
# A delivery may be committed so long after the time in it: its lease lasts no longer.
LAG = timedelta(minutes=2)


def make_digests(*, now: datetime) -> None:
    """A delivery for each person with something to read; it is sent as any other.

    One query where nobody has a digest.
    """
    for setting, day in _due(now):
        row = Delivery(
            user=setting.user,
            kind=DeliveryKind.DIGEST,
            way=MAIL,
            label="E-mail",
            created_at=now,
            due_at=now,
            until=now + LASTS,
            day=day,
        )
        if not told_since_last(digest=row):
            continue
        # one a day, by a constraint
        Delivery.objects.bulk_create([row], ignore_conflicts=True)


def told_since_last(*, digest: Delivery) -> list[Notice]:
    """What the person was told from the digest before to this one, oldest first.

    What came in in the last minutes is in the next one: some of it may not be committed yet.
    """
    before = Delivery.objects.filter(
        user=digest.user, kind=DeliveryKind.DIGEST, created_at__lt=digest.created_at
    )
    last = before.order_by("-created_at").values_list("created_at", flat=True).first()
    told = Delivery.objects.filter(
        user=digest.user,
        notice__isnull=False,
        created_at__gt=(last or digest.created_at - FIRST) - LAG,
        created_at__lte=digest.created_at - LAG,
    ).exclude(state=DeliveryState.DROPPED)
    notices = Notice.objects.filter(pk__in=told.values("notice")).select_related("batch")
    return list(notices.order_by("at", "pk")[:EVENTS_MAX])


def _due(now: datetime) -> list[tuple[NoticeSetting, date]]:
    found = []
    for setting in _with_digest():
        zone, at = zone_of(setting.user), setting.digest_at
        day = digest_day(now=now, zone=zone, at=at, latest=LATEST) if at else None
        if day and not _is_made(setting, day):
            found.append((setting, day))
    return found


def _with_digest() -> Iterable[NoticeSetting]:
    chosen = NoticeSetting.objects.filter(digest_at__isnull=False, user__is_active=True)
    return chosen.select_related("user", "user__preferences")


def _is_made(setting: NoticeSetting, day: date) -> bool:
    return Delivery.objects.filter(user=setting.user, kind=DeliveryKind.DIGEST, day=day).exists()
