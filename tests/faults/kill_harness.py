"""Kills processes that operate with -9, then ones that settle, each at a moment nobody chose.

    python -m tests.faults.kill_harness KILLS SETTLING SEED OUTPUT

One process starts Django once and forks the others. Each creates, finalizes and sets priorities as
fast as it can until it is killed. Then as many as SETTLING, which send what waits and ask what
became of the rest, are killed as well. At last what they left is settled, as the worker would, and
every operation's row is written to OUTPUT.
"""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import django

django.setup()

# Django comes first
import time_machine  # noqa: E402
from django.contrib.auth.models import Group, User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.models import QuerySet  # noqa: E402
from django.utils import timezone  # noqa: E402

from batches.models import ApiKey, Operation, State  # noqa: E402
from batches.refonte import Secret  # noqa: E402
from batches.services.keys import fingerprints, vault  # noqa: E402
from batches.services.keys.listing import find_own_key  # noqa: E402
from batches.services.keys.types import KeyHandle  # noqa: E402
from batches.services.operations import (  # noqa: E402
    ledger,
    protocol,
    queues,
)
from batches.services.vendor import key_states  # noqa: E402

WAITING = ("waiting_0", "waiting_1")
OPERATIONS_EACH = 12
WARM_UP = 2  # at most so many whole operations before the one that is cut short
LONGEST_WAIT = 0.1  # seconds from the beginning of that one
A_PASS = timedelta(minutes=1)  # past the lease of who was killed, and past the next look
PASSES = 8  # past every look


def main(kills: int, settling: int, seed: int, output: Path) -> None:
    call_command("migrate", verbosity=0)
    user = User.objects.create_user("alice")
    user.groups.add(Group.objects.get_or_create(name="Operators")[0])
    leave_waiting(user)
    waiting = {row.id for row in Operation.objects.all()}
    dice = random.Random(seed)
    for number in range(kills):
        key = key_of(user, f"live_key_of_killed_{number}")
        person = Person(user, key, f"killed_{number}", order=dice.sample(range(3), 3))
        whole, wait = dice.randint(0, WARM_UP), dice.uniform(0, LONGEST_WAIT)
        fork_and_kill(person.operate_until_killed, whole, wait)
    left = [row.state for row in Operation.objects.exclude(id__in=waiting)]
    held = []
    for number in range(1, settling + 1):
        ahead = number * A_PASS
        whole, wait = dice.randint(0, 1), dice.uniform(0, LONGEST_WAIT)
        fork_and_kill(partial(settle_and_tell, ahead), whole, wait)
        held += [row.state for row in held_since(datetime.now(UTC) + ahead)]
    for number in range(settling + 1, settling + 1 + PASSES):
        settle(number * A_PASS)
    rows = [as_row(row) for row in Operation.objects.all()]
    output.write_text(json.dumps({"left": left, "held": held, "rows": rows}))


def leave_waiting(user: User) -> None:
    """Operations that the vendor asked to wait with: those who settle send them first."""
    for mark in WAITING:
        key = key_of(user, f"live_key_of_{mark}")
        key_states.mark_throttled(key=key, retry_after=30)
        person = Person(user, found(user, key.id), mark, order=[0, 1, 2])
        for step in range(OPERATIONS_EACH):
            person.operate(step)


def key_of(owner: User, api_key: str) -> KeyHandle:
    secret, key_id = Secret(api_key), uuid4()
    sealed = vault.seal_key(owner_id=owner.pk, key_id=key_id, secret=secret)
    ApiKey.objects.create(
        id=key_id,
        owner=owner,
        label=api_key,
        mode="live",
        sealed=sealed.text,
        sealed_with=sealed.mark,
        last_four=api_key[-4:],
        fingerprint=fingerprints.fingerprint_of(secret),
    )
    return found(owner, key_id)


def found(owner: User, key_id: UUID) -> KeyHandle:
    key = find_own_key(user=owner, key_id=key_id)
    assert key
    return key


def fork_and_kill(act: Callable[[int], None], whole: int, wait: float) -> None:
    """`act` tells by a byte that it begins with the next piece of its work.

    whole: pieces that it may complete. wait: seconds from the beginning of the one after them.
    """
    connection.close()  # a connection is of one process
    hears, tells = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            act(tells)
        finally:
            os._exit(0)
    os.close(tells)
    for _ in range(whole + 1):
        os.read(hears, 1)
    time.sleep(wait)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(hears)


@dataclass
class Person:
    """Somebody who operates, on batches that carry the mark."""

    user: User
    key: KeyHandle
    mark: str
    order: list[int]

    def operate_until_killed(self, tells: int) -> None:
        for step in range(OPERATIONS_EACH):
            os.write(tells, b".")
            self.operate(step)

    def operate(self, step: int) -> None:
        common: dict[str, Any] = {"user": self.user, "key": self.key, "form_id": uuid4()}
        name = f"{self.mark}-{step}"
        match self.order[step % 3]:
            case 0:
                protocol.create_batch(**common, name=f"new-{name}", project="kittens")
            case 1:
                protocol.finalize_batch(**common, name=f"staged-{name}")
            case _:
                protocol.prioritize_batch(**common, name=f"going-{name}", priority=25)


def settle_and_tell(ahead: timedelta, tells: int) -> None:
    """Tells that it begins, and whenever it is about to send what waited."""
    mark_sending = ledger.mark_sending

    def mark_and_tell(*args: Any, **options: Any) -> bool:
        is_ours = mark_sending(*args, **options)
        os.write(tells, b".")
        return is_ours

    ledger.mark_sending = mark_and_tell
    os.write(tells, b".")
    settle(ahead)


def settle(ahead: timedelta) -> None:
    with time_machine.travel(datetime.now(UTC) + ahead, tick=True):
        while queues.settle_due_operations(now=timezone.now()):
            pass


def held_since(moment: datetime) -> QuerySet[Operation]:
    """What a process was settling as it was killed; earlier leases are over by then."""
    return Operation.objects.filter(leased_until__gt=moment, state__in=State.open_states())


def as_row(row: Operation) -> dict[str, str]:
    return {"verb": row.verb, "name": row.batch_name, "state": row.state, "message": row.message}


if __name__ == "__main__":
    kills, settling, seed = map(int, sys.argv[1:4])
    main(kills, settling, seed, Path(sys.argv[4]))
