"""Operations for the demo's history, sent to the sandbox: done, refused and without effect.

And a bulk of priorities, which the worker sends in the first minute.
"""

from uuid import uuid4
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User

from batches.models import BulkState, Operation, Verb
from batches.refonte import IN_PROGRESS, STAGING
from batches.sandbox.demo_cast import ROLES
from batches.services.batches.filters import ListFilters
from batches.services.batches.listing import read_list
from batches.services.bulks import plan, work
from batches.services.bulks.confirm import confirm_bulk
from batches.services.keys.listing import list_readable_keys
from batches.services.keys.types import KeyHandle, ViewerKey
from batches.services.operations import names, protocol

DESIGNED = frozenset(role.name for role in ROLES if role.shows != "in staging")
QUICK = "quick-"  # such a batch is done within the hour
PRIORITIES = (30, 20, 10)
MANY, REASON = 6, "The pilot customer waits for these"


def record_operations() -> None:
    if Operation.objects.exists():  # this demo was set up before
        return
    olga, admin = (User.objects.get(username=name) for name in ("olga", "admin"))
    live, test = (_key_of(olga, mode) for mode in ("live", "test"))
    # those that the demo holds by design stay as they are
    staging, working = (_free_names(live, status) for status in (STAGING, IN_PROGRESS))
    _create(olga, live, working[0])
    for name, priority in zip(working, PRIORITIES, strict=False):
        protocol.prioritize_batch(
            user=olga, key=live, form_id=uuid4(), name=name, priority=priority
        )
    for name in (staging[-1], working[0]):  # the second one has no effect: it has started already
        protocol.finalize_batch(user=olga, key=live, form_id=uuid4(), name=name)
    tested = _names(test, IN_PROGRESS)
    own = _key_of(admin, "test")
    protocol.prioritize_batch(user=admin, key=own, form_id=uuid4(), name=tested[0], priority=25)
    _prioritize_many(olga, test, tested[1 : 1 + MANY])


def _create(user: User, key: KeyHandle, taken: str) -> None:
    today = names.propose_name(project="kitten_labeling", today=user.date_joined.date())
    for name in (today, taken):
        protocol.create_batch(
            user=user, key=key, form_id=uuid4(), project="kitten_labeling", name=name, priority=20
        )


def _prioritize_many(user: User, key: ViewerKey, names: list[str]) -> None:
    bulk = plan.plan_bulk(
        user=user,
        key=key,
        form_id=uuid4(),
        verb=Verb.PRIORITIZE,
        names=names,
        parameters={"priority": 20},
        chosen="",
    )
    while bulk.state == BulkState.READING and work.run_key(fingerprint=key.fingerprint):
        bulk.refresh_from_db()
    confirm_bulk(user=user, key=key, bulk=bulk, stamp=plan.stamp_of(bulk), reason=REASON)


def _key_of(user: User, mode: str) -> ViewerKey:
    return next(key for key in list_readable_keys(user=user) if key.mode == mode)


def _free_names(key: KeyHandle, status: str) -> list[str]:
    return [name for name in _names(key, status) if name not in DESIGNED and QUICK not in name]


def _names(key: KeyHandle, status: str) -> list[str]:
    listing = read_list(key=key, filters=ListFilters(zone=ZoneInfo("UTC"), status=status))
    return [row.name for row in listing.rows]
