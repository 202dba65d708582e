"""Kills workers that send the rows of a bulk with -9, and has others go on beside and after them.

    python -m tests.faults.bulk_harness SCENE ROWS OUTPUT

The bulk sets priorities. In the scene "between" three workers are killed between two rows, and two
that work side by side do the rest. In "before" and "after" the first one is killed while it sends a
row: before the POST and after it.
OUTPUT gets the receipt, and what a retry would touch.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import django

django.setup()

# Django comes first
import time_machine  # noqa: E402
from django.contrib.auth.models import Group, User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from batches.models import Bulk, BulkState, Operation, State, Verb  # noqa: E402
from batches.refonte import Counts  # noqa: E402
from batches.services.bulks import confirm, plan, read, running, work  # noqa: E402
from batches.services.bulks.types import RowOutcome  # noqa: E402
from batches.services.keys.listing import find_own_key  # noqa: E402
from batches.services.keys.types import KeyHandle, ViewerKey  # noqa: E402
from batches.services.leases import LeaseHandle  # noqa: E402
from batches.services.observations.record import record  # noqa: E402
from batches.services.observations.sighting import Sighting  # noqa: E402
from batches.services.operations import ledger, protocol, queues  # noqa: E402
from batches.services.operations.evidence import Evidence  # noqa: E402
from batches.services.operations.steps import Ready  # noqa: E402
from batches.services.operations.vendor_session import VendorSession  # noqa: E402
from batches.services.vendor import calls  # noqa: E402
from tests.faults.kill_harness import key_of  # noqa: E402

KEY = "live_key_of_the_bulk"
A_ROUND = timedelta(minutes=1)  # past the leases of who was killed
ROWS_EACH = 40
FOR_EVER = 600  # seconds; who sleeps for so long is killed


def main(scene: str, rows: int, output: Path) -> None:
    call_command("migrate", verbosity=0)
    user = User.objects.create_user("alice")
    user.groups.add(Group.objects.get_or_create(name="Operators")[0])
    key = find_own_key(user=user, key_id=key_of(user, KEY).id)
    assert key
    bulk = begin(user, key, rows)
    within = {"before": [before_the_post], "after": [after_the_post]}
    kills = within.get(scene, [between_rows] * 3)
    for number, hold_at in enumerate(kills):
        fork_and_kill(hold_at, number * A_ROUND)
    ahead = len(kills) * A_ROUND
    beside = [fork(lambda _: run_to_the_end(bulk, ahead)) for _ in range(2)]
    for pid, _ in beside:
        os.waitpid(pid, 0)
    with time_machine.travel(datetime.now(UTC) + ahead + A_ROUND, tick=True):
        queues.settle_due_operations(now=timezone.now())
        bulk.refresh_from_db()
        output.write_text(json.dumps(left(user, key, bulk)))


def begin(user: User, key: ViewerKey, rows: int) -> Bulk:
    """Planned without a call, as all was read just now; confirmed."""
    names = [f"kitten-{number:04}" for number in range(rows)]
    counts = Counts(pending=9, completed=0)
    seen = [Sighting(name=name, status="in_progress", counts=counts) for name in names]
    record(fingerprint=key.fingerprint, sightings=seen, at=timezone.now())
    bulk = plan.plan_bulk(
        user=user,
        key=key,
        form_id=uuid4(),
        verb=Verb.PRIORITIZE,
        names=names,
        parameters={"priority": 25},
        chosen="all",
    )
    work.run_key(fingerprint=key.fingerprint)
    bulk.refresh_from_db()
    stamp = plan.stamp_of(bulk)
    return confirm.confirm_bulk(user=user, key=key, bulk=bulk, stamp=stamp)


def left(user: User, key: ViewerKey, bulk: Bulk) -> dict[str, Any]:
    receipt = read.receipt_of(bulk)
    unsure = bulk.operations.filter(state=State.UNCONFIRMED)
    waited = (bulk.waits, bulk.state)
    again = []
    if receipt.failed:
        retry = plan.plan_retry(user=user, key=key, form_id=uuid4(), bulk=bulk)
        again = list(retry.rows.values_list("name", flat=True))
    return {
        "waits": waited[0],
        "state": waited[1],
        "counts": {one.value: receipt.count(one) for one in RowOutcome},
        "unconfirmed": list(unsure.values_list("batch_name", flat=True)),
        "retry": again,
    }


def fork(act: Callable[[int], None]) -> tuple[int, int]:
    """A process of its own, and where it tells that it waits to be killed."""
    # connections are of one process, to the database and to the vendor
    connection.close()
    calls.vendor_client.cache_clear()
    hears, tells = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            act(tells)
        finally:
            os._exit(0)
    os.close(tells)
    return pid, hears


def fork_and_kill(hold_at: Callable[[int], None], ahead: timedelta) -> None:
    def act(tells: int) -> None:
        hold_at(tells)
        run_to_the_end(Bulk.objects.get(), ahead)

    pid, hears = fork(act)
    assert os.read(hears, 1) == b"."
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(hears)


def run_to_the_end(bulk: Bulk, ahead: timedelta) -> None:
    """As the loops of a worker do, until the bulk has ended."""
    with time_machine.travel(datetime.now(UTC) + ahead, tick=True):
        while bulk.state != BulkState.FINISHED:
            for key in work.due_keys(now=timezone.now()):
                work.run_key(fingerprint=key, pause=time.sleep)
            queues.settle_due_operations(now=timezone.now())
            time.sleep(0.02)
            bulk.refresh_from_db()


def between_rows(tells: int) -> None:
    """Sends some rows, and holds before the next one."""
    send_next, sent = running.send_next, iter(range(ROWS_EACH))

    def send_some(bulk: Bulk, key: KeyHandle, lease: LeaseHandle) -> None:
        if next(sent, None) is None:
            hold(tells)
        send_next(bulk, key, lease)

    running.send_next = send_some


def before_the_post(tells: int) -> None:
    """Holds after a row is marked as being sent: from there on nobody knows whether it was."""
    mark_sending, marked = ledger.mark_sending, iter(range(3))

    def mark_some(operation: Operation, ready: Ready) -> bool:
        is_ours = mark_sending(operation, ready)
        if next(marked, None) is None:
            hold(tells)
        return is_ours

    ledger.mark_sending = mark_some


def after_the_post(tells: int) -> None:
    """Holds with the answer in hand, before it is written down."""
    post, posted = protocol._post, iter(range(3))

    def post_some(operation: Operation, session: VendorSession) -> Evidence:
        evidence = post(operation, session)
        if next(posted, None) is None:
            hold(tells)
        return evidence

    protocol._post = post_some


def hold(tells: int) -> None:
    os.write(tells, b".")
    time.sleep(FOR_EVER)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
