"""Kills the worker with -9 at each step from an answer of Refonte to a mail and a post.

    python -m tests.faults.tell_harness MAIL_PORT HOOK_PORT OUTPUT

For each step a batch of its name completes; a forked worker is killed at that step, and another one
goes on three minutes later by its clock. OUTPUT gets, by step, in which state the killed one left
the deliveries, and the ids of those that there are in the end.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import django

django.setup()

# Django comes first
import time_machine  # noqa: E402
from django.contrib.auth.models import Group, User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from batches.models import ApiKey, Delivery, Notice  # noqa: E402
from batches.services.keys.listing import handle_of  # noqa: E402
from batches.services.notices import channels, spread  # noqa: E402
from batches.services.notices.sending import send  # noqa: E402
from batches.services.observations import record  # noqa: E402
from tests.faults.kill_harness import key_of  # noqa: E402
from tests.support.notices import OF_KEY, follow, see, work  # noqa: E402

KEY = "live_key_of_the_teller"
LATER = timedelta(minutes=3)  # the lease of the killed one has ended
# By step: the module, and what in it is killed before or after it has done its work.
STEPS: dict[str, tuple[Any, str, str]] = {
    "before the change is committed": (record, "keep_samples", "after"),
    "before the notice is stored": (record, "publish_completions", "before"),
    "before the deliveries are stored": (spread, "_delivery", "before"),
    "before the deliveries are committed": (Notice.objects, "filter", "second"),
    "after the deliveries are committed": (send, "due_ways", "before"),
    "before the mail is sent": (send, "send_mail", "before"),
    "before the post is sent": (send, "send_chat", "before"),
    "after the server took the mail": (send, "send_mail", "after"),
    "after the server took the post": (send, "send_chat", "after"),
    "after the mail is recorded": (send, "_write", "after"),
}


def main(mail_port: int, hook_port: int, output: Path) -> None:
    call_command("migrate", verbosity=0)
    user = User.objects.create_user("alice", email="alice@example.com")
    user.groups.add(Group.objects.get_or_create(name="Operators")[0])
    key_of(user, KEY)
    key = handle_of(ApiKey.objects.get())
    channel = channels.add_channel(user=user, label="#ops", url=f"http://127.0.0.1:{hook_port}/a")
    follow(user, key, "mail", str(channel.pk), thing=OF_KEY)
    now, told = datetime.now(UTC), {}
    for number, step in enumerate(STEPS):
        with time_machine.travel(now + number * timedelta(hours=1)):
            see(key, "in_progress", name=step)
        moment = now + number * timedelta(hours=1, seconds=1)
        killed = fork_and_kill(partial(run, key, step), step, moment)
        left = states(step)
        with time_machine.travel(moment + LATER):
            run(key, step)
            work()
        rows = Delivery.objects.filter(notice__batch__name=step)
        ids = {row.way: row.pk.hex for row in rows}
        told[step] = {"killed": killed, "left": left, "ids": ids, "states": states(step)}
    output.write_text(json.dumps(told))


def run(key: Any, name: str) -> None:
    """An answer that says it completed, and one round of the worker."""
    see(key, "completed", name=name)
    work()


def states(name: str) -> dict[str, str]:
    rows = Delivery.objects.filter(notice__batch__name=name)
    return dict(rows.order_by("way").values_list("way", "state"))


def fork_and_kill(life: Callable[[], None], step: str, now: datetime) -> bool:
    """Whether it was killed at that step."""
    connection.close()  # it is not shared by two processes
    child = os.fork()
    if not child:
        place, name, when = STEPS[step]
        setattr(place, name, deadly(getattr(place, name), when))
        with time_machine.travel(now):
            life()
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def deadly(work: Callable[..., Any], when: str) -> Callable[..., Any]:
    """The same, which kills its process before it begins, or when it has ended."""
    times = 0

    def killed(*args: Any, **options: Any) -> Any:
        nonlocal times
        times += 1
        if when == "before" or (when == "second" and times == 2):
            os.kill(os.getpid(), signal.SIGKILL)
        done = work(*args, **options)
        if when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    return killed


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
