"""Makes deliveries of notices, for all who follow. Run by the worker, under one lease."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from batches.models import (
    ApiKey,
    Channel,
    Delivery,
    DeliveryState,
    Follow,
    Lease,
    LeasePurpose,
    Notice,
    NoticeKind,
    Scope,
)
from batches.models.names import name_digest
from batches.services import leases
from batches.services.notices.channels import LASTS
from batches.services.notices.events import BELL, MAIL, event_of
from batches.services.notices.publish import COMPLETED
from batches.services.notices.readers import Reader, read_person

LEASE = timedelta(minutes=2)
NO_ADDRESS = "Your account has no e-mail address."
WAYS_MAX = 12  # of one person: the bell, e-mail and the channels


def spread_due(*, goes_on: Callable[[], bool] = lambda: True) -> int:
    """Make the deliveries of all new notices. Returns how many notices. One query where none is."""
    if not Notice.objects.filter(spread_at=None).exists():
        return 0
    lease = leases.acquire(Lease, length=LEASE, fingerprint="", purpose=LeasePurpose.SPREAD)
    if lease is None:
        return 0
    spread = 0
    try:
        for notice in _new_notices():
            if not (goes_on() and lease.renew()):
                break
            # the deliveries and the mark that they were made, in one transaction
            with lease.fenced():
                _spread(notice, timezone.now())
            spread += 1
    except leases.LeaseLost:
        pass  # another worker goes on from here
    finally:
        lease.release()
    return spread


def _new_notices() -> Iterable[Notice]:
    return Notice.objects.filter(spread_at=None).select_related("batch").order_by("id")[:500]


def _spread(notice: Notice, now: datetime) -> None:
    deliveries = [
        _delivery(notice, reader, way, label, now)
        for user_id, ways in _chosen_ways(notice).items()
        for reader in (read_person(user_id=user_id),)
        for way, label in _existing(reader, ways).items()
    ]
    # one row a person and way, by a constraint: told once, however many of their follows fit
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    Notice.objects.filter(pk=notice.pk).update(spread_at=now)


def _chosen_ways(notice: Notice) -> dict[int, set[str]]:
    """By person, without those who muted the batch."""
    if notice.kind == NoticeKind.BULK:
        return _told_by_bell(notice.facts.get("user"))
    ways: dict[int, set[str]] = {}
    muted = set()
    for follow in _follows(notice):
        ways.setdefault(follow.user_id, set()).update(_ticked(follow, notice))
        if follow.is_muted and notice.batch:
            muted.add(follow.user_id)
    return {user: chosen for user, chosen in ways.items() if chosen and user not in muted}


def _told_by_bell(user_id: int | None) -> dict[int, set[str]]:
    """Whoever began a bulk need not follow it; nobody where the account was deleted."""
    known = User.objects.filter(pk__in=[] if user_id is None else [user_id])
    return {one: {BELL} for one in known.values_list("pk", flat=True)}


def _ticked(follow: Follow, notice: Notice) -> set[str]:
    ticked = set(follow.choices.get(event_of(notice.kind), ()))
    # where it is told that a batch is done, it need not be told that it no longer stands still
    if notice.is_over and notice.batch and notice.batch.status == COMPLETED:
        ticked -= set(follow.choices.get(NoticeKind.COMPLETED, ()))
    return ticked


def _follows(notice: Notice) -> Iterable[Follow]:
    replaced = ApiKey.objects.filter(fingerprint=notice.fingerprint).values_list(
        "earlier", flat=True
    )
    # a follow from before the key was replaced goes on
    fingerprints = {notice.fingerprint, *(one for earlier in replaced for one in earlier)}
    follows = Follow.objects.filter(fingerprint__in=fingerprints)
    if notice.batch is None:
        return follows.filter(is_muted=False)  # whoever follows anything of the key
    scopes = Q(scope=Scope.KEY) | Q(scope=Scope.BATCH, digest=notice.batch.digest)
    if notice.batch.project:
        scopes |= Q(scope=Scope.PROJECT, digest=name_digest(notice.batch.project))
    return follows.filter(scopes)


def _existing(reader: Reader, ways: set[str]) -> dict[str, str]:
    """The ways that are there, with the label of a channel."""
    own = Channel.objects.filter(user=reader.user).values_list("pk", "label")
    labels = {BELL: "", MAIL: "E-mail"} | {str(pk): label for pk, label in own}
    return {way: labels[way] for way in sorted(ways)[:WAYS_MAX] if way in labels}


def _delivery(notice: Notice, reader: Reader, way: str, label: str, now: datetime) -> Delivery:
    due = now if way == BELL else reader.quiet_until(now) or now
    row = Delivery(
        user=reader.user,
        notice=notice,
        way=way,
        label=label,
        created_at=now,
        due_at=due,
        until=due + LASTS,
    )
    refusal = reader.refusal_of(notice.fingerprint)
    if not refusal and way == MAIL and not reader.user.email:
        refusal = NO_ADDRESS
    if refusal:
        row.state, row.reason, row.ended_at = DeliveryState.DROPPED, refusal, now
        row.read_at = now  # of no bell: it counts as read
    elif way == BELL:
        row.state, row.ended_at = DeliveryState.SENT, now
    return row


def prune(*, now: datetime) -> None:
    """Delete notices and deliveries that are as old as the oldest counts."""
    oldest = now - timedelta(days=settings.OBSERVATION_DAYS)
    Delivery.objects.filter(created_at__lt=oldest).delete()
    # those that have deliveries of later days, as of a worker that was away, go with these
    Notice.objects.filter(at__lt=oldest, delivery=None).delete()
