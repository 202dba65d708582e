"""Which of its stages a bulk shows, who may change it, and how often its page polls."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from batches.models import Bulk, BulkState
from batches.services.keys.listing import list_readable_keys
from batches.services.keys.types import ViewerKey
from batches.services.people.roles import Role, role_of
from batches.templatetags.addresses import page_url
from batches.views.request import Request

READING, PLAN, RUN, RECEIPT = "reading", "plan", "run", "receipt"
UNCONFIRMED = (READING, PLAN)
POLL_SECONDS = 2
SLOW_SECONDS = 5  # answers are asked about after 2, 5, 15 and 60 s; a wait takes some seconds
LONG_WAIT = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """One of the figures in a line. tone: `bad`, `wait` or empty."""

    id: str
    label: str
    figure: int
    note: str = ""
    tone: str = ""


def stage_of(bulk: Bulk) -> str:
    if bulk.confirmed_at is None:
        return READING if bulk.state == BulkState.READING else PLAN
    return RUN if bulk.state == BulkState.RUNNING else RECEIPT


def bulk_url(bulk: Bulk, route: str = "detail", **query: object) -> str:
    """With the key that it was planned with."""
    return page_url(f"bulks:{route}", bulk.id, key=bulk.key_ref, **query)


def own_key(request: Request, bulk: Bulk) -> ViewerKey | None:
    """The key with which this person may change the bulk; None where they may only look at it."""
    if bulk.user_id != request.user.pk or not role_of(request.user).includes(Role.OPERATOR):
        return None
    keys = (key for key in list_readable_keys(user=request.user) if key.can_operate)
    return next((key for key in keys if bulk.fingerprint in key.fingerprints), None)


def can_stop(request: Request, bulk: Bulk) -> bool:
    """Its person, whatever became of the key, and admins."""
    is_one = bulk.user_id == request.user.pk or request.user.is_superuser
    return is_one and role_of(request.user).includes(Role.OPERATOR)


def poll_seconds(bulk: Bulk, *, is_open: bool) -> int | None:
    """None where nothing changes by itself. is_open: answers are still asked about."""
    if bulk.state in BulkState.working_states():
        return SLOW_SECONDS if is_waiting(bulk, timezone.now()) else POLL_SECONDS
    return SLOW_SECONDS if is_open else None


def is_waiting(bulk: Bulk, now: datetime) -> bool:
    """Nothing is sent for a while, and it goes on by itself."""
    due, told = bulk.next_at, bulk.waited_until
    if not bulk.wait_message or due is None:
        return False
    # what Refonte asked for is told to its end; a short pause of our own is no news
    return bool(told and told > now) or due - now > LONG_WAIT


def has_waited(bulk: Bulk, now: datetime) -> bool:
    """Refonte has asked to wait, and that time is over."""
    return bulk.waited_until is not None and bulk.waited_until <= now
