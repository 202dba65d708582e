"""Kills the worker that watches a key with -9, and has another one take over.

    python -m tests.faults.watch_harness KILLS SEED OUTPUT

Forks a watcher, which tells by a byte that a call begins, and kills it at a moment nobody chose.
By the clock of the workers another one tries a second later and again up to a minute later; after
150 s the next watcher is killed. Each line on standard output asks for other counts,
and is answered with the number of calls that came there. OUTPUT gets who made how many calls, and
what the database then holds.
"""

import json
import os
import random
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django

django.setup()

# Django comes first
import time_machine  # noqa: E402
from django.contrib.auth.models import Group, User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from batches.models import ApiKey, CallMinute, Lease, SeenBatch, WatchGap  # noqa: E402
from batches.services.background import requests  # noqa: E402
from batches.services.observations.series import samples_of  # noqa: E402
from batches.services.vendor import calls  # noqa: E402
from batches.services.watcher import watch  # noqa: E402
from tests.faults.kill_harness import key_of  # noqa: E402

KEY = "live_key_of_the_watcher"
# Seconds after the watcher began: while its lease lasts, and when it has ended.
HELD, FREE = (1, 40), (50, 62)
ROUND = timedelta(seconds=150)
LONGEST_WAIT = 0.15  # seconds from the beginning of a call to the kill


def main(kills: int, seed: int, output: Path) -> None:
    call_command("migrate", verbosity=0)
    user = User.objects.create_user("alice")
    user.groups.add(Group.objects.get_or_create(name="Operators")[0])
    key = key_of(user, KEY)
    ApiKey.objects.update(keep_watch=True)
    dice, began = random.Random(seed), datetime.now(UTC) + timedelta(hours=1)
    rounds = []
    for number in range(kills):
        now = began + number * ROUND
        ask(str(number + 1))
        begun, wait = dice.randint(1, 4), dice.uniform(0, LONGEST_WAIT)
        fork_and_kill(key.fingerprint, now, begun, wait)
        # a call that had been sent reaches the vendor after the kill
        time.sleep(0.2)
        is_held = Lease.objects.filter(until__gt=now + timedelta(seconds=HELD[-1])).exists()
        before = ask("calls")
        held, taken = (
            sum(run(key.fingerprint, now + timedelta(seconds=after)) for after in times)
            for times in (HELD, FREE)
        )
        at_vendor = ask("calls") - before
        rounds.append({"is_held": is_held, "held": held, "taken": taken, "at_vendor": at_vendor})
    output.write_text(json.dumps({"rounds": rounds, **left(key.fingerprint, began)}))


def left(fingerprint: str, began: datetime) -> dict[str, Any]:
    names = SeenBatch.objects.values_list("name", flat=True)
    # days apart on both sides: all samples that there are
    week = {"since": began - timedelta(days=7), "until": began + timedelta(days=7)}
    series = {
        name: [
            (one.at, one.completed)
            for one in samples_of(fingerprints=[fingerprint], name=name, **week)
        ]
        for name in names
    }
    gaps = [(gap.until - gap.since).total_seconds() for gap in WatchGap.objects.all()]
    return {
        "series": series,
        "gaps": gaps,
        "background": list(CallMinute.objects.values_list("background", flat=True)),
    }


def fork_and_kill(fingerprint: str, now: datetime, begun: int, wait: float) -> None:
    """begun: so many calls begin. wait: seconds from the beginning of the last one to the kill."""
    # a connection is of one process, to the database and to the vendor
    connection.close()
    calls.vendor_client.cache_clear()
    hears, tells = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            watch_until_killed(fingerprint, now, tells)
        finally:
            os._exit(0)
    os.close(tells)
    for _ in range(begun):
        os.read(hears, 1)
    time.sleep(wait)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(hears)


def watch_until_killed(fingerprint: str, now: datetime, tells: int) -> None:
    """Watches as the loop of a worker does, for ever."""
    reserve = requests.reserve_key

    def reserve_and_tell(*args: Any, **options: Any) -> Any:
        key = reserve(*args, **options)
        os.write(tells, b".")
        return key

    requests.reserve_key = reserve_and_tell
    with time_machine.travel(now, tick=True):
        while True:
            if fingerprint in watch.due_keys(now=timezone.now()):
                watch.watch_key(fingerprint=fingerprint)
            time.sleep(0.01)


def run(fingerprint: str, now: datetime) -> int:
    """How many calls a worker makes until nothing is due."""
    made = 0
    with time_machine.travel(now, tick=True):
        while fingerprint in watch.due_keys(now=timezone.now()):
            more = watch.watch_key(fingerprint=fingerprint)
            if not more:
                break
            made += more
    return made


def ask(words: str) -> int:
    """How many calls the vendor has got, after it did what the words ask for."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()
    return int(sys.stdin.readline())


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
