"""Raises processes that operate, and kills each with -9 at a moment nobody chose.

    python -m tests.faults.nursery KILLS SEED OUTPUT

One process starts Django once and forks victims. Each creates, finalizes and sets priorities as
fast as it can until it is killed. Then what they left is settled, as the worker would, and every
operation's row is written to OUTPUT.
"""

import json
import os
import random
import signal
import sys
import time
from dataclasses import dataclass
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

from batches.models import ApiKey, Operation  # noqa: E402
from batches.refonte import Secret  # noqa: E402
from batches.services import fingerprints, keys, operations, vault  # noqa: E402
from batches.services.page_key import PageKey  # noqa: E402

OPERATIONS_A_LIFE = 12
WARM_UP = 2  # at most so many whole operations before the one that is cut short
LONGEST_WAIT = 0.1  # seconds from the beginning of that one
# past the lease of who was killed, then every look
PASSES = [timedelta(minutes=minutes) for minutes in range(1, 9)]


def main(kills: int, seed: int, output: Path) -> None:
    call_command("migrate", verbosity=0)
    user = User.objects.create_user("alice")
    user.groups.add(Group.objects.get_or_create(name="Operators")[0])
    dice = random.Random(seed)
    for number in range(kills):
        key = key_of(user, f"live_key_of_victim_{number}")
        victim = Victim(user, key, number, order=dice.sample(range(3), 3))
        victim.raise_and_kill(dice.randint(0, WARM_UP), dice.uniform(0, LONGEST_WAIT))
    left = [row.state for row in Operation.objects.all()]
    settle()
    rows = [as_row(row) for row in Operation.objects.all()]
    output.write_text(json.dumps({"left": left, "rows": rows}))


def key_of(owner: User, api_key: str) -> PageKey:
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
    found = keys.find_own_key(user=owner, key_id=key_id)
    assert found
    return found


@dataclass
class Victim:
    """A process that operates. It tells by a byte that it begins with the next operation."""

    user: User
    key: PageKey
    number: int
    order: list[int]

    def raise_and_kill(self, whole: int, wait: float) -> None:
        connection.close()  # a connection is of one process
        hears, tells = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                self.live(tells)
            finally:
                os._exit(0)
        for _ in range(whole + 1):
            os.read(hears, 1)
        time.sleep(wait)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(hears)
        os.close(tells)

    def live(self, tells: int) -> None:
        for step in range(OPERATIONS_A_LIFE):
            os.write(tells, b".")
            self.operate(step)

    def operate(self, step: int) -> None:
        common: dict[str, Any] = {"user": self.user, "key": self.key, "form_id": uuid4()}
        name = f"{self.number}-{step}"
        match self.order[step % 3]:
            case 0:
                operations.create_batch(**common, name=f"new-{name}", project="kittens")
            case 1:
                operations.finalize_batch(**common, name=f"staged-{name}")
            case _:
                operations.prioritize_batch(**common, name=f"going-{name}", priority=25)


def settle() -> None:
    for ahead in PASSES:
        with time_machine.travel(datetime.now(UTC) + ahead, tick=True):
            while operations.settle_due_operations(now=timezone.now()):
                pass


def as_row(row: Operation) -> dict[str, str]:
    return {"verb": row.verb, "name": row.batch_name, "state": row.state, "words": row.words}


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
