"""In a process of its own: plans and sends a bulk as the worker does, and single writes beside it.

Argument: the number of rows. It says milliseconds of this process's CPU, as Refonte's time is
not ours.
"""

import logging
import sys
import time
from collections.abc import Callable
from uuid import uuid4

import django

from tests.bench.recording import say

NAME = "bulk_{:05}"
SINGLE = 20  # writes of a person; more are refused in a minute


def main(rows: int) -> None:
    django.setup()
    logging.disable()
    from django.contrib.auth.models import User

    from batches.models import Bulk, BulkState, Verb
    from batches.services.bulks import confirm, plan, work
    from batches.services.keys.listing import list_readable_keys
    from batches.services.operations.protocol import prioritize_batch

    user = User.objects.get(username="olga")
    key = next(key for key in list_readable_keys(user=user) if key.mode == "live")
    sys.stdin.readline()
    names = [NAME.format(number) for number in range(rows)]
    bulk = plan.plan_bulk(
        user=user,
        key=key,
        form_id=uuid4(),
        verb=Verb.PRIORITIZE,
        names=names,
        parameters={"priority": 25},
        chosen="",
    )

    def work_off() -> None:
        while Bulk.objects.filter(state__in=BulkState.working_states()).exists():
            work.run_key(fingerprint=key.fingerprint, pause=time.sleep)

    work_off()
    bulk.refresh_from_db()
    assert bulk.rows_ticked == rows, bulk.rows_ticked
    confirm.confirm_bulk(user=user, key=key, bulk=bulk, stamp=plan.stamp_of(bulk), reason="")
    sent = cpu_of(work_off)
    bulk.refresh_from_db()
    assert bulk.state == "finished", bulk.state

    def write_singly() -> None:
        for name in names[:SINGLE]:
            prioritize_batch(user=user, key=key, form_id=uuid4(), name=name, priority=20)

    say({"row": sent / rows, "single": cpu_of(write_singly) / SINGLE})


def cpu_of(act: Callable[[], object]) -> float:
    began = time.process_time()
    act()
    return (time.process_time() - began) * 1000


if __name__ == "__main__":
    main(int(sys.argv[1]))
