"""`manage.py after_restore`: run it before the first start on a restored backup."""

from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.management.base import BaseCommand, CommandError
from redis.exceptions import RedisError

from batches.services.bulks.after_restore import stop_unfinished
from batches.services.notices.after_restore import drop_waiting
from batches.services.operations import after_restore
from batches.services.people.sessions import end_all_sessions
from batches.services.people.tokens import revoke_all_tokens
from batches.services.seals.chain import read_head


class Command(BaseCommand):
    help = (
        "After a restore, before the start: what waits is not sent, bulks stop, "
        "all sessions end, personal tokens are revoked, Redis is emptied. Can be run again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"The record of operations ended at {read_head()}")
        self.stdout.write(f"Operations settled as not sent: {after_restore.settle_as_not_sent()}")
        self.stdout.write(f"Bulks stopped: {stop_unfinished()}")
        self.stdout.write(f"Mails and messages dropped, not sent: {drop_waiting()}")
        self.stdout.write(f"Sessions ended: {end_all_sessions()}")
        # one that was revoked after the backup was made would work again
        self.stdout.write(f"Personal tokens revoked: {revoke_all_tokens()}")
        if settings.REDIS_URL:
            empty_redis()
            self.stdout.write("Redis emptied: readings, the worker's queue")


def empty_redis() -> None:
    try:
        cache.clear()  # the whole Redis database: readings, the queue, and limits
    except RedisError as error:
        raise CommandError(f"Redis was not emptied. Run this again. {error}") from error
