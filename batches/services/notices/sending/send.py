"""Sends what is due on one way, one delivery after the other, under a lease of that way.

    looked at again → sent → its outcome committed

A worker that is killed between the last two leaves the delivery waiting, so it is sent once more,
with the same id in it. Killed anywhere else, nothing is sent twice.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from batches.models import Channel, Delivery, DeliveryKind, DeliveryState, Lease, LeasePurpose
from batches.services import clock, leases
from batches.services.keys.vault import KeyUnreadable
from batches.services.notices import channels
from batches.services.notices.addresses import NotAllowed
from batches.services.notices.events import BELL, MAIL
from batches.services.notices.messages import Message, compose
from batches.services.notices.readers import Reader, read_person
from batches.services.notices.sending.chat import send_chat
from batches.services.notices.sending.mail import send_mail
from batches.services.notices.spread import NO_ADDRESS

LEASE = timedelta(minutes=2)  # longer than one send, with all its time limits
AHEAD = timedelta(days=2)  # no delivery is due later than this
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
GONE = "The channel was deleted."
NOTHING = "Nothing is left to tell."


class _DroppedError(Exception):
    """Why a delivery is not sent, now or ever."""


def due_ways(*, now: datetime) -> list[str]:
    """One query."""
    due = Delivery.objects.filter(_due(now), state=DeliveryState.WAITING).exclude(way=BELL)
    return list(due.order_by().values_list("way", flat=True).distinct())


def send_way(*, way: str, goes_on: Callable[[], bool] = lambda: True) -> int:
    """Send all that is due on one way. Returns how many were tried."""
    lease = leases.acquire(Lease, length=LEASE, fingerprint=way, purpose=LeasePurpose.TELL)
    tried = 0
    if lease is None:
        return tried
    try:
        while goes_on() and lease.renew() and (delivery := _next(way)):
            _send(delivery, lease)
            tried += 1
    except leases.LeaseLost:
        pass  # another worker has sent it, or does so now
    finally:
        lease.release()
    return tried


def _due(now: datetime) -> Any:
    return clock.passed("due_at", now=now, at_most=AHEAD)


def _next(way: str) -> Delivery | None:
    waiting = Delivery.objects.filter(_due(timezone.now()), way=way, state=DeliveryState.WAITING)
    return waiting.select_related("notice__batch").order_by("due_at", "pk").first()


def _send(delivery: Delivery, lease: leases.LeaseHandle) -> None:
    reader = read_person(user_id=delivery.user_id)
    now = timezone.now()
    # a try may fall into quiet hours that the first one did not; who asks for a test waits for it
    if delivery.kind == DeliveryKind.NOTICE and (quiet := reader.quiet_until(now)):
        moved = max(quiet - now, timedelta())
        _write(delivery, lease, due_at=quiet, until=delivery.until + moved)
        return
    try:
        failure = _tried(delivery, reader)
    except (_DroppedError, NotAllowed, KeyUnreadable) as why:
        _write(delivery, lease, **_ended(DeliveryState.DROPPED, str(why)))
        return
    _write(delivery, lease, **(_after_failure(delivery, failure) if failure else _sent(delivery)))


def _tried(delivery: Delivery, reader: Reader) -> str:
    """Why it was not sent; empty where it was. Raises _DroppedError and what a channel raises."""
    of = delivery.notice.fingerprint if delivery.notice else ""
    refusal = reader.refusal_of(of) if of else reader.refusal
    message = None if refusal else compose(delivery=delivery, reader=reader)
    if message is None:
        raise _DroppedError(refusal or NOTHING)
    if delivery.way == MAIL:
        return _mailed(reader, message)
    channel = Channel.objects.filter(user=reader.user, pk=int(delivery.way)).first()
    if channel is None:
        raise _DroppedError(GONE)
    return send_chat(url=channels.open_url(channel=channel), message=message)


def _mailed(reader: Reader, message: Message) -> str:
    if not reader.user.email:
        raise _DroppedError(NO_ADDRESS)
    return send_mail(to=reader.user.email, message=message)


def _after_failure(delivery: Delivery, failure: str) -> dict[str, Any]:
    now = timezone.now()
    pause = min(FIRST_PAUSE * 2 ** min(delivery.attempts, 10), LONGEST_PAUSE)
    attempts = delivery.attempts + 1
    if now + pause > delivery.until:
        return _ended(DeliveryState.FAILED, failure) | {"attempts": attempts}
    return {"attempts": attempts, "reason": failure, "due_at": now + pause}


def _sent(delivery: Delivery) -> dict[str, Any]:
    return _ended(DeliveryState.SENT, "") | {"attempts": delivery.attempts + 1}


def _ended(state: DeliveryState, reason: str) -> dict[str, Any]:
    return {"state": state, "reason": reason[:200], "ended_at": timezone.now()}


def _write(delivery: Delivery, lease: leases.LeaseHandle, **changes: Any) -> None:
    # only while it waits: a restore or the end of a channel may have dropped it meanwhile
    with lease.fenced():
        Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.WAITING).update(**changes)
